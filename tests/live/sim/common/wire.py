"""Replies, and bodies in JSON, apart from sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


class RestError(Exception):
    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status, self.message = status, message


@dataclass
class Reply:
    status: int
    content_type: str
    body: bytes
    exit_code: int | None = None            # of the utility, for the journal


def json_reply(status: int, value: Any) -> Reply:
    return Reply(status, "application/json", json.dumps(value, ensure_ascii=False).encode())


class JsonBody:
    """Of a call of a REST interface."""

    headers: Any                            # case-insensitive mapping
    body: bytes

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
