"""A small DNS client for tests: one question to one server, UDP then TCP (RFC 1035 4)."""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass, field

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "SPF": 99}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


@dataclass
class Answer:
    rcode: str
    authoritative: bool
    values: list[str] = field(default_factory=list)         # of the asked type; TXT joined
    ttl: int | None = None


def encode(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.strip(".").split(".") if label) + b"\0"


def decode(message: bytes, at: int) -> tuple[str, int]:
    labels: list[str] = []
    end = None
    while message[at]:
        if message[at] & 0xC0 == 0xC0:
            end = end or at + 2
            at = struct.unpack(">H", message[at:at + 2])[0] & 0x3FFF
            continue
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
        at += message[at] + 1
    return ".".join(labels) + ".", end or at + 1


def rdata(message: bytes, at: int, size: int, kind: str) -> str:
    if kind in ("NS", "CNAME", "PTR"):
        return decode(message, at)[0]
    if kind == "MX":
        return f"{struct.unpack('>H', message[at:at + 2])[0]} {decode(message, at + 2)[0]}"
    if kind == "SOA":
        primary, at = decode(message, at)
        mailbox, at = decode(message, at)
        return f"{primary} {mailbox} {struct.unpack('>I', message[at:at + 4])[0]}"
    if kind == "TXT":
        out, end = b"", at + size
        while at < end:
            out += message[at + 1:at + 1 + message[at]]
            at += message[at] + 1
        return out.decode("utf-8", "replace")
    if kind in ("A", "AAAA"):
        return socket.inet_ntop(socket.AF_INET if kind == "A" else socket.AF_INET6, message[at:at + size])
    return message[at:at + size].hex()


def exchange(query: bytes, address: str, port: int, timeout_s: float) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout_s)
        sock.connect((address, port))
        sock.send(query)
        answer = sock.recv(65535)
    if not struct.unpack(">H", answer[2:4])[0] & 0x0200:        # not truncated
        return answer
    with socket.create_connection((address, port), timeout_s) as sock:
        sock.sendall(struct.pack(">H", len(query)) + query)
        data = b""
        while len(data) < 2 or len(data) < 2 + struct.unpack(">H", data[:2])[0]:
            data += sock.recv(65535)
        return data[2:]


def ask(name: str, kind: str, address: str, port: int, timeout_s: float = 3.0) -> Answer:
    query = struct.pack(">HHHHHH", int.from_bytes(os.urandom(2), "big"), 0x0100, 1, 0, 0, 0) + \
        encode(name) + struct.pack(">HH", TYPES[kind], 1)
    message = exchange(query, address, port, timeout_s)
    _, flags, _, count, _, _ = struct.unpack(">HHHHHH", message[:12])
    answer = Answer(RCODES.get(flags & 0xF, str(flags & 0xF)), bool(flags & 0x0400))
    at = decode(message, 12)[1] + 4
    for _ in range(count):
        at = decode(message, at)[1]
        rtype, _, ttl, size = struct.unpack(">HHIH", message[at:at + 10])
        at += 10
        if rtype == TYPES[kind]:
            answer.values.append(rdata(message, at, size, kind))
            answer.ttl = ttl
        at += size
    answer.values.sort()
    return answer
