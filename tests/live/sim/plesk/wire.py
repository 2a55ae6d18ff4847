"""A call, apart from sockets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..common.wire import JsonBody, Reply, RestError, json_reply

__all__ = ["Call", "Reply", "RestError", "json_reply"]


@dataclass
class Call(JsonBody):
    method: str
    path: str
    query: dict[str, str]
    headers: Any                            # case-insensitive mapping
    body: bytes
    address: str
    raw_query: str = ""
    login: str | None = None                # who it turned out to be
    caller: Any = None
    half: bool = False                      # a fault: stop after the first part
    packets: list[str] = field(default_factory=list)
