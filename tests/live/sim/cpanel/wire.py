"""A call, its parameters, and the two envelopes [2.4, 2.5], apart from sockets."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable
from urllib.parse import parse_qsl

from ..common.wire import JsonBody, Reply

NUMBERED = re.compile(r"-\d+$")


class Denied(Exception):
    """Before any function is reached: HTTP says so [2.6]."""

    def __init__(self, reply: Reply):
        super().__init__(reply.status)
        self.reply = reply


class Refused(Exception):
    """A function that does not do it: status 0 or result 0."""


class Crashed(Refused):
    """An error that the panel did not foresee [2.4]."""

    def __init__(self) -> None:
        super().__init__(f"The request failed. (Error ID: {xid()}) Ask your hosting provider to research this error in "
                         "cPanel & WHM’s main error log.")


class Done(Exception):
    """A success whose metadata has more than OK."""

    def __init__(self, data: Any, reason: str, messages: list[str] = [], warnings: list[str] = []):
        super().__init__(reason)
        self.data, self.reason, self.messages, self.warnings = data, reason, messages, warnings


class Args:
    """Parameters in their order: a list is a name that is repeated or numbered [2.1]."""

    def __init__(self, pairs: Iterable[tuple[str, Any]]):
        self.pairs = list(pairs)

    def list(self, name: str) -> list[Any]:
        found: list[Any] = []
        for key, value in self.pairs:
            if key == name or NUMBERED.sub("", key) == name:
                found += value if isinstance(value, list) else [value]
        return found

    def one(self, name: str, default: str | None = None) -> Any:
        values = [value for key, value in self.pairs if key == name]
        return values[-1] if values else default

    def flag(self, name: str) -> bool:
        return str(self.one(name, "0")) == "1"

    def has(self, name: str) -> bool:
        return any(key == name or NUMBERED.sub("", key) == name for key, _ in self.pairs)

    def names(self) -> list[str]:
        return [NUMBERED.sub("", key) for key, _ in self.pairs]

    def but(self, prefix: str) -> "Args":
        return Args((k, v) for k, v in self.pairs if not k.startswith(prefix))


@dataclass(frozen=True)
class Function:
    """One row of the tables: what runs, what it must be given, what else it knows, and what it takes to be allowed."""

    run: Callable[..., Any]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    acl: str = "all"                        # WHM: "": everybody who has logged in
    since: int = 0                          # first version
    feature: str = ""                       # UAPI: of the account's feature list
    role: str = ""                          # of the server
    key: str = "payload"                    # WHM: where a bare list stands [2.5]
    loose: bool = False                     # what it does not know is passed over in silence [7.2]
    write: bool = False

    def check(self, args: Args) -> None:
        for name in self.needs:
            if not args.has(name):
                raise Refused(f"Provide the ‘{name}’ argument.")
        if not self.loose:
            unknown = [n for n in args.names() if n not in self.needs + self.takes]
            if unknown:
                raise Refused(f"“{unknown[0]}” is not a valid argument for this function.")


@dataclass
class Call(JsonBody):
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Any                            # case-insensitive mapping
    body: bytes
    address: str
    raw_query: str = ""
    door: str = "whm"                       # "cpanel", "cli"
    login: str | None = None                # who it turned out to be
    caller: Any = None
    half: bool = False                      # a fault: stop after the first part
    later: Callable[[], None] | None = None     # what goes on without the state's lock
    drop: bool = False                      # the connection ends instead of an answer
    form: list[tuple[str, Any]] = field(default_factory=list)

    def read_form(self) -> None:
        """GET and form POST are the same [2.1]; a JSON body where a function wants one."""
        kind = (self.headers.get("Content-Type") or "").split(";")[0].strip().lower()
        self.form = list(self.query)
        if kind == "application/json" and self.body:
            try:
                body = json.loads(self.body)
            except ValueError:
                return
            if isinstance(body, dict) and self.path.startswith("/execute/"):
                self.form += list(body.items())
        elif self.body:
            self.form += parse_qsl(self.body.decode("utf-8", "surrogateescape"), keep_blank_values=True,
                                   errors="surrogateescape")


def xid() -> str:
    return "".join(random.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(6))


def text_of(value: Any, switches: dict[str, Any]) -> bytes:
    """JSON as this server writes it: keys in any order, numbers perhaps as strings [2.1]."""
    def walk(at: Any) -> Any:
        if isinstance(at, dict):
            items = list(at.items())
            if switches["shuffle"]:
                random.shuffle(items)
            return {key: walk(v) for key, v in items}
        if isinstance(at, list):
            return [walk(v) for v in at]
        if isinstance(at, (int, float)) and not isinstance(at, bool) and switches["numbers_as_strings"]:
            return str(at)
        return at
    return json.dumps(walk(value), ensure_ascii=False).encode("utf-8", "surrogateescape")


def reply(value: Any, switches: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, "application/json; charset=\"utf-8\"", text_of(value, switches))


def html(status: int, title: str) -> Reply:
    return Reply(status, "text/html; charset=\"utf-8\"",
                 f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode())


def access_denied(switches: dict[str, Any], status: int = 403) -> Reply:
    return reply({"cpanelresult": {"apiversion": "2", "error": "Access denied", "type": "text",
                                   "data": {"reason": "Access denied", "result": "0"}}}, switches, status)


def short(data: Any, errors: list[str] | None = None, status: int | None = None) -> dict[str, Any]:
    if status is None:
        status = 0 if errors else 1
    return {"status": status, "data": data, "errors": errors, "messages": None, "warnings": None,
            "metadata": {"transformed": 1} if isinstance(data, list) and data else {}}


def long(module: str, function: str, result: dict[str, Any]) -> dict[str, Any]:
    return {"apiversion": 3, "module": module, "func": function, "result": result}
