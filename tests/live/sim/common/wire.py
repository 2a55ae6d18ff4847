"""A reply, apart from sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass
class Reply:
    status: int
    content_type: str
    body: bytes
    exit_code: int | None = None            # of the utility, for the journal


def json_reply(status: int, value: Any) -> Reply:
    return Reply(status, "application/json", json.dumps(value, ensure_ascii=False).encode())
