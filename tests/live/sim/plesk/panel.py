"""The simulated server as a whole: its state, its name server, its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from servers.nsd import Nsd

from .dkim import Dkim
from .faults import SWITCHES, Faults, Journal
from .publish import Publisher
from .state import State


class Panel:
    def __init__(self, state: State, nsd: Nsd | None, keys: Path):
        self.state = state
        self.switches: dict[str, Any] = {**SWITCHES, **state.world.get("switches", {})}
        self.faults = Faults()
        self.journal = Journal()
        self.publisher = Publisher(state, nsd, self.switches)
        self.dkim = Dkim(state, self.publisher, keys, self.switches)

    def extensions(self) -> list[dict[str, Any]]:
        return [e for e in self.state.world["extensions"] if e["id"] != "wp-toolkit" or self.switches["wp_toolkit"]]
