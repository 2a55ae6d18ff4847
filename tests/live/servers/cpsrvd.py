"""A stand-in for cpsrvd, the web server of cPanel (accounts) and WHM (resellers, root), on loopback.

Who is signed in has a cookie and a token, "/cpsess" and ten digits, that stands before every path; a request without
the right one goes nowhere.  Below the token:

    /frontend/jupiter/...       files of the theme; *.html.tt wrapped in the theme's page; *.live.cgi run as the
                                account's system user, with a LiveAPI socket
    /cgi/...                    (WHM) programs that AppConfig knows, run as root after AppConfig's own ACL check

What nobody has written down about the real one is a switch: whether SCRIPT_NAME holds the token, and whether a path
may stand behind a program's name.  It must run as root, in a room (cpanel_room.py): the file tree is the real one.
"""

from __future__ import annotations

import html
import http.cookies
import json
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from . import cpanel_room, fcgi
from .cpanel_room import CPANEL, STAND_INS

FRONTEND = CPANEL / "base/frontend/jupiter"
DOCROOT = CPANEL / "whostmgr/docroot"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
GOODBYE = b'<cpanelxml shutdown="1" />'
HANG_S = 5                                  # how long an open LiveAPI connection holds the request
RUN_S = 60
TEMPLATE = re.compile(r"\s*\[%\s*WRAPPER '_assets/master\.html\.tt'(?P<head>.*?)%\](?P<body>.*)\[%\s*END\s*%\]\s*\Z", re.S)


@dataclass
class Session:
    service: str                            # "cpanel" or "whm"
    user: str
    cookie: str
    token: str


@dataclass
class Ran:
    """A program that was run: as whom, with what, and how its LiveAPI connection ended."""
    path: str
    user: str
    env: dict[str, str]
    live: list[bytes] = field(default_factory=list)
    goodbye: bool = False
    stderr: str = ""
    seconds: float = 0.0


class Cpsrvd:
    def __init__(self, features: Any = None):
        """features(user, name) -> bool: the account's feature list (it decides what the page shows, nothing else)."""
        self.features = features or (lambda user, name: True)
        self.sessions: dict[str, Session] = {}
        self.ran: list[Ran] = []
        self.script_has_token = False
        self.path_info = True
        self.check_acls = True              # False: an entry that was registered with acls=any
        self.headers_seen: list[str] = []
        self.frontend, self.docroot, self.kept = FRONTEND, DOCROOT, Path("/var/cpanel")
        self.directory = Path(tempfile.mkdtemp(prefix="cpsrvd-"))
        self.directory.chmod(0o711)
        self.servers: dict[str, ThreadingHTTPServer] = {}

    def start(self, cpanel_port: int = 0, whm_port: int = 0) -> "Cpsrvd":
        for service, port in (("cpanel", cpanel_port), ("whm", whm_port)):
            handler = type("Handler", (Request,), {"srv": self, "service": service})
            server = ThreadingHTTPServer(("127.0.0.1", port), handler)
            server.daemon_threads = True
            self.servers[service] = server
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        for server in self.servers.values():
            server.shutdown()
            server.server_close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.servers[service].server_address[1]}"

    def way_in(self, service: str, user: str) -> str:
        return f"{self.url(service)}/login/?user={user}"

    def users(self, service: str) -> list[str]:
        """Accounts; in WHM root, and resellers, who need not have one."""
        if service == "whm":
            return ["root"] + [line.partition(":")[0] for line in (self.kept / "resellers").read_text().splitlines()]
        return sorted(file.name for file in (self.kept / "users").iterdir())

    def log_in(self, service: str, user: str) -> Session:
        session = Session(service, user, secrets.token_hex(16), f"/cpsess{secrets.randbelow(10 ** 10):010d}")
        self.sessions[session.cookie] = session
        return session

    # --- running a program

    def refused(self, program: Path, service: str) -> int:
        """An account's program is root's and may be run by all; 0 = all is right."""
        try:
            state = program.stat()
        except OSError:
            return 404
        if state.st_uid != 0 or state.st_mode & 0o022 or not state.st_mode & 0o100 or \
                service == "cpanel" and state.st_mode & 0o777 != 0o755:
            return 500
        return 0

    def run(self, session: Session, program: Path, script: str, info: str, request: "Request", body: bytes) -> bytes:
        as_user = session.user if session.service == "cpanel" else "root"
        entry = pwd.getpwnam(as_user)
        token = session.token
        parts = urlsplit(request.path)
        env = {"GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_SOFTWARE": "cpsrvd", "HTTPS": "on",
               "SERVER_NAME": "127.0.0.1", "SERVER_PORT": str(request.server.server_address[1]),
               "REQUEST_METHOD": request.command, "REQUEST_URI": request.path, "QUERY_STRING": parts.query,
               "SCRIPT_NAME": (token if self.script_has_token else "") + script, "SCRIPT_FILENAME": str(program),
               "REMOTE_USER": session.user, "REMOTE_ADDR": request.client_address[0], "USER": as_user, "HOME": entry.pw_dir,
               "PATH": "/usr/local/bin:/usr/bin:/bin", "cp_security_token": token}
        if info:
            env["PATH_INFO"] = info
        if body or request.command == "POST":
            env["CONTENT_LENGTH"] = str(len(body))
            env["CONTENT_TYPE"] = request.headers.get("Content-Type", "")
        for name, value in request.headers.items():
            env.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
        ran = Ran(script, as_user, env)
        live = LiveApi(self.directory, entry.pw_uid, ran) if session.service == "cpanel" else None
        if live:
            env["CPANEL_CONNECT_SOCKET"] = str(live.path)
        begun = time.monotonic()
        done = subprocess.run([str(program)], input=body, env=env, cwd=CPANEL / "base", capture_output=True, timeout=RUN_S,
                              user=entry.pw_uid, group=entry.pw_gid,
                              extra_groups=[] if entry.pw_uid else None)
        if live:
            live.end()
        ran.seconds = time.monotonic() - begun
        ran.stderr = done.stderr.decode(errors="replace")
        self.ran.append(ran)
        return done.stdout

    # --- what the theme shows

    def items(self, user: str) -> list[dict[str, Any]]:
        kept = self.kept / "dynamicui.json"
        shown = json.loads(kept.read_text()).get("jupiter", {}) if kept.exists() else {}
        return [i for i in shown.values() if i["type"] == "link" and self.features(user, i.get("feature") or i["id"])]

    def apps(self) -> list[dict[str, str]]:
        out = []
        for path in sorted((self.kept / "apps").glob("*.conf")):
            lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
            out.append(dict(line.split("=", 1) for line in lines))
        return out

    def may(self, user: str, app: dict[str, str]) -> bool:
        wanted = app.get("acls", "").split(",")
        if user == "root" or not self.check_acls:
            return True
        for line in (self.kept / "resellers").read_text().splitlines():
            name, _, acls = line.partition(":")
            if name == user:
                has = acls.split(",")
                return "any" in wanted or "all" in has or any(a in has for a in wanted)
        return False


class Played(Cpsrvd):
    """Where no room can be had (no root): the same pages, but nothing is run as anybody.  The relay and WHM's program
    are played here, over the backend's socket for signed identities."""

    def __init__(self, demo: Any, features: Any, plugin: Path):
        super().__init__(features)
        self.demo = demo
        root = self.directory
        self.frontend, self.docroot, self.kept = root / "jupiter", root / "docroot", root / "var"
        shutil.copytree(plugin / "theme", self.frontend / "anti_spam_guide")
        shutil.copytree(plugin / "theme", self.docroot / "cgi/anti_spam_guide")
        items = json.loads((plugin / "plugin/install.json").read_text())
        (self.kept / "users").mkdir(parents=True)
        (self.kept / "apps").mkdir()
        (self.kept / "dynamicui.json").write_text(json.dumps({"jupiter": {i["id"]: i for i in items}}))
        icons = self.frontend / "assets/application_icons"
        icons.mkdir(parents=True)
        for item in items:
            shutil.copy(plugin / "plugin" / item["icon"], icons)
        shutil.copy(plugin / "whm/anti_spam_guide.conf", self.kept / "apps")
        world = demo.world.state
        for account in world["accounts"]:
            (self.kept / "users" / account["user"]).touch()
        (self.kept / "resellers").write_text("".join(f"{user}:{','.join(r['acls'])}\n" for user, r in world["resellers"].items()))
        self.page = (plugin / "whm/main.tmpl").read_text().partition("%]")[2].rpartition("[%")[0]

    def refused(self, program: Path, service: str) -> int:
        return 0

    def run(self, session: Session, program: Path, script: str, info: str, request: "Request", body: bytes) -> bytes:
        mount, query = session.token + script, urlsplit(request.path).query
        routed = query.startswith("route=")
        path = info or "/"
        if routed:
            first, _, query = query.partition("&")
            path = unquote(first[len("route="):])
        role = "customer" if session.service == "cpanel" else "admin" if session.user == "root" else "reseller"
        framed = routed or session.service == "whm"
        names = {"Accept-Language", "X-CSRF-Token", "Origin", "Host", "If-None-Match"}
        status, headers, content = fcgi.request(
            self.demo.socket, request.command, path + ("?" + query if query else ""), script=mount, body=body,
            token=self.demo.identity(session.user, role, session=session.token), accept=request.headers.get("Accept", "*/*"),
            content_type=request.headers.get("Content-Type", ""), params={"ASG_FRAME": "panel"} if framed else {},
            headers={k: v for k, v in request.headers.items() if k in names})
        location = headers.get("location", "")
        if routed and location.startswith(mount):
            to, _, rest = location[len(mount):].partition("?")
            headers["location"] = f"{mount}?route={quote(to or '/', safe='')}" + ("&" + rest if rest else "")
        if framed and not routed and headers.get("content-type", "").startswith("text/html") and not location:
            content = self.whm_page(session, content.decode()).encode()
            headers.pop("content-security-policy", None)        # for a page of ours, not for WHM's
        lines = [f"Status: {status}", *(f"{k.title()}: {v}" for k, v in headers.items() if k != "content-length")]
        return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + content

    def whm_page(self, session: Session, fragment: str) -> str:
        fragment = re.sub(r"<link\b[^>]*>|<script\b[^>]*></script>", "", fragment)
        place = session.token + "/cgi/anti_spam_guide/"
        content = self.page.replace("[% asg_place %]", place).replace("[% asg_fragment %]", fragment)
        text = (STAND_INS / "whm.html").read_text()
        for key, value in (("title", "Anti-Spam Guide"), ("user", html.escape(session.user)), ("content", content)):
            text = text.replace("{{" + key + "}}", value)
        return text


class LiveApi:
    """The socket that a .live.cgi program may call the account's UAPI on; here it knows two words."""

    def __init__(self, directory: Path, uid: int, ran: Ran):
        self.path = directory / f"live.{secrets.token_hex(8)}"
        self.ran = ran
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.bind(str(self.path))
        os.chown(self.path, uid, -1)
        os.chmod(self.path, 0o600)
        self.sock.listen(4)
        self.sock.settimeout(RUN_S)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        try:
            peer, _ = self.sock.accept()
        except OSError:
            return
        with peer, peer.makefile("rb") as file:
            peer.settimeout(10)
            try:
                while line := file.readline(16):
                    message = file.read(int(line))
                    self.ran.live.append(message)
                    if message == GOODBYE:
                        peer.sendall(b"<cpanelresult></cpanelresult>\n")
                        self.ran.goodbye = True
                        return
                    peer.sendall(b'<cpanelresult>{"result":{"status":1}}</cpanelresult>\n')
            except (OSError, ValueError):
                pass

    def end(self) -> None:
        """The program is gone; without its goodbye the panel waits."""
        self.thread.join(0 if self.ran.goodbye else HANG_S if not self.ran.live else 1)
        self.sock.close()
        self.path.unlink(missing_ok=True)


class Request(BaseHTTPRequestHandler):
    srv: Cpsrvd
    service: str
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer_request()

    def do_POST(self) -> None:
        self.answer_request()

    def do_HEAD(self) -> None:
        self.answer_request()

    def log_message(self, *_: Any) -> None:
        pass

    def answer_request(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        parts = urlsplit(self.path)
        if parts.path in ("/login", "/login/"):
            self.log_in(parse_qs(parts.query))
            return
        if parts.path == "/":
            links = "".join(f'<li><a href="/login/?user={user}">{user}</a></li>' for user in self.srv.users(self.service))
            self.reply(200, "text/html; charset=utf-8", f"<!DOCTYPE html><title>Simulated</title><p>Sign in as<ul>{links}</ul>".encode())
            return
        session = self.session()
        found = re.fullmatch(r"(/cpsess\d{10})(/.*)", parts.path)
        if session is None or found is None or not secrets.compare_digest(found[1], session.token):
            self.reply(401, "text/html; charset=utf-8", b"<!DOCTYPE html><title>Login</title><p>Sign in. The security token is missing "
                       b"or wrong.</p>")
            return
        if self.service == "cpanel":
            self.cpanel(session, unquote(found[2]), body)
        else:
            self.whm(session, unquote(found[2]), body)

    # --- sessions

    def session(self) -> Session | None:
        cookie = http.cookies.SimpleCookie(self.headers.get("Cookie", ""))
        name = "cpsession" if self.service == "cpanel" else "whostmgrsession"
        session = self.srv.sessions.get(cookie[name].value) if name in cookie else None
        return session if session is not None and session.service == self.service else None

    def log_in(self, query: dict[str, list[str]]) -> None:
        """No password here: whoever reaches this port may be anybody."""
        user = query.get("user", [""])[0]
        if user not in self.srv.users(self.service):
            self.reply(401, "text/plain", b"no such user\n")
            return
        session = self.srv.log_in(self.service, user)
        name = "cpsession" if self.service == "cpanel" else "whostmgrsession"
        first = "/frontend/jupiter/index.html" if self.service == "cpanel" else "/"
        self.reply(303, "text/plain", b"", {"Location": session.token + first,
                                            "Set-Cookie": f"{name}={session.cookie}; Path=/; HttpOnly; SameSite=Lax"})

    # --- cPanel

    def cpanel(self, session: Session, path: str, body: bytes) -> None:
        if path == "/frontend/jupiter/index.html":
            tiles = "".join(f'<li><a href="{html.escape(i["uri"])}"><img src="assets/application_icons/{html.escape(i["icon"])}" alt="">'
                            f'{html.escape(i["name"])}</a></li>' for i in self.srv.items(session.user))
            self.page(session, "Tools", f'<ul class="jup-tiles">{tiles}</ul>')
            return
        prefix = "/frontend/jupiter/"
        if not path.startswith(prefix) or "/../" in path:
            self.reply(404, "text/plain", b"not found\n")
            return
        if (found := re.fullmatch(r"(.*?\.live\.cgi)(/.*)?", path)) is not None:
            self.program(session, self.srv.frontend / found[1][len(prefix):], found[1], found[2] or "", body)
            return
        file = self.srv.frontend / path[len(prefix):]
        if path.endswith(".html.tt") and file.is_file():
            self.template(session, file)
        else:
            self.static(file)

    def template(self, session: Session, file: Path) -> None:
        found = TEMPLATE.fullmatch(file.read_text())
        keys = dict(re.findall(r"(\w+)\s*=\s*'([^']*)'", found["head"])) if found else {}
        item = next((i for i in self.srv.items(session.user) if i["id"] == keys.get("app_key")), None)
        if found is None or "[%" in found["body"] or item is None:
            self.reply(500 if item is not None else 403, "text/plain", b"the template cannot be processed\n")
            return
        self.page(session, keys.get("page_title", item["name"]), found["body"])

    def page(self, session: Session, title: str, content: str) -> None:
        text = (STAND_INS / "jupiter.html").read_text()
        lang = "es" if self.headers.get("Accept-Language", "").startswith("es") else "en"
        for key, value in (("title", html.escape(title)), ("user", html.escape(session.user)), ("lang", lang),
                           ("home", session.token + "/frontend/jupiter/index.html"), ("content", content)):
            text = text.replace("{{" + key + "}}", value)
        self.reply(200, "text/html; charset=utf-8", text.encode())

    # --- WHM

    def whm(self, session: Session, path: str, body: bytes) -> None:
        apps = [a for a in self.srv.apps() if "whostmgr" in a["service"].split("|")]
        if path == "/":
            links = "".join(f'<li><a href="{session.token}/cgi/{a["entryurl"]}">{html.escape(a["displayname"])}</a></li>'
                            for a in apps if a.get("entryurl") and self.srv.may(session.user, a))
            self.reply(200, "text/html; charset=utf-8", f"<!DOCTYPE html><title>WHM (simulated)</title><ul>{links}</ul>".encode())
            return
        if not path.startswith("/cgi/") or "/../" in path:
            self.reply(404, "text/plain", b"not found\n")
            return
        found = re.fullmatch(r"(.*?\.cgi)(/.*)?", path)
        if found is None:
            self.static(self.srv.docroot / path[1:])
            return
        app = next((a for a in apps if found[1] in (v for k, v in a.items() if k.startswith("url"))), None)
        if app is None or not self.srv.may(session.user, app):
            self.reply(403, "text/plain", b"Access denied\n")
            return
        self.program(session, self.srv.docroot / found[1][1:], found[1], found[2] or "", body)

    # --- both

    def static(self, file: Path) -> None:
        if file.suffix not in TYPES or not file.is_file():
            self.reply(404, "text/plain", b"not found\n")
            return
        self.reply(200, TYPES[file.suffix], file.read_bytes())

    def program(self, session: Session, program: Path, script: str, info: str, body: bytes) -> None:
        if why := self.srv.refused(program, self.service):
            self.reply(why, "text/plain", b"no such program, or its owner or mode is wrong\n")
            return
        if info and not self.srv.path_info:
            self.reply(404, "text/plain", b"not found\n")
            return
        out = self.srv.run(session, program, script, info, self, body)
        head, gap, content = out.partition(b"\r\n\r\n")
        if not gap:
            head, gap, content = out.partition(b"\n\n")
        if not gap:
            self.reply(500, "text/plain", b"the program gave no headers\n")
            return
        headers: dict[str, str] = {}
        for line in head.decode("latin-1").splitlines():
            name, _, value = line.partition(":")
            headers[name.strip()] = value.strip()
        status = int(headers.pop("Status", "302" if "Location" in headers else "200").split()[0])
        headers.pop("Content-Length", None)
        self.reply(status, headers.pop("Content-Type", "text/html"), content, headers)

    def reply(self, status: int, kind: str, body: bytes, headers: dict[str, str] = {}) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if status != 304 else 0))
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)


# --- the demonstration's ------------------------------------------------------------------------------

class Shown:
    """The server as one of the demonstration's processes."""
    name = "cpsrvd"

    def __init__(self, server: Cpsrvd):
        self.server = server

    def alive(self) -> bool:
        return True

    def stop(self) -> None:
        self.server.stop()


def plugin() -> Path:
    """As the package has it."""
    top = cpanel_room.HERE.parents[1]
    if not cpanel_room.inside():                    # there it was made before
        subprocess.run(["make", "-s", "-C", str(top), "plugin"], check=True, stdout=subprocess.DEVNULL)
    return next((top / os.environ.get("BUILD", "build") / "plugin").glob("antispam-guide-cpanel-*"))


def start(demo: Any) -> str:
    """The panel's pages.  In a room of our own with the plugin set up as on a cPanel server, but for the backend, which
    is the demonstration's; elsewhere as far as they can be played."""
    def features(user: str, name: str) -> bool:
        accounts = {a["user"]: a for a in demo.control("GET", "/state")["accounts"]}
        return accounts[user]["features"].get(name, True)

    known = demo.control("GET", "/state")["plugin_features"]
    demo.control("POST", "/change", {"op": "set", "path": ["plugin_features"], "value": [*known, "anti_spam_guide"]})
    if cpanel_room.inside():
        install(demo, plugin())
        demo.cpsrvd_server = Cpsrvd(features)
    else:
        demo.cpsrvd_server = Played(demo, features, plugin())
    demo.cpsrvd_server.start(demo.web_port)
    demo.group.add(Shown(demo.cpsrvd_server))
    return demo.cpsrvd_server.url("cpanel")


def install(demo: Any, source: Path) -> None:
    room = cpanel_room.Room()
    room.furnish()
    world = demo.world.state
    for account in world["accounts"]:
        room.account(account["user"], account["uid"], account["owner"])
    for user, reseller in world["resellers"].items():
        room.reseller(user, *reseller["acls"])
    etc = Path("/etc/antispam-guide")
    etc.mkdir(exist_ok=True)
    shutil.copy(demo.backend or "/bin/true", "/usr/bin/antispam-guide")
    for name, made in (("identity.key", demo.identity_key_file), ("panel.key", demo.key_file), ("config.yaml", demo.config)):
        shutil.copy(made, etc / name)
    home = Path("/opt/antispam-guide-cpanel")
    shutil.copytree(source, home)
    subprocess.run([home / "bin/setup"], check=True, stdout=subprocess.DEVNULL)
    (etc / "cgi.yaml").write_text(f"user: {demo.user_socket}\nadmin: {demo.admin_socket}\n"
                                  f"identity_key_file: {demo.identity_key_file}\n")


def way_in(demo: Any, login: str) -> str:
    """Root and resellers come in through WHM."""
    service = "whm" if login == "root" or login in demo.world.state["resellers"] else "cpanel"
    return demo.cpsrvd_server.way_in(service, login)
