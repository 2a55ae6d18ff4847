"""The control endpoint: plain HTTP on loopback, for tests and demonstrations only.

    GET    /state                     the whole world
    GET    /journal                   calls, in order;  DELETE: forget them
    GET    /count                     {"count", "in_flight", "most_in_flight"}
    GET    /switches                  and PUT {"name": value, ...}
    GET    /faults                    and POST {"kind", "match", "after", "times", ...}, DELETE: no more faults
    POST   /change                    something changes behind the product's back, see change()
    POST   /key                       {"login", "ips"} -> {"key"};  DELETE: every key is revoked
"""

from __future__ import annotations

import json
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from . import access, dns
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


def answer(panel: Panel, method: str, path: str, body: Any) -> Any:
    with panel.state.lock:
        if (method, path) == ("GET", "/state"):
            return panel.state.snapshot()
        if (method, path) == ("POST", "/key"):
            return {"key": access.create_key(panel.state, body.get("login", "admin"), body.get("ips", []), "control")}
        if (method, path) == ("DELETE", "/key"):
            panel.state.world["keys"] = []
            panel.state.changed()
            return {}
    if (method, path) == ("GET", "/journal"):
        with panel.journal.lock:
            return list(panel.journal.calls)
    if (method, path) == ("DELETE", "/journal"):
        panel.journal.clear()
        return {}
    if (method, path) == ("GET", "/count"):
        j = panel.journal
        return {"count": j.count, "in_flight": j.in_flight, "most_in_flight": j.most_in_flight}
    if (method, path) == ("GET", "/switches"):
        return panel.switches
    if (method, path) == ("PUT", "/switches"):
        unknown = set(body) - set(panel.switches)
        if unknown:
            raise ValueError(f"no such switch: {', '.join(sorted(unknown))}")
        panel.switches.update(body)
        return panel.switches
    if (method, path) == ("GET", "/faults"):
        return [asdict(f) for f in panel.faults.list]
    if (method, path) == ("POST", "/faults"):
        return asdict(panel.faults.add(body))
    if (method, path) == ("DELETE", "/faults"):
        panel.faults.clear()
        return {}
    if (method, path) == ("POST", "/change"):
        return change(panel, body)
    raise LookupError(f"{method} {path}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    panel: Panel

    def handle_call(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, value = 200, answer(self.panel, self.command, self.path, json.loads(body) if body else {})
        except LookupError as problem:
            status, value = 404, {"error": f"not found: {problem}"}
        except (ValueError, TypeError, StopIteration, dns.Refused) as problem:
            status, value = 400, {"error": str(problem)}
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = handle_call

    def log_message(self, format: str, *args: Any) -> None:
        pass


def server(panel: Panel, port: int) -> ThreadingHTTPServer:
    handler = type("ControlHandler", (Handler,), {"panel": panel})
    http = ThreadingHTTPServer(("127.0.0.1", port), handler)
    http.daemon_threads = True
    return http
