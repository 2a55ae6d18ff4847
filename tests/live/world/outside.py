"""The outside as the product's own data knows it: blacklists that pass their self-test and list nobody else,
the SPF records of sending services, the mail servers of large providers.  Names are real, answers are made up,
and all of it is served on loopback.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Any, Iterator

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)      # ten times faster where libyaml is there
HOST = re.compile(r"^[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$")
TWO_LEVELS = {"co.uk", "com.br", "com.mx", "com.ar", "com.au", "co.jp", "co.nz"}
Record = tuple[str, str, str]               # absolute name without the final dot, type, value


def load(data: Path, name: str) -> list[dict[str, Any]]:
    file = data / name
    return yaml.load(file.read_text(), LOADER) if file.exists() else []


def zone_of(name: str) -> str:
    labels = name.split(".")
    return ".".join(labels[-3 if ".".join(labels[-2:]) in TWO_LEVELS else -2:])


def code_of(entry: dict[str, Any]) -> str:
    """An answer that means "listed" on that list."""
    for code in entry.get("codes", []):
        if code["verdict"] != "listed":
            continue
        match = code["match"]
        if match.startswith("bit "):
            return f"127.0.0.{match[4:]}"
        return str(ipaddress.ip_address(match.split("-")[0].split("/")[0].replace("*", "0")))
    return "127.0.0.2"


def list_name(zone: str, subject: str) -> str:
    """The name that is asked for a subject (RFC 5782 2.1, 2.4, 3)."""
    try:
        address = ipaddress.ip_address(subject)
    except ValueError:
        return f"{subject.lower()}.{zone}"
    if address.version == 4:
        return ".".join(reversed(subject.split("."))) + "." + zone
    return ".".join(reversed(address.exploded.replace(":", ""))) + "." + zone


def blacklists(data: Path, listed: dict[str, list[str]], refused: list[str]) -> Iterator[Record]:
    """listed: subject to list ids; refused: ids of lists that refuse this resolver."""
    for entry in load(data, "blacklists.yaml"):
        zone = entry.get("zone", "")
        if not HOST.match(zone):                # not asked over DNS, or with an account's key
            continue
        if entry["id"] in refused:
            yield f"*.{zone}", "A", "127.255.255.254"
            continue
        subjects = [entry["test_positive"]] if entry.get("test_positive") else []
        subjects += [subject for subject, ids in listed.items() if entry["id"] in ids]
        for subject in subjects:
            yield list_name(zone, subject), "A", code_of(entry)
            yield list_name(zone, subject), "TXT", f"{subject} is listed, see https://{zone}/"


def senders(data: Path) -> Iterator[Record]:
    for number, entry in enumerate(load(data, "senders.yaml")):
        for term in [*entry.get("spf", []), *entry.get("spf_alternatives", [])]:
            name = term.partition("include:")[2] or term.partition("redirect=")[2]
            if HOST.match(name):
                yield name, "TXT", f"v=spf1 ip4:198.18.{number % 256}.0/24 ~all"


def providers(data: Path) -> Iterator[Record]:
    for entry in load(data, "providers.yaml"):
        exchangers = [suffix for suffix in entry.get("mx", []) if HOST.match(suffix)]
        for suffix in exchangers:
            yield f"mx1.{suffix}", "A", "192.0.2.200"
        for domain in entry.get("domains", []) if exchangers else []:
            yield domain, "MX", f"10 mx1.{exchangers[0]}."


def zones(data: Path, taken: dict[str, list[str]], listed: dict[str, list[str]],
          refused: list[str]) -> dict[str, list[str]]:
    """Zone name to the world's lines; what `taken` (the same shape) says of a name and type holds."""
    there = {(line.split(None, 2)[0], line.split(None, 2)[1], zone) for zone, lines in taken.items() for line in lines}
    out: dict[str, list[str]] = {}
    seen: set[Record] = set()
    for record in [*blacklists(data, listed, refused), *senders(data), *providers(data)]:
        name, kind, value = record
        inside = [zone for zone in taken if name == zone or name.endswith("." + zone)]
        zone = max(inside, key=len) if inside else zone_of(name)
        host = "@" if name == zone else name[:-len(zone) - 1]
        single = kind in ("TXT", "MX") and any(r[:2] == (name, kind) for r in seen)
        if (host, kind, zone) in there or record in seen or single:
            continue
        seen.add(record)
        out.setdefault(zone, []).append(f"{host} {kind} {value}")
    return out
