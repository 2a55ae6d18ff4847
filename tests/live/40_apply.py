#!/usr/bin/env python3
"""Plan, apply, undo and bulk through the real program against the simulated Plesk with real name servers,
with everything going wrong on the way.  What the journal says must be what the panel holds.

KILLS=100 in the environment kills that many times instead of a few.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import yaml                                     # noqa: E402

from demo import TOP, Demo                      # noqa: E402

PROGRAM = str(TOP / os.environ.get("BUILD", "build") / "antispam-guide")
KILLS = int(os.environ.get("KILLS", "4"))
TARGET = "nospf.example"
DEMO: Demo


def setUpModule() -> None:
    global DEMO
    DEMO = Demo(Path(tempfile.mkdtemp(prefix="asg-apply-")), with_web=False, fleet=12)
    DEMO.__enter__()


def tearDownModule() -> None:
    DEMO.__exit__(None, None, None)
    shutil.rmtree(DEMO.run, ignore_errors=True)


def start(*argv: str, **more: Any) -> subprocess.Popen:
    return subprocess.Popen([PROGRAM, *argv, "--json", "--config", str(DEMO.config)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, **more)


def ask(*argv: str) -> tuple[int, Any]:
    with start(*argv) as program:
        out, err = program.communicate(timeout=240)
    try:
        return program.returncode, json.loads(out)
    except ValueError:
        return program.returncode, err


def values(target: str = TARGET) -> list[str]:
    """The TXT values of the target as the panel holds them."""
    domains = DEMO.control("GET", "/state")["domains"]
    records = next(d for d in domains if d["ascii_name"] == target)["zone"]["records"]
    return sorted(r["value"] for r in records if r["type"] == "TXT" and r["host"] == target + ".")


def change(op: str, target: str, value: str) -> None:
    """Behind our back."""
    DEMO.control("POST", "/change", {"op": op, "domain": target, "type": "TXT", "host": target + ".", "value": value})


def set_values(target: str, wanted: list[str]) -> None:
    for value in values(target):
        if value not in wanted:
            change("delete", target, value)
    for value in wanted:
        if value not in values(target):
            change("add", target, value)


# A way of the panel to fail; what it is; is the write done all the same?  The sentences are the catalogues'.
WAYS: list[tuple[str, dict[str, Any], str, bool]] = [
    ("key revoked",             {"key": "00000000-0000-4000-8000-000000000000"}, "denied", False),
    ("no permission",           {"switch": {"api_enabled": False}}, "denied", False),
    ("the server says 401",     {"key": "x", "switch": {"unauthorised_status": 401}}, "denied", False),
    ("licence expired",         {"switch": {"licence": False}}, "licence", False),
    ("nobody listens",          {"url": "https://127.0.0.1:1"}, "unreachable", False),
    ("not set up yet",          {"switch": {"initialised": False}}, "unreachable", False),
    ("restarting, 502",         {"fault": "502"}, "unreachable", False),
    ("restarting, 503",         {"fault": "503"}, "unreachable", False),
    ("time-out at its gate",    {"fault": "504"}, "unreachable", True),
    ("connection reset",        {"fault": "reset"}, "unreachable", True),
    ("answer cut",              {"fault": "truncate"}, "unreachable", True),
    ("a page instead of JSON",  {"fault": "html"}, "protocol", False),
    ("error of its own",        {"fault": "500"}, "protocol", False),
    ("half applied",            {"fault": "half"}, "protocol", True),     # of one step: all of it
]
ALL_WELL = {"api_enabled": True, "unauthorised_status": 403, "licence": True, "initialised": True}


def sentence(language: str, name: str) -> str:
    catalogue = yaml.safe_load((TOP / "templates" / "lang" / language / "common.yaml").read_text())
    return str(catalogue["reasons"][name])


class Errors(unittest.TestCase):
    """Each way to fail, for a read and for a write: a typed outcome, one sentence in both languages, a read tried
    again where that may help, a write sent once and then looked for."""

    def setUp(self) -> None:
        self.before = values()
        self.key = DEMO.key_file.read_text()
        self.text = DEMO.config.read_text()

    def tearDown(self) -> None:
        self.well()
        set_values(TARGET, self.before)

    def well(self) -> None:
        DEMO.control("DELETE", "/faults")
        DEMO.control("PUT", "/switches", ALL_WELL)
        DEMO.key_file.write_text(self.key)
        DEMO.config.write_text(self.text)

    def break_it(self, how: dict[str, Any], match: dict[str, str]) -> None:
        if "fault" in how:
            DEMO.control("POST", "/faults", {"kind": how["fault"], "match": match, "times": 1 if "method" in match else 0})
        DEMO.control("PUT", "/switches", how.get("switch", {}))
        if "key" in how:
            DEMO.key_file.write_text(how["key"] + "\n")
        if "url" in how:
            DEMO.config.write_text(self.text.replace(DEMO.panel_url, how["url"]))

    def test_read(self) -> None:
        for name, how, word, _ in WAYS:
            self.well()
            with self.subTest(name):
                self.break_it(how, {"path": "/api/v2/server"})
                DEMO.control("DELETE", "/journal")
                running = {lang: start("check", "cust.example", "--only", "dkim", "--lang", lang) for lang in ("en", "es")}
                for lang, program in running.items():
                    finding = json.loads(program.communicate(timeout=60)[0])["reports"][0]["findings"][0]
                    self.assertEqual((0, "dkim.unknown", "unknown"), (program.returncode, finding["id"], finding["verdict"]))
                    self.assertIn(sentence(lang, word), finding["text"])
                    self.assertNotIn("<", finding["text"] + finding["detail"])
                tries = [c["path"] for c in DEMO.control("GET", "/journal")].count("/api/v2/server")
                if "url" in how:
                    self.assertEqual(0, tries)
                elif word in ("denied", "licence") or how.get("fault") == "html":
                    self.assertEqual(2, tries, "a refusal is not asked for again")
                else:
                    self.assertGreaterEqual(tries, 6)

    def test_write(self) -> None:
        write = {"method": "POST", "path": "*dns/records*"}
        for name, how, word, done in WAYS:
            self.well()
            set_values(TARGET, self.before)
            with self.subTest(name):
                plan = ask("fix", "plan", "spf.publish", "--target", TARGET)[1]
                DEMO.control("DELETE", "/journal")
                self.break_it(how, write)
                code, answer = ask("fix", "apply", plan["plan"], "--hash", plan["hash"], "--lang", "es")
                sent = [c for c in DEMO.control("GET", "/journal") if c["method"] == "POST" and "dns/records" in c["path"]]
                if "fault" not in how:          # it was not even looked at: the plan can be applied later
                    self.assertEqual((1, 0), (code, len(sent)))
                    self.assertIn(f"({word})" if word != "unreachable" else "", answer)
                else:
                    self.assertEqual(1, len(sent), "a write is never repeated blindly")
                    self.assertEqual((0, "verified") if done else (4, "failed"), (code, answer["state"]))
                    self.assertEqual(done, answer["reason"] is None)
                    self.assertNotIn("<", json.dumps(answer))
                self.assertEqual(sorted(plan["changes"][0]["after"]["values"]) if done else self.before, values())


class Apply(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.before = values()

    def setUp(self) -> None:
        DEMO.control("DELETE", "/faults")
        DEMO.control("PUT", "/switches", {"latency_s": [0.0, 0.0], "dns_wait": True, "dns_delay_s": 0.0})
        self.restore()

    def restore(self) -> None:
        set_values(TARGET, self.before)

    def plan(self, *more: str) -> dict[str, Any]:
        code, plan = ask("fix", "plan", "spf.publish", "--target", TARGET, *more)
        self.assertEqual(0, code, plan)
        self.assertIsNone(plan["refused"])
        return plan

    def apply(self, plan: dict[str, Any], *more: str) -> tuple[int, Any]:
        return ask("fix", "apply", plan["plan"], "--hash", plan["hash"], *more)

    def entry(self, number: int) -> dict[str, Any]:
        code, journal = ask("journal", str(number))
        self.assertEqual(0, code, journal)
        return journal["entries"][0]

    def is_after(self) -> bool:
        return len(values()) == len(self.before) + 1 and any(v.startswith("v=spf1") for v in values())

    def truth(self, state: str) -> None:
        """The journal's word is the panel's."""
        if state in ("verified", "applied"):
            self.assertTrue(self.is_after(), (state, values()))
        elif state in ("not_applied", "failed", "conflict", "undone"):
            self.assertEqual(self.before, values(), state)
        else:
            self.assertIn(state, ("partly", "unknown"))

    def test_life(self) -> None:
        plan = self.plan()
        code, answer = self.apply(plan)
        self.assertEqual((0, "verified"), (code, answer["state"]))
        self.assertEqual({"ok"}, {s["state"] for s in answer["verification"]["name_servers"]})
        self.truth("verified")
        self.assertEqual((4, "conflict"), (lambda r: (r[0], r[1]["state"]))(self.apply(plan)))
        code, undone = ask("fix", "undo", str(answer["entry"]))
        self.assertEqual((0, "undone"), (code, undone["state"]))
        self.assertEqual(self.before, values())
        self.assertEqual(undone["entry"], self.entry(answer["entry"])["undone_by"])
        code, again = ask("fix", "undo", str(undone["entry"]))
        self.assertEqual((0, "undone"), (code, again["state"]))
        self.assertTrue(self.is_after())

    def test_changed_since(self) -> None:
        plan = self.plan()
        change("add", TARGET, "new")
        code, answer = self.apply(plan)
        self.assertEqual((4, "conflict"), (code, answer["state"]))
        self.assertFalse(any(v.startswith("v=spf1") for v in values()))
        self.assertIn("new", json.dumps(answer["verification"]["difference"]))

    def test_changed_before_undo(self) -> None:
        code, answer = self.apply(self.plan())
        spf = next(v for v in values() if v.startswith("v=spf1"))
        change("delete", TARGET, spf)
        change("add", TARGET, "v=spf1 -all")
        code, undone = ask("fix", "undo", str(answer["entry"]))
        self.assertEqual((4, "conflict"), (code, undone["state"]))
        self.assertIn("undo", undone["reason"])         # not: make a new plan
        self.assertIn("v=spf1 -all", values())
        self.assertIsNone(self.entry(answer["entry"])["undone_by"])

    def test_faults(self) -> None:
        """Each way of the panel to fail, at each kind of call that writes: the merge of two records into one
        is a PUT and a DELETE, a new record a POST (of which the class Errors has the rest)."""
        before = {TARGET: self.before, "twospf.example": values("twospf.example")}
        for fix, target, method in (("spf.publish", TARGET, "POST"), ("spf.merge", "twospf.example", "PUT"),
                                    ("spf.merge", "twospf.example", "DELETE")):
            for kind in ("none", "500", "503", "html", "reset", "truncate", "half", "nothing", "revoke"):
                if method == "POST" and kind not in ("none", "nothing", "revoke"):
                    continue
                with self.subTest(method=method, kind=kind):
                    DEMO.control("DELETE", "/faults")
                    set_values(target, before[target])
                    code, plan = ask("fix", "plan", fix, "--target", target)
                    self.assertIsNone(plan["refused"])
                    if kind != "none":
                        DEMO.control("POST", "/faults", {"kind": kind, "match": {"method": method,
                                                                                  "path": "*dns/records*"}})
                    code, answer = self.apply(plan)
                    after = sorted(plan["changes"][0]["after"]["values"])
                    if kind == "none":
                        self.assertEqual("verified", answer["state"])
                        self.assertEqual(after, values(target))
                        continue
                    self.assertEqual([1], [f["hits"] for f in DEMO.control("GET", "/faults")])
                    DEMO.control("DELETE", "/faults")
                    if kind == "revoke":
                        key = DEMO.control("POST", "/key", {"login": "admin", "ips": ["127.0.0.1"]})["key"]
                        DEMO.key_file.write_text(key + "\n")
                    for state in (answer["state"], self.entry(answer["entry"])["state"]):
                        if state in ("verified", "applied"):
                            self.assertEqual(after, values(target), state)
                        elif state in ("not_applied", "failed", "undone"):
                            self.assertEqual(before[target], values(target), state)
                        else:
                            self.assertEqual("unknown", state)      # a panel that is well needs no hand
                            self.assertEqual(kind, "revoke")
            set_values(target, before[target])

    def test_name_servers_learn_later(self) -> None:
        DEMO.control("PUT", "/switches", {"dns_wait": False, "dns_delay_s": 9.0})
        code, answer = self.apply(self.plan())
        self.assertEqual((0, "applied"), (code, answer["state"]))
        self.assertIn("old", {s["state"] for s in answer["verification"]["name_servers"]})
        deadline = time.time() + 20
        while self.entry(answer["entry"])["state"] != "verified" and time.time() < deadline:
            time.sleep(1)
        self.assertEqual("verified", self.entry(answer["entry"])["state"])

    def settled(self, entry: int, want: str, limit_s: float = 25) -> str:
        """Its state, as soon as it is the one that is waited for."""
        deadline = time.time() + limit_s
        while (state := self.entry(entry)["state"]) != want and time.time() < deadline:
            time.sleep(1)
        return state

    def test_key_is_seen_later(self) -> None:
        """The panel's switch is on at once; it writes the key later, and the name servers learn it later still.
        Until then nothing is verified, nor undone while they still show it."""
        for switches in ({"dkim_delay_s": 7.0}, {"dns_wait": False, "dns_delay_s": 7.0}):
            with self.subTest(switches=switches):
                DEMO.control("PUT", "/switches", {"dns_wait": True, "dns_delay_s": 0.0, "dkim_delay_s": 0.0, **switches})
                plan = ask("fix", "plan", "dkim.enable", "--target", "nodkim.example")[1]
                code, answer = self.apply(plan)
                self.assertEqual((0, "applied"), (code, answer["state"]), answer)
                self.assertEqual("ok", answer["verification"]["panel"])
                self.assertIsNotNone(answer["verification"]["caches_until"])
                self.assertEqual("verified", self.settled(answer["entry"], "verified"))
                servers = self.entry(answer["entry"])["verification"]["name_servers"]
                self.assertEqual({"ok"}, {s["state"] for s in servers})
                code, undone = ask("fix", "undo", str(answer["entry"]))
                self.assertEqual((0, "applied" if "dns_delay_s" in switches else "undone"), (code, undone["state"]), undone)
                self.assertEqual("undone", self.settled(undone["entry"], "undone"))
        DEMO.control("PUT", "/switches", {"dkim_delay_s": 1.0})

    def test_many_at_once(self) -> None:
        plan = self.plan()
        answers: list[tuple[int, Any]] = []
        threads = [threading.Thread(target=lambda: answers.append(self.apply(plan))) for _ in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        states = sorted(a["state"] for _, a in answers if not isinstance(a, str))
        self.assertEqual(["conflict"] * 11 + ["verified"], states)
        self.assertTrue(self.is_after())

    def test_two_writers_of_one_zone(self) -> None:
        """Two plans for one record set: the second finds it changed."""
        plans = [self.plan(), self.plan()]
        answers: list[Any] = []
        threads = [threading.Thread(target=lambda p=p: answers.append(self.apply(p)[1])) for p in plans]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(["conflict", "verified"], sorted(a["state"] for a in answers))
        self.assertTrue(self.is_after())

    def audited(self, entry: int) -> list[tuple[Any, ...]]:
        with sqlite3.connect(f"file:{DEMO.store}?mode=ro", uri=True) as store:
            return store.execute("SELECT login, acting, origin, action, outcome, detail FROM audit WHERE object LIKE ?",
                                 (f"entry {entry}: %",)).fetchall()

    def test_rights(self) -> None:
        plan = self.plan()
        code, answer = self.apply(plan, "--as", "eva")
        self.assertEqual(1, code)
        self.assertEqual(self.before, values())
        code, answer = ask("fix", "plan", "spf.publish", "--target", TARGET, "--as", "eva")
        self.assertEqual(1, code)
        code, answer = ask("fix", "plan", "hostname.set", "--target", "server", "--as", "anna")
        self.assertEqual((0, "not_allowed", []), (code, answer["refused"]["code"], answer["changes"]))
        code, answer = self.apply(plan, "--as", "anna")
        self.assertEqual((0, "verified"), (code, answer["state"]))
        told = self.audited(answer["entry"])
        self.assertEqual([("admin", "anna", "cli", "apply", "verified")], [row[:5] for row in told])
        what = json.loads(told[0][5])[0]        # what, before, after
        self.assertEqual(self.before, sorted(what["before"]["values"]))
        self.assertEqual(values(), sorted(what["after"]["values"]))
        self.assertEqual([], ask("journal", "--as", "eva")[1]["entries"])
        self.assertNotEqual([], ask("journal", "--as", "rita")[1]["entries"])
        self.assertEqual(1, ask("fix", "undo", str(answer["entry"]), "--as", "eva")[0])

    def test_mute(self) -> None:
        """The answer is lost to what no call reads: not known, said so, and not looked for for ever."""
        _, plan = ask("fix", "plan", "dkim.enable_server", "--target", "server")
        DEMO.control("POST", "/faults", {"kind": "504", "match": {"path": "*mailserver*"}, "times": 1})
        code, answer = self.apply(plan)
        self.assertEqual((0, "unknown"), (code, answer["state"]), answer)
        for _ in range(2):
            entry, = ask("journal", str(answer["entry"]))[1]["entries"]
            self.assertEqual(("unknown", True, False), (entry["state"], entry["final"], entry["can_undo"]), entry)
            self.assertIn("again", entry["reason"])

    def test_panel_down(self) -> None:
        plan = self.plan()
        DEMO.control("POST", "/faults", {"kind": "503", "match": {}, "times": 0})
        code, answer = self.apply(plan)
        self.assertEqual(1, code)
        self.assertEqual(1, ask("fix", "plan", "spf.publish", "--target", TARGET)[0])
        self.assertEqual(0, ask("journal")[0])
        DEMO.control("DELETE", "/faults")
        self.assertEqual(self.before, values())
        code, answer = self.apply(plan)         # the plan was not used up
        self.assertEqual((0, "verified"), (code, answer["state"]))

    def fault(self, kind: str, method: str) -> None:
        DEMO.control("POST", "/faults", {"kind": kind, "match": {"method": method, "path": "*dns/records*"}, "seconds": 4})

    def wait_for(self, wanted: bool) -> None:
        for _ in range(100):
            if self.is_after() == wanted:
                return
            time.sleep(0.1)
        self.fail("the panel did not do it")

    def test_arrives_late(self) -> None:
        """The panel drops the connection and does it seconds later: told as it is, each time somebody asks."""
        self.fault("late", "POST")
        plan = self.plan()
        code, answer = self.apply(plan)
        self.assertEqual((4, "failed"), (code, answer["state"]))
        self.truth("failed")
        self.assertEqual(("failed", False), (lambda e: (e["state"], e["final"]))(self.entry(answer["entry"])))
        self.wait_for(True)
        entry = self.entry(answer["entry"])
        self.assertEqual(("verified", True, True), (entry["state"], entry["final"], entry["can_undo"]))
        for method in ("PUT", "DELETE"):
            self.fault("late", method)
        undo = ask("fix", "undo", str(entry["entry"]))[1]
        self.assertEqual("failed", undo["state"])
        self.assertEqual((True, None), (lambda e: (e["can_undo"], e["undone_by"]))(self.entry(entry["entry"])))
        self.wait_for(False)
        self.assertEqual("undone", self.entry(undo["entry"])["state"])
        old = self.entry(entry["entry"])
        self.assertEqual(("undone", undo["entry"]), (old["state"], old["undone_by"]))

    def test_killed_while_panel_goes_on(self) -> None:
        """What the panel was told before the end arrives long after the next start has looked."""
        self.fault("slow", "POST")
        plan = self.plan()
        DEMO.control("DELETE", "/journal")
        program = start("fix", "apply", plan["plan"], "--hash", plan["hash"])
        while not any(c["method"] == "POST" and "dns/records" in c["path"] for c in DEMO.control("GET", "/journal")):
            time.sleep(0.02)
        program.kill()
        program.communicate()
        entry = next(e for e in ask("journal")[1]["entries"] if e["plan"] == plan["plan"])
        self.assertEqual(("not_applied", False), (entry["state"], entry["final"]))
        self.truth("not_applied")
        self.wait_for(True)
        self.assertEqual("verified", self.entry(entry["entry"])["state"])
        self.assertEqual("undone", ask("fix", "undo", str(entry["entry"]))[1]["state"])
        self.assertEqual(self.before, values())

    def test_killed(self) -> None:
        """SIGKILL at any moment while the panel takes its time; the next command tells the truth."""
        DEMO.control("PUT", "/switches", {"latency_s": [0.0, 0.3]})
        before = {TARGET: self.before, "twospf.example": values("twospf.example")}
        for n in range(KILLS):
            fix, target = (("spf.publish", TARGET), ("spf.merge", "twospf.example"))[n % 2]
            with self.subTest(n=n, fix=fix):
                set_values(target, before[target])
                code, plan = ask("fix", "plan", fix, "--target", target)
                self.assertIsNone(plan["refused"])
                program = start("fix", "apply", plan["plan"], "--hash", plan["hash"])
                time.sleep(random.uniform(0.0, 3.0))
                program.send_signal(signal.SIGKILL)
                program.communicate()
                code, journal = ask("journal")
                self.assertEqual(0, code, journal)
                entry = next((e for e in journal["entries"] if e["plan"] == plan["plan"]), None)
                if entry is None:
                    self.assertEqual(before[target], values(target))
                    continue
                if entry["state"] in ("verified", "applied"):
                    self.assertEqual(sorted(plan["changes"][0]["after"]["values"]), values(target))
                else:
                    self.assertIn(entry["state"], ("not_applied", "failed", "undone"))
                    self.assertEqual(before[target], values(target))
                self.assertEqual("conflict", self.apply(plan)[1]["state"])
        set_values("twospf.example", before["twospf.example"])

    def test_undo_killed(self) -> None:
        """The same of taking back: it is as it was, or it is as the fix left it, and the journal says which."""
        DEMO.control("PUT", "/switches", {"latency_s": [0.0, 0.3]})
        for n in range(KILLS):
            with self.subTest(n=n):
                set_values(TARGET, self.before)
                plan = self.plan()
                code, done = self.apply(plan)
                self.assertIn(done["state"], ("verified", "applied"))
                after = sorted(plan["changes"][0]["after"]["values"])
                program = start("fix", "undo", str(done["entry"]))
                time.sleep(random.uniform(0.0, 3.0))
                program.send_signal(signal.SIGKILL)
                program.communicate()
                code, journal = ask("journal")
                self.assertEqual(0, code, journal)
                state = next(e for e in journal["entries"] if e["entry"] == done["entry"])["state"]
                if state == "undone":
                    self.assertEqual(sorted(self.before), sorted(values()))
                else:
                    self.assertIn(state, ("verified", "applied"))
                    self.assertEqual(after, values())
                    self.assertEqual(0, ask("fix", "undo", str(done["entry"]))[0])
                    self.assertEqual(sorted(self.before), sorted(values()))

    def test_bulk(self) -> None:
        code, dry = ask("fix", "bulk", "spf.publish", "--all")
        self.assertEqual(0, code, dry)
        self.assertEqual(self.before, values())
        names = [p["target"] for p in dry["plans"]]
        self.assertEqual(sorted(names), names)
        self.assertEqual(len(names), sum(dry["summary"][m] for m in ("one_click", "copy", "refused", "unknown")))
        code, done = ask("fix", "bulk", "spf.publish", "--all", "--apply")
        self.assertEqual(0, code, done)
        self.assertEqual(done["summary"]["one_click"], done["summary"]["verified"] + done["summary"]["applied"])
        self.assertTrue(self.is_after())
        code, undone = ask("fix", "undo", done["bulk"])
        self.assertEqual(0, code, undone)
        self.assertEqual(self.before, values())

    def test_message_for_others(self) -> None:
        """DNS elsewhere: nothing is written, and the message for whoever edits it has the exact record."""
        for lang, word in (("en", "please"), ("es", "pedimos")):
            code, plan = ask("fix", "plan", "spf.publish", "--target", "elsewhere.example", "--lang", lang)
            self.assertEqual((0, "dns_elsewhere", []), (code, plan["refused"]["code"], plan["changes"]))
            self.assertIn(word, plan["copy_text"])
            self.assertIn(plan["copies"][0]["bind"], plan["copy_text"])

    def nothing_sent(self) -> None:
        """The panel was read at the most, and the plan is there still."""
        self.assertEqual(self.before, values())
        writes = [c for c in DEMO.control("GET", "/journal") if c["path"].startswith("/api/v2/dns/records") and
                  c["method"] != "GET"]
        self.assertEqual([], writes)

    def test_store_full(self) -> None:
        """A file that may not grow, as with a quota."""
        plan = self.plan()
        DEMO.control("DELETE", "/journal")

        def bounded() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        program = start("fix", "apply", plan["plan"], "--hash", plan["hash"], preexec_fn=bounded)
        out, err = program.communicate(timeout=60)
        self.assertEqual((1, ""), (program.returncode, out), err)
        self.assertIn("antispam-guide: ", err)
        self.nothing_sent()
        self.assertEqual("verified", self.apply(plan)[1]["state"])

    @unittest.skipIf(os.geteuid() != 0, "needs root")
    def test_disk_full_or_read_only(self) -> None:
        """A disk without room, and one that may only be read, each in a mount namespace of its own."""
        folder = DEMO.run / "disk"
        folder.mkdir(exist_ok=True)
        full = 'mount -t tmpfs -o size=4m disk "$1"; cp "$2" "$1/state.db"; cat /dev/zero >"$1/rest" 2>/dev/null || :'
        reading = 'mount -t tmpfs -o size=4m disk "$1"; cp "$2" "$1/state.db"; mount -o remount,ro "$1"'
        for name, steps in (("full", full), ("read-only", reading)):
            with self.subTest(disk=name):
                self.restore()
                plan = self.plan()
                DEMO.control("DELETE", "/journal")
                copy = DEMO.run / "copy.db"
                copy.unlink(missing_ok=True)
                db = sqlite3.connect(DEMO.store)
                db.execute("VACUUM INTO ?", (str(copy),))
                db.close()
                script = f'set -e; {steps}; shift 2; exec "$@" --store {folder}/state.db'
                done = subprocess.run(["unshare", "-m", "--propagation", "private", "/bin/sh", "-c", script, "disk",
                                       str(folder), str(copy), PROGRAM, "fix", "apply", plan["plan"], "--hash",
                                       plan["hash"], "--json", "--config", str(DEMO.config)],
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual((1, ""), (done.returncode, done.stdout), done.stderr)
                self.assertIn("antispam-guide: ", done.stderr)
                self.nothing_sent()

    def test_store_locked(self) -> None:
        """No entry on disk, no call to the panel."""
        plan = self.plan()
        DEMO.control("DELETE", "/journal")
        other = sqlite3.connect(DEMO.store, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        code, answer = self.apply(plan)
        other.execute("ROLLBACK")
        other.close()
        self.assertEqual(1, code, answer)
        self.nothing_sent()


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
