"""Zones of the panel, written as zone files and served by a real name server."""

from __future__ import annotations

import time
from typing import Any

from world import zonefile

from ..common.publish import Publisher as Served
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


class Publisher(Served):
    state: State

    def zones(self) -> list[tuple[str, dict[str, Any]]]:
        return list(self.state.zones())

    def zone(self, name: str) -> dict[str, Any] | None:
        found = self.state.zone(name)
        return found[1] if found else None

    def active(self, zone: dict[str, Any]) -> bool:
        return zone["status"] == "enabled" and self.settings["dns_component"]

    def next_serial(self, zone: dict[str, Any]) -> int:
        return max(zone["serial"] + 1, int(time.time()))

    def text(self, name: str, zone: dict[str, Any]) -> str:
        primary = next((r["value"] for r in zone["records"] if r["type"] == "NS"), "localhost.")
        return zone_text(name, zone, primary)
