"""A call, apart from sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ..common.wire import Reply, json_reply

__all__ = ["Call", "Reply", "RestError", "json_reply"]


class RestError(Exception):
    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status, self.message = status, message


@dataclass
class Call:
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

    def json(self) -> Any:
        kind = (self.headers.get("Content-Type") or "").split(";")[0].strip().lower()
        if kind != "application/json":      # on every call [2]
            raise RestError(400, "Content-Type must be application/json")
        try:
            return json.loads(self.body)
        except ValueError:
            raise RestError(400, "Malformed JSON") from None

    def body_object(self, fields: dict[str, type], required: tuple[str, ...] = ()) -> dict[str, Any]:
        """The body as an object that has only known fields, of the right types."""
        body = self.json()
        if not isinstance(body, dict):
            raise RestError(400, "An object is expected")
        for key, value in body.items():
            if key not in fields:
                raise RestError(400, f"Unknown field '{key}'")
            if not isinstance(value, fields[key]) or (fields[key] is int and isinstance(value, bool)):
                raise RestError(400, f"Field '{key}' has a wrong type")
        for key in required:
            if key not in body:
                raise RestError(400, f"Field '{key}' is required")
        return body
