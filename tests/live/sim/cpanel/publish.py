"""The panel's zones at its name server."""

from __future__ import annotations

from typing import Any

from ..common.publish import Publisher as Served
from . import zones
from .state import State


class Publisher(Served):
    state: State

    def zones(self) -> list[tuple[str, dict[str, Any]]]:
        return list(self.state.zones())

    def zone(self, name: str) -> dict[str, Any] | None:
        return self.state.zone(name)

    def active(self, zone: dict[str, Any]) -> bool:
        return "DNS" not in self.settings["roles_off"]

    def next_serial(self, zone: dict[str, Any]) -> int:
        return zone["serial"]                   # the write has given it

    def text(self, name: str, zone: dict[str, Any]) -> str:
        return zones.file_text(name, zone)
