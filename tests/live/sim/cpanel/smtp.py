"""Exim's greeting [12.9]: a server that says who it is and takes no mail."""

from __future__ import annotations

import socketserver
import ssl
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .panel import Panel

VERSION = "4.98.2"


class Handler(socketserver.StreamRequestHandler):
    panel: "Panel"
    context: ssl.SSLContext
    timeout = 60

    def say(self, *lines: str) -> None:
        """The code stands in front of the last line as in front of all."""
        code, rest = lines[0][:3], [lines[0][4:], *lines[1:]]
        out = "".join(f"{code}{'-' if n < len(rest) - 1 else ' '}{line}\r\n" for n, line in enumerate(rest))
        self.connection.sendall(out.encode())

    def handle(self) -> None:
        try:
            self.talk()
        except (OSError, ssl.SSLError):
            pass

    def talk(self) -> None:
        name, encrypted = self.panel.state.server["hostname"], False
        now = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
        self.say(f"220 {name} ESMTP Exim {VERSION} #2 {now} ", "We do not authorize the use of this system to transport unsolicited, ",
                 "and/or bulk e-mail.")
        reader = self.connection.makefile("rb")
        while line := reader.readline(1024):
            word = line.strip().upper().split(b" ")[0]
            if word == b"EHLO":
                self.say(f"250 {name} Hello there [{self.client_address[0]}]", "SIZE 52428800", "8BITMIME", "PIPELINING",
                         *([] if encrypted else ["STARTTLS"]), "HELP")
            elif word == b"STARTTLS" and not encrypted:
                self.say("220 TLS go ahead")
                self.connection = self.context.wrap_socket(self.connection, server_side=True)
                reader, encrypted = self.connection.makefile("rb"), True
            elif word == b"QUIT":
                self.say(f"221 {name} closing connection")
                return
            elif word in (b"HELO", b"NOOP", b"RSET"):
                self.say(f"250 {name}")
            else:
                self.say("550 Administrative prohibition")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def start(panel: "Panel", directory: Path, port: int) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "panel.pem", directory / "panel.key.pem")
    server = Server(("127.0.0.1", port), type("SmtpHandler", (Handler,), {"panel": panel, "context": context}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
