"""Zones as files with line numbers [4.2, 4.3, 12.5]."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
import time
from typing import Any

from world import zonefile

from .state import State
from .wire import Crashed, Refused

TYPES = {"A", "AAAA", "CAA", "CNAME", "DNAME", "DS", "HINFO", "LOC", "MX", "NAPTR", "NS", "PTR", "RP", "SRV", "TXT"}
LABEL = re.compile(r"^(\*|[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)$")
SOA_LINES = 6                               # the SOA stands on several lines
NUMBERS = {"MX": 1, "SRV": 3}               # leading numbers of a record's data


def b64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()


def new_serial(old: int) -> int:
    """YYYYMMDDnn, and always more than before."""
    return max(old + 1, int(time.strftime("%Y%m%d", time.gmtime())) * 100)


def record(name: str, kind: str, data: list[str], ttl: int) -> dict[str, Any]:
    """name: absolute, with the final dot."""
    return {"type": "record", "name": name, "ttl": ttl, "record_type": kind, "data": data}


def txt(value: str) -> list[str]:
    return [s.decode("utf-8", "surrogateescape") for s in zonefile.txt_strings(value)]


def numbered(zone: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    out, at = [], 0
    for line in zone["lines"]:
        out.append((at, line))
        at += SOA_LINES if line.get("record_type") == "SOA" else 1
    return out


def relative(name: str, zone: str, how: str = "live") -> str:
    """The apex absolute with its dot, other owners relative without one, as live servers write them; or all of a kind."""
    if how == "relative" and name == zone + ".":
        return "@"
    return name if name == zone + "." or how == "absolute" else name.removesuffix(f".{zone}.")


def view(name: str, zone: dict[str, Any], how: str = "live") -> list[dict[str, Any]]:
    out = []
    for index, line in numbered(zone):
        if line["type"] != "record":
            out.append({"line_index": index, "type": line["type"], "text_b64": b64(line["text"])})
            continue
        data = [str(zone["serial"]) if n == 2 else d for n, d in enumerate(line["data"])] \
            if line["record_type"] == "SOA" else line["data"]
        out.append({"line_index": index, "type": "record", "record_type": line["record_type"], "ttl": line["ttl"],
                    "dname_b64": b64(relative(line["name"], name, how)), "data_b64": [b64(d) for d in data]})
    return out


def absolute(dname: Any, zone: str) -> str:
    """"@" is not known here: the apex is its own name with a dot [4.3]."""
    if not isinstance(dname, str) or dname in ("", "@"):
        raise Crashed()
    name = dname.lower() if dname.endswith(".") else f"{dname.lower()}.{zone}."
    if name != zone + "." and not name.endswith(f".{zone}."):
        raise Refused(f"“{dname}” is not in the zone “{zone}”.")
    if len(name) > 254 or not all(LABEL.match(label) for label in name[:-1].split(".")):
        raise Refused(f"“{dname}” is not a valid name for a DNS record.")
    return name


def host(value: str, zone: str) -> str:
    name = value.lower()
    if name == ".":
        return name
    if not all(LABEL.match(label) for label in name.rstrip(".").split(".")):
        raise Refused(f"“{value}” is not a valid host name.")
    return name if name.endswith(".") else f"{name}.{zone}."


def checked(zone: str, item: Any, long_strings: bool) -> dict[str, Any]:
    """One `add` or `edit`, as it will stand."""
    if not isinstance(item, dict):
        raise Refused("The given record is not valid.")
    unknown = set(item) - {"dname", "ttl", "record_type", "data", "line_index"}
    missing = {"dname", "ttl", "record_type", "data"} - set(item)
    if unknown or missing:
        raise Refused(f"The given record is not valid: {', '.join(sorted(unknown or missing))}.")
    name, kind, data = absolute(item["dname"], zone), item["record_type"], item["data"]
    if kind not in TYPES:
        raise Refused(f"“{kind}” is not a supported record type.")
    if not re.fullmatch(r"\d{1,10}", str(item["ttl"])) or int(item["ttl"]) > 0x7fffffff:
        raise Refused(f"“{item['ttl']}” is not a valid TTL.")
    if not isinstance(data, list) or not data or not all(isinstance(d, (str, int)) for d in data):
        raise Refused("The given record’s data is not valid.")
    return record(name, kind, clean(zone, kind, [str(d) for d in data], long_strings), int(item["ttl"]))


def clean(zone: str, kind: str, data: list[str], long_strings: bool) -> list[str]:
    if kind == "TXT":
        if not long_strings and any(len(d.encode("utf-8", "surrogateescape")) > 255 for d in data):
            raise Refused("A character string in a TXT record may not exceed 255 bytes.")
        return [piece for d in data for piece in txt(d)]
    if kind in ("A", "AAAA"):
        family = ipaddress.IPv4Address if kind == "A" else ipaddress.IPv6Address
        try:
            return [str(family(data[0]))] if len(data) == 1 else fail(kind)
        except ValueError:
            raise Refused(f"“{data[0]}” is not a valid IP address.") from None
    if kind in ("CNAME", "NS", "PTR", "DNAME", "MX", "SRV"):
        numbers = NUMBERS.get(kind, 0)
        if len(data) != numbers + 1 or not all(re.fullmatch(r"\d{1,5}", d) for d in data[:numbers]):
            fail(kind)
        return [*(str(int(d)) for d in data[:numbers]), host(data[-1], zone)]
    return data


def fail(kind: str) -> Any:
    raise Refused(f"The given data is not valid for a record of the type “{kind}”.")


def check_names(lines: list[dict[str, Any]]) -> None:
    kinds: dict[str, list[str]] = {}
    for line in lines:
        if line["type"] == "record":
            kinds.setdefault(line["name"].lower(), []).append(line["record_type"])
    for name, there in kinds.items():
        if "CNAME" in there and len(there) > 1:              # RFC 1034 3.6.2
            raise Refused(f"“{name}” cannot have a CNAME record beside other records.")


def parsed(values: list[Any]) -> list[Any]:
    try:
        return [json.loads(v) if isinstance(v, str) else v for v in values]
    except ValueError:
        raise Refused("A given record is not valid JSON.") from None


def mass_edit(state: State, name: str, serial: str | None, add: list[Any], edit: list[Any], remove: list[Any],
              long_strings: bool = False) -> int:
    """All or nothing; line numbers are those of the zone as it was read [4.3]."""
    zone = state.zone(name)
    assert zone is not None
    if not re.fullmatch(r"\d{1,10}", str(serial)):
        raise Refused(f"“{serial}” is not a valid serial number.")
    if not add and not edit and not remove:
        raise Refused("Provide at least one of “add”, “edit”, or “remove”.")
    if int(str(serial)) != zone["serial"]:
        raise Refused(f"The given serial number ({serial}) does not match the DNS zone’s serial number "
                      f"({zone['serial']}). Refresh your view of the DNS zone, then resubmit.")
    lines = dict(numbered(zone))

    def line(index: Any) -> int:
        if not re.fullmatch(r"\d{1,9}", str(index)) or int(index) not in lines:
            raise Refused(f"The DNS zone has no line {index}.")
        if lines[int(index)]["type"] != "record" or lines[int(index)]["record_type"] == "SOA":
            raise Refused(f"Line {index} is not a record that can be changed.")
        return int(index)

    gone = {line(index) for index in remove}
    changed = {line(item.get("line_index") if isinstance(item, dict) else None): checked(name, item, long_strings)
               for item in parsed(edit)}
    if gone & set(changed):
        raise Refused("A line cannot be edited and removed at the same time.")
    new = [checked(name, item, long_strings) for item in parsed(add)]
    after = [changed.get(index, text) for index, text in lines.items() if index not in gone] + new
    check_names(after)
    zone["lines"] = after
    return written(state, name)


def written(state: State, name: str) -> int:
    zone = state.zone(name)
    assert zone is not None
    zone["serial"] = new_serial(zone["serial"])
    state.changed(name)
    return zone["serial"]


# --- what the panel itself writes

def find(zone: dict[str, Any], name: str, kind: str) -> list[dict[str, Any]]:
    return [line for line in zone["lines"] if line["type"] == "record" and line["record_type"] == kind
            and line["name"].lower() == name.lower()]


def values(zone: dict[str, Any], name: str, kind: str = "TXT") -> list[str]:
    return ["".join(line["data"]) if kind == "TXT" else " ".join(line["data"]) for line in find(zone, name, kind)]


def put_txt(state: State, zone_name: str, name: str, value: str, replaced: list[dict[str, Any]], ttl: int = 14400) -> None:
    """A TXT record in the place of others, which may be none."""
    zone = state.zone(zone_name)
    assert zone is not None
    new = record(name, "TXT", txt(value), replaced[0]["ttl"] if replaced else ttl)
    if replaced:
        zone["lines"][zone["lines"].index(replaced[0])] = new
        zone["lines"] = [line for line in zone["lines"] if not any(line is r for r in replaced[1:])]
    else:
        zone["lines"].append(new)
    written(state, zone_name)


def remove(state: State, zone_name: str, gone: list[dict[str, Any]]) -> None:
    zone = state.zone(zone_name)
    assert zone is not None
    zone["lines"] = [line for line in zone["lines"] if not any(line is g for g in gone)]
    written(state, zone_name)


def file_text(name: str, zone: dict[str, Any]) -> str:
    """The zone file that the name server reads."""
    out = f"$ORIGIN {name}.\n$TTL {zone['ttl']}\n"
    for line in zone["lines"]:
        if line["type"] != "record":
            continue
        kind, data = line["record_type"], line["data"]
        if kind == "SOA":
            data = [*data[:2], str(zone["serial"]), *data[3:]]
        rdata = " ".join(zonefile.quoted(d.encode("utf-8", "surrogateescape")) for d in data) if kind == "TXT" \
            else " ".join(data)
        out += zonefile.line(line["name"], line["ttl"], kind, rdata)
    return out
