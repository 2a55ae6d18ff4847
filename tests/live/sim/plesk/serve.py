"""The panel's HTTPS port."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

from ..common import serve
from ..common.wire import Reply, json_reply
from . import access, rest, wptoolkit, xmlapi
from .panel import Panel
from .wire import Call

LOGIN_PAGE = b"<!doctype html><html><head><title>Plesk</title></head><body><form action='/login_up.php'></form></body></html>"


def describe(call: Call) -> dict[str, Any]:
    """What the journal keeps and faults match."""
    entry: dict[str, Any] = {"method": call.method, "path": call.path, "query": call.query, "address": call.address}
    if call.path == "/enterprise/control/agent.php":
        entry["packet"] = xmlapi.packet_names(call.body)
        entry["body"] = call.body.decode(errors="replace")
        return entry
    try:
        body = json.loads(call.body) if call.body else None
    except ValueError:
        entry["body"] = call.body[:2000].decode(errors="replace")
        return entry
    if isinstance(body, dict) and "/cli/" in call.path:
        entry["utility"] = call.path.split("/")[4] if call.path.count("/") > 4 else ""
        entry["params"] = body.get("params", [])
        entry["env"] = sorted(body["env"]) if isinstance(body.get("env"), dict) else []
        if isinstance(entry["params"], list) and entry["params"]:
            entry["command"] = str(entry["params"][0])
    elif body is not None:
        entry["body"] = body
    return entry


def dispatch(panel: Panel, call: Call) -> Reply:
    if call.path.startswith("/api/v2/") or call.path == "/api/v2":
        return rest.answer(panel, call)
    if call.path.startswith("/api/modules/wp-toolkit"):
        return wptoolkit.answer(panel, call)
    if call.path == "/enterprise/control/agent.php" and panel.switches["xml"]:
        if call.method != "POST":
            return Reply(405, "text/plain", b"Method Not Allowed")
        return xmlapi.answer(panel, call)
    return json_reply(404, {"code": 404, "message": "Not Found"})


class Answerer(serve.Answerer):
    def call(self, query: list[tuple[str, str]], **given: Any) -> Call:
        return Call(query=dict(query), **given)

    def describe(self, call: Call) -> dict[str, Any]:
        return describe(call)

    def dispatch(self, call: Call) -> Reply:
        return dispatch(self.panel, call)

    def latency(self, call: Call) -> None:
        for name in ("latency_s", "cli_latency_s"):
            low, high = self.panel.switches[name]
            if high and (name == "latency_s" or call.path.endswith("/call")):
                time.sleep(random.uniform(low, high))

    def error(self, kind: str) -> Reply:
        if kind == "500":
            return json_reply(500, {"code": 500, "message": "Internal Server Error"})
        if kind == "503":
            return json_reply(503, {"message": "Plesk is not initialized"})
        return Reply(200, "text/html; charset=utf-8", LOGIN_PAGE)

    def half(self, call: Call) -> Reply:
        call.half = True
        reply = self.normal(call)
        if call.path.endswith(("/call", "/agent.php")) and b"nternal error" in reply.body:
            return reply
        return self.error("500")

    def revoke(self, call: Call) -> None:
        with self.panel.state.lock:
            for name in ("X-API-Key", "KEY"):
                if call.headers.get(name):
                    access.delete_key(self.panel.state, call.headers[name])


def start(panel: Panel, directory: Path, port: int, control_port: int) -> None:
    serve.start(panel, directory, [(port, Answerer(panel))], "sw-cp-server", control_port)
