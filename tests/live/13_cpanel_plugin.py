#!/usr/bin/env python3
"""The cPanel plugin: installed from its tar into the file tree of a cPanel server, as AlmaLinux and Ubuntu have it, set
up twice and taken down twice; then used through a stand-in for cpsrvd that runs the relay as the account's own user
and WHM's program as root.

The file tree is a layer over this machine's, in a mount and a network namespace that end with the test.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import pwd
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                                     # noqa: E402
from servers import cpanel_room, fcgi, process                  # noqa: E402
from servers.cpanel_room import CPANEL, Room                    # noqa: E402
from servers.cpsrvd import DOCROOT, FRONTEND, Cpsrvd, Session   # noqa: E402

BUILD = Path(live.ROOT) / os.environ.get("BUILD", "build")
TAR = BUILD / "antispam-guide-cpanel.tar.gz"
TREE = BUILD / "plugin" / "tree"
VERSION = (Path(live.ROOT) / "VERSION").read_text().strip()
HOME = Path("/opt/antispam-guide-cpanel")
NAME = "anti_spam_guide"
ETC = Path("/etc/antispam-guide")
PAGE = f"/frontend/jupiter/{NAME}/asg.live.cgi"
DOOR = f"/cgi/{NAME}/index.cgi"
GROUP = process.Group()
RUN = Path(tempfile.gettempdir())

ACCOUNTS = [("anna", 2001, "rita"), ("eva", 2002, "root"), ("rita", 2003, "rita"), ("ronny", 2004, "ronny")]


def run(*argv: str | Path, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=120, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{argv}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def told() -> list[str]:
    log = Path("/var/cpanel/systemctl.log")
    lines = log.read_text().splitlines() if log.exists() else []
    log.write_text("")
    return lines


def unpack() -> Path:
    place = Path(tempfile.mkdtemp(prefix="unpacked-", dir="/var/tmp"))
    place.chmod(0o755)
    run("tar", "-C", place, "-xzf", TAR)
    return place / f"antispam-guide-cpanel-{VERSION}"


def state(*paths: Path) -> str:
    """Owner, mode and content of every file below; what an installation must not change the second time."""
    out = ""
    for path in paths:
        if path.exists():
            out += run("sh", "-c", 'find "$0" ! -type d -printf "%p %u:%g %m %l\\n" | sort; '
                       'find "$0" -type f -exec sha256sum {} + | sort', path).stdout
    return out


def ready_for(source: Path, system: str) -> None:
    shutil.copytree(TREE, source / "ready" / f"{system}-{platform.machine()}", symlinks=True)


def setUpModule() -> None:
    Room("almalinux-9").furnish()
    cert = RUN / "asg-whm.pem"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=server.host.example", "-keyout",
        str(cert), "-out", str(cert) + ".crt")
    GROUP.add(process.Process("tls", ["openssl", "s_server", "-accept", "127.0.0.1:2087", "-key", str(cert), "-cert",
                                      str(cert) + ".crt", "-quiet"], RUN / "asg-tls.log"))
    GROUP.processes[-1].wait_ready(lambda: process.connects("127.0.0.1", 2087))


def tearDownModule() -> None:
    GROUP.stop()


class Install(unittest.TestCase):
    """In the order of their names: one life of an installation, on each system."""

    def installed(self) -> None:
        self.assertEqual(os.readlink(FRONTEND / NAME), str(HOME / "theme"))
        relay = FRONTEND / NAME / "asg.live.cgi"
        self.assertEqual((relay.stat().st_uid, relay.stat().st_mode & 0o7777), (0, 0o755))
        self.assertFalse(relay.is_symlink())
        door = DOCROOT / f"cgi/{NAME}/index.cgi"
        self.assertEqual((door.stat().st_uid, door.stat().st_mode & 0o7777), (0, 0o700))
        items = json.loads(Path("/var/cpanel/dynamicui.json").read_text())["jupiter"]
        self.assertEqual((items[NAME]["uri"], items[NAME]["feature"], items[NAME]["group_id"]),
                         (f"{NAME}/index.html.tt", NAME, "email"))
        self.assertTrue((CPANEL / "whostmgr/addonfeatures" / NAME).exists())
        self.assertEqual(run(CPANEL / "bin/is_registered_with_appconfig", "whostmgr", NAME).stdout.strip(), "1")
        hooks = json.loads(run(CPANEL / "bin/manage_hooks", "list", "--output", "JSON").stdout)
        self.assertEqual(len(hooks), len([line for line in (HOME / "hooks/events").read_text().splitlines()
                                          if not line.startswith("#")]))
        self.assertTrue(all(not h["escalateprivs"] and h["stage"] == "post" for h in hooks))
        modes = {"identity.key": ("antispam-guide", 0o640), "panel.key": ("antispam-guide", 0o600),
                 "config.yaml": ("root", 0o640), "cgi.yaml": ("root", 0o644)}
        for name, (owner, mode) in modes.items():
            found = (ETC / name).stat()
            self.assertEqual((pwd.getpwuid(found.st_uid).pw_name, found.st_mode & 0o7777), (owner, mode), name)
        self.assertEqual((ETC / "identity.key").stat().st_size, 32)
        token = json.loads(Path("/var/cpanel/tokens.json").read_text())["antispam-guide"]
        self.assertEqual(((ETC / "panel.key").read_text().strip(), token["whitelist_ip"]), (token["token"], "127.0.0.1"))
        self.assertRegex((ETC / "config.yaml").read_text(), r'pin_sha256: "[A-Za-z0-9+/]{43}="')
        found = run("antispam-guide", "config", "check", "--json", check=False, user="antispam-guide",
                    group="antispam-guide", extra_groups=[])
        self.assertIn(found.returncode, (0, 1), found.stderr)
        self.assertNotIn("config.yaml:", found.stderr)

    def gone(self) -> None:
        for path in (FRONTEND / NAME, DOCROOT / "cgi" / NAME, DOCROOT / "templates" / NAME,
                     DOCROOT / f"addon_plugins/{NAME}.png", CPANEL / "Cpanel/Config/ConfigObj/Driver/AntiSpamGuide.pm",
                     CPANEL / "Cpanel/Config/ConfigObj/Driver/AntiSpamGuide", CPANEL / "whostmgr/addonfeatures" / NAME,
                     Path(f"/var/cpanel/apps/{NAME}.conf"), ETC / "panel.key"):
            self.assertFalse(os.path.lexists(path), path)
        self.assertEqual(json.loads(run(CPANEL / "bin/manage_hooks", "list", "--output", "JSON").stdout), [])
        self.assertEqual(json.loads(Path("/var/cpanel/tokens.json").read_text()), {})
        self.assertNotIn(NAME, json.loads(Path("/var/cpanel/dynamicui.json").read_text())["jupiter"])

    def life(self, system: str, short: bool) -> None:
        Room(system).furnish()
        told()
        source = unpack()
        ready_for(source, system)
        before = os.stat("/").st_ctime_ns
        self.assertIn("is ready", run(source / "install").stdout)
        self.assertEqual(os.stat("/").st_ctime_ns, before)              # not even for a moment is anybody locked out
        self.installed()
        lines = told()
        self.assertIn("restart antispam-guide-user.socket antispam-guide-admin.socket antispam-guide-helper.socket", lines)
        self.assertIn("restart antispam-guide.service", lines)
        places = (ETC, HOME, CPANEL, Path("/var/cpanel/apps"), Path("/var/cpanel/hooks.kept"), Path("/etc/systemd/system"))
        with open(ETC / "config.yaml", "a") as file:
            file.write("# mine\n")
        before = state(*places)
        self.assertIn("is ready", run(HOME / "bin/setup").stdout)
        self.assertEqual(state(*places), before)
        if not short:                                                   # an upgrade to the same
            self.assertIn("is ready", run(source / "install").stdout)
            self.assertEqual(state(*places), before)
        for _ in range(2):
            self.assertIn("is off", run(HOME / "bin/teardown").stdout)
            self.gone()
        self.assertEqual(sorted(f.name for f in ETC.iterdir()), ["cgi.yaml", "config.yaml", "identity.key"])
        self.assertTrue(Path("/usr/bin/antispam-guide").exists())
        if not short:
            run(HOME / "bin/setup")
            self.installed()
        self.assertIn("is gone", run(HOME / "bin/teardown", "purge").stdout)
        self.gone()
        left = run("sh", "-c", "find /etc /usr /opt /run /var/lib /var/tmp -name '*antispam-guide*' ! -path '/usr/share/doc/*' "
                   "! -path '*/var/tmp/unpacked-*' ! -path '*__pycache__*' 2>/dev/null", check=False).stdout
        self.assertEqual(left.split(), [])
        self.assertRaises(KeyError, pwd.getpwnam, "antispam-guide")

    def test_1_almalinux(self) -> None:
        self.life("almalinux-9", short=False)

    def test_2_ubuntu(self) -> None:
        self.life("ubuntu-22.04", short=True)

    def test_3_builds_where_nothing_is_ready(self) -> None:
        """What it is built with is installed, then it is built from the source in the tar; `make` is played here."""
        Room("almalinux-9").furnish()
        source = unpack()
        for name in ("Makefile", "VERSION", "cgi/main.c", "panel/panels.c", "templates/pages/layout.html",
                     "packaging/systemd/antispam-guide.service.in", "man/antispam-guide.1"):
            self.assertTrue((source / "source" / name).is_file(), name)
        listed = subprocess.run(["make", "-n", "-C", source / "source", "all"], capture_output=True, text=True)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertGreater(len(re.findall(r"^\s*\S*cc .* -c ", listed.stdout, re.M)), 200)
        cpanel_room.write("/usr/bin/dnf", '#!/bin/sh\necho "$@" >>/var/cpanel/dnf.log\n', 0o755)
        real = os.path.realpath(shutil.which("make") or "")
        shutil.copy(real, "/usr/bin/make.real")
        cpanel_room.write("/usr/bin/make", f'#!/bin/sh\nfor w; do case $w in DESTDIR=*) cp -R {TREE}/. "${{w#*=}}";; esac; done\n'
                          'echo "$@" >>/var/cpanel/make.log\n', 0o755)
        try:
            self.assertIn("Building", run(source / "install").stdout)
        finally:
            os.replace("/usr/bin/make.real", "/usr/bin/make")
            os.unlink("/usr/bin/dnf")
        packages = Path("/var/cpanel/dnf.log").read_text()
        for package in ("fcgi-devel", "c-ares-devel", "libyaml-devel", "openssl-devel"):
            self.assertIn(package, packages)
        self.assertEqual(len(Path("/var/cpanel/make.log").read_text().splitlines()), 2)
        self.installed()
        run(HOME / "bin/teardown", "purge")

    def test_4_refusals(self) -> None:
        source = unpack()
        ready_for(source, "almalinux-9")
        for words in (["x"], ["panel", "x"], ["purge"], ["; id"]):
            self.assertEqual(run(source / "bin/setup", *words, check=False).returncode, 2)
        for words in (["x"], ["purge", "x"]):
            self.assertEqual(run(source / "bin/teardown", *words, check=False).returncode, 2)
        for who in ({"user": "nobody"},):
            for script in ("install", "bin/setup", "bin/teardown"):
                done = run("sh", source / script, check=False, **who)
                self.assertEqual(done.returncode, 1, done.stderr)
        os.rename(CPANEL / "cpanel", CPANEL / "cpanel.away")
        try:
            done = run(source / "install", check=False)
            self.assertEqual((done.returncode, "no cPanel server" in done.stderr), (1, True))
        finally:
            os.rename(CPANEL / "cpanel.away", CPANEL / "cpanel")
        self.assertFalse(HOME.exists())
        self.assertEqual(run(source / "bin/setup", check=False).returncode, 1)   # not in its place

    def test_5_shell_and_perl_are_well_formed(self) -> None:
        source = unpack()
        scripts = [source / s for s in ("install", "bin/setup", "bin/teardown", "bin/build", "hooks/refresh", "hooks/relink")]
        for script in scripts:
            self.assertTrue(os.access(script, os.X_OK), script)
            self.assertEqual(run("sh", "-n", script).stderr, "")
        if shutil.which("shellcheck"):
            run("shellcheck", "-x", "-P", source / "bin", *scripts)
        for script in (source / "whm/index.cgi", source / "acl/AntiSpamGuide/META.pm"):
            self.assertIn("syntax OK", run("perl", "-c", script).stderr)
        modules = run("sh", "-c", f"grep -hE '^(use|require) ' {source}/whm/index.cgi {source}/acl/*.pm {source}/acl/*/*.pm").stdout
        used = set(re.findall(r"^(?:use|require) ([\w:]+)", modules, re.M))
        self.assertLessEqual({m for m in used if not m.startswith(("Cpanel::", "Whostmgr::"))}, {"strict", "warnings", "lib"})


class Backend(fcgi.Responder):
    """Plays the backend: notes what it was told and, by the kernel's word, who asked."""

    def serve(self, peer: socket.socket) -> None:
        _, self.uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        super().serve(peer)


class Browser:
    """Somebody signed in to cPanel or WHM."""

    def __init__(self, server: Cpsrvd, service: str, user: str):
        self.server, self.service = server, service
        self.session: Session = server.log_in(service, user)

    def open(self, path: str, body: bytes | None = None, token: str | None = None, **headers: str) -> tuple[int, Any, bytes]:
        port = self.server.servers[self.service].server_address[1]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        name = "cpsession" if self.service == "cpanel" else "whostmgrsession"
        named = {"Cookie": f"{name}={self.session.cookie}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        connection.request("GET" if body is None else "POST", (self.session.token if token is None else token) + path, body, named)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content


class Used(unittest.TestCase):
    """With an installation in place, and cpsrvd in front."""

    server: Cpsrvd

    @classmethod
    def setUpClass(cls) -> None:
        room = Room("almalinux-9")
        room.furnish()
        source = unpack()
        ready_for(source, "almalinux-9")
        run(source / "install")
        for user, uid, owner in ACCOUNTS:
            if user not in [p.pw_name for p in pwd.getpwall()]:
                room.account(user, uid, owner)
        room.reseller("rita", "software-AntiSpamGuide", "list-accts")
        room.reseller("ronny", "list-accts")
        room.reseller("alice", "all")
        Path("/run/antispam-guide-user").mkdir(exist_ok=True)
        Path("/run/antispam-guide").mkdir(mode=0o750, exist_ok=True)
        cls.server = Cpsrvd().start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.stop()
        run(HOME / "bin/teardown", "purge")


class Relay(Used):
    """What reaches the backend, and as whom."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.seen: list[tuple[dict[str, str], bytes, int]] = []
        cls.answer: tuple[str, bytes] = ("", b"")
        cls.user = Backend(Path("/run/antispam-guide-user/user.sock"), cls.from_user)
        os.chmod(cls.user.where, 0o666)
        cls.admin = Backend(Path("/run/antispam-guide/admin.sock"), cls.from_admin)
        os.chmod(cls.admin.where, 0o600)
        cls.key = (ETC / "identity.key").read_bytes()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.user.close()
        cls.admin.close()
        super().tearDownClass()

    @classmethod
    def from_user(cls, params: dict[str, str], body: bytes) -> tuple[str, bytes]:
        cls.seen.append((params, body, cls.user.uid))
        return cls.answer

    @classmethod
    def from_admin(cls, params: dict[str, str], body: bytes) -> tuple[str, bytes]:
        cls.seen.append((params, body, cls.admin.uid))
        return cls.answer

    def setUp(self) -> None:
        self.seen.clear()
        self.server.ran.clear()
        self.server.script_has_token, self.server.path_info, self.server.check_acls = False, True, True
        type(self).answer = ("Status: 200 OK\nContent-Type: text/html; charset=utf-8\nX-Antispam-Guide-Title: A <title> & more",
                             b'<link rel="stylesheet" href="x/static/asg.css">\n<script src="x/static/asg.js" defer></script>\n'
                             b'<div class="asg asg-framed"><p>fragment</p></div>')

    def claims(self) -> dict[str, Any]:
        return fcgi.verify(self.key, self.seen[-1][0]["ASG_IDENTITY"])

    # --- accounts

    def test_customer_is_the_peer(self) -> None:
        for user, uid, _ in ACCOUNTS:
            self.assertEqual(Browser(self.server, "cpanel", user).open(PAGE + "/domains?q=x")[0], 200)
            params, body, peer = self.seen[-1]
            self.assertEqual((peer, params["PATH_INFO"], params["QUERY_STRING"], body), (uid, "/domains", "q=x", b""))
            self.assertNotIn("ASG_IDENTITY", params)
            self.assertEqual(self.server.ran[-1].user, user)

    def test_links_carry_the_token(self) -> None:
        for with_token in (False, True):
            self.server.script_has_token = with_token
            browser = Browser(self.server, "cpanel", "anna")
            browser.open(PAGE + "/domains/a%20b")
            params = self.seen[-1][0]
            self.assertEqual((params["SCRIPT_NAME"], params["PATH_INFO"]), (browser.session.token + PAGE, "/domains/a b"))
            browser.open(PAGE)
            self.assertEqual(self.seen[-1][0]["REQUEST_URI"], browser.session.token + PAGE)
            self.assertNotIn("PATH_INFO", self.seen[-1][0])

    def test_route_needs_no_path_behind_the_name(self) -> None:
        self.server.path_info = False
        browser = Browser(self.server, "cpanel", "anna")
        self.assertEqual(browser.open(PAGE + "/domains")[0], 404)
        self.assertEqual(browser.open(PAGE + "?route=" + quote("/domains/xn--corazn-fxa.example", safe="") + "&page=2")[0], 200)
        params = self.seen[-1][0]
        self.assertEqual((params["REQUEST_URI"], params["QUERY_STRING"], params["ASG_FRAME"], params["SCRIPT_NAME"]),
                         (browser.session.token + PAGE + "/domains/xn--corazn-fxa.example", "page=2", "panel",
                          browser.session.token + PAGE))
        type(self).answer = (f"Status: 303 See Other\nLocation: {browser.session.token}{PAGE}/journal/7", b"")
        status, headers, _ = browser.open(PAGE + "?route=%2Fplans", b"a=1", Content_Type="application/x-www-form-urlencoded")
        self.assertEqual((status, headers["Location"]), (303, f"{browser.session.token}{PAGE}?route=%2Fjournal%2F7"))
        self.assertEqual(self.seen[-1][1], b"a=1")
        for bad in ("route=", "route=domains", "route=https%3A%2F%2Fevil.example%2F", "route=%2Fa%00", "route=%2Fa%4"):
            self.assertEqual(browser.open(PAGE + "?" + bad)[0], 400, bad)

    def test_goodbye_on_every_way_out(self) -> None:
        browser = Browser(self.server, "cpanel", "anna")
        browser.open(PAGE + "/")
        browser.open(PAGE + "?route=")
        browser.open(PAGE + "/bounce", b"x" * (11 * 1024 * 1024))
        moved = self.user.where.with_suffix(".away")
        self.user.where.rename(moved)
        try:
            self.assertEqual(browser.open(PAGE + "/")[0], 503)
        finally:
            moved.rename(self.user.where)
        self.assertEqual([(r.goodbye, r.live) for r in self.server.ran], [(True, [b'<cpanelxml shutdown="1" />'])] * 4)
        self.assertLess(max(r.seconds for r in self.server.ran), 5)

    def test_liveapi_that_does_not_answer(self) -> None:
        """Dead, silent, or another program's: the browser has its answer all the same."""
        place = Path(tempfile.mkdtemp())
        place.chmod(0o755)
        silent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        silent.bind(str(place / "silent"))
        os.chmod(place / "silent", 0o666)
        silent.listen(4)
        for path in ("", str(place / "gone"), "x" * 200, str(place / "silent"), "/etc/passwd"):
            begun = time.monotonic()
            done = subprocess.run([FRONTEND / NAME / "asg.live.cgi"], env={"REQUEST_METHOD": "GET", "SCRIPT_NAME": PAGE, "PATH_INFO": "/",
                                  "CPANEL_CONNECT_SOCKET": path}, user=2001, group=2001, capture_output=True, timeout=20)
            self.assertIn(b"fragment", done.stdout, path)
            self.assertLess(time.monotonic() - begun, 8, path)
        silent.close()

    def test_forged_environment_and_parameters(self) -> None:
        browser = Browser(self.server, "cpanel", "anna")
        browser.open(PAGE + "/?ASG_LOGIN=root&ASG_ROLE=admin&ASG_IDENTITY=x", ASG_IDENTITY="x", X_ASG_Login="root", Remote_User="root",
                     Cookie2="a=b", Authorization="whm root:token")
        params, _, peer = self.seen[-1]
        self.assertEqual(peer, 2001)
        self.assertEqual([k for k in params if k.startswith("ASG_")], ["ASG_SESSION"])
        self.assertNotIn("REMOTE_USER", params)
        secret = browser.session.cookie
        self.assertNotIn(secret, json.dumps(self.seen[-1], default=str))
        self.assertNotIn(browser.session.token[7:], params["ASG_SESSION"])
        # the same program, started by the account's own script with words of its choice
        env = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": PAGE, "PATH_INFO": "/", "ASG_LOGIN": "root", "ASG_ROLE": "admin",
               "ASG_IDENTITY": "x", "REMOTE_USER": "root", "USER": "root"}
        for argv in (["asg.live.cgi"], ["asg.live.cgi", "--admin"], ["asg.live.cgi", "cgi", "--admin", "--config", "/home/anna/x"]):
            subprocess.run(argv, executable=str(FRONTEND / NAME / "asg.live.cgi"), env=env, user=2001, group=2001, capture_output=True)
            self.assertEqual((self.seen[-1][2], "ASG_IDENTITY" in self.seen[-1][0]), (2001, False))
        count = len(self.seen)
        done = subprocess.run(["antispam-guide", "cgi", "--admin"], env={**env, "PATH": "/usr/bin"}, user=2001, group=2001,
                              capture_output=True)
        self.assertTrue(done.stdout.startswith(b"Status: 403"), done.stdout)
        self.assertEqual(len(self.seen), count)

    def test_wrong_token_never_starts_a_program(self) -> None:
        for service, path in (("cpanel", PAGE + "/"), ("whm", DOOR)):
            browser = Browser(self.server, service, "root" if service == "whm" else "anna")
            for token in ("", "/cpsess0000000000", "/cpsess1", Browser(self.server, service, "eva").session.token):
                self.assertIn(browser.open(path, token=token)[0], (401, 404), token)
        self.assertEqual((self.seen, self.server.ran), ([], []))

    def test_session_is_told_apart_and_not_given_away(self) -> None:
        browser = Browser(self.server, "cpanel", "anna")
        sessions = []
        for who in (browser, browser, Browser(self.server, "cpanel", "anna")):
            who.open(PAGE + "/")
            sessions.append(self.seen[-1][0]["ASG_SESSION"])
        self.assertEqual(sessions[0], sessions[1])
        self.assertNotEqual(sessions[0], sessions[2])

    def test_the_page(self) -> None:
        browser = Browser(self.server, "cpanel", "anna")
        _, _, home = browser.open("/frontend/jupiter/index.html")
        self.assertIn(f'href="{NAME}/index.html.tt"', home.decode())
        status, _, page = browser.open(f"/frontend/jupiter/{NAME}/index.html.tt")
        self.assertEqual(status, 200)
        files = [n for n in re.findall(r'(?:src|href|data-script)="([\w.?]+)"', page.decode()) if ".live.cgi" not in n]
        self.assertEqual(len([n for n in files if n.endswith("?" + VERSION)]), 4, files)
        for name in files:
            self.assertEqual(browser.open(f"/frontend/jupiter/{NAME}/{name}")[0], 200, name)
        self.server.features = lambda user, name: name != NAME
        try:
            self.assertNotIn(NAME, browser.open("/frontend/jupiter/index.html")[2].decode())
        finally:
            self.server.features = lambda user, name: True

    def test_other_answers_as_they_are(self) -> None:
        browser = Browser(self.server, "cpanel", "anna")
        type(self).answer = ("Status: 200 OK\nContent-Type: application/octet-stream\nETag: \"x\"", bytes(range(256)) * 3000)
        for how in ("/static/x", "?route=%2Fstatic%2Fx"):
            self.assertEqual(browser.open(PAGE + how)[2], bytes(range(256)) * 3000)
        for status in (304, 404, 409, 422):
            type(self).answer = (f"Status: {status} X\nContent-Type: text/html", b"<p>no</p>")
            self.assertEqual(browser.open(PAGE + "?route=%2Fx")[0], status)
        for head in ("nonsense", ""):
            type(self).answer = (head, b"")
            self.assertIn(browser.open(PAGE + "?route=%2F")[0], (200, 500, 503))

    # --- WHM

    def test_root_and_resellers(self) -> None:
        for user, role in (("root", "admin"), ("rita", "reseller"), ("alice", "admin")):
            if user == "alice":
                self.server.check_acls = False      # she is no user of this system; the program decides
            browser = Browser(self.server, "whm", user)
            status, headers, page = browser.open(DOOR, Accept_Language="es-ES,es")
            self.assertEqual(status, 200, user)
            claims = self.claims()
            self.assertEqual((claims["login"], claims["role"], claims["lang"], self.seen[-1][2]), (user, role, "es", 0))
            self.assertNotIn("acting", claims)
            self.assertTrue(0 < claims["exp"] - time.time() <= 120)
            self.assertIn("<p>fragment</p>", page.decode())
            self.assertNotIn("static/asg.js", page.decode())
            self.assertEqual(headers["Cache-Control"], "no-store")
            for name in re.findall(r'(?:src|href|data-script)="(/cpsess\d+/cgi/[^"]+)"', page.decode()):
                self.assertEqual(browser.open(name, token="")[0], 200, name)

    def test_reseller_without_the_privilege(self) -> None:
        browser = Browser(self.server, "whm", "ronny")
        self.assertEqual(browser.open(DOOR)[0], 403)
        self.assertEqual(self.server.ran, [])
        # and where the entry was registered for everybody, the program itself says no: before it reads a thing
        self.server.check_acls = False
        for user in ("ronny", "eva", "stranger"):
            browser = Browser(self.server, "whm", user)
            for path, body in ((DOOR, None), (DOOR + "/domains", None), (DOOR + "?route=%2Fplans", b"fix=spf.publish"),
                               (DOOR + "/static/asg.css", None)):
                status, _, text = browser.open(path, body, Accept="application/json")
                self.assertEqual((status, b"privilege" in text or "permiso".encode() in text or b"may not" in text), (403, True))
        self.assertEqual(self.seen, [])

    def test_who_is_signed_in_is_the_panels_word(self) -> None:
        """Nothing of a request changes login or role; without a login there is none."""
        door = str(DOCROOT / f"cgi/{NAME}/index.cgi")
        Browser(self.server, "whm", "rita").open(DOOR + "/?ASG_LOGIN=root&ASG_ROLE=admin", ASG_ROLE="admin", Remote_User="root")
        self.assertEqual((self.claims()["login"], self.claims()["role"]), ("rita", "reseller"))
        count = len(self.seen)
        for login in (None, "", "root\nadmin", "../root", "ronny:all", "a b", "x" * 100):
            env = {"REQUEST_METHOD": "GET", "ASG_LOGIN": "root", "ASG_ROLE": "admin", "PERL5LIB": "/home/anna"}
            if login is not None:
                env["REMOTE_USER"] = login
            done = subprocess.run([door], env=env, capture_output=True)
            self.assertTrue(done.stdout.startswith(b"Status: 403"), (login, done.stdout))
        self.assertEqual(len(self.seen), count)

    def test_whm_request_arrives_as_it_was(self) -> None:
        browser = Browser(self.server, "whm", "root")
        browser.open(DOOR + "/bulk?x=1", b"target=a&target=b", Content_Type="application/x-www-form-urlencoded", X_CSRF_Token="t",
                     Origin="https://server:2087")
        params, body, _ = self.seen[-1]
        self.assertEqual({k: params.get(k) for k in ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_LENGTH",
                                                     "HTTP_X_CSRF_TOKEN", "HTTP_ORIGIN", "ASG_FRAME")},
                         {"REQUEST_METHOD": "POST", "SCRIPT_NAME": browser.session.token + DOOR, "PATH_INFO": "/bulk",
                          "QUERY_STRING": "x=1", "CONTENT_LENGTH": "17", "HTTP_X_CSRF_TOKEN": "t", "HTTP_ORIGIN": "https://server:2087",
                          "ASG_FRAME": "panel"})
        self.assertEqual(body, b"target=a&target=b")
        self.assertNotIn(browser.session.cookie, json.dumps(params))

    def test_whm_answers(self) -> None:
        browser = Browser(self.server, "whm", "root")
        mount = browser.session.token + DOOR
        type(self).answer = (f"Status: 303 See Other\nLocation: {mount}/journal/7", b"")
        self.assertEqual(browser.open(DOOR + "/plans", b"")[1]["Location"], mount + "/journal/7")
        self.assertEqual(browser.open(DOOR + "?route=%2Fplans", b"")[1]["Location"], mount + "?route=%2Fjournal%2F7")
        type(self).answer = ("Status: 200 OK\nContent-Type: application/json", b'{"a":1}')
        self.assertEqual(browser.open(DOOR + "/domains")[2], b'{"a":1}')
        type(self).answer = ("Status: 404 Not Found\nContent-Type: text/html", b'<div class="asg">no</div>')
        status, _, page = browser.open(DOOR + "/x")
        self.assertEqual((status, b"Home / Plugins" in page), (404, True))
        status, _, page = browser.open(DOOR + "?route=%2Fx")
        self.assertEqual((status, page), (404, b'<div class="asg">no</div>'))
        moved = self.admin.where.with_suffix(".away")
        self.admin.where.rename(moved)
        try:
            for language, words in (("en", b"does not answer"), ("es", b"no responde")):
                status, _, text = browser.open(DOOR, Accept_Language=language)
                self.assertEqual((status, words in text), (503, True), text)
        finally:
            moved.rename(self.admin.where)
        status, _, text = browser.open(DOOR + "?route=nowhere")
        self.assertEqual((status, b"understand" in text), (400, True))

    # --- hooks

    def hook(self, event: dict[str, Any], wait_s: float = 0.1, **who: Any) -> None:
        """As the panel runs it; the work itself comes a moment later."""
        type(self).answer = ("Status: 200 OK\nContent-Type: application/json", b'{"domains":[],"csrf":"tok-1_A"}')
        begun = time.monotonic()
        done = subprocess.run([HOME / "hooks/refresh"], input=json.dumps(event).encode(), capture_output=True, timeout=20,
                              env={"ASG_HOOK_WAIT_S": str(wait_s)}, **who)
        self.assertTrue(done.stdout.startswith(b"1"), done)
        self.assertLess(time.monotonic() - begun, 2)

    def settled(self, count: int) -> None:
        end = time.monotonic() + 10
        while len(self.seen) < count and time.monotonic() < end:
            time.sleep(0.05)

    def test_hook_as_root_names_the_account(self) -> None:
        for _ in range(3):                          # three events of one moment
            self.hook({"context": {"event": "Accounts::Modify"}, "data": {"user": "anna", "domain": "x.example"}}, wait_s=2)
        self.settled(2)
        time.sleep(0.5)
        self.assertEqual(len(self.seen), 2)
        (get, _, peer), (post, body, _) = self.seen
        self.assertEqual((peer, get["PATH_INFO"], get["QUERY_STRING"]), (0, "/domains", "owner=anna&per_page=1"))
        self.assertEqual((post["PATH_INFO"], body), ("/domains/check", b"csrf=tok-1_A&select=filter&owner=anna"))
        self.assertEqual((self.claims()["role"], self.claims()["session"]), ("admin", "hook"))

    def test_hook_as_an_account_speaks_for_itself(self) -> None:
        self.hook({"data": {"user": "eva", "args": {"user": "root"}}}, user=2001, group=2001)
        self.settled(2)
        self.assertEqual([(p["PATH_INFO"], peer) for p, _, peer in self.seen], [("/domains", 2001), ("/domains/check", 2001)])
        self.assertEqual(self.seen[1][1], b"csrf=tok-1_A&select=filter")

    def test_hook_with_a_hostile_event(self) -> None:
        for user in ("; touch /tmp/asg-pwned", "../../x", "$(id)", "", "A" * 300000):
            self.hook({"data": {"user": user}})
        self.hook({})
        time.sleep(0.6)
        self.assertEqual(self.seen, [])
        self.assertFalse(Path("/tmp/asg-pwned").exists())


def main() -> None:
    if why := live.no_room():
        print("not run:", why)
        live.end()
    if not cpanel_room.inside():
        subprocess.run(["make", "-s", "-C", live.ROOT, "plugin"], check=True, stdout=sys.stderr)
        shutil.rmtree(TREE, ignore_errors=True)
        subprocess.run(["make", "-s", "-C", live.ROOT, "install", f"DESTDIR={TREE}"], check=True, stdout=subprocess.DEVNULL)
        cpanel_room.enter(network=True)
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
