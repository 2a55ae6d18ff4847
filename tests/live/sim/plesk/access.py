"""Who is calling: keys, Basic authentication, the XML API's headers [2]."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from .state import State


@dataclass
class Caller:
    client: dict[str, Any]
    key: dict[str, Any] | None = None       # the key that was used

    @property
    def admin(self) -> bool:
        return self.client["type"] == "admin"


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def create_key(state: State, login: str, ips: list[str], description: str) -> str:
    """Stored as a hash and never shown again [2.3]; without addresses it is bound to none."""
    key = str(uuid.uuid4())                  # a lower-case UUID [2]
    state.world["keys"].append({"id": state.next_id(), "sha256": digest(key), "login": login, "ips": ips,
                                "description": description})
    state.changed()
    return key


def delete_key(state: State, key: str) -> bool:
    keys = state.world["keys"]
    left = [k for k in keys if k["sha256"] != digest(key)]
    found = len(left) != len(keys)
    state.world["keys"] = left
    state.changed()
    return found


def by_key(state: State, key: str, address: str) -> Caller | None:
    for entry in state.world["keys"]:
        if entry["sha256"] == digest(key):
            if entry["ips"] and address not in entry["ips"]:
                return None                  # bound to another address [2.1]
            client = state.client(login=entry["login"])
            return Caller(client, entry) if client is not None and client["status"] == 0 else None
    return None


def by_password(state: State, login: str, password: str) -> Caller | None:
    client = state.client(login=login)
    if client is None or client["status"] != 0 or not password or client.get("password") != password:
        return None
    return Caller(client)


def rest_caller(state: State, headers: Any, address: str) -> Caller | None:
    """X-API-Key, or Basic with login and password [2]."""
    if headers.get("X-API-Key"):
        return by_key(state, headers["X-API-Key"], address)
    scheme, _, value = (headers.get("Authorization") or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            login, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return None
        return by_password(state, login, password)
    return None


def xml_caller(state: State, headers: Any, address: str) -> tuple[Caller | None, bool]:
    """KEY, or HTTP_AUTH_LOGIN and HTTP_AUTH_PASSWD; second: was any of them there [6]."""
    if headers.get("KEY"):
        return by_key(state, headers["KEY"], address), True
    if headers.get("HTTP_AUTH_LOGIN"):
        return by_password(state, headers["HTTP_AUTH_LOGIN"], headers.get("HTTP_AUTH_PASSWD") or ""), True
    return None, False                       # Basic is not accepted here
