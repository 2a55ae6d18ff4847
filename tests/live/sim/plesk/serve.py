"""The panel's HTTPS port, with the faults."""

from __future__ import annotations

import json
import random
import socket
import ssl
import struct
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from . import control, rest, wptoolkit, xmlapi
from .faults import Fault
from .panel import Panel
from .wire import Call, Reply, json_reply

BODY_MAX = 8 << 20
LOGIN_PAGE = b"<!doctype html><html><head><title>Plesk</title></head><body><form action='/login_up.php'></form></body></html>"


def make_certificate(directory: Path, name: str) -> tuple[Path, Path]:
    """Self-signed, as on a fresh server [2]; for the host name and for loopback."""
    key, certificate = directory / "panel.key.pem", directory / "panel.pem"
    if not certificate.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-keyout", str(key),
                        "-out", str(certificate), "-subj", f"/CN={name}", "-addext",
                        f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        key.chmod(0o600)
    return certificate, key


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


class Answerer:
    """One call, with what is set to go wrong.  Gives the reply and how it is to be spoilt on the wire."""

    def __init__(self, panel: Panel):
        self.panel = panel

    def latency(self, call: Call) -> None:
        for name in ("latency_s", "cli_latency_s"):
            low, high = self.panel.switches[name]
            if high and (name == "latency_s" or call.path.endswith("/call")):
                time.sleep(random.uniform(low, high))

    def answer(self, call: Call) -> tuple[Reply, str]:
        entry = self.panel.journal.begin(describe(call))
        fault = self.panel.faults.pick(entry)
        try:
            self.latency(call)
            reply, spoil = self.faulty(call, fault) if fault else (self.normal(call), "")
        except Exception as problem:                     # a mistake of the simulator must be seen
            self.panel.journal.end(entry, status=500, crash=repr(problem))
            raise
        self.panel.journal.end(entry, status=reply.status, code=reply.exit_code, login=call.login,
                               fault=fault.kind if fault else None)
        return reply, spoil

    def normal(self, call: Call) -> Reply:
        with self.panel.state.lock:
            reply = dispatch(self.panel, call)
        self.panel.publisher.flush()
        return reply

    def faulty(self, call: Call, fault: Fault) -> tuple[Reply, str]:
        if fault.kind == "500":
            return json_reply(500, {"code": 500, "message": "Internal Server Error"}), ""
        if fault.kind == "503":
            return json_reply(503, {"message": "Plesk is not initialized"}), ""
        if fault.kind == "html":
            return Reply(200, "text/html; charset=utf-8", LOGIN_PAGE), ""
        if fault.kind == "slow":
            time.sleep(fault.seconds)
            return self.normal(call), ""
        if fault.kind in ("reset", "truncate"):
            return self.normal(call), fault.kind
        if fault.kind == "nothing":
            return self.pretend(call), ""
        if fault.kind == "half":
            return self.half(call), ""
        if fault.kind == "revoke":
            self.revoke(call)
            return self.normal(call), ""
        if fault.when == "after":
            reply = self.normal(call)
            control.change(self.panel, fault.change)
            return reply, ""
        control.change(self.panel, fault.change)
        return self.normal(call), ""

    def pretend(self, call: Call) -> Reply:
        with self.panel.state.lock:
            before = self.panel.state.snapshot()
            self.panel.state.muted = True
            try:
                return dispatch(self.panel, call)
            finally:
                self.panel.state.muted = False
                self.panel.state.restore(before)

    def half(self, call: Call) -> Reply:
        """The first part of a change that has several is done; one that has one is done; the call fails."""
        call.half = True
        reply = self.normal(call)
        if call.path.endswith(("/call", "/agent.php")) and b"nternal error" in reply.body:
            return reply
        return json_reply(500, {"code": 500, "message": "Internal Server Error"})

    def revoke(self, call: Call) -> None:
        from . import access
        with self.panel.state.lock:
            for name in ("X-API-Key", "KEY"):
                if call.headers.get(name):
                    access.delete_key(self.panel.state, call.headers[name])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sw-cp-server"
    sys_version = ""
    timeout = 60
    disable_nagle_algorithm = True
    answerer: Answerer

    def handle_call(self) -> None:
        parts = urlsplit(self.path)
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > BODY_MAX:
            self.close_connection = True
            self.transmit(Reply(413, "text/plain", b"Request Entity Too Large"), "")
            return
        body = self.rfile.read(int(length))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        call = Call(self.command, unquote(parts.path), query, self.headers, body, self.client_address[0], parts.query)
        reply, spoil = self.answerer.answer(call)
        self.transmit(reply, spoil)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_call

    def transmit(self, reply: Reply, spoil: str) -> None:
        if spoil == "reset":
            raw = self.connection
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            raw.close()
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body if spoil != "truncate" else reply.body[:len(reply.body) // 2])
        if spoil == "truncate":
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass                                     # the journal has it


class TlsServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def __init__(self, port: int, panel: Panel, certificate: Path, key: Path):
        handler = type("PanelHandler", (Handler,), {"answerer": Answerer(panel)})
        super().__init__(("127.0.0.1", port), handler)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)

    def finish_request(self, request: socket.socket, client_address: Any) -> None:
        """The handshake belongs to the connection's own thread, so that nobody waits for a silent client."""
        request.settimeout(60)
        try:
            tls = self.context.wrap_socket(request, server_side=True)
        except (OSError, ssl.SSLError):
            return
        try:
            super().finish_request(tls, client_address)
        finally:
            try:
                tls.close()
            except OSError:
                pass

    def handle_error(self, request: Any, client_address: Any) -> None:
        import sys
        kind = sys.exc_info()[0]
        if kind is not None and not issubclass(kind, (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)


def start(panel: Panel, directory: Path, port: int, control_port: int) -> tuple[TlsServer, ThreadingHTTPServer]:
    certificate, key = make_certificate(directory, panel.state.world.get("certificate_name", "localhost"))
    https = TlsServer(port, panel, certificate, key)
    http = control.server(panel, control_port)
    for server in (https, http):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return https, http
