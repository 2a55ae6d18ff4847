"""Rules of mail accounts and of a domain's mail settings, the same for command line and XML [6.2, 6.5, 9]."""

from __future__ import annotations

import re
from typing import Any

from .panel import Panel

LOCAL = re.compile(r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
ADDRESS = re.compile(r"^[^\s@<>\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")


class Refused(Exception):
    pass


def strong(password: str) -> bool:
    """The server's strength policy [9]: long and mixed, or very long."""
    kinds = sum(any(test(c) for c in password)
                for test in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum()))
    return len(password) >= 20 and kinds >= 2 or len(password) >= 10 and kinds >= 3


def check_password(password: str) -> None:
    if not password:
        raise Refused("The password is not specified.")
    if not strong(password):
        raise Refused("Your password is not complex enough. According to the server policy, the minimal password "
                      "strength is Strong.")


def check_address(address: str) -> str:
    if not ADDRESS.match(address):
        raise Refused(f"Invalid e-mail address '{address}'.")
    return address


def new_mailname(panel: Panel, domain: dict[str, Any], name: str) -> dict[str, Any]:
    if not LOCAL.match(name) or len(name) > 64:
        raise Refused(f"Mail name '{name}' is invalid.")
    if any(m["name"].lower() == name.lower() for m in domain["mailnames"]):
        raise Refused(f"Mail name '{name}@{domain['ascii_name']}' already exists.")
    if panel.state.alias_of(domain, name) is not None:
        raise Refused(f"'{name}@{domain['ascii_name']}' is already used as a mail alias.")
    return {"id": panel.state.next_id(), "name": name, "mailbox": False, "password": "", "quota": -1, "aliases": [],
            "forwarding": False, "addresses": [], "limit": "default", "description": ""}


def set_aliases(panel: Panel, domain: dict[str, Any], mailname: dict[str, Any], aliases: list[str]) -> None:
    for alias in aliases:
        if not LOCAL.match(alias):
            raise Refused(f"Mail alias '{alias}' is invalid.")
        taken = panel.state.alias_of(domain, alias)
        if any(m["name"].lower() == alias.lower() for m in domain["mailnames"]) or taken not in (None, mailname):
            raise Refused(f"Mail name '{alias}@{domain['ascii_name']}' already exists.")
    mailname["aliases"] = aliases


def changed_list(present: list[str], text: str, what: str) -> list[str]:
    """"set:", "add:" or "del:" and values with commas; a bare value is refused [9]."""
    verb, colon, values = text.partition(":")
    if not colon or verb not in ("set", "add", "del"):
        raise Refused(f"Invalid value of the option {what}: 'set:', 'add:' or 'del:' is expected.")
    items = [item.strip() for item in values.split(",") if item.strip()]
    if verb == "set":
        return list(dict.fromkeys(items))
    if verb == "add":
        return list(dict.fromkeys([*present, *items]))
    return [item for item in present if item not in items]


def set_catch_all(panel: Panel, domain: dict[str, Any], value: dict[str, str], by_admin: bool = True) -> None:
    if value["kind"] == "forward":
        address = check_address(value["text"])
        inside = address.rpartition("@")[2].lower() == domain["ascii_name"]
        # with outgoing control on customers cannot lead it out of the domain [9]
        if not inside and not by_admin and panel.state.server["prefs"]["outgoing_antispam"]:
            raise Refused("The catch-all address must belong to the domain.")
    domain["mail"]["nonexistent"] = value
    panel.state.changed()
