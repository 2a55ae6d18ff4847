#!/usr/bin/env python3
"""The HTTP door against small TLS servers that behave in every way."""

import base64
import hashlib
import http.server
import json
import os
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dns_faults
import live

SEND = live.program("net_send")
TMP = tempfile.TemporaryDirectory(prefix="net_http.")
SECRET = "key-Marker-1234"


def openssl(*args, **more):
    return subprocess.run(["openssl", *args], check=True, capture_output=True, **more).stdout


def certificate(name, subject_alt_name, days="30"):
    """A self-signed certificate: (certificate file, key file, pin)."""
    cert, key = os.path.join(TMP.name, name + ".crt"), os.path.join(TMP.name, name + ".key")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
            "-days", days, "-subj", "/CN=" + name, "-addext", "subjectAltName=" + subject_alt_name)
    spki = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
    return cert, key, base64.b64encode(hashlib.sha256(spki).digest()).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def say(self, status, body=b"", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(self):
        server = self.server
        with server.lock:
            n = server.seen[self.path] = server.seen.get(self.path, 0) + 1
            server.running += 1
            server.most = max(server.most, server.running)
        try:
            self.behave(n)
        finally:
            with server.lock:
                server.running -= 1

    def behave(self, n):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = self.path.split("?")[0].split("/")[-1]
        if path == "echo":
            self.say(200, json.dumps({
                "method": self.command, "path": self.path, "body": body.decode("latin-1"),
                "headers": {k.lower(): v for k, v in self.headers.items()}}).encode())
        elif path == "redirect":
            self.say(302, b"", [("Location", "/echo")])
        elif path == "500":
            self.say(500, b'{"message":"no"}')
        elif path == "500once":
            self.say(500 if n == 1 else 200, b"{}")
        elif path == "429once":
            self.say(429 if n == 1 else 200, b"{}")
        elif path == "404":
            self.say(404, b"{}")
        elif path == "big":
            self.say(200, b"x" * 100000)
        elif path == "bigchunks":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"400\r\n" + b"y" * 1024 + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        elif path == "gzip":
            self.say(200, b"\x1f\x8bnot unpacked", [("Content-Encoding", "gzip")])
        elif path == "truncated":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"a":')
            self.close_connection = True
        elif path == "reset" or (path == "resetonce" and n == 1):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif path == "resetonce":
            self.say(200, b'{"n":%d}' % n)
        elif path == "silent":
            time.sleep(3)
            self.close_connection = True
        elif path == "slow":
            time.sleep(0.2)
            self.say(200, b"{}")
        elif path == "garbage":
            self.wfile.write(b"this is no HTTP\r\n\r\n")
            self.close_connection = True
        else:
            self.say(200, b"{}")

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = answer


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def __init__(self, cert=None, address="127.0.0.1"):
        self.seen, self.running, self.most, self.lock = {}, 0, 0, threading.Lock()
        super().__init__((address, 0), Handler)
        self.port = self.server_address[1]
        if cert:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert[0], cert[1])
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, address):
        pass


GOOD = certificate("good", "IP:127.0.0.1")
NAMED = certificate("named", "DNS:srv1.host.example")
OTHER = certificate("other", "IP:127.0.0.1")
panel = Server(GOOD)
URL = "https://127.0.0.1:%d" % panel.port


def send(requests, *options, env=None):
    """Replies by id, which is the place in the list."""
    if isinstance(requests, dict):
        requests = [requests]
    lines = [json.dumps({"id": i, "kind": "http", "method": "GET", **r})
             for i, r in enumerate(requests)]
    run = subprocess.run([SEND, *options], input="\n".join(lines) + "\n", capture_output=True,
                         text=True, timeout=60, env=env)
    if run.returncode != 0:
        return [{"error": {"code": "exit", "text": run.stderr}}] * len(requests)
    replies = [json.loads(line) for line in run.stdout.splitlines()]
    live.check("all are answered once", sorted(r["id"] for r in replies) ==
               list(range(len(requests))), run.stdout + run.stderr)
    return sorted(replies, key=lambda r: r["id"])


def one(request, *options, **more):
    return send(request, *options, **more)[0]


def code(reply):
    return reply.get("error", {}).get("code")


def status(reply):
    return reply.get("http", {}).get("status")


# --- what is sent

request = {"path": "/api/echo?x=1", "method": "PUT", "headers": {"Accept": "application/json"},
           "credential_header": "X-API-Key", "content_type": "application/json", "body": '{"a":1}'}
reply = one(request, "-u", URL + "/base/", "-c", GOOD[0], "-k", SECRET)
sent = json.loads(reply["http"]["body"])
live.check("method, path below the URL", (sent["method"], sent["path"]) == ("PUT", "/base/api/echo?x=1"))
live.check("body and its type", (sent["body"], sent["headers"]["content-type"]) ==
           ('{"a":1}', "application/json"))
live.check("credential", sent["headers"].get("x-api-key") == SECRET)
live.check("headers", sent["headers"]["accept"] == "application/json" and
           "expect" not in sent["headers"] and "accept-encoding" not in sent["headers"])
live.check("content type of the answer", reply["http"]["content_type"].startswith("application/json"))
reply = one({**request, "credential_header": "Authorization", "credential_prefix": "whm root:"},
            "-u", URL, "-c", GOOD[0], "-k", SECRET)
live.check("credential with a prefix", json.loads(reply["http"]["body"])["headers"]
           ["authorization"] == "whm root:" + SECRET)
for method in ("GET", "DELETE", "POST"):
    reply = one({"path": "/echo", "method": method}, "-u", URL, "-c", GOOD[0])
    sent = json.loads(reply["http"]["body"])
    live.check(method + " without a body", (sent["method"], sent["body"]) == (method, "") and
               "content-type" not in sent["headers"], sent)
live.check("HEAD", status(one({"path": "/echo", "method": "HEAD"}, "-u", URL, "-c", GOOD[0])) == 200)
live.check("a header that holds a line end", code(one(
    {"path": "/echo", "headers": {"A": "b\r\nX: y"}}, "-u", URL, "-c", GOOD[0])) == "value")
live.check("a path that holds a blank", code(one({"path": "/echo HTTP/1.0"}, "-u", URL, "-c",
                                                 GOOD[0])) == "value")
live.check("a path without slash", code(one({"path": "@evil.example/"}, "-u", URL, "-c",
                                            GOOD[0])) == "value")
proxy = {**os.environ, "https_proxy": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1",
         "all_proxy": "http://127.0.0.1:1"}
live.check("proxies of the environment are ignored",
           status(one({"path": "/"}, "-u", URL, "-c", GOOD[0], env=proxy)) == 200)

secret = 'a"\\<&>\' é+%='
for kind, body, want in [
        ("application/json", '{"p":"@@"}', None),
        ("text/xml", "<p>@@</p>", "<p>a&quot;\\&lt;&amp;&gt;&#39; é+%=</p>"),
        ("application/x-www-form-urlencoded", "p=@@&q=1", "p=a%22%5C%3C%26%3E%27%20%C3%A9%2B%25%3D&q=1"),
        ("text/plain", "@@ @@", secret + " " + secret)]:
    reply = one({"path": "/echo", "method": "POST", "content_type": kind, "body": body,
                 "secret_marker": "@@", "secret": secret}, "-u", URL, "-c", GOOD[0])
    got = json.loads(reply["http"]["body"])["body"].encode("latin-1").decode()
    live.check("secret in " + kind, got == want if want else json.loads(got)["p"] == secret, got)
live.check("a secret that is gone", code(one(
    {"path": "/echo", "method": "POST", "content_type": "text/plain", "body": "@@",
     "secret_marker": "@@"}, "-u", URL, "-c", GOOD[0])) == "not_found")

# --- who is believed

named, other = Server(NAMED), Server(OTHER)
named_url, other_url = ("https://127.0.0.1:%d" % s.port for s in (named, other))
PIN_GOOD, PIN_OTHER = GOOD[2], OTHER[2]
for name, options, want in [
        ("own authority", ["-u", URL, "-c", GOOD[0]], 200),
        ("unknown authority", ["-u", URL], "protocol"),
        ("another authority", ["-u", other_url, "-c", GOOD[0]], "protocol"),
        ("another name", ["-u", named_url, "-c", NAMED[0]], "protocol"),
        ("tls_name", ["-u", named_url, "-c", NAMED[0], "-n", "srv1.host.example"], 200),
        ("wrong tls_name", ["-u", named_url, "-c", NAMED[0], "-n", "srv2.host.example"], "protocol"),
        ("tls_name without the authority", ["-u", named_url, "-n", "srv1.host.example"], "protocol"),
        ("right pin", ["-u", URL, "-p", PIN_GOOD], 200),
        ("right pin, another name", ["-u", named_url, "-p", NAMED[2]], 200),
        ("wrong pin", ["-u", URL, "-p", PIN_OTHER], "protocol"),
        ("wrong pin, right authority", ["-u", URL, "-p", PIN_OTHER, "-c", GOOD[0]], "protocol"),
        ("a pin that is none", ["-u", URL, "-p", "sha256//xyz"], "exit"),
        ("plain http to loopback", ["-u", "http://127.0.0.1:%d" % Server().port], 200),
        ("plain http elsewhere", ["-u", "http://192.0.2.1/"], "exit"),
        ("another scheme", ["-u", "file:///etc/passwd"], "exit"),
        ("no panel", [], "unsupported")]:
    seen = panel.seen.get("/who", 0) + other.seen.get("/who", 0) + named.seen.get("/who", 0)
    reply = one({"path": "/who"}, *options)
    live.check(name, want in (code(reply), status(reply)), reply)
    after = panel.seen.get("/who", 0) + other.seen.get("/who", 0) + named.seen.get("/who", 0)
    live.check(name + ": nothing is sent to the wrong one", want == 200 or seen == after)

# --- what comes back

HERE = ["-u", URL, "-c", GOOD[0]]
live.check("404 is an answer", status(one({"path": "/404"}, *HERE)) == 404)
reply = one({"path": "/500"}, *HERE)
live.check("500 is an answer, after repeats", (status(reply), panel.seen["/500"]) == (500, 3), reply)
live.check("500 once", status(one({"path": "/500once"}, *HERE)) == 200)
live.check("429 once", status(one({"path": "/429once"}, *HERE)) == 200)
reply = one({"path": "/resetonce"}, *HERE)
live.check("a broken connection is repeated", status(reply) == 200, reply)
reply = one({"path": "/reset"}, *HERE)
live.check("and given up", (code(reply), panel.seen["/reset"]) == ("unreachable", 3), reply)
live.check("a read is never maybe done", "maybe_done" not in reply)
live.check("redirects are not followed", status(one({"path": "/redirect"}, *HERE)) == 302 and
           "/echo" not in panel.seen or panel.seen["/echo"] < 20)
live.check("too big", code(one({"path": "/big", "max_bytes": 99999}, *HERE)) == "limit")
live.check("just right", len(one({"path": "/big", "max_bytes": 100000}, *HERE)["http"]["body"]) == 100000)
live.check("too big in chunks", code(one({"path": "/bigchunks", "max_bytes": 50000}, *HERE)) == "limit")
reply = one({"path": "/gzip"}, *HERE)
live.check("nothing is unpacked", status(reply) == 200 and reply["http"]["body"], reply)
reply = one({"path": "/truncated"}, *HERE)
live.check("a truncated body is no answer", (code(reply), panel.seen["/truncated"]) ==
           ("unreachable", 3), reply)
live.check("nonsense", code(one({"path": "/garbage"}, *HERE)) in ("protocol", "unreachable"))
before = time.monotonic()
reply = one({"path": "/silent", "timeout_ms": 300}, *HERE)
live.check("time-out", code(reply) == "timeout" and time.monotonic() - before < 1.5, reply)
closed = socket.socket()
closed.bind(("127.0.0.1", 0))
port = closed.getsockname()[1]
closed.close()
reply = one({"path": "/"}, "-u", "https://127.0.0.1:%d" % port)
live.check("closed port", code(reply) == "unreachable", reply)

# --- writes

write = {"method": "POST", "content_type": "text/plain", "body": "x", "write": True}
for path, want, maybe in [("/500", None, False), ("/reset", "unreachable", True),
                          ("/truncated", "unreachable", True), ("/silent", "timeout", True)]:
    seen = panel.seen.get(path, 0)
    reply = one({**write, "path": path, "timeout_ms": 500}, *HERE)
    live.check("write, " + path, (code(reply), reply.get("maybe_done", False)) == (want, maybe), reply)
    live.check("write, %s: sent once" % path, panel.seen[path] == seen + 1)
reply = one({**write, "path": "/"}, "-u", "https://127.0.0.1:%d" % port)
live.check("a write that was never sent", code(reply) == "unreachable" and not reply.get("maybe_done"))
reply = one({**write, "path": "/"}, "-u", URL)
live.check("a write that TLS stopped", code(reply) == "protocol" and not reply.get("maybe_done"), reply)
seen = panel.seen.get("/reset", 0)
replies = send([{"path": "/echo"}, {**write, "path": "/reset"}], "-1", *HERE)
live.check("a write on a connection of its own is sent once", panel.seen["/reset"] == seen + 1)

# --- how many at once

slow = Server(GOOD)
replies = send([{"path": "/slow"}] * 12, "-u", "https://127.0.0.1:%d" % slow.port, "-c", GOOD[0])
live.check("all come", all(status(r) == 200 for r in replies))
live.check("several at once, never more than eight", 4 <= slow.most <= 8, slow.most)

# --- a panel that is down

before = time.monotonic()
replies = send([{"path": "/silent", "timeout_ms": 500}] * 100, *HERE)
took = time.monotonic() - before
live.check("time-outs do not add up", all(code(r) in ("timeout", "unreachable") for r in replies) and
           took < 5, took)
live.check("few are tried", sum(code(r) == "timeout" for r in replies) < 20)
replies = send([{"path": "/silent", "timeout_ms": 300}] * 4 + [{"path": "/"}] * 4, "-1", *HERE)
live.check("one that is back is noticed", status(replies[-1]) == 200, replies)

# --- public servers

NAMES = dns_faults.serve()
web = Server(certificate("web", "DNS:mta-sts.cust.example,DNS:two.example"))
WEB_CA = os.path.join(TMP.name, "web.crt")
ADDRESSES = {"mta-sts.cust.example": "127.0.0.1", "two.example": "127.0.0.1",
             "ten.example": "10.1.2.3", "meta.example": "169.254.169.254"}


def names(q, seen, reply, peer):
    if q.name in ADDRESSES and q.type == dns_faults.A:
        reply(dns_faults.message(q, [dns_faults.rr(b"\xc0\x0c", 1, socket.inet_aton(ADDRESSES[q.name]))]))
    elif q.name in ADDRESSES:
        reply(dns_faults.message(q, authority=[dns_faults.soa("example")]))
    elif q.name == "servfail.example":
        reply(dns_faults.message(q, rcode=2))
    else:
        reply(dns_faults.message(q, authority=[dns_faults.soa("example")], rcode=3))


NAMES.answer_udp = names
public = ["-t", WEB_CA, "-r", "127.0.0.1:%d" % NAMES.port]
at = ":%d/.well-known/mta-sts.txt" % web.port
for name, path, options, want in [
        ("public name, by our resolver", "https://mta-sts.cust.example" + at, ["-a"], 200),
        ("loopback is not asked", "https://mta-sts.cust.example" + at, [], "denied"),
        ("10/8 is not asked", "https://ten.example" + at, [], "denied"),
        ("169.254/16 is not asked", "https://meta.example" + at, [], "denied"),
        ("nor by its address", "https://127.0.0.1" + at, [], "denied"),
        ("nor by its v6 form", "https://[::ffff:127.0.0.1]" + at, [], "denied"),
        ("nor by a number", "https://2130706433" + at, [], "denied"),
        ("no such name", "https://gone.example" + at, ["-a"], "not_found"),
        ("a name that cannot be looked up", "https://servfail.example" + at, ["-a"], "timeout"),
        ("http", "http://mta-sts.cust.example" + at, ["-a"], "value"),
        ("redirect", "https://two.example:%d/redirect" % web.port, ["-a"], 302)]:
    reply = one({"door": "public", "path": path, "timeout_ms": 3000}, *public, *options)
    live.check(name, want in (code(reply), status(reply)), reply)
reply = one({"door": "public", "path": "https://two.example" + at}, "-a", "-t", GOOD[0],
            "-r", "127.0.0.1:%d" % NAMES.port)
live.check("unknown authority, public", code(reply) == "protocol", reply)
reply = one({"door": "public", "path": "https://two.example:%d/echo" % web.port,
             "credential_header": "X-API-Key"}, "-k", SECRET, *public, "-a")
live.check("the panel's key stays at home", SECRET not in json.dumps(reply), reply)

live.end()
