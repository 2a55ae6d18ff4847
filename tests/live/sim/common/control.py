"""The control endpoint: plain HTTP on loopback, for tests and demonstrations only.

    GET    /state                     the whole world
    GET    /journal                   calls, in order;  DELETE: forget them
    GET    /count                     {"count", "in_flight", "most_in_flight"}
    GET    /switches                  and PUT {"name": value, ...}
    GET    /faults                    and POST {"kind", "match", "after", "times", ...}, DELETE: no more faults
    POST   /change                    something changes behind the product's back, see the panel's change.py
    POST   /key                       a key (token) is made -> {"key"};  DELETE: every key is revoked
    and what else the panel has (`Panel.routes`)
"""

from __future__ import annotations

import json
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def answer(panel: Any, method: str, path: str, body: Any) -> Any:
    if (method, path) in panel.routes:
        with panel.state.lock:
            return panel.routes[method, path](body)
    if (method, path) == ("GET", "/state"):
        with panel.state.lock:
            return panel.state.snapshot()
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
        return panel.change(body)
    raise LookupError(f"{method} {path}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    panel: Any

    def handle_call(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            status, value = 200, answer(self.panel, self.command, self.path, json.loads(body) if body else {})
        except LookupError as problem:
            status, value = 404, {"error": f"not found: {problem}"}
        except (ValueError, TypeError, StopIteration, self.panel.refusals) as problem:
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


def server(panel: Any, port: int) -> ThreadingHTTPServer:
    handler = type("ControlHandler", (Handler,), {"panel": panel})
    http = ThreadingHTTPServer(("127.0.0.1", port), handler)
    http.daemon_threads = True
    return http
