#!/usr/bin/env python3
"""Greeting mail servers: small SMTP servers, with and without STARTTLS."""

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import live

SEND = live.program("net_send")
TMP = tempfile.TemporaryDirectory(prefix="net_smtp.")


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=TMP.name)


def path(name):
    return os.path.join(TMP.name, name)


def authority():
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt",
            "-days", "30", "-subj", "/O=Test/CN=Test Authority")


def certificate(name, alt, days="30", ca=True, cn=None):
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".csr",
            "-subj", "/CN=" + (cn or name))
    with open(path(name + ".ext"), "w") as f:
        f.write("subjectAltName=%s\n" % alt if alt else "basicConstraints=CA:FALSE\n")
    if ca:
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.crt", "-CAkey", "ca.key",
                "-CAcreateserial", "-out", name + ".crt", "-days", days, "-extfile", name + ".ext")
    else:
        openssl("x509", "-req", "-in", name + ".csr", "-signkey", name + ".key", "-out",
                name + ".crt", "-days", days, "-extfile", name + ".ext")
    return path(name + ".crt"), path(name + ".key")


class Server:
    """script(self, conn, lines): `lines` yields commands; what is yielded is remembered."""

    def __init__(self, script, cert=None, address="127.0.0.1"):
        self.script, self.cert, self.heard = script, cert, []
        self.sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.sock.bind((address, 0))
        self.sock.listen(16)
        self.port = self.sock.getsockname()[1]
        self.peers = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            conn, peer = self.sock.accept()
            self.peers.append(peer[0])
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()

    def serve(self, conn):
        try:
            conn.settimeout(5)
            self.script(self, conn)
        except OSError:
            pass
        finally:
            conn.close()

    def line(self, conn):
        data = b""
        while not data.endswith(b"\n"):
            part = conn.recv(1)
            if not part:
                return ""
            data += part
        self.heard.append(data.decode("latin-1").strip())
        return self.heard[-1]


EHLO = b"250-mx.host.example greets you\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 HELP\r\n"


def usual(self, conn):
    conn.sendall(b"220 mx.host.example ESMTP Postfix\r\n")
    self.line(conn)
    conn.sendall(EHLO if self.cert else EHLO.replace(b"250-STARTTLS\r\n", b""))
    if self.line(conn) == "STARTTLS":
        conn.sendall(b"220 go ahead\r\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.cert)
        tls = context.wrap_socket(conn, server_side=True)
        self.line(tls)
        tls.close()


def say(*parts, pause=0, then=None):
    def script(self, conn):
        for part in parts:
            conn.sendall(part)
            time.sleep(pause)
        while then is None and self.line(conn):
            pass
    return script


def ask(request, *options):
    run = subprocess.run([SEND, "-a", *options], input=json.dumps({"kind": "smtp", **request}) + "\n",
                         capture_output=True, text=True, timeout=30)
    if run.returncode != 0:
        live.check("net_send ends well", False, run.stderr)
        return {}
    return json.loads(run.stdout)


def greet(server, *options, **more):
    return ask({"server": "127.0.0.1:%d" % server.port, "timeout_ms": 1000, **more}, *options)


def code(reply):
    return reply.get("error", {}).get("code")


# --- without TLS

plain = Server(usual)
reply = greet(plain, ehlo="srv1.host.example")
smtp = reply.get("smtp", {})
live.check("greeting", (smtp.get("code"), smtp.get("greeting")) == (220, "mx.host.example ESMTP Postfix"),
           reply)
live.check("name", smtp.get("ehlo_name") == "mx.host.example")
live.check("extensions", smtp.get("extensions") == ["SIZE 1000", "HELP"])
live.check("no TLS", smtp.get("tls", 1) is None)
live.check("address", smtp.get("address") == "127.0.0.1:%d" % plain.port)
time.sleep(0.1)
live.check("what we say", plain.heard == ["EHLO srv1.host.example", "QUIT"], plain.heard)
plain.heard.clear()
greet(plain)
time.sleep(0.1)
live.check("our address as a name", plain.heard[:1] == ["EHLO [127.0.0.1]"], plain.heard)
reply = greet(plain, bind="127.0.0.5")
live.check("bound to an address", plain.peers[-1] == "127.0.0.5", reply)
live.check("STARTTLS that is not offered", greet(plain, starttls=True)["smtp"]["tls"] is None)
live.check("a name that would be two commands", code(greet(plain, ehlo="a\r\nMAIL FROM:<>")) == "value")
live.check("addresses of two families", code(greet(plain, bind="::1")) == "value")

run = subprocess.run([SEND], text=True, capture_output=True, input="".join(
    json.dumps({"id": i, "kind": "smtp", "server": "127.0.0.1:%d" % plain.port, "own": own}) + "\n"
    for i, own in enumerate([False, True])))
replies = {r["id"]: r for r in map(json.loads, run.stdout.splitlines())}
live.check("a private address is not asked", code(replies[0]) == "denied", replies)
live.check("but our own server", "smtp" in replies[1], replies)

for name, server, want, also in [
        ("greeting of many lines", Server(say(b"220-mx.x ESMTP\r\n", b"220 welc", b"ome\r\n", pause=0.05)),
         None, {"greeting": "mx.x ESMTP\nwelcome", "code": 220, "failed": "timeout"}),
        ("LF alone", Server(say(b"220 mx.x\n250 mx.x\n")), None, {"greeting": "mx.x", "ehlo_name": "mx.x"}),
        ("no text", Server(say(b"220\r\n250\r\n")), None, {"greeting": "", "ehlo_name": None}),
        ("odd octets", Server(say(b"220 m\xff\0x\r\n250 mx.x\r\n")), None, {"greeting": "m\\xff\\x00x"}),
        ("554", Server(say(b"554 no service\r\n")), None,
         {"code": 554, "greeting": "no service", "ehlo_name": None}),
        ("421 and gone", Server(say(b"421 busy\r\n", then="close")), None, {"code": 421}),
        ("EHLO refused", Server(say(b"220 mx.x\r\n502 what?\r\n")), None,
         {"ehlo_code": 502, "ehlo_name": None}),
        ("gone after the greeting", Server(say(b"220 mx.x\r\n", then="close")), None,
         {"code": 220, "failed": "unreachable"}),
        ("nonsense after the greeting", Server(say(b"220 mx.x\r\n", b"hello\r\n")), None,
         {"code": 220, "failed": "protocol"}),
        ("two codes in a reply", Server(say(b"220-mx.x\r\n250 mx.x\r\n")), "protocol", {}),
        ("HTTP", Server(say(b"HTTP/1.1 400 Bad Request\r\n")), "protocol", {}),
        ("silence", Server(say()), "timeout", {}),
        ("closed at once", Server(say(then="close")), "unreachable", {}),
        ("a greeting without end", Server(say(b"220-" + b"x" * 70000)), "limit", {}),
        ("endless lines", Server(say(b"220-x\r\n" * 20000)), "limit", {})]:
    reply = greet(server)
    live.check(name, code(reply) == want, reply)
    for key, value in also.items():
        live.check("%s: %s" % (name, key), reply.get("smtp", {}).get(key) == value, reply)

closed = socket.socket()
closed.bind(("127.0.0.1", 0))
port = closed.getsockname()[1]
closed.close()
live.check("closed port", code(ask({"server": "127.0.0.1:%d" % port})) == "unreachable")
try:
    six = Server(usual, address="::1")
    reply = ask({"server": "[::1]:%d" % six.port})
    time.sleep(0.1)
    live.check("IPv6", reply["smtp"]["code"] == 220 and six.heard[0] == "EHLO [IPv6:::1]", six.heard)
except OSError:
    print("no IPv6 here")

# --- with TLS

authority()
CA = path("ca.crt")
good = Server(usual, certificate("good", "DNS:mx.host.example,DNS:*.wild.example,IP:192.0.2.7"))
reply = greet(good, "-t", CA, starttls=True, tls_name="mx.host.example")
tls = reply["smtp"]["tls"]
live.check("good certificate", (tls["ok"], tls["reason"]) == (True, None), reply)
live.check("its names", tls["names"] == ["mx.host.example", "*.wild.example", "192.0.2.7"], tls)
live.check("its issuer", tls["issuer"] == "Test Authority", tls)
live.check("its end", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 30 * 86400)) ==
           tls["not_after"][:10] and tls["not_after"].endswith("Z"), tls)
live.check("protocol", tls["protocol"] in ("TLSv1.2", "TLSv1.3"))
live.check("extensions as before", "STARTTLS" in reply["smtp"]["extensions"])
time.sleep(0.1)
live.check("QUIT inside", good.heard[-1] == "QUIT" and good.heard[-2] == "STARTTLS", good.heard)

for name, cert, options, tls_name, ok, reason in [
        ("wildcard", None, ["-t", CA], "a.wild.example", True, None),
        ("wildcard is one label", None, ["-t", CA], "a.b.wild.example", False, "name_mismatch"),
        ("another name", None, ["-t", CA], "mx2.host.example", False, "name_mismatch"),
        ("no name wanted", None, ["-t", CA], None, True, None),
        ("unknown authority", None, [], "mx.host.example", False, "untrusted"),
        ("self-signed", certificate("self", "DNS:mx.host.example", ca=False), ["-t", CA],
         "mx.host.example", False, "self_signed"),
        ("expired", certificate("old", "DNS:mx.host.example", days="-1"), ["-t", CA],
         "mx.host.example", False, "expired"),
        ("common name alone", certificate("cn", None, cn="mx.host.example"), ["-t", CA],
         "mx.host.example", True, None)]:
    server = good if cert is None else Server(usual, cert)
    more = {"tls_name": tls_name} if tls_name else {}
    reply = greet(server, *options, starttls=True, **more)
    tls = reply.get("smtp", {}).get("tls") or {}
    live.check(name, (tls.get("ok"), tls.get("reason")) == (ok, reason), reply)
    if name == "common name alone":
        live.check("its name", tls["names"] == ["mx.host.example"], tls)

GREETS = b"220 mx.x\r\n" + EHLO
for name, server, reason in [
        ("STARTTLS refused", Server(say(GREETS, b"454 not now\r\n")), "handshake"),
        ("data before TLS", Server(say(GREETS + b"220 ok\r\n220 injected\r\n")), "handshake"),
        ("no handshake", Server(say(GREETS + b"220 ok\r\n")), "timeout"),
        ("closed in the handshake", Server(say(GREETS, b"220 ok\r\n", pause=0.1, then="x")), "handshake"),
        ("nonsense for a handshake",
         Server(say(GREETS, b"220 ok\r\n", b"HTTP/1.1 400 Bad\r\n", pause=0.1)), "handshake")]:
    reply = greet(server, "-t", CA, starttls=True)
    tls = reply.get("smtp", {}).get("tls") or {}
    live.check(name, (tls.get("ok"), tls.get("reason")) == (False, reason), reply)
    live.check(name + ": the greeting stays", reply.get("smtp", {}).get("ehlo_name") == "mx.host.example")

live.end()
