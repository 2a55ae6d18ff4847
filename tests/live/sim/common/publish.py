"""Zones of a panel, served by a real name server."""

from __future__ import annotations

import threading
from typing import Any

from servers.nsd import Nsd

from .state import Store


class Publisher:
    """Keeps nsd's zones as the panel's database has them.  A panel says which zones it has and how they are written."""

    def __init__(self, state: Store, nsd: Nsd | None, settings: dict[str, Any]):
        self.state, self.nsd, self.settings = state, nsd, settings
        self.served: set[str] = set()
        self.io = threading.Lock()

    # --- the panel's

    def zones(self) -> list[tuple[str, dict[str, Any]]]:
        raise NotImplementedError

    def zone(self, name: str) -> dict[str, Any] | None:
        raise NotImplementedError

    def text(self, name: str, zone: dict[str, Any]) -> str:
        raise NotImplementedError

    def active(self, zone: dict[str, Any]) -> bool:
        return True

    def next_serial(self, zone: dict[str, Any]) -> int:
        """Of a zone that was changed: a new one, or the one that it has got already."""
        raise NotImplementedError

    # --- the same for all

    def start(self) -> None:
        if self.nsd is None:
            return
        for name, zone in self.zones():
            if self.active(zone):
                self.write(name, zone)

    def flush(self) -> None:
        """Publish what was changed; called without the state's lock."""
        for name in self.state.take_touched():
            if self.settings["dns_delay_s"]:
                threading.Timer(self.settings["dns_delay_s"], self.publish, [name]).start()
            else:
                self.publish(name)

    def publish(self, name: str) -> None:
        if self.nsd is None:
            return
        with self.state.lock:
            zone = self.zone(name)
            if zone is None or not self.active(zone):
                if name in self.served:
                    self.nsd.remove(name)
                    self.served.discard(name)
                    if self.settings["dns_wait"]:
                        self.nsd.wait_serial(name, None)
                return
            zone["serial"] = self.next_serial(zone)
            self.state.dirty.set()
            self.write(name, zone)
            serial = zone["serial"]
        if self.settings["dns_wait"]:
            self.nsd.wait_serial(name, serial)

    def write(self, name: str, zone: dict[str, Any]) -> None:
        with self.io:
            text = self.text(name, zone)
            if name in self.served:
                self.nsd.write(name, text)
            else:
                self.nsd.add(name, text)
                self.served.add(name)
