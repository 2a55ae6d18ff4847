#!/usr/bin/env python3
"""The built backend, spoken to in raw FastCGI: broken records, silent and slow peers, identities that are
wrong in every way, forged parameters, every POST without its token, the same 404 for all, headers on every
answer, reload and drain.  Needs no panel and no DNS.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse

from live import ROOT, check, end

BUILD = os.environ.get("BUILD", "build")
PROGRAM = os.path.join(ROOT, BUILD, "antispam-guide")
RUN = tempfile.mkdtemp(prefix="asg-fcgi-")
SOCKET = os.path.join(RUN, "panel.sock")
KEY = os.urandom(40)
BEGIN, ABORT, END, PARAMS, STDIN, STDOUT = 1, 2, 3, 4, 5, 6


# --- the wire -----------------------------------------------------------------------------------------------

def record(kind, content=b"", request=1, version=1):
    return struct.pack(">BBHHBB", version, kind, request, len(content), 0, 0) + content


def pair(name, value):
    out = b""
    for text in (name, value):
        out += bytes([len(text)]) if len(text) < 128 else struct.pack(">I", len(text) | 0x80000000)
    return out + name + value


def chunks(kind, data, size=60000):
    return b"".join(record(kind, data[i:i + size]) for i in range(0, len(data), size)) + record(kind)


def connect(path=SOCKET):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(30)
    s.connect(path)
    return s


def read_all(s):
    data = b""
    while True:
        try:
            more = s.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            break
        if not more:
            break
        data += more
    out, at, ended = b"", 0, False
    while at + 8 <= len(data):
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", data[at:at + 8])
        if kind == STDOUT:
            out += data[at + 8:at + 8 + length]
        ended = ended or kind == END
        at += 8 + length + padding
    return out, ended


class Answer:
    def __init__(self, raw, ended):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        self.lines = head.decode("utf-8", "replace").split("\r\n")
        self.headers = dict(line.split(": ", 1) for line in self.lines if ": " in line)
        self.status = int(self.headers.get("Status", "0").split()[0])
        self.ended = ended

    def json(self):
        return json.loads(self.body)


def message(params, body=b"", flags=0):
    packed = b"".join(pair(k.encode(), v.encode("utf-8", "surrogateescape")) for k, v in params.items())
    return (record(BEGIN, struct.pack(">HB5x", 1, flags)) + chunks(PARAMS, packed) + chunks(STDIN, body))


def ask(path, method="GET", who=None, fields=None, body=None, kind="application/x-www-form-urlencoded",
        as_json=False, sock=SOCKET, flags=0, **params):
    path, _, query = path.partition("?")
    p = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
         "REMOTE_ADDR": "203.0.113.9"}
    if who is not None:
        p["ASG_IDENTITY"] = who
    if as_json:
        p["HTTP_ACCEPT"] = "application/json"
    if fields is not None:
        body = urllib.parse.urlencode(fields, doseq=True).encode()
    if body is not None:
        p["CONTENT_TYPE"] = kind
        p["CONTENT_LENGTH"] = str(len(body))
    p.update(params)
    with connect(sock) as s:
        try:
            s.sendall(message(p, body or b"", flags))
        except (BrokenPipeError, ConnectionResetError):
            pass
        return Answer(*read_all(s))


# --- identities ---------------------------------------------------------------------------------------------

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def seal(payload, key=KEY):
    text = b64(payload if isinstance(payload, bytes) else json.dumps(payload).encode())
    return text + "." + b64(hmac.new(key, text.encode(), hashlib.sha256).digest())


def claims(login="anna", role="customer", ttl=60, **more):
    c = {"v": 1, "login": login, "role": role, "lang": "en", "session": "s1", "exp": int(time.time()) + ttl}
    c.update(more)
    return {k: v for k, v in c.items() if v is not None}


def anna(**more):
    return seal(claims(**more))


def admin(**more):
    return seal(claims(login="root", role="admin", **more))


def csrf(who):
    return ask("/domains", who=who, as_json=True).json()["csrf"]


# --- the backend --------------------------------------------------------------------------------------------

CONFIG = """
panel: {{kind: none}}
domains: [{{name: a.example, owner: anna}}, {{name: b.example, owner: bert}}]
dns: {{resolvers: ["127.0.0.1:1"], timeout_ms: 60, tries: 1, allow_private: true}}
server: {{smtp_probe: false, addresses: ["203.0.113.10"]}}
blacklists: {{enabled: false}}
listen: {{panel: {run}/panel.sock, user: {run}/user.sock, admin: {run}/admin.sock}}
identity_key_file: {run}/identity.key
store: {run}/state.db
templates: {run}/templates
log_level: info
"""


class Backend:
    def __init__(self):
        with open(os.open(RUN + "/identity.key", os.O_CREAT | os.O_WRONLY, 0o600), "wb") as f:
            f.write(KEY)
        shutil.copytree(os.path.join(ROOT, "templates"), RUN + "/templates")
        with open(RUN + "/config.yaml", "w", encoding="utf-8") as f:
            f.write(CONFIG.format(run=RUN))
        self.start()

    def start(self):
        self.log = open(RUN + "/log", "ab")
        begun = time.monotonic()
        self.process = subprocess.Popen([PROGRAM, "serve", "--config", RUN + "/config.yaml"],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        while time.monotonic() - begun < 20:
            try:
                if ask("/healthz").status == 200:
                    break
            except OSError:
                time.sleep(0.005)
            if self.process.poll() is not None:
                raise SystemExit(open(RUN + "/log", encoding="utf-8", errors="replace").read())
        self.ready_ms = (time.monotonic() - begun) * 1000

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def fds(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def lines(self):
        with open(RUN + "/log", encoding="utf-8", errors="replace") as f:
            return f.read()


# --- tests --------------------------------------------------------------------------------------------------

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def headers_are_right(name, a):
    csp = a.headers.get("Content-Security-Policy", "")
    check("headers: " + name, all(a.headers.get(k) == v for k, v in SECURITY.items()) and
          "default-src 'none'" in csp and "frame-ancestors 'self'" in csp and
          "unsafe" not in csp and "*" not in csp and
          ("no-store" in a.headers.get("Cache-Control", "") or name.startswith("/static/")), a.lines)


def routes():
    """Method and path of every route, from the table itself."""
    with open(os.path.join(ROOT, "cgi/web/routes.c"), encoding="utf-8") as f:
        rows = re.findall(r'\{ WEB_(GET|POST),\s+"([^"]+)",\s+(\w+)', f.read())
    return [(method, re.sub(r":name", "a.example", re.sub(r":section", "spf", re.sub(r":id", "0" * 32,
            re.sub(r":n\b", "1", path)))), roles) for method, path, roles in rows]


def test_nobody():
    wrong = {
        "none": None, "empty": "", "no dot": "abc", "only a dot": ".", "garbage": "a.b",
        "other key": seal(claims(), b"x" * 40), "short key": seal(claims(), b"x"),
        "expired": anna(ttl=-1), "expired now": anna(ttl=0), "too far ahead": anna(ttl=200),
        "version 2": seal(claims(v=2)), "no version": seal(claims(v=None)),
        "no login": seal(claims(login=None)), "empty login": seal(claims(login="")),
        "no role": seal(claims(role=None)), "unknown role": seal(claims(role="root")),
        "no exp": seal({k: v for k, v in claims().items() if k != "exp"}),
        "exp as text": seal(claims(exp=str(int(time.time()) + 60))),
        "payload is a list": seal(b"[]"), "payload is no JSON": seal(b"{"),
        "two logins": seal(b'{"v":1,"login":"anna","login":"root","role":"admin","session":"s","exp":%d}' %
                           (time.time() + 60)),
        "NUL in the payload": seal(b'{"v":1,\0"login":"root","role":"admin","session":"s","exp":%d}' %
                                   (time.time() + 60)),
        "padding": anna() + "=", "signature cut": anna()[:-4], "blank at the end": anna() + " ",
        "payload changed": anna().replace(".", "A.", 1), "10 kB": "A" * 10000 + "." + "B" * 43,
        "signature only": "." + anna().split(".")[1], "hexadecimal signature":
        anna().split(".")[0] + "." + hmac.new(KEY, anna().split(".")[0].encode(), hashlib.sha256).hexdigest(),
    }
    for name, token in wrong.items():
        for path, method in (("/", "GET"), ("/domains/a.example", "GET"), ("/plans", "POST"), ("/nothing", "GET")):
            a = ask(path, method, who=token, fields={} if method == "POST" else None)
            if not check("401: %s, %s" % (name, path), a.status == 401, a.lines):
                return
    plain = ask("/", who=None).body
    check("401: nothing more is said", all(ask(p, who=t).body == plain for p, t in
          (("/domains", "a.b"), ("/server", anna(ttl=-5)), ("/nothing", None))))
    forged = {"HTTP_ASG_IDENTITY": admin(), "HTTP_X_ASG_IDENTITY": admin(), "REMOTE_USER": "root",
              "ASG_LOGIN": "root", "ASG_ROLE": "admin", "HTTP_AUTHORIZATION": "Basic cm9vdDpyb290",
              "HTTP_COOKIE": "ASG_IDENTITY=" + admin()}
    check("401: forged parameters alone", ask("/domains", **forged).status == 401)
    # one name twice: whoever reads the first and whoever reads the last would see two people
    for name, pairs in {"anna, then root": (anna(), admin()), "root, then anna": (admin(), anna()),
                        "anna, then nobody": (anna(), ""), "garbage, then root": ("a.b", admin())}.items():
        packed = b"".join(pair(k, v.encode()) for k, v in [(b"REQUEST_METHOD", "GET"), (b"PATH_INFO", "/server"),
                                                           *((b"ASG_IDENTITY", t) for t in pairs)])
        with connect() as s:
            s.sendall(record(BEGIN, struct.pack(">HB5x", 1, 0)) + chunks(PARAMS, packed) + chunks(STDIN, b""))
            a = Answer(*read_all(s))
        check("401: two identities: " + name, a.status == 401, a.lines)
    a = ask("/server", who=anna(), **forged)
    check("forged parameters add nothing to an identity", a.status == 404, a.lines)
    a = ask("/domains?login=root&role=admin&ASG_IDENTITY=" + admin(), who=anna(), as_json=True)
    check("query adds nothing to an identity", a.status == 200, a.lines)
    check("identity is accepted", ask("/", who=anna()).status == 200)
    check("healthz needs nobody", ask("/healthz").status == 200)
    check("static needs nobody", ask("/static/asg.css").status == 200)


def test_sockets():
    check("user: root is no account", ask("/", sock=RUN + "/user.sock", who=admin()).status == 401)
    check("user: no identity counts", ask("/", sock=RUN + "/user.sock").status == 401)
    check("admin: root with identity", ask("/", sock=RUN + "/admin.sock", who=admin()).status == 200)
    check("admin: root without identity", ask("/", sock=RUN + "/admin.sock").status == 401)
    modes = {name: oct(os.stat(RUN + "/" + name).st_mode & 0o777) for name in ("panel.sock", "user.sock", "admin.sock")}
    check("modes of the sockets", modes == {"panel.sock": "0o660", "user.sock": "0o666", "admin.sock": "0o600"}, modes)


def cgi(argv, uid=0, body=b"", **environment):
    """The program as a CGI, as another user where asked; status and body of its answer."""
    def become():
        os.setgid(uid)
        os.setuid(uid)
    base = {"REQUEST_METHOD": "GET", "PATH_INFO": "/domains", "SCRIPT_NAME": "/cgi", "QUERY_STRING": "",
            "CONTENT_LENGTH": str(len(body))}
    done = subprocess.run(argv, input=body, env=dict(base, **environment), capture_output=True, timeout=60,
                          preexec_fn=become if uid else None, check=False)
    return Answer(done.stdout, True), done


def test_cgi():
    path = RUN + "/cgi.yaml"
    with open(path, "w", encoding="utf-8") as f:
        f.write("{user: %s/user.sock, admin: %s/admin.sock, identity_key_file: %s/identity.key}\n" % (RUN, RUN, RUN))
    os.chmod(RUN, 0o755)
    os.chmod(path, 0o644)
    program = RUN + "/antispam-guide"           # a checkout may lie where others may not look
    shutil.copy(PROGRAM, program)
    run = [program, "cgi", "--config", path]
    a, done = cgi(run + ["--admin"], ASG_LOGIN="root", ASG_ROLE="admin")
    check("cgi --admin: as root, signed", a.status == 200 and b"</html>" in a.body, (done.stderr, a.lines))
    a, _ = cgi(run + ["--admin"], ASG_LOGIN="anna", ASG_ROLE="customer", PATH_INFO="/server")
    check("cgi --admin: the role is the shim's", a.status == 404, a.lines)
    a, _ = cgi(run + ["--admin"])
    check("cgi --admin: without login", a.status == 403, a.lines)
    a, _ = cgi(run, HTTP_X="1", ASG_IDENTITY=admin())
    check("cgi: root is no account", a.status == 401, a.lines)
    copy = RUN + "/asg.live.cgi"
    shutil.copy(PROGRAM, copy)
    a, done = cgi([copy, "identity", "token"])
    check("NAME.cgi is that command alone", a.status in (401, 503) and b"ey" not in done.stdout, done.stdout)
    if os.geteuid() == 0 and subprocess.run([copy, "--version"], capture_output=True, preexec_fn=lambda: os.setuid(12345),
                                            check=False).stdout:
        a, _ = cgi(run, uid=12345, ASG_IDENTITY=admin(), ASG_LOGIN="root", ASG_ROLE="admin",
                   REMOTE_USER="root")
        check("cgi: a uid that is no account, whatever the environment says", a.status == 401, a.lines)
        a, _ = cgi(run + ["--admin"], uid=12345, ASG_LOGIN="root", ASG_ROLE="admin")
        check("cgi --admin: not as another user", a.status == 403, a.lines)
    a, _ = cgi(run + ["--admin"], ASG_LOGIN="root", ASG_ROLE="admin", REQUEST_METHOD="POST", PATH_INFO="/cases",
               CONTENT_TYPE="application/x-www-form-urlencoded", body=b"about=server&kind=spam")
    check("cgi: a body is handed over, the token is asked for", a.status == 403, a.lines)
    a, _ = cgi(run, CONTENT_LENGTH="99999999999")
    check("cgi: 413", a.status == 413, a.lines)
    with open(path, "w", encoding="utf-8") as f:
        f.write("{user: %s/nothing.sock}\n" % RUN)
    a, _ = cgi(run)
    check("cgi: 503 while the backend is down", a.status == 503, a.lines)


def test_headers():
    for method, path, _ in routes():
        who = admin()
        a = ask(path, method, who=who, fields={"csrf": "x"} if method == "POST" else None)
        headers_are_right("%s %s" % (method, path), a)
        check("no cookie: %s" % path, "Set-Cookie" not in a.headers)
    for path in ("/static/asg.css", "/static/asg.js", "/static/nothing", "/healthz", "/nothing"):
        headers_are_right(path, ask(path, who=admin()))
    headers_are_right("401", ask("/"))
    a = ask("/static/asg.css")
    check("static: 304", ask("/static/asg.css", HTTP_IF_NONE_MATCH=a.headers["ETag"]).status == 304)
    for name in ("../config.yaml", "..%2fconfig.yaml", "/etc/passwd", "", ".", "..", "asg.css/"):
        check("static: only what was loaded: " + name, ask("/static/" + name).status == 404)


def test_csrf():
    who, other = anna(), seal(claims(session="s2"))
    good = csrf(who)
    check("csrf: same for the same session", csrf(anna()) == good)
    check("csrf: another for another session", csrf(other) != good)
    bad = {"none": {}, "empty": {"csrf": ""}, "wrong": {"csrf": "A" * 43}, "of another session": {"csrf": csrf(other)},
           "of an administrator": {"csrf": csrf(admin())}, "cut": {"csrf": good[:-1]}}
    for method, path, _ in routes():
        if method != "POST":
            continue
        for name, fields in bad.items():
            a = ask(path, "POST", who=who, fields=fields)
            check("csrf: %s, %s" % (name, path), a.status == 403, a.lines)
        a = ask(path, "POST", who=who, body=b"csrf=" + good.encode(), kind="text/plain")
        check("csrf: text/plain, %s" % path, a.status == 415, a.lines)
        a = ask(path, "POST", who=who, fields={"csrf": good}, HTTP_ORIGIN="https://evil.example",
                HTTP_HOST="panel.example:8443")
        check("csrf: wrong origin, %s" % path, a.status == 403, a.lines)
    check("csrf: 403 before any look-up", ask("/domains/b.example/check", "POST", who=who, fields={}).body ==
          ask("/domains/a.example/check", "POST", who=who, fields={}).body)
    a = ask("/cases", "POST", who=who, fields={"about": "a.example", "kind": "spam"}, HTTP_X_CSRF_TOKEN=good)
    check("csrf: header", a.status == 303, a.lines)
    a = ask("/cases", "POST", who=who, fields={"about": "a.example", "kind": "spam", "csrf": good},
            HTTP_ORIGIN="https://panel.example:8443", HTTP_HOST="panel.example:8443")
    check("csrf: field, right origin", a.status == 303, a.lines)
    a = ask("/cases", "POST", who=who, body=json.dumps({"about": "a.example", "kind": "spam", "csrf": good}).encode(),
            kind="application/json", as_json=True)
    check("csrf: in JSON, 303 as well", a.status == 303 and a.headers["Location"].startswith("/cases/"), a.lines)
    a = ask("/plans", "GET", who=who)
    check("a change is never a GET", a.status == 404, a.lines)


def test_tenants():
    unknown = ask("/domains/no-such.example", who=anna())
    check("404: unknown", unknown.status == 404)
    same = ["/domains/b.example", "/domains/b.example/report", "/server", "/audit", "/metrics", "/nothing",
            "/journal/1", "/journal/0", "/journal/-1", "/journal/99999999999999999999", "/plans/" + "0" * 32,
            "/plans/x", "/cases/999", "/domains/B.EXAMPLE.", "/domains/..", "/domains/%00", "/guide/nothing",
            "/domains/b.example%2freport", "/" + "a/" * 50]
    for path in same:
        a = ask(path, who=anna())
        check("404, the same bytes: " + path, a.status == 404 and a.body == unknown.body, a.lines)
    a = ask("/domains/b.example", who=anna(), as_json=True)
    check("404: JSON", a.status == 404 and set(a.json()) == {"error"} and set(a.json()["error"]) == {"code", "text"}, a.body)
    check("own domain", ask("/domains/a.example", who=anna()).status == 200)
    names = [d["name"] for d in ask("/domains", who=anna(), as_json=True).json()["domains"]]
    check("list: own only", names == ["a.example"], names)
    names = {d["name"] for d in ask("/domains", who=admin(), as_json=True).json()["domains"]}
    check("list: administrator sees all", names == {"a.example", "b.example"}, names)
    who = anna()
    token = csrf(who)
    for path, fields in (("/domains/b.example/check", {}), ("/domains/check", {"target": ["a.example", "b.example"]}),
                         ("/plans", {"fix": "spf.publish", "target": "b.example"}),
                         ("/cases", {"about": "b.example", "kind": "spam"}), ("/cases", {"about": "server", "kind": "spam"}),
                         ("/server/check", {}), ("/journal/1/undo", {}), ("/plans/" + "0" * 32 + "/apply", {"hash": "x"}),
                         ("/domains/b.example/acknowledge", {"finding": "spf.missing", "note": "x"})):
        a = ask(path, "POST", who=who, fields=dict(fields, csrf=token))
        check("404: POST %s" % path, a.status == 404 and a.body == unknown.body, (a.lines, a.body[:200]))
    events = ask("/audit", who=admin(), as_json=True).json()["events"]
    check("denials are in the audit", any(e["login"] == "anna" and e["outcome"] == "denied" for e in events),
          events[:3])


def test_views():
    a = ask("/domains?format=csv", who=admin())
    check("CSV: type and header", a.headers["Content-Type"].startswith("text/csv") and
          a.body.startswith(b"name,ascii,owner,reseller,checked_at,"), a.body[:100])
    rows = [line.split(b",")[0] for line in a.body.split(b"\r\n")[1:] if line]
    check("CSV: same rows as JSON", sorted(rows) == [b"a.example", b"b.example"], rows)
    check("CSV: follows the filter", ask("/domains?format=csv&q=b.ex", who=admin()).body.count(b"\r\n") == 2)
    a = ask("/", who=anna(), ASG_FRAME="panel")
    check("frame: fragment with its title", b"<html" not in a.body and b"<main" not in a.body and
          a.headers.get("X-Antispam-Guide-Title", "") != "", a.lines)
    check("no inline script or style", not re.search(rb"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", a.body))
    a = ask("/domains", who=seal(claims(lang="es")))
    check("Spanish", b'<html lang="es">' in a.body and "Dominios".encode() in a.body)
    a = ask("/domains", who=anna(), SCRIPT_NAME="/modules/asg/index.php")
    check("links are made from the mount", b'href="/modules/asg/index.php/domains"' in a.body)
    a = ask("/domains", who=anna(), SCRIPT_NAME="//evil.example/x")
    check("a mount never leads elsewhere", b"evil.example" not in a.body)
    for text in ('"><script>alert(1)</script>', "'; DROP TABLE domains; --", "\u202egnp.exe", "=1+1", "%{{{x}}}"):
        for path in ("/domains?q=", "/domains?finding=", "/domains?owner=", "/domains?verdict=", "/audit?q="):
            a = ask(path + urllib.parse.quote(text), who=admin())
            raw = text.encode()
            check("what is typed is escaped: %s%r" % (path, text), a.status == (422 if "verdict" in path else 200) and
                  b"<script>alert" not in a.body and (raw not in a.body or not re.search(rb"[<>\"']", raw)), a.lines)
    a = ask("/domains", "HEAD", who=anna())
    check("HEAD has no body", a.status == 200 and a.body == b"" and int(a.headers["Content-Length"]) > 100, a.lines)
    check("other methods", ask("/domains", "DELETE", who=anna()).status == 405)


def test_limits():
    who = anna()
    token = csrf(who)
    a = ask("/cases", "POST", who=who, body=b"csrf=" + token.encode() + b"&x=" + b"A" * (2 << 20))
    check("413: form of 2 MiB", a.status == 413, a.lines)
    begun = time.monotonic()
    a = ask("/cases", "POST", who=who, body=b"A" * (100 << 20), kind="multipart/form-data; boundary=x")
    check("413: body of 100 MiB", a.status == 413, a.lines)
    check("413: soon", time.monotonic() - begun < 8)
    check("414: query of 10 kB", ask("/domains?q=" + "A" * 10000, who=who).status == 414)
    check("400: broken escape", ask("/domains?q=%zz", who=who).status == 400)
    check("400: broken multipart", ask("/cases", "POST", who=who, body=b"x", kind="multipart/form-data").status == 400)
    a = ask("/domains", who=who, HTTP_COOKIE="A" * 90000)
    check("parameters over the limit are dropped", a.status == 0, a.lines)
    a = ask("/domains", who=who, HTTP_COOKIE="A" * 40000)
    check("large parameters are served", a.status == 200, a.lines)
    for page in ("0", "-1", "99999999999999999999", "x", ""):
        check("page=" + page, ask("/domains?page=" + page, who=who).status == (422 if page else 200))


def quick(name):
    begun = time.monotonic()
    a = ask("/healthz")
    took = time.monotonic() - begun
    check("answered meanwhile: " + name, a.status == 200 and took < 1, "%.2f s" % took)


def test_broken_peers(backend):
    whole = message({"REQUEST_METHOD": "GET", "PATH_INFO": "/healthz"})
    held = []
    for _ in range(40):
        held.append(connect())
    quick("40 silent peers")
    for n in (1, 7, 8, 12, 20, len(whole) // 2, len(whole) - 1):
        for _ in range(6):
            s = connect()
            s.sendall(whole[:n])
            held.append(s)
    quick("half records")
    broken = {
        "garbage": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "version 9": record(BEGIN, b"\0\1\0\0\0\0\0\0", version=9),
        "parameters first": chunks(PARAMS, pair(b"A", b"B")), "abort": whole[:16] + record(ABORT),
        "body first": record(BEGIN, b"\0\1\0\0\0\0\0\0") + record(STDIN), "zeros": b"\0" * 4096,
        "begin too long": record(BEGIN, b"\0" * 80), "begin twice": whole[:16] * 2,
        "lengths that lie": record(BEGIN, b"\0\1\0\0\0\0\0\0") + record(PARAMS, b"\xff\xff\xff\xff") + record(PARAMS) + record(STDIN),
        "a role that we are not": record(BEGIN, b"\0\3\0\0\0\0\0\0") + record(PARAMS) + record(STDIN),
        "unknown types": record(BEGIN, b"\0\1\0\0\0\0\0\0") + record(200, b"x") + record(PARAMS) + record(STDIN),
        "random": os.urandom(5000),
    }
    for name, data in broken.items():
        with connect() as s:
            try:
                s.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            s.shutdown(socket.SHUT_WR)
            s.settimeout(15)
            try:
                read_all(s)
                ok = True
            except TimeoutError:
                ok = False
            check("ends: " + name, ok)
    quick("broken peers")
    slow = connect()

    def drip():
        for i in range(0, len(whole), 8):
            try:
                slow.sendall(whole[i:i + 8])
            except OSError:
                return
            time.sleep(0.1)

    t = threading.Thread(target=drip)
    t.start()
    quick("a dripping peer")
    t.join()
    check("a dripping peer is served in the end", Answer(*read_all(slow)).status == 200)
    begun = time.monotonic()
    for s in held:
        s.settimeout(20)
        try:
            while s.recv(4096):
                pass
        except (ConnectionResetError, TimeoutError):
            pass
        s.close()
    check("silent peers are dropped", time.monotonic() - begun < 15, "%.1f s" % (time.monotonic() - begun))
    # a body that stops in the middle, larger than a socket's buffer
    stuck = []
    for _ in range(16):
        s = connect()
        s.settimeout(5)
        head = message({"REQUEST_METHOD": "POST", "PATH_INFO": "/cases", "CONTENT_LENGTH": "9000000",
                        "CONTENT_TYPE": "application/x-www-form-urlencoded"})[:-8]
        try:
            s.sendall(head + record(STDIN, b"A" * 60000) + record(STDIN, b"A" * 60000))
        except (OSError, TimeoutError):
            pass
        stuck.append(s)
    begun = time.monotonic()
    a = ask("/healthz")
    check("bodies that stop hold nobody for long", a.status == 200 and time.monotonic() - begun < 12,
          "%.1f s" % (time.monotonic() - begun))
    for s in stuck:
        s.close()
    a = ask("/healthz", flags=1)
    check("keep-alive: answered and ended", a.status == 200 and a.ended)
    time.sleep(0.5)
    before = backend.fds()
    for _ in range(300):
        ask("/healthz")
    check("no descriptor is left behind", backend.fds() <= before, (before, backend.fds()))


def test_parallel():
    failures = []

    def many():
        for _ in range(25):
            a = ask("/domains", who=anna())
            if a.status != 200 or not a.ended:
                failures.append(a.lines)

    threads = [threading.Thread(target=many) for _ in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    check("1,000 requests from 40 at once", not failures, failures[:3])


def test_reload_and_stop(backend):
    path = RUN + "/templates/pages/error.html"
    with open(path, encoding="utf-8") as f:
        old = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(old + "<p>edited by hand</p>\n")
    backend.process.send_signal(signal.SIGHUP)
    time.sleep(1)
    check("SIGHUP: the edited template is shown", b"edited by hand" in ask("/nothing", who=anna()).body)
    with open(path, "w", encoding="utf-8") as f:
        f.write("{{#broken}}")
    backend.process.send_signal(signal.SIGHUP)
    time.sleep(1)
    check("SIGHUP: a broken template leaves the old ones", b"edited by hand" in ask("/nothing", who=anna()).body)
    check("SIGHUP: said with file and line", "error.html:1:" in backend.lines())
    with open(path, "w", encoding="utf-8") as f:
        f.write(old)
    before = csrf(anna())
    with connect() as s:            # half a request when the signal comes
        whole = message({"REQUEST_METHOD": "GET", "PATH_INFO": "/healthz"})
        s.sendall(whole[:20])
        time.sleep(0.3)
        backend.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        s.sendall(whole[20:])
        check("SIGTERM: who had begun is answered", Answer(*read_all(s)).status == 200)
    check("SIGTERM: ends well", backend.process.wait(20) == 0)
    check("SIGTERM: the socket is gone", not os.path.exists(SOCKET))
    backend.start()
    check("CSRF tokens survive a restart", csrf(anna()) == before)
    check("ready in time", backend.ready_ms < 1000, "%.0f ms" % backend.ready_ms)


def main():
    if not os.access(PROGRAM, os.X_OK):
        print("%s has not been built" % PROGRAM)
        end()
    backend = Backend()
    try:
        test_nobody()
        test_sockets()
        test_cgi()
        test_headers()
        test_csrf()
        test_tenants()
        test_views()
        test_limits()
        test_broken_peers(backend)
        test_parallel()
        test_reload_and_stop(backend)
        check("no secret in the log", b64(KEY) not in backend.lines() and "ASG_IDENTITY" not in backend.lines())
        check("stops", backend.stop() == 0)
        check("no sanitizer report", "Sanitizer" not in backend.lines() and "runtime error" not in backend.lines())
    finally:
        if backend.process.poll() is None:
            backend.process.kill()
        shutil.rmtree(RUN, ignore_errors=True)
    end()


if __name__ == "__main__":
    main()
