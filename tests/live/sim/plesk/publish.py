"""Zones of the panel, written as zone files and served by a real name server."""

from __future__ import annotations

import threading
import time
from typing import Any

from servers.nsd import Nsd
from world import zonefile

from .state import State

WRITTEN = {"A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV", "PTR", "CAA", "TLSA"}


def rdata(record: dict[str, Any]) -> str:
    if record["type"] in ("MX", "SRV"):
        return f"{record['opt']} {record['value']}"
    if record["type"] in ("CAA", "TLSA") and record["opt"]:
        return f"{record['opt']} {record['value']}"
    return record["value"]


def unsplit(value: str) -> str:
    """A stored value that is a row of quoted strings is joined again for the zone file."""
    if value.startswith('"') and value.endswith('"') and '" "' in value:
        return value[1:-1].replace('" "', "")
    return value


def zone_text(name: str, zone: dict[str, Any], primary: str) -> str:
    out = zonefile.header(name, zone["serial"], primary, zone["ttl"])
    for record in zone["records"]:
        ttl = record["ttl"] or zone["ttl"]
        if record["type"] == "TXT":
            out += zonefile.txt_line(record["host"], ttl, unsplit(record["value"]))
        elif record["type"] in WRITTEN:
            out += zonefile.line(record["host"], ttl, record["type"], rdata(record))
    return out


class Publisher:
    """Keeps nsd's zones as the panel's database has them."""

    def __init__(self, state: State, nsd: Nsd | None, settings: dict[str, Any]):
        self.state, self.nsd, self.settings = state, nsd, settings
        self.served: set[str] = set()
        self.io = threading.Lock()

    def start(self) -> None:
        for name, zone in self.state.zones():
            if self.active(zone):
                self.write(name, zone)

    def active(self, zone: dict[str, Any]) -> bool:
        return zone["status"] == "enabled" and self.settings["dns_component"] and self.nsd is not None

    def flush(self) -> None:
        """Publish what was changed; called without the state's lock."""
        for name in self.state.take_touched():
            if self.settings["dns_delay_s"]:
                threading.Timer(self.settings["dns_delay_s"], self.publish, [name]).start()
            else:
                self.publish(name)

    def publish(self, name: str) -> None:
        with self.state.lock:
            found = self.state.zone(name)
            if found is None:
                return
            zone = found[1]
            if not self.active(zone):
                if name in self.served:
                    self.nsd.remove(name)
                    self.served.discard(name)
                    if self.settings["dns_wait"]:
                        self.nsd.wait_serial(name, None)
                return
            zone["serial"] = max(zone["serial"] + 1, int(time.time()))
            self.state.dirty.set()
            self.write(name, zone)
            serial = zone["serial"]
        if self.settings["dns_wait"]:
            self.nsd.wait_serial(name, serial)

    def write(self, name: str, zone: dict[str, Any]) -> None:
        with self.io:
            primary = next((r["value"] for r in zone["records"] if r["type"] == "NS"), "localhost.")
            text = zone_text(name, zone, primary)
            if name in self.served:
                self.nsd.write(name, text)
            else:
                self.nsd.add(name, text)
                self.served.add(name)
