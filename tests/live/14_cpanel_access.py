#!/usr/bin/env python3
"""Who gets in on cPanel, from outside: the real backend before the simulated panel, the plugin set up beside it, and
cpsrvd's stand-in in front.  Accounts are users of the system, so every question comes from the uid that it says.
"""

from __future__ import annotations

import json
import os
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

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                                     # noqa: E402
from demo import Demo                                           # noqa: E402
from demo_cpanel import CpanelDemo                              # noqa: E402
from servers import cpanel_room, fcgi                           # noqa: E402

RUN: Path
DEMO: CpanelDemo
PAGE = "/frontend/jupiter/anti_spam_guide/asg.live.cgi"
DOOR = "/cgi/anti_spam_guide/index.cgi"
JSON = {"Accept": "application/json"}

# a request of an account's own script, straight to the socket, with every word of its choice
SCRIPT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from servers import fcgi
from pathlib import Path
where, method, path, params, body = json.loads(sys.argv[2])
status, headers, content = fcgi.request(Path(where), method, path, accept="application/json", params=params, body=body.encode(),
                                        content_type="application/x-www-form-urlencoded")
print(json.dumps([status, content.decode(errors="replace")]))
"""


def setUpModule() -> None:
    global RUN, DEMO
    RUN = Path(tempfile.mkdtemp(prefix="asg-cpanel-", dir="/tmp"))
    backend = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide"
    DEMO = Demo(RUN, panel="cpanel", backend=backend, machine=False)        # type: ignore[assignment]
    DEMO.__enter__()


def tearDownModule() -> None:
    DEMO.__exit__(None, None, None)
    shutil.rmtree(RUN, ignore_errors=True)


def uid_of(user: str) -> int:
    return next(a["uid"] for a in DEMO.world.state["accounts"] if a["user"] == user)


def domains_of(*users: str) -> set[str]:
    return {d["name"] for d in DEMO.world.state["domains"] if d["user"] in users and d["type"] != "sub"}


def straight(uid: int, method: str, path: str, params: dict[str, str] = {}, body: str = "",
             where: Path | None = None) -> tuple[int, Any]:
    argv = [sys.executable, "-c", SCRIPT, str(RUN / "code"), json.dumps([str(where or DEMO.user_socket), method, path, params, body])]
    done = subprocess.run(argv, user=uid, group=uid, extra_groups=[], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise ConnectionError(done.stderr)
    status, content = json.loads(done.stdout)
    return status, json.loads(content) if content.startswith("{") else content


class Browser:
    def __init__(self, service: str, user: str):
        self.service, self.session = service, DEMO.cpsrvd_server.log_in(service, user)
        self.page = PAGE if service == "cpanel" else DOOR

    def open(self, path: str, body: str | None = None, page: str | None = None, **headers: str) -> tuple[int, Any]:
        import http.client
        port = DEMO.cpsrvd_server.servers[self.service].server_address[1]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        cookie = ("cpsession=" if self.service == "cpanel" else "whostmgrsession=") + self.session.cookie
        connection.request("GET" if body is None else "POST", self.session.token + (page or self.page) + path,
                           body, {**JSON, "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", **headers})
        answer = connection.getresponse()
        content = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, json.loads(content) if content.startswith("{") else content

    def names(self) -> set[str]:
        status, answer = self.open("/domains?per_page=200")
        assert status == 200, answer
        return {d["ascii"] for d in answer["domains"]}


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        (RUN / "code").mkdir()
        shutil.copytree(Path(live.ROOT) / "tests" / "live" / "servers", RUN / "code" / "servers")
        subprocess.run(["chmod", "-R", "a+rX", str(RUN / "code")], check=True)
        RUN.chmod(0o711)

    def test_each_account_sees_its_own(self) -> None:
        for user in ("anna", "ben", "eva", "carla"):
            self.assertEqual(Browser("cpanel", user).names(), domains_of(user), user)
        browser = Browser("cpanel", "anna")
        for name in sorted(domains_of("ben", "eva")) + ["unknown.example"]:
            for path, body in ((f"/domains/{name}", None), (f"/domains/{name}/report", None)):
                self.assertEqual(browser.open(path, body)[0], 404, name)
        self.assertEqual(browser.open("/server")[0], 404)
        self.assertEqual(browser.open("/audit")[0], 404)

    def test_foreign_is_as_unknown(self) -> None:
        """Byte for byte but for the name, whatever is asked for: by the page, by a form, and by an account's own script."""
        unknown = "no-such-name.example"
        for service, user, foreign in (("cpanel", "anna", min(domains_of("eva"))), ("whm", "rita", min(domains_of("eva"))),
                                       ("cpanel", "ben", min(domains_of("anna")))):
            browser = Browser(service, user)
            csrf = browser.open("/domains")[1]["csrf"]
            for method, path, body in (("GET", "/domains/{}", None), ("GET", "/domains/{}/report", None),
                                       ("POST", "/domains/{}/check", "csrf={csrf}"), ("POST", "/domains/check", "csrf={csrf}&target={}"),
                                       ("POST", "/domains/{}/acknowledge", "csrf={csrf}&finding=spf.missing&note=x"),
                                       ("POST", "/plans", "csrf={csrf}&fix=spf.publish&target={}"),
                                       ("POST", "/plans", "csrf={csrf}&fix=mailbox.block&target=info@{}"),
                                       ("POST", "/cases", "csrf={csrf}&kind=spam&about={}")):
                answers = []
                for name in (foreign, unknown):
                    status, answer = browser.open(path.format(name), body and body.format(name, csrf=csrf))
                    answers.append((status, json.dumps(answer).replace(name, "NAME")))
                self.assertEqual(answers[0], answers[1], (service, user, method, path))
                self.assertEqual(answers[0][0], 404, (service, user, method, path, answers[0]))
        for name in (min(domains_of("eva")), unknown):
            status, answer = straight(uid_of("anna"), "GET", f"/domains/{name}")
            self.assertEqual((status, answer["error"]["code"]), (404, "not_found"))

    def test_reseller_root_and_who_may_not(self) -> None:
        self.assertEqual(Browser("whm", "rita").names(), domains_of("anna", "ben"))
        self.assertGreater(Browser("whm", "root").names(), domains_of("anna", "eva"))
        self.assertEqual(Browser("whm", "rita").open("/server")[0], 404)
        self.assertEqual(Browser("whm", "root").open("/server")[0], 200)
        self.assertEqual(Browser("whm", "rita").open(f"/domains/{min(domains_of('eva'))}")[0], 404)
        for check in (True, False):                 # AppConfig refuses; and where it would not, our own program does
            DEMO.cpsrvd_server.check_acls = check
            for path in ("/domains", "/server", "/static/asg.css", "/healthz"):
                self.assertEqual(Browser("whm", "raul").open(path)[0], 403)
        DEMO.cpsrvd_server.check_acls = True

    def test_a_reseller_is_only_an_account_in_cpanel(self) -> None:
        """What a broken web site of his may do ends at his own account."""
        before = DEMO.world.state["resellers"]
        DEMO.control("POST", "/change", {"op": "set", "path": ["resellers"], "value": {**before, "ben": {"acls": ["list-accts", "all"]}}})
        DEMO.control("POST", "/change", {"op": "set", "path": ["accounts", "david", "owner"], "value": "ben"})
        try:
            Browser("whm", "root").open("/domains/check", "csrf=x")         # a POST reads the panel anew, if only to refuse
            browser = Browser("cpanel", "ben")
            csrf = browser.open("/domains")[1]["csrf"]
            browser.open("/domains/check", f"csrf={csrf}&target={min(domains_of('ben'))}")
            self.assertEqual(browser.names(), domains_of("ben"))
            self.assertEqual(browser.open(f"/domains/{min(domains_of('david'))}")[0], 404)
            self.assertEqual(browser.open("/bulk")[0], 404)
            status, answer = straight(uid_of("ben"), "GET", "/domains")
            self.assertEqual({d["ascii"] for d in answer["domains"]}, domains_of("ben"))
            # his account is still rita's, what is below him is not
            self.assertEqual(Browser("whm", "rita").names(), domains_of("anna", "ben"))
        finally:
            DEMO.control("POST", "/change", {"op": "set", "path": ["resellers"], "value": before})
            DEMO.control("POST", "/change", {"op": "set", "path": ["accounts", "david", "owner"], "value": "root"})

    def test_forged_words_from_an_accounts_own_script(self) -> None:
        admin = DEMO.identity("root", "admin")
        for params in ({}, {"ASG_IDENTITY": admin}, {"REMOTE_USER": "root", "ASG_LOGIN": "root", "ASG_ROLE": "admin"},
                       {"HTTP_ASG_IDENTITY": admin, "ASG_SOCKET": "admin", "LOGIN": "eva", "USER": "root"}):
            status, answer = straight(uid_of("anna"), "GET", "/domains", params)
            self.assertEqual((status, {d["ascii"] for d in answer["domains"]}), (200, domains_of("anna")), params)
            self.assertEqual(straight(uid_of("anna"), "GET", "/server", params)[0], 404)

    def test_who_is_no_account_is_nobody(self) -> None:
        with open("/etc/passwd", "a") as file:
            file.write("asglow:x:499:499::/:/bin/sh\nasghigh:x:7777:7777::/:/bin/sh\n")
        for uid in (65534, 33, 499, 7777, 54321, 0):
            for path in ("/", "/domains", "/guide", "/tools", "/glossary", "/no/such/page") if uid == 7777 else ("/domains", "/guide"):
                self.assertEqual(straight(uid, "GET", path, {"ASG_IDENTITY": DEMO.identity("anna", "customer")})[0], 401, (uid, path))
            self.assertEqual(straight(uid, "POST", "/bounce", body="text=x")[0], 401)
        self.assertEqual(straight(7777, "GET", "/healthz")[0], 200)

    def test_admin_socket_is_roots(self) -> None:
        with self.assertRaises(ConnectionError):
            straight(uid_of("anna"), "GET", "/domains", {"ASG_IDENTITY": DEMO.identity("anna", "customer")}, where=DEMO.admin_socket)
        status, _, _ = fcgi.request(DEMO.admin_socket, "GET", "/domains", token=DEMO.identity("root", "admin"))
        self.assertEqual(status, 200)
        for token in (None, "x.y", DEMO.identity("root", "admin", ttl_s=-5), DEMO.identity("root", "admin", ttl_s=500)):
            self.assertEqual(fcgi.request(DEMO.admin_socket, "GET", "/domains", token=token)[0], 401)
        # opened for all by mistake, it still hears root alone
        os.chmod(DEMO.admin_socket, 0o666)
        RUN.chmod(0o755)
        try:
            self.assertEqual(straight(uid_of("anna"), "GET", "/domains", {"ASG_IDENTITY": DEMO.identity("root", "admin")},
                                      where=DEMO.admin_socket)[0], 401)
        finally:
            os.chmod(DEMO.admin_socket, 0o600)
            RUN.chmod(0o711)

    def test_feature_switched_off(self) -> None:
        DEMO.control("POST", "/change", {"op": "set", "path": ["accounts", "david", "features"], "value": {"anti_spam_guide": False}})
        browser = Browser("cpanel", "david")
        found = browser.open("/domains")            # asked for the first time: an answer holds for a minute
        self.assertEqual((found[0], found[1]["error"]["code"]), (403, "not_included"))
        self.assertEqual(browser.open("/guide")[0], 403)
        self.assertEqual(straight(uid_of("david"), "POST", "/domains/check", body="csrf=x&select=filter")[0], 403)
        self.assertIn("plan", straight(uid_of("david"), "GET", "/domains")[1]["error"]["text"])
        self.assertEqual(browser.open("/index.html", page="/frontend/jupiter")[1].count("anti_spam_guide"), 0)
        self.assertEqual(browser.open("/index.html.tt", page="/frontend/jupiter/anti_spam_guide")[0], 403)
        self.assertEqual(browser.open("/static/asg.css")[0], 200)           # the same for everybody

    def test_suspended_account(self) -> None:
        DEMO.control("POST", "/change", {"op": "set", "path": ["accounts", "hostexam", "suspended"], "value": 1})
        try:
            self.assertEqual(straight(uid_of("hostexam"), "POST", "/domains/check", body="csrf=x")[0], 401)
            self.assertEqual(straight(uid_of("hostexam"), "GET", "/domains")[0], 401)
        finally:
            DEMO.control("POST", "/change", {"op": "set", "path": ["accounts", "hostexam", "suspended"], "value": 0})

    def test_csrf_is_bound_to_the_panels_session(self) -> None:
        one, other = Browser("cpanel", "anna"), Browser("cpanel", "anna")
        csrf = one.open("/domains")[1]["csrf"]
        form = f"target={min(domains_of('anna'))}&csrf="
        self.assertEqual(one.open("/domains/check", form)[0], 403)
        self.assertEqual(other.open("/domains/check", form + csrf)[0], 403)
        self.assertEqual(one.open("/domains/check", form + csrf, Origin="https://evil.example")[0], 403)
        self.assertIn(one.open("/domains/check", form + csrf)[0], (200, 303))

    def test_half_records_hold_nobody_up(self) -> None:
        """An account that opens connections and says half a record has its few, and others are served meanwhile."""
        half = fcgi.record(fcgi.BEGIN, struct.pack(">HB5x", 1, 0)) + b"\x01\x04\x00\x01\x40"
        program = ("import socket,sys,time\ns=[]\nfor i in range(40):\n c=socket.socket(socket.AF_UNIX); c.settimeout(2)\n"
                   f" try:\n  c.connect({str(DEMO.user_socket)!r}); c.sendall(bytes.fromhex({half.hex()!r})); s.append(c)\n"
                   " except OSError: pass\nprint(len(s),flush=True)\ntime.sleep(30)")
        bad = subprocess.Popen([sys.executable, "-c", program], user=uid_of("eva"), group=uid_of("eva"), extra_groups=[],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            assert bad.stdout is not None
            bad.stdout.readline()
            for _ in range(5):
                begun = time.monotonic()
                self.assertEqual(straight(uid_of("anna"), "GET", "/domains")[0], 200)
                self.assertEqual(fcgi.request(DEMO.admin_socket, "GET", "/domains", token=DEMO.identity("root", "admin"))[0], 200)
                self.assertLess(time.monotonic() - begun, 3)
        finally:
            bad.kill()
            bad.communicate()

    def test_half_an_answer_and_a_dead_backend(self) -> None:
        """The relay says so and does not hang: cut in the head, cut in the body, and nobody there."""
        config = Path("/etc/antispam-guide/cgi.yaml")
        before = config.read_text()
        place = RUN / "code" / "cut.sock"
        cut = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        cut.bind(str(place))
        os.chmod(place, 0o666)
        cut.listen(4)
        config.write_text(f"user: {place}\n")
        try:
            for answer in (b"", b"\x01\x06\x00", fcgi.record(fcgi.STDOUT, b"Status: 200 OK\r\n") + b"\x01\x06\x00\x01\xff"):
                child = subprocess.Popen(["/usr/bin/antispam-guide", "cgi"], stdout=subprocess.PIPE,
                                         env={"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "QUERY_STRING": "route=%2F"})
                peer, _ = cut.accept()
                peer.recv(65536)
                peer.sendall(answer)
                peer.close()
                self.assertTrue(child.communicate(timeout=20)[0].startswith(b"Status: 503"))
            cut.close()
            self.assertEqual(Browser("cpanel", "anna").open("/")[0], 503)
        finally:
            config.write_text(before)

    def test_hook_brings_a_new_domain(self) -> None:
        browser = Browser("whm", "root")
        self.assertIn(min(domains_of("ben")), browser.names())
        before = browser.open(f"/domains/{min(domains_of('ben'))}")[1]["checked_at"]
        time.sleep(1.1)                             # times are whole seconds
        subprocess.run(["/opt/antispam-guide-cpanel/hooks/refresh"], env={"ASG_HOOK_WAIT_S": "0.1"}, check=True, timeout=10,
                       input=json.dumps({"data": {"user": "ben"}}).encode(), stdout=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while browser.open(f"/domains/{min(domains_of('ben'))}")[1]["checked_at"] == before and time.monotonic() < end:
            time.sleep(0.3)
        self.assertNotEqual(browser.open(f"/domains/{min(domains_of('ben'))}")[1]["checked_at"], before)


def main() -> None:
    if why := live.no_room():
        print("not run:", why)
        live.end()
    CpanelDemo.prepare()
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
