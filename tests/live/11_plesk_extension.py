#!/usr/bin/env python3
"""The Plesk extension's PHP, run by lighttpd and php-cgi over stand-ins for the panel's classes, against a
backend of our own that tells what it was asked.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from demo import EXTENSION, STAND_INS, TOP, Demo            # noqa: E402
from servers import fcgi, fetch                             # noqa: E402

RUN: Path
DEMO: Demo


def setUpModule() -> None:
    global RUN, DEMO
    RUN = Path(tempfile.mkdtemp(prefix="asg-php-"))
    DEMO = Demo(RUN)
    DEMO.__enter__()


def tearDownModule() -> None:
    DEMO.__exit__(None, None, None)
    shutil.rmtree(RUN, ignore_errors=True)


class Relay(unittest.TestCase):
    """The extension's PHP, as a browser sees it, and what reaches the backend."""

    HOME = "/modules/antispam-guide/index.php/index/go"

    @classmethod
    def setUpClass(cls) -> None:
        cls.seen: list[tuple[dict[str, str], bytes]] = []
        cls.answer: tuple[str, bytes] = ("", b"")
        cls.responder = fcgi.Responder(DEMO.socket, cls.respond)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.responder.close()

    @classmethod
    def respond(cls, params: dict[str, str], body: bytes) -> tuple[str, bytes]:
        cls.seen.append((params, body))
        return cls.answer

    def setUp(self) -> None:
        self.seen.clear()
        type(self).answer = ("Status: 200 OK\nContent-Type: text/html; charset=utf-8\nX-Antispam-Guide-Title: A <title> & more",
                             b"<p>fragment</p><form method=\"post\" action=\"x\"></form><form action=\"y\"></form>")
        self.jar = http.cookiejar.CookieJar()

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), Stay)

    def open(self, path: str, data: bytes | None = None, **headers: str) -> tuple[int, Any, str]:
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        ask = urllib.request.Request(DEMO.url + path, data, named)
        try:
            with self.browser.open(ask, timeout=20) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def login(self, who: str) -> None:
        status, headers, _ = self.open("/login.php?as=" + who)
        self.assertEqual((status, headers["Location"]), (303, "/modules/antispam-guide/"))

    def token(self) -> str:
        return next(c.value for c in self.jar if c.name == "forgery_protection_token")

    def claims(self) -> dict[str, Any]:
        return fcgi.verify(DEMO.identity_key, self.seen[-1][0]["ASG_IDENTITY"])

    def test_php_is_well_formed(self) -> None:
        programs = fetch.programs(["php-cgi"])
        php = programs.find("php[0-9]*")
        files = [f for place in (EXTENSION, STAND_INS) for f in place.rglob("*") if f.suffix in (".php", ".phtml")]
        self.assertGreater(len(files), 30)
        for file in files:
            done = subprocess.run([php, "-n", "-l", str(file)], env=programs.env(), capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_shell_is_well_formed(self) -> None:
        for file in (EXTENSION / "sbin").iterdir():
            self.assertEqual(subprocess.run(["sh", "-n", str(file)]).returncode, 0, file)
            self.assertTrue(os.access(file, os.X_OK), file)
            if os.geteuid() != 0 or not Path("/etc/psa").exists():
                self.assertEqual(subprocess.run([str(file), "unknown", "words"], capture_output=True).returncode, 2, file)

    def test_events_reach_the_backend(self) -> None:
        """The listener as the panel loads it; what it has the helper do, one line each."""
        code = """<?php
            interface EventListener {}
            class pm_Context { static function init($id) {} }
            class pm_Domain { function __construct($id) { if ($id !== 7) throw new Exception('none'); }
                function getName() { return 'seven.example'; } }
            class pm_ApiCli { static function callSbin($name, $args) { echo $name, ' ', implode(' ', $args), "\n";
                if ($args[1] === 'down.example') throw new Exception('down'); } }
            $listener = require '%s';
            foreach (json_decode(stream_get_contents(STDIN), true) as $e) {
                echo in_array($e[2], $listener->filterActions()) ? '' : 'not heard: ';
                $listener->handleEvent(...$e);
            }""" % (EXTENSION / "plib/library/EventListener.php")
        cases = [(["domain", 3, "domain_create", None, {"Domain Name": "New.Example", "Domain Physical Hosting": "true"}], ["new.example"]),
                 (["domain", 3, "domain_delete", {"Domain Name": "old.example"}, None], ["old.example"]),
                 (["site", 3, "site_update", {"Domain Name": "a.example"}, {"Domain Name": "b.example"}],
                  ["a.example", "b.example"]),
                 (["mail", 3, "mailname_create", None, {"Mailname": "anna@cust.example"}], ["cust.example"]),
                 (["domain", 7, "domain_dns_update", [], []], ["seven.example"]),
                 (["domain_alias", 9, "domain_alias_delete", {"Domain Alias Name": "x y; -z.example"}, None], []),
                 (["domain", 3, "domain_update", None, {"Domain Name": "down.example"}], ["down.example"])]
        file = RUN / "listener.php"
        file.write_text(code)
        programs = fetch.programs(["php-cgi"])
        done = subprocess.run([programs.find("php[0-9]*"), "-n", str(file)], env=programs.env(), capture_output=True,
                              text=True, input=json.dumps([case for case, _ in cases]))
        self.assertEqual(done.stdout.splitlines(), [f"service changed {name}" for _, names in cases for name in names],
                         done.stderr)

    def test_manifest_and_words(self) -> None:
        manifest = ET.parse(EXTENSION / "meta.xml").getroot()
        self.assertEqual((manifest.tag, manifest.findtext("id"), manifest.findtext("version")),
                         ("module", "antispam-guide", (TOP / "VERSION").read_text().strip()))
        keys = {}
        for language in ("en-US", "es-ES"):
            text = (EXTENSION / "plib/resources/locales" / f"{language}.php").read_text()
            keys[language] = set(re.findall(r"^    '(\w+)' =>", text, re.M))
        self.assertEqual(keys["en-US"], keys["es-ES"])
        code = "".join(f.read_text() for f in (EXTENSION / "plib").rglob("*.php"))
        used = set(re.findall(r"lmsg\('(\w+)'", code)) | set(re.findall(r"(?:message\(\d+, |button\()'(\w+)'", code))
        self.assertLessEqual(used, keys["en-US"])

    def test_without_a_session(self) -> None:
        for path in ("/modules/antispam-guide/", self.HOME + "/domains"):
            status, headers, _ = self.open(path)
            self.assertEqual((status, headers["Location"]), (303, "/"))
        self.assertEqual(self.seen, [])

    def test_three_roles(self) -> None:
        for who, role, language in (("anna", "customer", "en"), ("rita", "reseller", "en"), ("admin", "admin", "en"),
                                    ("carla", "customer", "es")):
            self.login(who)
            self.assertEqual(self.open("/modules/antispam-guide/")[1]["Location"], self.HOME + "/")
            self.assertEqual(self.open(self.HOME + "/")[0], 200)
            claims = self.claims()
            self.assertEqual((claims["v"], claims["login"], claims["role"], claims["lang"]), (1, who, role, language))
            self.assertTrue(0 < claims["exp"] - time.time() <= 120)
            self.assertNotIn("acting", claims)

    def test_somebody_inside_anothers_panel(self) -> None:
        self.login("admin&into=anna")
        self.open(self.HOME + "/")
        claims = self.claims()
        self.assertEqual((claims["login"], claims["role"], claims["acting"]), ("anna", "customer", "admin"))

    def test_session_is_told_apart_and_not_given_away(self) -> None:
        self.login("anna")
        self.open(self.HOME + "/")
        first, secret = self.claims()["session"], next(c.value for c in self.jar if c.name == "PLESKSESSID")
        self.open(self.HOME + "/domains")
        self.assertEqual(self.claims()["session"], first)
        self.login("anna")
        self.open(self.HOME + "/")
        self.assertNotEqual(self.claims()["session"], first)
        self.assertNotIn(secret, json.dumps(self.seen, default=str))

    def test_request_arrives_as_it_was(self) -> None:
        self.login("anna")
        self.open(self.HOME + "/domains/xn--corazn-fxa.example?q=%C3%B3+x&format=csv", Accept="text/csv")
        params, body = self.seen[-1]
        self.assertEqual({k: params[k] for k in ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT",
                                                 "ASG_FRAME", "REMOTE_ADDR")},
                         {"REQUEST_METHOD": "GET", "SCRIPT_NAME": self.HOME, "PATH_INFO": "/domains/xn--corazn-fxa.example",
                          "QUERY_STRING": "q=%C3%B3+x&format=csv", "HTTP_ACCEPT": "text/csv", "ASG_FRAME": "panel",
                          "REMOTE_ADDR": "127.0.0.1"})
        self.assertEqual(body, b"")
        self.assertNotIn("HTTP_COOKIE", params)

    def test_browser_cannot_say_who_it_is(self) -> None:
        self.login("anna")
        self.open(self.HOME + "/", ASG_IDENTITY="forged", X_ASG_Identity="forged")
        self.assertEqual(self.claims()["login"], "anna")

    def test_bodies(self) -> None:
        self.login("anna")
        token = self.token()
        status, _, _ = self.open(self.HOME + "/bulk", f"target=a&target=b&forgery_protection_token={token}&x=%20".encode())
        self.assertEqual((status, self.seen[-1][1], self.seen[-1][0]["CONTENT_TYPE"]),
                         (200, b"target=a&target=b&x=%20", "application/x-www-form-urlencoded"))
        self.open(self.HOME + "/plans", b'{"fix": "x"}', Content_Type="application/json", X_Forgery_Protection_Token=token)
        self.assertEqual((self.seen[-1][1], self.seen[-1][0]["CONTENT_LENGTH"]), (b'{"fix": "x"}', "12"))
        parts = (f'--b\r\nContent-Disposition: form-data; name="forgery_protection_token"\r\n\r\n{token}\r\n'
                 '--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nñ\r\n'
                 '--b\r\nContent-Disposition: form-data; name="message"; filename="a.eml"\r\n\r\nFrom: x\r\n\r\n\0\r\n--b--\r\n')
        self.open(self.HOME + "/message-test", parts.encode(), Content_Type="multipart/form-data; boundary=b")
        params, body = self.seen[-1]
        self.assertRegex(params["CONTENT_TYPE"], r"^multipart/form-data; boundary=\w+$")
        self.assertIn('name="note"\r\n\r\nñ\r\n'.encode(), body)
        self.assertIn(b'filename="a.eml"', body)
        self.assertIn(b"\r\n\r\nFrom: x\r\n\r\n\0\r\n--", body)
        self.assertNotIn(token.encode(), body)

    def test_post_needs_the_panels_token(self) -> None:
        self.login("anna")
        for body in (b"a=1", b"a=1&forgery_protection_token=wrong"):
            self.assertEqual(self.open(self.HOME + "/plans", body)[0], 403)
        self.assertEqual(self.seen, [])

    def test_big_body(self) -> None:
        self.login("anna")
        big = b"a=" + b"x" * 3_000_000 + b"&forgery_protection_token=" + self.token().encode()
        self.assertEqual(self.open(self.HOME + "/bounce", big)[0], 200)
        self.assertEqual(len(self.seen[-1][1]), 3_000_002)
        self.assertEqual(self.open(self.HOME + "/bounce", b"x" * 9_000_000, X_Forgery_Protection_Token=self.token())[0], 413)

    def test_page_around_the_fragment(self) -> None:
        self.login("anna")
        _, headers, page = self.open(self.HOME + "/")
        self.assertIn("<p>fragment</p>", page)
        self.assertIn("<title>A &lt;title&gt; &amp; more</title>", page)
        field = f'<input type="hidden" name="forgery_protection_token" value="{self.token()}">'
        self.assertIn(f'<form method="post" action="x">{field}</form><form action="y"></form>', page)

    def test_status_is_copied(self) -> None:
        self.login("anna")
        for status in (404, 409, 422, 503):
            type(self).answer = (f"Status: {status} X\nContent-Type: text/html", b"<p>no</p>")
            code, _, page = self.open(self.HOME + "/domains/foreign.example")
            self.assertEqual((code, "<p>no</p>" in page), (status, True))

    def test_other_answers_are_copied_as_they_are(self) -> None:
        self.login("anna")
        type(self).answer = ("Status: 200 OK\nContent-Type: text/csv; charset=utf-8\nContent-Disposition: attachment; filename=\"d.csv\"\n"
                             "Set-Cookie: a=b\nX-Other: 1", "name\nñ\n".encode())
        _, headers, text = self.open(self.HOME + "/domains?format=csv")
        self.assertEqual((text, headers["Content-Type"].lower(), headers["Content-Disposition"]),
                         ("name\nñ\n", "text/csv; charset=utf-8", 'attachment; filename="d.csv"'))
        self.assertEqual((headers["X-Other"], headers["Set-Cookie"]), (None, None))
        type(self).answer = ("Status: 200 OK\nContent-Type: application/octet-stream", bytes(range(256)) * 2000)
        with self.browser.open(DEMO.url + self.HOME + "/static/x", timeout=20) as answer:
            self.assertEqual(answer.read(), bytes(range(256)) * 2000)

    def test_only_static_files_may_be_kept(self) -> None:
        self.login("anna")
        type(self).answer = ("Status: 200 OK\nContent-Type: text/css\nCache-Control: max-age=600\nETag: \"x\"", b"p{}")
        _, headers, _ = self.open(self.HOME + "/static/site.css")
        self.assertEqual((headers["Cache-Control"], headers["ETag"], headers["Pragma"]), ("max-age=600", '"x"', None))
        _, headers, _ = self.open(self.HOME + "/domains?format=csv")
        self.assertEqual((headers["ETag"], "no-store" in headers["Cache-Control"]), (None, True))
        type(self).answer = ("Status: 304 Not Modified\nETag: \"x\"", b"")
        self.assertEqual(self.open(self.HOME + "/static/site.css", If_None_Match='"x"')[0], 304)
        self.assertEqual(self.seen[-1][0]["HTTP_IF_NONE_MATCH"], '"x"')

    def test_only_own_locations(self) -> None:
        self.login("anna")
        for location, expected in ((self.HOME + "/journal/7", self.HOME + "/journal/7"), ("https://evil.example/", self.HOME + "/"),
                                   ("//evil.example/", self.HOME + "/"), ("/admin/", self.HOME + "/"),
                                   (self.HOME + "evil", self.HOME + "/"), (self.HOME + "/../../../admin/", self.HOME + "/")):
            type(self).answer = (f"Status: 303 See Other\nLocation: {location}", b"")
            status, headers, _ = self.open(self.HOME + "/plans")
            self.assertEqual((status, headers["Location"]), (303, expected), location)

    def test_backend_that_fails(self) -> None:
        self.login("anna")
        for head in ("nonsense", "Status: 42 x\nContent-Type: text/html"):
            type(self).answer = (head, b"")
            self.assertIn(self.open(self.HOME + "/")[0], (200, 503))
        moved = DEMO.socket.with_suffix(".away")
        DEMO.socket.rename(moved)
        try:
            status, _, page = self.open(self.HOME + "/")
            self.assertEqual((status, "role=\"alert\"" in page), (503, True))
            status, headers, text = self.open(self.HOME + "/", Accept="application/json")
            self.assertEqual((status, json.loads(text)["error"]["code"]), (503, "unavailable"))
        finally:
            moved.rename(DEMO.socket)

    def test_domain_button(self) -> None:
        ids = {d["name"]: d["id"] for d in DEMO.control("GET", "/state")["domains"]}
        self.login("anna")
        own = self.open(f"/modules/antispam-guide/index.php/index/domain?site_id={ids['cust.example']}")[1]["Location"]
        self.assertEqual(own, self.HOME + "/domains/cust.example")
        for id in (ids["forwards.example"], 99999, "x"):
            self.assertEqual(self.open(f"/modules/antispam-guide/index.php/index/domain?site_id={id}")[1]["Location"], self.HOME + "/")

    def test_plan_without_the_product(self) -> None:
        DEMO.control("POST", "/change", {"op": "set", "path": ["domains", "forwards.example", "denied"], "value": ["use"]})
        names = [d["name"] for d in DEMO.control("GET", "/state")["domains"] if d["client_id"] == 8]
        for name in names:
            DEMO.control("POST", "/change", {"op": "set", "path": ["domains", name, "denied"], "value": ["use"]})
        time.sleep(0.5)
        self.login("eva")
        self.assertEqual(self.open(self.HOME + "/")[0], 403)
        self.assertEqual(self.seen, [])
        for name in names:
            DEMO.control("POST", "/change", {"op": "set", "path": ["domains", name, "denied"], "value": []})

    def test_pages_at_a_time(self) -> None:
        self.login("anna")
        type(self).answer = ("Status: 200 OK\nContent-Type: text/plain", b"x")
        results: list[int] = []
        threads = [threading.Thread(target=lambda: results.append(self.open(self.HOME + "/domains")[0])) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [200] * 12)


def main() -> int:
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
