"""A panel's HTTPS ports, with the faults."""

from __future__ import annotations

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

from . import control
from .faults import Fault
from .wire import Reply

BODY_MAX = 8 << 20


GATEWAY = {status: Reply(int(status), "text/html", f"<html><head><title>{status} {text}</title></head><body><center><h1>"
                         f"{status} {text}</h1></center><hr><center>nginx</center></body></html>".encode())
           for status, text in (("502", "Bad Gateway"), ("504", "Gateway Time-out"))}


def make_certificate(directory: Path, name: str) -> tuple[Path, Path]:
    """Self-signed, as on a fresh server; for the host name and for loopback."""
    key, certificate = directory / "panel.key.pem", directory / "panel.pem"
    if not certificate.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-keyout", str(key),
                        "-out", str(certificate), "-subj", f"/CN={name}", "-addext",
                        f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        key.chmod(0o600)
    return certificate, key


class Answerer:
    """One call, with what is set to go wrong.  Gives the reply and how it is to be spoilt on the wire.

    A panel gives a call's description for the journal, its dispatcher, its own forms of errors and what a change
    that is half done is."""

    def __init__(self, panel: Any):
        self.panel = panel

    # --- the panel's

    def call(self, **given: Any) -> Any:
        """A call from what the HTTP handler has read."""
        raise NotImplementedError

    def describe(self, call: Any) -> dict[str, Any]:
        """What the journal keeps and faults match; no secrets."""
        raise NotImplementedError

    def dispatch(self, call: Any) -> Reply:
        raise NotImplementedError

    def error(self, kind: str) -> Reply:
        """"500", "503" or "html"."""
        raise NotImplementedError

    def half(self, call: Any) -> Reply:
        """The first part of a change that has several is done; one that has one is done; the call fails."""
        call.half = True
        self.normal(call)
        return self.error("500")

    def revoke(self, call: Any) -> None:
        raise NotImplementedError

    def latency(self, call: Any) -> None:
        pass

    # --- the same for all

    def answer(self, call: Any) -> tuple[Reply, str]:
        entry = self.panel.journal.begin(self.describe(call))
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

    def normal(self, call: Any) -> Reply:
        with self.panel.state.lock:
            reply = self.dispatch(call)
        self.panel.publisher.flush()
        return reply

    def faulty(self, call: Any, fault: Fault) -> tuple[Reply, str]:
        if fault.kind in ("500", "503", "html"):
            return self.error(fault.kind), ""
        if fault.kind in ("502", "504"):
            if fault.kind == "504":
                self.normal(call)
            return GATEWAY[fault.kind], ""
        if fault.kind == "slow":
            time.sleep(fault.seconds)
            return self.normal(call), ""
        if fault.kind == "late":
            threading.Timer(fault.seconds, self.normal, [call]).start()
            return Reply(200, "text/plain", b""), "reset"
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
            self.panel.change(fault.change)
            return reply, ""
        self.panel.change(fault.change)
        return self.normal(call), ""

    def pretend(self, call: Any) -> Reply:
        with self.panel.state.lock:
            before = self.panel.state.snapshot()
            self.panel.state.muted = True
            try:
                return self.dispatch(call)
            finally:
                self.panel.state.muted = False
                self.panel.state.restore(before)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
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
        call = self.answerer.call(method=self.command, path=unquote(parts.path), raw_query=parts.query,
                                  query=parse_qsl(parts.query, keep_blank_values=True), headers=self.headers, body=body,
                                  address=self.client_address[0])
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

    def __init__(self, port: int, answerer: Answerer, name: str, certificate: Path, key: Path):
        """name: what the server calls itself."""
        handler = type("PanelHandler", (Handler,), {"answerer": answerer, "server_version": name})
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


def start(panel: Any, directory: Path, ports: list[tuple[int, Answerer]], name: str, control_port: int) -> None:
    certificate, key = make_certificate(directory, panel.state.world.get("certificate_name", "localhost"))
    servers: list[ThreadingHTTPServer] = [TlsServer(port, answerer, name, certificate, key) for port, answerer in ports]
    for server in (*servers, control.server(panel, control_port)):
        threading.Thread(target=server.serve_forever, daemon=True).start()
