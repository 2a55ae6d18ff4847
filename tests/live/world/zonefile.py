"""Zone files: records as text, TXT values cut into strings of at most 255 octets."""

from __future__ import annotations


def txt_strings(value: str) -> list[bytes]:
    raw = value.encode("utf-8", "surrogateescape")
    return [raw[i:i + 255] for i in range(0, len(raw), 255)] or [b""]


def quoted(string: bytes) -> str:
    out = ""
    for octet in string:
        char = chr(octet)
        if char in '"\\':
            out += "\\" + char
        elif 32 <= octet < 127:
            out += char
        else:
            out += f"\\{octet:03d}"
    return f'"{out}"'


def absolute(host: str, zone: str) -> str:
    """A name as written in a record of the zone: "@", relative, or with a final dot."""
    if host in ("@", ""):
        return zone + "."
    return host if host.endswith(".") else f"{host}.{zone}."


def line(owner: str, ttl: int | None, kind: str, rdata: str) -> str:
    return f"{owner}\t{ttl if ttl else ''}\tIN\t{kind}\t{rdata}\n"


def txt_line(owner: str, ttl: int | None, value: str) -> str:
    return line(owner, ttl, "TXT", " ".join(quoted(s) for s in txt_strings(value)))


def header(zone: str, serial: int, primary: str, ttl: int = 3600, minimum: int = 300) -> str:
    zone_name = zone.rstrip(".") + "."
    return (f"$ORIGIN {zone_name}\n$TTL {ttl}\n"
            f"{zone_name}\t{ttl}\tIN\tSOA\t{primary.rstrip('.')}. hostmaster.{zone_name.lstrip('.')} "
            f"{serial} 10800 3600 604800 {minimum}\n")


def parse(text: str) -> tuple[str, str, str]:
    """"HOST TYPE VALUE" of the world's files."""
    host, kind, value = text.split(None, 2)
    return host, kind, value


def from_lines(zone: str, serial: int, name_servers: list[str], records: list[str], ttl: int = 3600) -> str:
    """A whole zone from the world's lines."""
    out = header(zone, serial, name_servers[0], ttl)
    apex = zone.rstrip(".") + "."
    for server in name_servers:
        out += line(apex, None, "NS", server + ".")
    for text in records:
        host, kind, value = parse(text)
        owner = absolute(host, zone)
        if kind == "TXT":
            out += txt_line(owner, None, value)
        elif kind in ("MX", "CNAME", "NS", "PTR") and value != "0 .":
            *first, name = value.split()
            out += line(owner, None, kind, " ".join([*first, absolute(name, zone)]))
        else:
            out += line(owner, None, kind, value)
    return out
