#!/usr/bin/env python3
"""A real Exim with its queue, and the simulator's stand-in beside it: what they print for the same message has the
same form, and they do the same to it.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import types
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                             # noqa: E402
from demo import Demo                   # noqa: E402
from servers import fetch, process      # noqa: E402
from servers.exim import Exim           # noqa: E402
from sim.cpanel import exim as stand_in     # noqa: E402

BUILD = Path(live.ROOT) / os.environ.get("BUILD", "build")
RUN: Path
GROUP = process.Group()
EXIM: Exim

ID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"
SCRIPT = "X-PHP-Script: cust.example/x.php for 192.0.2.9"
LOGGED_IN = {"sender": "anna@cust.example", "recipients": ["x@provider.example", "y@provider.example"], "auth": "anna@cust.example",
             "user": "anna", "local": 0}
BY_SCRIPT = {"sender": "anna@cust.example", "recipients": ["z@provider.example"], "auth": "", "user": "anna", "local": 1,
             "headers": [SCRIPT]}
BOUNCE = {"sender": "", "recipients": ["nobody@cust.example"], "auth": "", "user": None, "local": 0}


def setUpModule() -> None:
    global RUN, EXIM
    RUN = Path(tempfile.mkdtemp(prefix="asg-exim-"))
    try:
        EXIM = Exim(RUN).start(GROUP, fetch.programs(["exim"]))
        EXIM.hand_in("anna@cust.example", LOGGED_IN["recipients"], "From: anna@cust.example\nSubject: hello\n\nhello\n", "anna@cust.example")
        EXIM.script("anna", "anna@cust.example", "z@provider.example", f"Subject: hello\n{SCRIPT}\n\nhello\n")
        EXIM.hand_in("", ["nobody@cust.example"], "Subject: hello\n\nhello\n")
        until = time.monotonic() + 15       # every delivery has been tried once
        while EXIM.run("grep", "-c", " == ", "/var/log/exim_mainlog", check=False).strip() < "4" and time.monotonic() < until:
            time.sleep(0.1)
    except BaseException:
        GROUP.stop()
        raise


def tearDownModule() -> None:
    GROUP.stop()
    shutil.rmtree(RUN, ignore_errors=True)


class Room:
    """The real one."""

    def run(self, *argv: str) -> tuple[int, str, str]:
        done = subprocess.run(EXIM.argv("exim", *argv), capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout, done.stderr


class Simulated:
    """The stand-in, over a queue with the same three messages."""

    def __init__(self) -> None:
        base = {"frozen": 0, "uid": 64895, "size": 400, "headers": [], "reason": "421 4.7.0 Try again later", "subject": "hello"}
        queue = [{**base, "msgid": f"1v0000-00000{n}-0{n}", "time": int(time.time()), **m} for n, m in enumerate((LOGGED_IN, BY_SCRIPT, BOUNCE))]
        self.panel: Any = types.SimpleNamespace(state=types.SimpleNamespace(world={"queue": queue}, changed=lambda: None))

    def run(self, *argv: str) -> tuple[int, str, str]:
        out, bad = stand_in.command(self.panel, list(argv))
        return int(bool(bad)), out, bad.strip("\n")


class Forms(unittest.TestCase):
    """Each test with both."""

    def both(self) -> list[Any]:
        return [Room(), Simulated()]

    def ids(self, program: Any) -> list[str]:
        """Of the one who logged in, of the script, of the bounce."""
        out = program.run("-bp")[1]
        order = [r"<anna@cust\.example>$", r"<anna@cust\.example> \(anna\)$", r"<>$"]
        return [re.search(rf"({ID}) {end}", out, re.M)[1] for end in order]      # type: ignore[index]

    def test_list(self) -> None:
        for program in self.both():
            out = program.run("-bp")[1]
            self.assertRegex(out, rf"(?m)^ \dm {{2,3}}\d+ {ID} <anna@cust\.example>\n {{10}}x@provider\.example\n {{10}}y@provider\.example\n\n")
            self.assertRegex(out, rf"(?m)^ \dm {{2,3}}\d+ {ID} <anna@cust\.example> \(anna\)\n {{10}}z@provider\.example\n\n")
            self.assertRegex(out, rf"(?m)^ \dm {{2,3}}\d+ {ID} <>\n {{10}}nobody@cust\.example\n\n")
            self.assertEqual(program.run("-bpc")[1], "3\n")

    def test_header_of_one_who_logged_in(self) -> None:
        for program in self.both():
            id = self.ids(program)[0]
            out = program.run("-Mvh", id)[1]
            self.assertRegex(out, rf"\A{id}-H\n\S+ \d+ \d+\n<anna@cust\.example>\n\d{{10}} 0\n-received_time_usec ")
            for line in ("-host_auth dovecot_login", "--auth_id anna@cust.example", "--helo_name laptop.provider.example"):
                self.assertIn(line + "\n", out)
            self.assertRegex(out, r"(?m)^-host_address \[[0-9.]+\]:\d+$")
            self.assertRegex(out, r"XX\n2\n(?:[xy]@provider\.example\n){2}\n\d{3}P Received: from \[[0-9.]+\] \(helo=laptop\.provider\.example\)\n\tby ")

    def test_header_of_a_script(self) -> None:
        for program in self.both():
            id = self.ids(program)[1]
            out = program.run("-Mvh", id)[1]
            self.assertRegex(out, rf"\A{id}-H\nanna 64895 64895\n<anna@cust\.example>\n")
            for line in ("-ident anna", "-received_protocol local", "-auth_id anna", "-auth_sender anna@srv1.host.example", "-local"):
                self.assertIn(line + "\n", out)         # its auth_id is no login: whose program it was
            self.assertNotIn("-host_auth", out)
            self.assertIn(f"\n{len(SCRIPT) + 1:03d}  {SCRIPT}\n", out)
            self.assertRegex(out, rf"(?m)^\d{{3}}I Message-Id: <E{id}@srv1\.host\.example>$")

    def test_message_log(self) -> None:
        for program in self.both():
            out = program.run("-Mvl", self.ids(program)[0])[1]
            self.assertRegex(out, r'(?m)^\S+ \S+ Received from anna@cust\.example H=\(laptop\.provider\.example\) \[[0-9.]+\] P=esmtps?a '
                                  r'A=dovecot_login:anna@cust\.example S=\d+ T="hello"$')
            self.assertRegex(out, r"(?m)^\S+ \S+ x@provider\.example R=\w+ .*defer \(-\d+\).*: 421 4\.7\.0 Try again later$")

    def test_freeze_thaw_remove(self) -> None:
        for program in self.both():
            id = self.ids(program)[2]
            for option, said, code in (("-Mf", "is now frozen", 0), ("-Mf", "is already frozen", 1), ("-Mt", "is no longer frozen", 0),
                                       ("-Mt", "is not frozen", 1)):
                self.assertEqual(program.run(option, id)[:2], (code, f"Message {id} {said}\n"))
            program.run("-Mf", id)
            self.assertRegex(program.run("-bp")[1], rf"(?m) {id} <> \*\*\* frozen \*\*\*$")
            self.assertEqual(program.run("-Mrm", id)[:2], (0, f"Message {id} has been removed\n"))
            code, out, _ = program.run("-Mrm", id)
            self.assertEqual((code, out.splitlines()[0]), (1, f"Spool data file for {id} does not exist"))
            self.assertEqual(out.splitlines()[-1], f"Message {id} has been removed or did not exist")
            self.assertEqual(program.run("-Mt", id)[:2], (1, f"Spool data file for {id} does not exist\n"))
            self.assertEqual(program.run("-Mvh", id)[:2], (1, f"Failed to open input file for {id}-H: No such file or directory\n"))
            self.assertIn("malformed message id", program.run("-Mrm", "x")[2])
            if isinstance(program, Room):
                EXIM.hand_in("", ["nobody@cust.example"], "Subject: hello\n\nhello\n")

    def test_log_of_the_server(self) -> None:
        out = EXIM.run("cat", "/var/log/exim_mainlog")
        self.assertRegex(out, rf'(?m)^\S+ \S+ {ID} <= anna@cust\.example H=.* A=dovecot_login:anna@cust\.example S=\d+ T="hello" for x@')
        self.assertRegex(out, r"(?m)cwd=/home/anna/public_html 5 args: /usr/sbin/sendmail -t -i -f anna@cust\.example$")


class OnThePanel(unittest.TestCase):
    """The product on such a server, without a token: the panel's commands and Exim's queue through the helper."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.run_directory = Path(tempfile.mkdtemp(prefix="asg-exim-"))
        cls.demo = Demo(cls.run_directory, panel="cpanel", by_command=True, with_web=False)
        cls.demo.__enter__()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.demo.__exit__()
        shutil.rmtree(cls.run_directory, ignore_errors=True)

    def ask(self, *words: str) -> Any:
        done = subprocess.run([str(BUILD / "antispam-guide"), *words, "--json", "--config", str(self.demo.config)],
                              capture_output=True, text=True, timeout=60)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout)

    def test_who_sent_what(self) -> None:
        groups = {(g["by"], g["key"]): g["count"] for g in self.ask("queue", "summary")["groups"]}
        self.assertEqual(groups["script", "notauth.example/wp-content/plugins/contact-form-7/send.php"], 6)
        self.assertEqual(groups["account", "anna@cust.example"], 1)
        self.assertNotIn(("account", "ben"), groups)            # a script's user has not logged in

    def antivirus(self) -> dict[str, Any]:
        reports = self.ask("check", "--server", "--fresh")["reports"]
        return {f["id"]: f for r in reports for f in r["findings"] if f["check"] == "antivirus"}

    def test_what_the_panels_scanner_has_found(self) -> None:
        self.assertNotIn("antivirus.infected", self.antivirus())        # nothing was scanned, and nothing is said to be clean
        self.demo.control("POST", "/change", {"op": "set", "path": ["infected"], "value": [
            {"file": "/home/anna/nospf.example/x.php", "virus": "Eicar-Signature"}]})
        self.demo.control("PUT", "/switches", {"clamav_s": 0})
        self.demo.control("POST", "/uapi", {"user": "anna", "module": "ClamScanner", "func": "start_scan", "args": {"scan_type": "home"}})
        found = self.antivirus()["antivirus.infected"]
        self.assertEqual((found["subject"], found["data"]["files"][0]["name"]), ("nospf.example", "Eicar-Signature"))
        self.demo.control("PUT", "/switches", {"clamav": False})        # the plugin is not there, or not for us: no verdict by it
        self.assertNotIn("antivirus.infected", self.antivirus())

    def test_the_panels_commands(self) -> None:
        self.assertEqual(len(self.ask("domains")["domains"]), 19)
        doors = {(c["door"], c["user"]) for c in self.demo.control("GET", "/journal")}
        self.assertEqual(doors, {("cli", "root")})

    def adapter(self, *lines: str) -> list[dict[str, Any]]:
        done = subprocess.run([live.program("panel_ask"), "-k", "cpanel", "-H", str(self.demo.helper_socket)], text=True,
                              input="".join(f"{line}\n" for line in lines), capture_output=True, timeout=60)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def make(self, change: dict[str, Any]) -> str:
        return self.adapter("change " + json.dumps(change))[0]["step"]

    def domain(self, name: str) -> dict[str, Any]:
        return next(d for d in self.demo.control("GET", "/state")["domains"] if d["name"] == name)

    def test_values_that_the_commands_would_decode(self) -> None:
        """What is written is what was meant, whatever stands in it; and goes again."""
        zone, name = "cust.example", "hostile.cust.example"
        for text in ("v=spf1 +a +mx exists:%{i}._spf.cust.example ?all", "100%25 of A+B = A%2BB & more=x; y", "x=\"quoted\" back\\slash 'q'",
                     "k=rsa; p=" + "Ab+/" * 120 + "==", "--user=root $(id) `id` | id"):
            change = {"kind": "rrset", "zone": zone, "name": name, "type": "TXT", "before": None, "after": {"ttl": 300, "values": [text]}}
            self.assertEqual(self.make(change), "done", text)
            stored = ["".join(line["data"]) for line in self.demo.control("GET", "/state")["zones"][zone]["lines"]
                      if line.get("record_type") == "TXT" and line["name"].startswith("hostile")]
            self.assertEqual(stored, [text])
            self.assertEqual(self.adapter("state " + json.dumps(change))[0]["value"]["values"], [text])
            self.assertEqual(self.make({**change, "before": change["after"], "after": None}), "done", text)
        said = self.domain("cust.example")["default_address"]
        for text in ("Nobody + 50% here & domain=other.example «ñ»",):
            change = {"kind": "setting", "scope": "domain", "object": "cust.example", "key": "catch_all", "before": None,
                      "after": {"kind": "reject", "target": text}}
            self.assertEqual(self.make(change), "done", text)
            self.assertEqual(self.domain("cust.example")["default_address"], f":fail: {text}")
        self.demo.control("POST", "/change", {"op": "set", "path": ["domains", "cust.example", "default_address"], "value": said})
        forward = {"kind": "forward", "address": "plus@cust.example", "before": None, "after": ["a+b%41@gmail.test"]}
        self.assertEqual(self.make(forward), "done")
        self.assertEqual([f["forward"] for f in self.domain("cust.example")["forwarders"] if f["dest"] == "plus@cust.example"],
                         ["a+b%41@gmail.test"])
        self.assertEqual(self.make({**forward, "before": forward["after"], "after": None}), "done")

    def test_what_is_not_for_a_command(self) -> None:
        """A password would stand in the list of processes, a program as the catch-all would run as root's choice."""
        self.assertEqual(self.make({"kind": "secret", "object": "info@cust.example", "key": "password"}), "unsupported")
        self.assertNotEqual(self.make({"kind": "setting", "scope": "domain", "object": "cust.example", "key": "catch_all", "before": None,
                                       "after": {"kind": "forward", "target": "|/bin/sh"}}), "done")
        self.assertNotIn("|", self.domain("cust.example")["default_address"])
        self.assertEqual([a.get("value") for a in self.adapter("fact product anna")], [{"included": True}])
        for fix, address in (("mailbox.password", "info@cust.example"), ("forwarding.keep_copy", "sales@forwards.example")):
            plan = self.ask("fix", "plan", fix, "--target", address)
            self.assertEqual((plan["refused"], plan["mode"], plan["changes"]), (None, "copy", []), plan)
            self.assertIn("API token", json.dumps(plan), plan)

    def test_what_wp_toolkit_is_not_asked(self) -> None:
        """Actions of the list alone, a number, names of plugins; nothing else reaches the program."""
        def ask(*args: str) -> Any:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.connect(str(self.demo.helper_socket))
                sock.sendall(json.dumps({"verb": "wp-toolkit", "args": list(args)}).encode() + b"\n")
                return json.loads(b"".join(iter(lambda: sock.recv(1 << 16), b"")))

        self.demo.control("DELETE", "/journal")
        for args in (("eval", "1"), ("core-update",), ("core-update", "1", "x"), ("core-update", "1; id"), ("core-update", "-1"),
                     ("plugins", "1 2"), ("plugins", "1e3"), ("plugin-update", "1"), ("plugin-update", "1", "--all"),
                     ("plugin-update", "1", "../x"), ("plugin-update", "1", "a", "$(id)"), ("plugin-update", "1", ".x"),
                     ("list", "1"), ("constants", "1", "DB_PASSWORD"), ("core-auto-beta", "1"), ("1" * 12,), ("core-version", "1" * 12)):
            self.assertEqual(ask(*args).get("error"), "value", args)
        self.assertEqual([c for c in self.demo.control("GET", "/journal") if c["path"] == "wp-toolkit"], [])
        self.assertEqual(ask("list").get("status"), 0)

    def test_fixes_by_command(self) -> None:
        """By WHM's and by the account's own command, each from the plan to the undo."""
        fixes = importlib.import_module("64_fixes_cpanel")
        fixes.DEMO = self.demo
        self.demo.control("PUT", "/switches", {"dns_wait": True, "dns_delay_s": 0.0, "hostname_delay_s": 0.2})
        wanted = {"dkim.enable", "routing.remote"}
        for fix, target, params, changes, undo in fixes.CASES:
            if fix in wanted:
                wanted.remove(fix)
                world = fixes.raw()
                fixes.prepare(changes)
                self.assertIsNone(fixes.life(fix, target, params, undo), fix)
                fixes.restore(world)
        self.assertEqual(wanted, set())
        for fix, target, params, changes, undo in fixes.ON_THE_SERVER:
            world = fixes.raw()
            fixes.prepare(changes)
            self.assertIsNone(fixes.life(fix, target, params, undo), fix)
            fixes.restore(world)

    def test_killed_between_the_parts_of_a_site(self) -> None:
        """Of automatic updates some is on already: the next start puts it back, and the journal says so."""
        def site() -> Any:
            return next(s for s in self.demo.control("GET", "/state")["wordpress"] if s["domain"] == "notauth.example")

        before = site()
        plan = self.ask("fix", "plan", "wordpress.auto_update", "--target", "notauth.example")
        self.assertEqual([c["key"] for c in plan["changes"]], ["auto_update", "auto_plugins"])
        self.demo.control("PUT", "/switches", {"cli_s": 0.2})
        apply = subprocess.Popen([str(BUILD / "antispam-guide"), "fix", "apply", plan["plan"], "--hash", plan["hash"], "--config",
                                  str(self.demo.config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while site() == before and time.monotonic() < until:
            time.sleep(0.02)
        apply.kill()
        apply.wait()
        self.demo.control("PUT", "/switches", {"cli_s": 0.0})
        entry = self.ask("journal")["entries"][0]
        self.assertEqual((entry["state"], site()), ("undone", before), entry)

    def test_a_script_is_stopped(self) -> None:
        """Its rights go and come back; a link is not followed."""
        path = "/home/anna/public_html/x.php"
        self.demo.exim.run("/bin/sh", "-c", f"echo '<?php mail();' >{path}; chown anna:anna {path}; chmod 640 {path}; "
                           "chown anna:anna /home/anna /home/anna/public_html; ln -s /etc/passwd /home/anna/public_html/y.php")
        plan = self.ask("fix", "plan", "script.stop", "--target", "cust.example/x.php")
        self.assertEqual((plan["refused"], plan["mode"], plan["no_undo"]), (None, "one_click", False), plan)
        done = self.ask("fix", "apply", plan["plan"], "--hash", plan["hash"])
        self.assertEqual((done["state"], self.demo.exim.run("stat", "-c%a", path).strip()), ("verified", "0"), done)
        self.assertEqual(self.ask("fix", "undo", str(done["entry"]))["state"], "undone")
        self.assertEqual(self.demo.exim.run("stat", "-c%a", path).strip(), "640")
        self.assertEqual(self.ask("fix", "plan", "script.stop", "--target", "cust.example/y.php")["mode"], "copy")

    def test_fixes_of_the_server(self) -> None:
        self.demo.exim.run("mkdir", "-p", "/opt/cpanel/ea-php83/root/etc/php.d")
        for fix, sets in (("mail_log.enable", []), ("queue.hold", ["--set", "group=account:anna@cust.example"]),
                          ("queue.delete_bounces", [])):
            plan = self.ask("fix", "plan", fix, "--target", "server", *sets)
            self.assertEqual((plan["refused"], plan["mode"]), (None, "one_click"), plan)
            done = self.ask("fix", "apply", plan["plan"], "--hash", plan["hash"])
            self.assertIn(done["state"], ("applied", "verified"), done)
            if fix == "queue.delete_bounces":
                self.assertTrue(plan["no_undo"])
                continue
            self.assertEqual(self.ask("fix", "undo", str(done["entry"]))["state"], "undone")
        self.assertEqual(self.demo.exim.run("exim", "-bp").count("<>"), 0)


if __name__ == "__main__":
    live.run_in_room(__name__)
