"""What tests change behind the product's back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import dns

if TYPE_CHECKING:
    from .panel import Panel


def change(panel: Panel, what: dict[str, Any]) -> Any:
    """One change, as another person or program would make it.

    {"op": "add", "domain", "type", "host", "value", "opt", "ttl"}     a record, host absolute
    {"op": "delete", "domain", "type", "host"[, "value"]}              records
    {"op": "edit", "domain", "type", "host", "value"[, "ttl"]}         the value of the records of that name and type
    {"op": "set", "path": ["domains", "cust.example", "mail", "dkim"], "value": true}   anything in the state
    {"op": "dkim", "domain", "on"}                                     as the panel's own switch
    """
    with panel.state.lock:
        done = apply(panel, what)
    panel.publisher.flush()
    return done


def apply(panel: Panel, what: dict[str, Any]) -> Any:
    op = what["op"]
    if op == "set":
        return set_value(panel, what["path"], what["value"])
    if op == "dkim":
        panel.dkim.set_domain(panel.state.domain(name=what["domain"]), what["on"])
        return {}
    found = panel.state.zone(what["domain"])
    if found is None:
        raise ValueError("no such zone")
    name, zone = found
    host = what["host"].lower()
    if op == "add":
        return dns.add(panel.state, name, zone, what["type"], host, what["value"], what.get("opt", ""),
                       what.get("ttl", zone["ttl"]))
    hit = [r for r in zone["records"] if r["type"] == what["type"] and r["host"] == host and
           (op == "edit" or what.get("value") in (None, r["value"]))]
    if op == "delete":
        zone["records"] = [r for r in zone["records"] if r not in hit]
    elif op == "edit":
        for record in hit:
            record.update(value=what["value"], ttl=what.get("ttl", record["ttl"]))
    else:
        raise ValueError(f"no such op: {op}")
    panel.state.changed(name)
    return {"records": len(hit)}


def set_value(panel: Panel, path: list[Any], value: Any) -> Any:
    at: Any = panel.state.world
    zone = None
    for step in path[:-1]:
        if isinstance(at, list) and isinstance(step, str):
            at = next(x for x in at if step in (x.get("ascii_name"), x.get("login"), x.get("name"), x.get("id")))
            zone = at.get("ascii_name", zone)
        else:
            at = at[step]
    at[path[-1]] = value
    panel.state.changed(zone)
    return {}
