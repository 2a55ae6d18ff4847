#!/usr/bin/env python3
"""One fix for many domains, through the real program against the simulated Plesk: several at once and no more than
are allowed, the broken ones never stop the rest, nobody is touched twice whatever is killed, what is paused goes on.

KILLS=10 in the environment kills that many times instead of twice.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import world.build                                  # noqa: E402
from demo import TOP, Demo                          # noqa: E402

PROGRAM = TOP / os.environ.get("BUILD", "build") / "antispam-guide"
KILLS = int(os.environ.get("KILLS", "2"))
COUNT = 24
NAMES = [f"shop{n:05d}.example" for n in range(1, COUNT + 1)]
DEMO: Demo


def without_spf(count: int) -> list[dict[str, Any]]:
    return [{"name": NAMES[n], "owner": "rita", "fleet": True, "roles": True, "mailboxes": ["info"], "records": ["@ TXT -"],
             "forwards": [{"name": "sales", "to": ["shop@gmail.com"]}]}
            for n in range(count)]


def setUpModule() -> None:
    global DEMO
    world.build.fleet_domains = without_spf
    DEMO = Demo(Path(tempfile.mkdtemp(prefix="asg-bulkfix-")), with_web=False, fleet=COUNT)
    DEMO.__enter__()
    (DEMO.run / "names").write_text("\n".join(NAMES) + "\n")


def tearDownModule() -> None:
    DEMO.__exit__(None, None, None)
    shutil.rmtree(DEMO.run, ignore_errors=True)


def start(*argv: str, form: str = "--json") -> subprocess.Popen:
    return subprocess.Popen([PROGRAM, *argv, *([form] if form else []), "--config", str(DEMO.config)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)


def end(program: subprocess.Popen) -> tuple[int, Any]:
    out, err = program.communicate(timeout=200)
    try:
        return program.returncode, json.loads(out)
    except ValueError:
        return program.returncode, out + err


def ask(*argv: str) -> tuple[int, Any]:
    return end(start(*argv))


def spf() -> dict[str, list[str]]:
    """Each domain's SPF records as the panel holds them."""
    return {d["ascii_name"]: [r["value"] for r in d["zone"]["records"] if r["type"] == "TXT" and
                              r["host"] == d["ascii_name"] + "." and r["value"].startswith("v=spf1")]
            for d in DEMO.control("GET", "/state")["domains"] if d["ascii_name"] in NAMES}


def writes() -> Counter:
    """How often each domain was written to."""
    return Counter(c["query"]["domain"] for c in DEMO.control("GET", "/journal")
                   if c["method"] == "POST" and c["path"].endswith("/dns/records"))


class Bulk(unittest.TestCase):
    def setUp(self) -> None:
        DEMO.control("DELETE", "/faults")
        DEMO.control("PUT", "/switches", {"latency_s": [0.0, 0.0], "dns_wait": True, "dns_delay_s": 0.0})
        for name, values in spf().items():
            for value in values:
                DEMO.control("POST", "/change", {"op": "delete", "domain": name, "type": "TXT", "host": name + ".",
                                                 "value": value})
        DEMO.control("DELETE", "/journal")

    def bulk(self, *more: str) -> tuple[int, Any]:
        return ask("fix", "bulk", "spf.publish", "--from", str(DEMO.run / "names"), *more)

    def all_once(self) -> None:
        self.assertEqual({1}, {len(v) for v in spf().values()})
        self.assertEqual({1}, set(writes().values()))
        self.assertEqual(COUNT, len(writes()))

    def settle(self, bulk: str, want: str = "done") -> dict[str, Any]:
        """Any command goes on with what was interrupted; what it says in the end."""
        deadline = time.monotonic() + 100
        while True:
            answer = self.show(bulk)
            if answer["state"] == want or time.monotonic() > deadline:
                self.assertEqual(want, answer["state"])
                return answer
            self.assertEqual(0, ask("journal")[0])

    def show(self, bulk: str) -> dict[str, Any]:
        """As it stands in the store: fix resume of what is not paused changes nothing and is refused."""
        with sqlite3.connect(f"file:{DEMO.store}?mode=ro", uri=True) as db:
            state, = db.execute("SELECT state FROM bulks WHERE id = ?", (bulk,)).fetchone()
            rows = db.execute("SELECT target, entry, state FROM bulk_items WHERE bulk = ?", (bulk,)).fetchall()
        return {"state": state, "items": {t: (e, s) for t, e, s in rows}}

    def test_several_at_once(self) -> None:
        """Faster than one after the other, never more at once than the bound; undone as a whole."""
        DEMO.control("PUT", "/switches", {"latency_s": [0.05, 0.05]})
        began = time.monotonic()
        code, done = self.bulk("--apply")
        took = time.monotonic() - began
        self.assertEqual((0, COUNT), (code, done["summary"]["verified"]), done)
        self.all_once()
        most = DEMO.control("GET", "/count")["most_in_flight"]
        self.assertLessEqual(most, 8)
        # A plan, an apply and a check take some 15 calls of 50 ms: one after the other that is 0.75 s each.
        self.assertLess(took, 0.75 * COUNT, "no faster than one after the other")
        print(f"   {COUNT} domains in {took:.1f} s, {60 * COUNT / took:.0f} a minute; {most} calls at once")
        code, undone = ask("fix", "undo", done["bulk"])
        self.assertEqual((0, COUNT), (code, undone["summary"]["undone"]), undone)
        self.assertEqual({0}, {len(v) for v in spf().values()})

    def test_broken_ones(self) -> None:
        """Two domains cannot be written: they are told, and the others are done."""
        for name in NAMES[3], NAMES[11]:
            DEMO.control("POST", "/faults", {"kind": "500", "times": 0, "match": {"method": "POST", "body": f"*{name}*"}})
        code, done = self.bulk("--apply")
        self.assertEqual(4, code)
        self.assertEqual((COUNT - 2, 2), (done["summary"]["verified"], done["summary"]["failed"]))
        self.assertEqual({NAMES[3], NAMES[11]}, {p["target"] for p in done["plans"] if p["state"] == "failed"})
        self.assertEqual({NAMES[3], NAMES[11]}, {name for name, values in spf().items() if not values})
        self.assertEqual(0, ask("fix", "undo", done["bulk"])[0])
        self.assertEqual({0}, {len(v) for v in spf().values()})

    def test_stop_after(self) -> None:
        """Never more fail than were allowed, though several are under way."""
        DEMO.control("PUT", "/switches", {"latency_s": [0.01, 0.03]})
        DEMO.control("POST", "/faults", {"kind": "500", "times": 0, "match": {"method": "POST", "path": "*dns/records*"}})
        for most in (1, 3):
            code, done = self.bulk("--apply", "--stop-after", str(most))
            self.assertEqual(4, code)
            self.assertEqual((most, COUNT - most), (done["summary"]["failed"], done["summary"]["not_tried"]))
        self.assertEqual({0}, {len(v) for v in spf().values()})

    def test_by_finding(self) -> None:
        """Only those whose last report has the finding; as CSV and as a table too."""
        (DEMO.run / "some").write_text("\n".join(NAMES[:5]) + "\n")
        self.assertEqual(0, ask("check", "--from", str(DEMO.run / "some"), "--only", "spf")[0])     # such are not kept
        self.assertEqual(0, ask("check", "--from", str(DEMO.run / "some"))[0])
        words = ("fix", "bulk", "spf.publish", "--owner", "rita", "--finding", "spf.missing")
        code, dry = ask(*words)
        self.assertTrue({p["target"] for p in dry["plans"]} <= set(NAMES), dry)
        self.assertTrue(set(NAMES[:5]) <= {p["target"] for p in dry["plans"]})
        out = start(*words, form="--csv").communicate()[0]
        rows = list(csv.DictReader(io.StringIO(out, newline="")))
        self.assertEqual([p["target"] for p in dry["plans"]], [r["target"] for r in rows])
        self.assertEqual({"one_click"}, {r["mode"] for r in rows})
        table = start(*words, form="").communicate()[0]
        self.assertIn(NAMES[0], table)          # with what would be written, domain by domain
        self.assertIn(f"{NAMES[0]} TXT\n    + {dry['plans'][0]['changes'][0]['after']['values'][-1]}\n", table)
        self.assertEqual({0}, {len(v) for v in spf().values()})

    def test_paused(self) -> None:
        """Ctrl-C brings to its end what is under way; the rest waits."""
        DEMO.control("PUT", "/switches", {"latency_s": [0.05, 0.05]})
        program = start("fix", "bulk", "spf.publish", "--from", str(DEMO.run / "names"), "--apply")
        while not writes():
            time.sleep(0.02)
        program.send_signal(signal.SIGINT)
        code, answer = end(program)
        self.assertEqual((130, "paused"), (code, answer["state"]), answer)
        self.assertLess(len(writes()), COUNT)
        self.assertEqual(0, ask("journal")[0])          # nothing goes on by itself
        self.assertEqual("paused", self.show(answer["bulk"])["state"])
        code, done = ask("fix", "resume", answer["bulk"])
        self.assertEqual((0, COUNT), (code, done["summary"]["verified"]), done)
        self.all_once()
        self.assertEqual(1, ask("fix", "resume", answer["bulk"])[0])

    def test_killed(self) -> None:
        """SIGKILL in the middle: the next command goes on, nothing is written twice, none is left out."""
        for n in range(KILLS):
            with self.subTest(n=n):
                self.setUp()
                DEMO.control("PUT", "/switches", {"latency_s": [0.0, 0.08]})
                program = start("fix", "bulk", "spf.publish", "--from", str(DEMO.run / "names"), "--apply")
                some = random.randrange(1, COUNT - 8)       # eight are under way: it cannot have ended
                while len(writes()) < some and program.poll() is None:
                    time.sleep(0.01)
                time.sleep(random.uniform(0, 0.05))
                program.send_signal(signal.SIGKILL)
                program.communicate()
                DEMO.control("PUT", "/switches", {"latency_s": [0.0, 0.0]})
                bulk, = self.runs("applying")
                items = self.settle(bulk)["items"]
                self.assertEqual({"verified"}, {state for _, state in items.values()} - {"applied", "not_applied"}, items)
                # What was sent and cut off may have been put back; no domain has two records or two writes.
                self.assertTrue(all(len(v) <= 1 for v in spf().values()), spf())
                self.assertTrue(all(c == 1 for c in writes().values()), writes())
                for name, (_, state) in items.items():
                    self.assertEqual(state in ("verified", "applied"), len(spf()[name]) == 1, (name, state))

    def runs(self, state: str) -> list[str]:
        with sqlite3.connect(f"file:{DEMO.store}?mode=ro", uri=True) as db:
            return [i for i, in db.execute("SELECT id FROM bulks WHERE state = ?", (state,))]


class Served(unittest.TestCase):
    """The same behind the pages: progress, pause, and a restart of the daemon in the middle."""

    def request(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, Any, dict[str, str]]:
        more: dict[str, Any] = {"token": DEMO.identity("rita", "reseller"), "accept": "application/json"}
        if form is not None:
            csrf = json.loads(DEMO.request("GET", "/bulk", **more)[2])["csrf"]
            more["body"] = "&".join(f"{k}={v}" for k, v in {**form, "csrf": csrf}.items()).encode()
            more["content_type"] = "application/x-www-form-urlencoded"
        status, headers, body = DEMO.request(method, path, **more)
        return status, json.loads(body) if body and status == 200 else body, headers

    def run_of(self, headers: dict[str, str]) -> str:
        return next(v for k, v in headers.items() if k.lower() == "location").split("/bulk/")[1]

    def wait(self, bulk: str, *states: str) -> dict[str, Any]:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            answer = self.request("GET", f"/bulk/{bulk}")[1]
            if answer["state"] in states:
                return answer
            time.sleep(0.1)
        raise AssertionError(answer["state"])

    def one_line_for_many(self) -> None:
        """What is wrong in many domains: how many, three by name, the way to all of them."""
        for login, role in (("rita", "reseller"), ("admin", "admin")):
            for path, finding in (("/delist", "spf.missing"), ("/hotmail", "spf.missing"), ("/forwarding", "forwarding.external")):
                page = DEMO.request("GET", path, token=DEMO.identity(login, role), accept="text/html")[2].decode()
                lines = re.findall(rf'(?s)<li data-finding="{finding}" data-verdict="\w+" data-count="(\d+)">(.*?)</li>', page)
                self.assertEqual(1, len(lines), (login, path, page))
                count, links = int(lines[0][0]), re.findall(r'href="([^"]*)">([^<]*)', lines[0][1])
                self.assertGreaterEqual(count, COUNT)
                self.assertEqual(4, len(links), links)
                self.assertTrue(links[0][0].endswith("/domains?finding=" + finding), links)
                self.assertEqual(f"{count} domains", links[0][1])
                self.assertTrue(all(at.endswith("/domains/" + name) for at, name in links[1:]), links)

    def test_restart(self) -> None:
        Bulk("test_killed").setUp()
        self.assertEqual(0, ask("check", "--from", str(DEMO.run / "names"))[0])
        DEMO.control("DELETE", "/journal")
        DEMO.backend = PROGRAM
        DEMO.start_backend()
        self.one_line_for_many()
        status, _, headers = self.request("POST", "/bulk", {"fix": "spf.publish", "select": "filter", "q": "shop"})
        self.assertEqual(303, status)
        bulk = self.run_of(headers)
        self.assertEqual(COUNT, self.wait(bulk, "planned")["summary"]["one_click"])
        DEMO.control("PUT", "/switches", {"latency_s": [0.05, 0.05]})
        self.assertEqual(303, self.request("POST", f"/bulk/{bulk}/apply", {})[0])
        while not writes():
            time.sleep(0.02)
        self.assertEqual(303, self.request("POST", f"/bulk/{bulk}/pause", {})[0])
        paused = self.wait(bulk, "paused")
        self.assertLess(paused["done"], COUNT)
        self.assertIn(self.request("POST", f"/bulk/{bulk}/pause", {})[0], (404, 409))
        time.sleep(1)                       # what was under way has ended
        before = self.request("GET", f"/bulk/{bulk}")[1]["done"]
        time.sleep(1)
        self.assertEqual(before, self.request("GET", f"/bulk/{bulk}")[1]["done"])
        self.assertEqual(303, self.request("POST", f"/bulk/{bulk}/apply", {})[0])
        time.sleep(0.3)
        ended = time.monotonic()
        DEMO.backend_process.popen.send_signal(signal.SIGTERM)
        self.assertEqual(0, DEMO.backend_process.popen.wait(timeout=30))
        ended = time.monotonic() - ended
        self.assertLess(ended, 10, "it waited for all domains")
        DEMO.control("PUT", "/switches", {"latency_s": [0.0, 0.0]})
        DEMO.start_backend()
        done = self.wait(bulk, "done")
        deadline = time.monotonic() + 60
        while done["summary"]["verified"] < COUNT and time.monotonic() < deadline:
            time.sleep(0.5)
            done = self.request("GET", f"/bulk/{bulk}")[1]
        self.assertEqual(COUNT, done["summary"]["verified"], done["summary"])
        self.assertEqual({1}, {len(v) for v in spf().values()})
        self.assertEqual({1}, set(writes().values()))
        self.undone_at_once(bulk)
        DEMO.backend_process.popen.send_signal(signal.SIGTERM)
        DEMO.backend_process.popen.wait(timeout=30)

    def undone_at_once(self, bulk: str) -> None:
        """Who sees a run done may undo it, though its domains are being looked at once more."""
        self.assertEqual(303, self.request("POST", f"/bulk/{bulk}/undo", {})[0])
        self.wait(bulk, "undone")
        again = self.run_of(self.request("POST", "/bulk", {"fix": "spf.publish", "select": "filter", "q": "shop"})[2])
        self.wait(again, "planned")
        self.assertEqual(303, self.request("POST", f"/bulk/{again}/apply", {})[0])
        self.wait(again, "done")
        self.assertEqual(303, self.request("POST", f"/bulk/{again}/undo", {})[0])
        self.wait(again, "undone")
        self.assertEqual({0}, {len(v) for v in spf().values()})


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
