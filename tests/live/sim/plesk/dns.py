"""Rules of the panel's DNS editor, the same for REST and command line [7]."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from .state import State

TYPES = ["A", "CNAME", "PTR", "MX", "NS", "TXT", "SOA", "AXFR", "SRV", "AAAA", "DS", "CAA", "TLSA", "HTTPS"]  # [3.4]
LABEL = re.compile(r"^(\*|[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)$")


class Refused(Exception):
    """reason: "duplicate", "last-mx" or "invalid"."""

    def __init__(self, reason: str, text: str):
        super().__init__(text)
        self.reason = reason


def valid_name(name: str) -> bool:
    name = name.rstrip(".")
    return 0 < len(name) <= 253 and all(LABEL.match(label) for label in name.split("."))


def absolute_host(zone: str, host: str, mode: str) -> str:
    """The owner's absolute name; how POST reads `host` is not confirmed [7.2 step 4, 15.1]."""
    if host in ("", "@") and not (mode == "relative-strict" and host == "@"):
        return zone + "."
    if host.endswith("."):
        if mode == "relative-strict":
            raise Refused("invalid", "Invalid host name")
        if mode == "absolute":
            if host[:-1].lower() != zone and not host[:-1].lower().endswith("." + zone):
                raise Refused("invalid", "The host does not belong to the zone")
            return host.lower()
        host = host[:-1]
    return f"{host.lower()}.{zone}."


def clean(kind: str, value: str, opt: str) -> tuple[str, str]:
    """Value and opt as the panel stores them; raises Refused for what it would not take."""
    if kind not in TYPES or kind in ("SOA", "AXFR"):
        raise Refused("invalid", f"Incorrect record type '{kind}'")
    if kind in ("A", "AAAA"):
        family = ipaddress.IPv4Address if kind == "A" else ipaddress.IPv6Address
        try:
            value = str(family(value))
        except ValueError:
            raise Refused("invalid", "Incorrect IP address") from None
    if kind in ("NS", "MX", "CNAME", "PTR"):
        if value != "." and not valid_name(value):
            raise Refused("invalid", "Incorrect domain name in the value")
        value = value.rstrip(".").lower() + "."             # [7.1] a final dot
    if kind == "MX":
        if not re.fullmatch(r"\d{1,5}", opt or ""):
            raise Refused("invalid", "Incorrect mail exchange priority")
        opt = str(int(opt))
    elif kind == "SRV":
        if not re.fullmatch(r"\d+ \d+ \d+", opt or ""):     # [7.1] "priority weight port"
            raise Refused("invalid", "Incorrect SRV parameters")
        value = value.rstrip(".").lower() + "."
    elif kind not in ("CAA", "TLSA", "DS", "HTTPS"):
        opt = ""
    if kind == "TXT":
        if not value or len(value.encode()) > 4096 or any(ord(c) < 32 or ord(c) == 127 for c in value):
            raise Refused("invalid", "Incorrect TXT record")
    return value, opt


def stored_txt(value: str, mode: str) -> str:
    """What becomes of a TXT value over 255 octets is not confirmed [15.14]."""
    if len(value.encode()) <= 255 or mode == "whole":
        return value
    if mode == "cut":
        return value.encode()[:255].decode(errors="ignore")
    return " ".join(f'"{value[i:i + 255]}"' for i in range(0, len(value), 255))


def same(record: dict[str, Any], kind: str, host: str, value: str, opt: str) -> bool:
    return (record["type"], record["host"].lower(), record["value"], record["opt"]) == (kind, host, value, opt)


def check_room(zone: dict[str, Any], kind: str, host: str, value: str, opt: str, but: int | None = None) -> None:
    others = [r for r in zone["records"] if r["id"] != but]
    if any(same(r, kind, host, value, opt) for r in others):
        raise Refused("duplicate", "Such a DNS record already exists")   # [4.1] exit 2 on the command line
    at_name = [r for r in others if r["host"].lower() == host]
    if kind == "CNAME" and at_name or any(r["type"] == "CNAME" for r in at_name):
        raise Refused("invalid", "A CNAME record cannot stand beside other records")   # RFC 1034 3.6.2


def writable(zone: dict[str, Any]) -> None:
    if zone["type"] != "master":
        raise Refused("invalid", "Records of a slave zone cannot be edited")   # [7.3 a]


def add(state: State, name: str, zone: dict[str, Any], kind: str, host: str, value: str, opt: str,
        ttl: int) -> dict[str, Any]:
    writable(zone)
    if not valid_name(host):
        raise Refused("invalid", "Invalid host name")
    value, opt = clean(kind, value, opt)
    check_room(zone, kind, host, value, opt)
    record = {"id": state.next_id(), "type": kind, "host": host, "value": value, "opt": opt, "ttl": ttl}
    zone["records"].append(record)
    state.changed(name)
    return record


def replace(state: State, name: str, zone: dict[str, Any], record: dict[str, Any], kind: str, host: str,
            value: str, opt: str, ttl: int) -> None:
    writable(zone)
    if not valid_name(host):
        raise Refused("invalid", "Invalid host name")
    value, opt = clean(kind, value, opt)
    check_room(zone, kind, host, value, opt, but=record["id"])
    if record["type"] == "MX" and kind != "MX":
        keep_an_mx(zone, record)
    record.update(type=kind, host=host, value=value, opt=opt, ttl=ttl)
    state.changed(name)


def remove(state: State, name: str, zone: dict[str, Any], record: dict[str, Any]) -> None:
    writable(zone)
    if record["type"] == "MX":
        keep_an_mx(zone, record)
    zone["records"].remove(record)
    state.changed(name)


def keep_an_mx(zone: dict[str, Any], record: dict[str, Any]) -> None:
    if sum(1 for r in zone["records"] if r["type"] == "MX") == 1:       # [7.2] add first, then delete
        raise Refused("last-mx", "The last MX record of the zone cannot be removed")
