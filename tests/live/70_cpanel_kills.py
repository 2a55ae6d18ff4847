#!/usr/bin/env python3
"""SIGKILL at any moment of a fix and of taking it back, on the simulated cPanel & WHM: what the journal says then is
what the panel holds, whatever kind of change it was.

KILLS=100 in the environment kills that many times, over all kinds, instead of some kinds once.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).resolve().parent))

from demo import TOP, Demo                      # noqa: E402

PROGRAM = str(TOP / os.environ.get("BUILD", "build") / "antispam-guide")
KILLS = int(os.environ.get("KILLS", "3"))
DEMO: Demo


def setUpModule() -> None:
    global DEMO
    DEMO = Demo(Path(tempfile.mkdtemp(prefix="asg-kills-")), panel="cpanel", with_web=False)
    DEMO.__enter__()
    DEMO.control("POST", "/change", {"op": "add", "domain": "host.example", "type": "A", "host": "mx1.host.example.", "value": "203.0.113.10"})


def tearDownModule() -> None:
    DEMO.__exit__(None, None, None)
    shutil.rmtree(DEMO.run, ignore_errors=True)


def start(*argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen([PROGRAM, *argv, "--json", "--config", str(DEMO.config)], text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ask(*argv: str) -> Any:
    with start(*argv) as program:
        out, err = program.communicate(timeout=240)
    try:
        return json.loads(out)
    except ValueError:
        raise AssertionError(err) from None


# --- what the panel holds

def state() -> Any:
    return DEMO.control("GET", "/state")


def txt(zone: str, name: str) -> Callable[[], Any]:
    return lambda: sorted("".join(line["data"]) for line in state()["zones"][zone]["lines"]
                          if line.get("record_type") == "TXT" and line["name"] == name)


def key_records() -> Any:
    """Each time the key is a new one: that there is one record of a key is what is compared."""
    return [value.partition("p=")[0] for value in txt("nodkim.example", "default._domainkey.nodkim.example.")()]


def domain(name: str) -> Any:
    return next(d for d in state()["domains"] if d["name"] == name)


def forwarders() -> Any:
    return sorted((f["dest"], f["forward"]) for f in domain("nodmarc.example")["forwarders"])


def blocked() -> Any:
    return next(p["suspended_outgoing"] for p in domain("cust.example")["pops"] if p["user"] == "info")


# fix, target, parameters, what it changes
FIXES: list[tuple[str, str, dict[str, str], Callable[[], Any]]] = [
    ("spf.publish", "nospf.example", {}, txt("nospf.example", "nospf.example.")),
    ("dkim.enable", "nodkim.example", {}, key_records),
    ("role_mailbox.create", "nodmarc.example", {}, forwarders),
    ("catchall.reject", "catchall.example", {}, lambda: domain("catchall.example")["default_address"]),
    ("mailbox.block", "info@cust.example", {}, blocked),
    ("limits.enable", "server", {"domain": "500"}, lambda: state()["server"]["tweak"]["maxemailsperhour"]),
    ("hostname.set", "server", {"hostname": "mx1.host.example"}, lambda: state()["server"]["hostname"]),
]


class Kills(unittest.TestCase):
    def setUp(self) -> None:
        DEMO.control("PUT", "/switches", {"latency_s": [0.0, 0.05], "hostname_delay_s": 0.6})

    def plan(self, fix: str, target: str, given: dict[str, str]) -> dict[str, Any]:
        if fix == "dkim.enable":            # a key that is there stays when the record is taken back
            shutil.rmtree(DEMO.panel_dir / "domainkeys" / target, ignore_errors=True)
        plan = ask("fix", "plan", fix, "--target", target, *(w for k, v in given.items() for w in ("--set", f"{k}={v}")))
        self.assertIsNone(plan["refused"], plan["refused"])
        return plan

    def kill(self, limit_s: float, *argv: str) -> None:
        program = start(*argv)
        time.sleep(random.uniform(0.0, limit_s))
        program.send_signal(signal.SIGKILL)
        program.communicate()

    def settled(self, of: Callable[[], Any], find: Callable[[dict[str, Any]], bool]) -> tuple[Any, dict[str, Any] | None]:
        """What came of it: repaired at the first look, and looked at again when what was still on its way has arrived (a
        hostname is changed while nobody waits for it any more)."""
        ask("journal")
        time.sleep(0.8 if of is FIXES[-1][3] else 0.15)
        return of(), next((e for e in ask("journal")["entries"] if find(e)), None)

    def undo(self, entry: int, of: Callable[[], Any], before: Any) -> None:
        self.assertEqual("undone", ask("fix", "undo", str(entry))["state"])
        self.assertEqual(before, of())

    def test_every_kind(self) -> None:
        for fix, target, given, of in random.sample(FIXES, min(KILLS, len(FIXES))):
            before = of()
            plan = self.plan(fix, target, given)
            began = time.monotonic()
            done = ask("fix", "apply", plan["plan"], "--hash", plan["hash"])
            took = time.monotonic() - began
            self.assertEqual("verified", done["state"], (fix, done))
            after = of()
            self.assertNotEqual(before, after, fix)
            self.undo(done["entry"], of, before)
            for n in range(max(1, KILLS // len(FIXES))):
                with self.subTest(fix=fix, n=n):
                    self.killed_apply(fix, target, given, of, before, after, took)
                    self.killed_undo(fix, target, given, of, before, after, took)

    def killed_apply(self, fix: str, target: str, given: dict[str, str], of: Callable[[], Any], before: Any, after: Any,
                     took: float) -> None:
        plan = self.plan(fix, target, given)
        self.kill(took * 1.1, "fix", "apply", plan["plan"], "--hash", plan["hash"])
        now, entry = self.settled(of, lambda e: e["plan"] == plan["plan"])
        if entry is None:
            self.assertEqual(before, now)
        elif entry["state"] in ("verified", "applied"):
            self.assertEqual(after, now)
            self.undo(entry["entry"], of, before)
        else:
            self.assertIn(entry["state"], ("not_applied", "failed", "undone"), entry)
            self.assertEqual(before, now, entry["state"])

    def killed_undo(self, fix: str, target: str, given: dict[str, str], of: Callable[[], Any], before: Any, after: Any,
                    took: float) -> None:
        plan = self.plan(fix, target, given)
        done = ask("fix", "apply", plan["plan"], "--hash", plan["hash"])
        self.assertEqual("verified", done["state"], done)
        self.kill(took * 1.1, "fix", "undo", str(done["entry"]))
        now, told = self.settled(of, lambda e: e["entry"] == done["entry"])
        assert told is not None
        if told["state"] == "undone":
            self.assertEqual(before, now)
        else:
            self.assertIn(told["state"], ("verified", "applied"), told)
            self.assertEqual(after, now)
            self.undo(done["entry"], of, before)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad > 0)
