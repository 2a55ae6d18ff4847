"""What tests change behind the product's back."""

from __future__ import annotations

import random
import string
import time
from typing import TYPE_CHECKING, Any

from . import zones

if TYPE_CHECKING:
    from .panel import Panel


def change(panel: Panel, what: dict[str, Any]) -> Any:
    """One change, as another person or program would make it.

    {"op": "add", "domain", "type", "host", "value"[, "ttl"]}          a record, host absolute with a dot
    {"op": "delete", "domain", "type", "host"[, "value"]}              records
    {"op": "edit", "domain", "type", "host", "value"[, "ttl"]}         the value of the records of that name and type
    {"op": "serial", "domain"}                                         another writer: only the serial goes up
    {"op": "set", "path": ["accounts", "anna", "suspended"], "value": 1}   anything in the state
    {"op": "delegate", "domain", "to": [addresses] or null}            who the world asks (null: this server)
    {"op": "queue", "count"[, "sender", "user", "auth", "local", "headers", "reason", "subject"]}   messages come into it
    {"op": "nat", "map": {public: private}}                            the server stands behind NAT ({}: no longer)
    {"op": "package", "user", "plan"}                                  another package: its limits overwrite the account's
    """
    with panel.state.lock:
        done = apply(panel, what)
    panel.publisher.flush()
    return done


def apply(panel: Panel, what: dict[str, Any]) -> Any:
    op, state = what["op"], panel.state
    if op == "set":
        return set_value(panel, what["path"], what["value"])
    if op == "queue":
        return fill_queue(panel, what)
    if op == "nat":
        return nat(panel, what["map"])
    if op == "package":
        account = state.account(what["user"])
        account["plan"] = what["plan"]
        for key, limit in state.world["packages"][what["plan"]].items():
            account[key.lower()] = limit
        state.changed()
        return {}
    name = what["domain"]
    if op == "delegate":
        state.world["delegations"][name] = what["to"] or state.world["own_name_servers"]
        state.changed()
        return {}
    zone = state.zone(name)
    if zone is None:
        raise ValueError("no such zone")
    if op == "serial":
        return {"serial": zones.written(state, name)}
    kind, host = what["type"], what["host"].lower()
    if op == "add":
        zone["lines"].append(zones.record(host, kind, data(kind, what["value"]), what.get("ttl", 14400)))
        zones.written(state, name)
        return {"records": 1}
    hit = [r for r in zones.find(zone, host, kind) if op == "edit" or what.get("value") in (None, value(r))]
    if op == "delete":
        zones.remove(state, name, hit)
    elif op == "edit":
        for record in hit:
            record.update(data=data(kind, what["value"]), ttl=what.get("ttl", record["ttl"]))
        zones.written(state, name)
    else:
        raise ValueError(f"no such op: {op}")
    return {"records": len(hit)}


def nat(panel: Panel, private: dict[str, str]) -> Any:
    """Interfaces and accounts have the private addresses; public_ip says how they look from outside."""
    state = panel.state
    new = {ip["ip"]: private.get(ip["public_ip"], ip["public_ip"]) for ip in state.server["ips"]}
    for ip in state.server["ips"]:
        ip["ip"] = new[ip["ip"]]
    for account in state.accounts:
        account["ip"] = new.get(account["ip"], account["ip"])
    exim = state.server["exim"]
    exim["mailips"] = {name: new.get(ip, ip) for name, ip in exim["mailips"].items()}
    state.changed()
    return {}


def data(kind: str, value: str) -> list[str]:
    return zones.txt(value) if kind == "TXT" else value.split()


def value(record: dict[str, Any]) -> str:
    return ("" if record["record_type"] == "TXT" else " ").join(record["data"])


def set_value(panel: Panel, path: list[Any], value: Any) -> Any:
    at: Any = panel.state.world
    zone = path[1] if path[0] == "zones" else None
    for step in path[:-1]:
        if isinstance(at, list) and isinstance(step, str):
            at = next(x for x in at if step in (x.get("user"), x.get("name"), x.get("id"), x.get("msgid")))
        else:
            at = at[step]
    at[path[-1]] = value
    if zone is not None:
        zones.written(panel.state, zone)
    panel.state.changed()
    return {}


def message_id(short: bool = False) -> str:
    """6-6-2 characters, since Exim 4.97 6-11-4 [9.1]."""
    pick = lambda n: "".join(random.choice(string.ascii_letters + string.digits) for _ in range(n))
    return f"1v{pick(4)}-{pick(6)}-{pick(2)}" if short else f"1v{pick(4)}-{pick(11)}-{pick(4)}"


def fill_queue(panel: Panel, what: dict[str, Any]) -> Any:
    for n in range(what["count"]):
        panel.state.world["queue"].append({
            "msgid": message_id(n % 2 == 0), "sender": what.get("sender", "ben@lookups.example"),
            "recipients": [f"somebody{n}@elsewhere-{n % 7}.example"], "size": 2048 + n % 4096, "time": int(time.time()) - n,
            "frozen": 0, "user": what.get("user"), "uid": 47, "local": what.get("local", 0), "auth": what.get("auth", ""),
            "headers": what.get("headers", []), "reason": what.get("reason", ""), "subject": what.get("subject", "hello")})
    panel.state.changed()
    return {"queue": len(panel.state.world["queue"])}
