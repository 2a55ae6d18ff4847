#!/usr/bin/env python3
"""A server without a panel from end to end: the built program, the real helper and a real Postfix: what is found,
a host name set and put back with the greeting as proof, and who is let in by the web server's word.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import yaml                                         # noqa: E402

import live                                         # noqa: E402
from demo_postfix import PASSWORD, PostfixDemo      # noqa: E402
from servers import fcgi                            # noqa: E402
from servers.process import Group, Process          # noqa: E402

PROGRAM = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide"
RUN: Path
DEMO: PostfixDemo


def setUpModule() -> None:
    global RUN, DEMO
    RUN = Path(tempfile.mkdtemp(prefix="asg-server-"))
    DEMO = PostfixDemo(RUN, backend=PROGRAM)
    DEMO.__enter__()


def tearDownModule() -> None:
    DEMO.__exit__(None, None, None)
    shutil.rmtree(RUN, ignore_errors=True)


def run(*words: str, status: int = 0) -> Any:
    done = subprocess.run([str(PROGRAM), *words, "--config", str(DEMO.config), "--json"], capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == status, (words, done.returncode, done.stderr, done.stdout)
    return json.loads(done.stdout)


def greeting(want: str) -> str:
    end, got = time.monotonic() + 5, ""
    while want not in got and time.monotonic() < end:
        with socket.create_connection(("127.0.0.1", DEMO.postfix.port), 5) as sock:
            got = sock.recv(200).decode()
        time.sleep(0.1)
    return got


def findings(report: Any) -> set[str]:
    return {f["id"] for f in report["findings"]}


def get(path: str, login: str | None = None, **headers: str) -> tuple[int, Any]:
    if login:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{login}:{PASSWORD}".encode()).decode()
    ask = urllib.request.Request(DEMO.url + path, headers={"Accept": "application/json", **headers})
    try:
        with urllib.request.urlopen(ask, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as problem:
        return problem.code, None


def page(path: str, login: str, language: str = "en") -> str:
    """What a person reads there: the text without the markup, and without figures."""
    status, _, body = DEMO.request("GET", path, accept="text/html", params={"REMOTE_USER": login},
                                   headers={"Accept-Language": language})
    assert status == 200, (path, status)
    return html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<pre\b.*?</pre>", "", body.decode(), flags=re.S)))


def whole() -> dict[str, Any]:
    """What Postfix and PHP are told, and which messages wait how."""
    rows = [json.loads(line) for line in DEMO.postfix.run("/usr/sbin/postqueue", "-j").splitlines() if line.strip()]
    return {"set": sorted(DEMO.postfix.run("postconf", "-n").splitlines()), "services": DEMO.postfix.run("postconf", "-M"),
            "php": DEMO.postfix.run("/bin/sh", "-c", "find /etc/php -type f -exec sha256sum {} + | sort"),
            "queue": {r["queue_id"]: r["queue_name"] == "hold" for r in rows}}


class Server(unittest.TestCase):
    def test_findings(self) -> None:
        found = findings(run("check", "--server")["reports"][0])
        for wanted in ("helo.invalid", "dkim_server.signing_off", "limits.off"):
            self.assertIn(wanted, found)

    def test_offers(self) -> None:
        """What a report offers is what a plan says, also when the server alone is checked."""
        rows = run("check", "--server")["reports"][0]["findings"]
        modes = {fix["id"]: (fix["mode"], fix["reason"] is None) for f in rows for fix in f["fixes"]}
        self.assertEqual(modes["limits.enable"], ("copy", True))
        self.assertFalse(modes["ptr.request"][1])

    def test_queue(self) -> None:
        before = run("queue", "summary")
        self.assertEqual([(g["by"], g["key"], g["count"]) for g in before["groups"] if g["by"] == "script"],
                         [("script", "1001:mailer.php", 6)])
        plan = run("fix", "plan", "queue.hold", "--target", "server", "--set", "group=script:1001:mailer.php")
        applied = run("fix", "apply", plan["plan"], "--hash", plan["hash"])
        self.assertEqual((applied["state"], run("queue", "summary")["hold"]), ("verified", 6))
        self.assertEqual(run("fix", "undo", str(applied["entry"]))["state"], "undone")
        self.assertEqual(run("queue", "summary")["hold"], 0)

    def test_domains(self) -> None:
        rows = {d["ascii"]: d["owner"] for d in run("domains")["domains"]}
        self.assertEqual(rows["cust.example"], "anna")
        self.assertGreater(len(rows), 10)

    def test_hostname(self) -> None:
        """Set, seen in the greeting and by the check, put back exactly."""
        refused = run("fix", "plan", "hostname.set", "--target", "server", "--set", "hostname=cust.example")
        self.assertEqual(refused["refused"]["code"], "would_break")
        self.assertTrue(all(a["description"] and a["refused"] for a in refused["alternatives"]) and refused["alternatives"])
        plan = run("fix", "plan", "hostname.set", "--target", "server", "--set", "hostname=srv1.host.example")
        self.assertEqual((plan["mode"], plan["refused"]), ("one_click", None))
        applied = run("fix", "apply", plan["plan"], "--hash", plan["hash"])
        self.assertEqual(applied["state"], "verified")
        self.assertTrue(greeting("srv1.host.example").startswith("220 srv1.host.example ESMTP"))
        self.assertNotIn("helo.invalid", findings(run("check", "--server", "--fresh")["reports"][0]))
        message = run("fix", "plan", "ptr.request", "--target", "203.0.113.11")
        self.assertEqual(message["mode"], "request")
        self.assertIn("11.113.0.203.in-addr.arpa. 3600 IN PTR srv1.host.example.", message["copy_text"])
        spanish = run("fix", "plan", "ptr.request", "--target", "203.0.113.11", "--lang", "es")
        self.assertIn("nombre inverso", spanish["copy_text"])
        self.assertEqual(run("fix", "undo", str(applied["entry"]))["state"], "undone")
        self.assertTrue(greeting("localhost.localdomain").startswith("220 localhost.localdomain ESMTP"))

    def test_whole_state(self) -> None:
        """Each click, and after its undo all is what it was: main.cf, PHP's files, the queue.  (egress.ipv4_only stops
        and starts Postfix, and the room here ends with it.)"""
        DEMO.postfix.run("/bin/sh", "-c", "mkdir -p /etc/php/8.2/cli/conf.d && : >/etc/php/8.2/cli/php.ini")
        for fix, *sets in (("hostname.set", "hostname=srv1.host.example"), ("mail_log.enable",),
                           ("queue.hold", "group=sender:anna@cust.example")):
            with self.subTest(fix=fix):
                before = whole()
                plan = run("fix", "plan", fix, "--target", "server", *(w for s in sets for w in ("--set", s)))
                self.assertEqual(("one_click", None, False), (plan["mode"], plan["refused"], plan["no_undo"]), plan)
                self.assertEqual(before, whole())
                applied = run("fix", "apply", plan["plan"], "--hash", plan["hash"])
                self.assertEqual("verified", applied["state"], applied)
                self.assertNotEqual(before, whole())
                undone = run("fix", "undo", str(applied["entry"]))
                self.assertEqual("undone", undone["state"], undone)
                self.assertEqual(before, whole())

    def test_changed_meanwhile(self) -> None:
        plan = run("fix", "plan", "hostname.set", "--target", "server", "--set", "hostname=srv1.host.example")
        DEMO.postfix.postconf("myhostname = other.host.example")
        try:
            self.assertEqual(run("fix", "apply", plan["plan"], "--hash", plan["hash"], status=4)["state"], "conflict")
            self.assertEqual(DEMO.postfix.run("postconf", "-h", "myhostname").strip(), "other.host.example")
        finally:
            DEMO.postfix.postconf("myhostname = localhost.localdomain")

    def test_texts(self) -> None:
        for fix, wanted in (("limits.enable", "policyd-rate-limit"), ("antivirus.install", "clamav"),
                            ("resolver.local", "unbound"), ("dkim.enable_server", "opendkim")):
            plan = run("fix", "plan", fix, "--target", "server")
            self.assertEqual((plan["mode"], plan["refused"]), ("copy", None), fix)
            self.assertIn(wanted, plan["copy_text"])

    def test_words(self) -> None:
        """There is no panel here, and there are no subscriptions: nobody reads of them."""
        DEMO.first_round()
        for language, wanted in (("en", "no signing program is connected to Postfix"), ("es", "ningún programa")):
            for path in ("/server", "/senders", "/queue", "/journal", "/domains/cust.example", "/domains/nospf.example/report"):
                with self.subTest(path=path, language=language):
                    words = page(path, "admin", language)
                    self.assertEqual([], re.findall(r"(?i)[^.\n]*(?<!\")\b(?:panel|subscription|suscripción|plesk|cpanel)\b[^.\n]*", words))
            self.assertIn(wanted, page("/server", "admin", language))
        self.assertIn("ssh root@", page("/guide/ssh", "admin"))
        for path in ("/domains/nospf.example", "/server"):      # causes and conditions have names
            self.assertNotRegex(page(path, "admin"), r"[a-z]\.[a-z_]+@(server|[0-9])")
        self.assertIn("postqueue -p", DEMO.request("GET", "/queue", params={"REMOTE_USER": "admin"}, accept="text/html")[2].decode())

    def test_fields(self) -> None:
        """What is asked for has an answer to begin with: a limit of log-ins alone, and the name that leads here and back."""
        DEMO.first_round()
        words = DEMO.request("GET", "/server", params={"REMOTE_USER": "admin"}, accept="text/html")[2].decode()
        self.assertEqual([("mailbox", "100")], re.findall(r'name="(mailbox|domain|subscription)" type="number" value="([0-9]+)"', words))
        self.assertIn(f'name="hostname" type="text" value="{DEMO.world.hostname}"', words)
        self.assertEqual(["none"], re.findall(r'<th scope="row">Mailbox</th><td data-label="Limit" class="num">([^<]*)<', words))

    def test_nobodys(self) -> None:
        """Nobody owns a domain where the configuration names no owner: no column of owners, no filter by them."""
        self.assertIn("f-owner", DEMO.request("GET", "/domains", params={"REMOTE_USER": "admin"})[2].decode())
        config = yaml.safe_load(DEMO.config.read_text())
        config["domains"] = [{"name": d["name"]} for d in config["domains"]]
        config["listen"] = {"panel": str(RUN / "nobodys.sock")}
        config["store"] = str(RUN / "nobodys.db")
        own = RUN / "nobodys.yaml"
        own.write_text(yaml.safe_dump(config))
        group = Group()
        backend = group.add(Process("backend", [str(PROGRAM), "serve", "--config", str(own)], RUN / "nobodys.log"))
        try:
            backend.wait_ready(lambda: fcgi.request(RUN / "nobodys.sock", "GET", "/healthz")[0] == 200, 30)
            status, _, body = fcgi.request(RUN / "nobodys.sock", "GET", "/domains", params={"REMOTE_USER": "admin"})
            self.assertEqual((200, True, False), (status, b"cust.example" in body, b"f-owner" in body or b"Owner" in body))
            self.assertNotIn(b"b-owner", fcgi.request(RUN / "nobodys.sock", "GET", "/bulk", params={"REMOTE_USER": "admin"})[2])
        finally:
            group.stop()

    def test_who_is_there(self) -> None:
        self.assertEqual(get("/domains")[0], 401)
        self.assertEqual(get("/domains", **{"Remote-User": "admin", "Remote_User": "admin"})[0], 401)
        every = get("/domains", "admin")[1]["total"]
        own = get("/domains", "anna")[1]
        self.assertGreater(every, own["total"])
        self.assertEqual({d["owner"] for d in own["domains"]}, {"anna"})
        self.assertEqual(get("/server", "anna")[0], 404)
        self.assertEqual(get("/server", "admin")[0], 200)
        self.assertEqual(get("/domains", "anna", **{"Remote-User": "admin"})[1]["total"], own["total"])
        for language, wanted, right in (("en", "No domain here is yours", "are right wherever"),
                                        ("es", "Ningún dominio de aquí es suyo", "están bien en todo")):
            words = page("/", "stranger", language)
            self.assertIn(wanted, words)
            self.assertNotIn(right, words)          # nothing was looked at
            self.assertIn(wanted, page("/domains", "stranger", language))


if __name__ == "__main__":
    live.run_in_room(__name__)
