"""FastCGI on a unix socket: a client that plays a panel's relay, and a small responder that plays the backend.

Record layout: FastCGI 1.0, sections 3.3 to 5.5.  Identity: PAYLOAD.SIGNATURE, as the backend expects it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import socket
import struct
import threading
import time
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7


def record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def stream(kind: int, content: bytes) -> bytes:
    parts = [content[i:i + 65535] for i in range(0, len(content), 65535)]
    return b"".join(record(kind, part) for part in parts) + record(kind, b"")


def pair(name: str, value: str) -> bytes:
    raw = [name.encode(), value.encode("utf-8", "surrogateescape")]
    sizes = b"".join(bytes([len(r)]) if len(r) < 128 else struct.pack(">I", len(r) | 0x80000000) for r in raw)
    return sizes + b"".join(raw)


def read_exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = sock.recv(size - len(data))
        if not chunk:
            raise ConnectionError("the peer closed the connection")
        data += chunk
    return data


def read_record(sock: socket.socket) -> tuple[int, bytes]:
    _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", read_exactly(sock, 8))
    content = read_exactly(sock, length)
    read_exactly(sock, padding)
    return kind, content


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def identity(key: bytes, login: str, role: str, *, session: str = "test", lang: str = "en", ttl_s: int = 60,
             **more: Any) -> str:
    claims = {"v": 1, "login": login, "role": role, "lang": lang, "session": session,
              "exp": int(time.time()) + ttl_s, **more}
    payload = base64url(json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode())
    return payload + "." + base64url(hmac.new(key, payload.encode(), hashlib.sha256).digest())


def verify(key: bytes, token: str) -> dict[str, Any]:
    payload, _, signature = token.partition(".")
    right = base64url(hmac.new(key, payload.encode(), hashlib.sha256).digest())
    if not hmac.compare_digest(right, signature):
        raise ValueError("the signature is wrong")
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def request(where: Path, method: str, path: str, *, token: str | None = None, body: bytes = b"",
            content_type: str = "", accept: str = "text/html", script: str = "", headers: dict[str, str] = {},
            params: dict[str, str] = {}, timeout_s: float = 30.0) -> tuple[int, dict[str, str], bytes]:
    """One request straight to a backend: status, headers in lower case, body."""
    parts = urlsplit(path)
    env = {"GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "localhost",
           "SERVER_PORT": "8443", "REQUEST_METHOD": method, "SCRIPT_NAME": script, "PATH_INFO": parts.path,
           "QUERY_STRING": parts.query, "REQUEST_URI": script + path, "REMOTE_ADDR": "127.0.0.1",
           "CONTENT_LENGTH": str(len(body)) if body else "", "CONTENT_TYPE": content_type, "HTTP_ACCEPT": accept}
    env.update({"HTTP_" + k.upper().replace("-", "_"): v for k, v in headers.items()})
    if token is not None:
        env["ASG_IDENTITY"] = token
    env.update(params)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout_s)
        sock.connect(str(where))
        sock.sendall(record(BEGIN, struct.pack(">HB5x", 1, 0)) +
                     stream(PARAMS, b"".join(pair(k, v) for k, v in env.items())))
        try:
            sock.sendall(stream(STDIN, body))
        except BrokenPipeError:
            pass                                # answered before the body was read (413)
        out = b""
        while True:
            kind, content = read_record(sock)
            if kind == STDOUT:
                out += content
            elif kind == END:
                break
    return parse_cgi(out)


def parse_cgi(out: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = out.partition(b"\r\n\r\n")
    headers = {}
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    status = int(headers.pop("status", "200").split()[0])
    return status, headers, body


Handler = Callable[[dict[str, str], bytes], tuple[str, bytes]]


class Responder:
    """A responder of our own: handler(params, body) gives the head (without the blank line) and the body."""

    def __init__(self, where: Path, handler: Handler):
        self.where, self.handler = where, handler
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        where.unlink(missing_ok=True)
        self.sock.bind(str(where))
        os.chmod(where, 0o660)
        self.sock.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                peer, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=[peer], daemon=True).start()

    def serve(self, peer: socket.socket) -> None:
        with peer:
            peer.settimeout(10)
            raw, body = b"", b""
            try:
                while True:
                    kind, content = read_record(peer)
                    if kind == PARAMS:
                        raw += content
                    elif kind == STDIN and content:
                        body += content
                    elif kind == STDIN:
                        break
                head, answer = self.handler(parse_params(raw), body)
                out = head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + answer
                peer.sendall(stream(STDOUT, out) + record(END, struct.pack(">IB3x", 0, 0)))
            except OSError:
                pass

    def close(self) -> None:
        self.sock.close()
        self.where.unlink(missing_ok=True)


def parse_params(raw: bytes) -> dict[str, str]:
    out, at = {}, 0
    while at < len(raw):
        sizes = []
        for _ in range(2):
            if raw[at] < 128:
                sizes.append(raw[at])
                at += 1
            else:
                sizes.append(struct.unpack(">I", raw[at:at + 4])[0] & 0x7FFFFFFF)
                at += 4
        name = raw[at:at + sizes[0]].decode()
        out[name] = raw[at + sizes[0]:at + sum(sizes)].decode(errors="replace")
        at += sum(sizes)
    return out
