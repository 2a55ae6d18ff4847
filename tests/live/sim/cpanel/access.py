"""Who is calling, and what he may: tokens and sessions, ACLs, a reseller's own accounts [2.2, 2.9]."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import time
from dataclasses import dataclass
from typing import Any

from .state import State
from .wire import Refused

ALPHABET = string.ascii_uppercase + string.digits
NAME = re.compile(r"^[A-Za-z0-9_-]{1,50}$")


@dataclass
class Caller:
    user: str
    acls: set[str]                          # of the user and of his token; "all": everything
    token: dict[str, Any] | None = None
    root: bool = False                      # every account is his, whatever his token may do

    def may(self, acl: str) -> bool:
        return not acl or "all" in self.acls or acl in self.acls


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def user_acls(state: State, user: str) -> set[str] | None:
    if user == "root":
        return {"all"}
    found = state.world["resellers"].get(user)
    return set(found["acls"]) if found is not None else None


def create_token(state: State, user: str, name: str = "", *, kind: str = "whm", acls: list[str] | None = None,
                 expires: int | None = None, addresses: list[str] = []) -> str:
    token = "".join(secrets.choice(ALPHABET) for _ in range(32))
    state.world["tokens"].append({"user": user, "name": name or f"t{len(state.world['tokens'])}", "kind": kind,
                                  "sha256": digest(token), "acls": acls, "expires_at": expires,
                                  "create_time": int(time.time()), "addresses": addresses})
    state.changed()
    return token


def revoke(state: State, token: str) -> bool:
    left = [t for t in state.world["tokens"] if t["sha256"] != digest(token)]
    found = len(left) != len(state.world["tokens"])
    state.world["tokens"] = left
    state.changed()
    return found


def by_token(state: State, kind: str, user: str, token: str, address: str) -> Caller | None:
    entry = next((t for t in state.world["tokens"]
                  if t["sha256"] == digest(token) and t["user"] == user and t["kind"] == kind), None)
    if entry is None or (entry["expires_at"] and entry["expires_at"] < time.time()):
        return None                         # an expired one is still there, and refused
    if entry["addresses"] and address not in entry["addresses"]:
        return None
    if kind == "cpanel":
        account = state.account(user)
        return Caller(user, set(), entry) if account is not None and not account["suspended"] else None
    acls = user_acls(state, user)
    if acls is None:
        return None
    root = "all" in acls
    if entry["acls"] is not None:           # they limit it below its user
        acls = set(entry["acls"]) if root else acls & set(entry["acls"])
    return Caller(user, acls, entry, root)


def header_token(headers: Any, word: str) -> tuple[str, str] | None:
    scheme, _, value = (headers.get("Authorization") or "").strip().partition(" ")
    user, colon, token = value.strip().partition(":")
    return (user, token) if scheme.lower() == word and colon else None


def create_session(state: State, user: str, service: str) -> dict[str, str]:
    """A browser's session: its cookie and the part of the path that must go with it [2.1]."""
    session = f"{user}:{secrets.token_hex(8)}"
    path = f"/cpsess{secrets.randbelow(10 ** 10):010d}"
    state.world["sessions"].append({"user": user, "service": service, "session": session, "path": path})
    state.changed()
    return {"session": session, "cp_security_token": path}


def by_session(state: State, kind: str, headers: Any, path: str) -> Caller | None:
    cookies = dict(part.strip().partition("=")[::2] for part in (headers.get("Cookie") or "").split(";"))
    wanted = cookies.get("whostmgrsession" if kind == "whm" else "cpsession", "").replace("%3a", ":").replace("%3A", ":")
    service = "whostmgrd" if kind == "whm" else "cpaneld"
    for entry in state.world["sessions"]:
        if entry["session"] == wanted and entry["path"] == path and entry["service"] == service:
            acls = (user_acls(state, entry["user"]) or set()) if kind == "whm" else set()
            return Caller(entry["user"], acls, None, "all" in acls)
    return None


# --- a reseller's scope: one level [3.4]

def owns(state: State, caller: Caller, account: dict[str, Any]) -> bool:
    return caller.root or caller.user in (account["owner"], account["user"])


def own_account(state: State, caller: Caller, user: str) -> dict[str, Any]:
    account = state.account(user)
    if account is None:
        raise Refused("Account does not exist.")
    if not owns(state, caller, account):
        raise Refused(f"You do not have access to an account named “{user}”.")
    return account


def own_zone(state: State, caller: Caller, name: str) -> bool:
    """A zone of no account (the server's own) is root's."""
    domain = state.domain(name)
    account = state.account(domain["user"]) if domain else None
    return caller.root if account is None else owns(state, caller, account)
