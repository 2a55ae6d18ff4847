#!/usr/bin/env python3
"""SIGKILL at any moment of the fixes that a server without a panel has, and of taking them back, on a real Postfix
through the real helper; now and then the helper dies too, so that the answer to a write that was made is lost.  The
next command tells the truth: main.cf, what Postfix says to the world, its queue and PHP's files are as the journal
has it, all or nothing.

KILLS=200 in the environment kills that many times each way instead of a few.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from demo_postfix import PostfixDemo                # noqa: E402

PROGRAM = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide"
KILLS = int(os.environ.get("KILLS", "3"))
BANNER = "$myhostname ESMTP"
DEMO: PostfixDemo


def setUpModule() -> None:
    global DEMO
    DEMO = PostfixDemo(Path(tempfile.mkdtemp(prefix="asg-kills-")), with_web=False)
    DEMO.__enter__()
    DEMO.postfix.postconf("smtpd_banner = old.host.example ESMTP Exim 4", "smtp_helo_name = old.$mydomain")
    DEMO.postfix.run("postfix", "reload")


def tearDownModule() -> None:
    DEMO.__exit__(None, None, None)
    shutil.rmtree(DEMO.run, ignore_errors=True)


def start(*argv: str) -> subprocess.Popen:
    return subprocess.Popen([str(PROGRAM), *argv, "--json", "--config", str(DEMO.config)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)


def ask(*argv: str) -> Any:
    out, err = start(*argv).communicate(timeout=120)
    try:
        return json.loads(out)
    except ValueError:
        raise AssertionError((argv, out, err)) from None


def below(pid: int) -> list[int]:
    """The processes that it started, and theirs."""
    try:
        children = [int(p) for t in Path(f"/proc/{pid}/task").iterdir() for p in (t / "children").read_text().split()]
    except OSError:
        return []
    return children + [p for c in children for p in below(c)]


def kill_helper() -> None:
    inside = below(DEMO.helper.pid)
    for pid in inside:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    DEMO.helper.popen.wait(timeout=10)
    for pid in inside:                      # what lost its parent is ours to bury, or the room never ends
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
    DEMO.group.processes.remove(DEMO.helper)
    DEMO.start_helper()


def main_cf() -> dict[str, str]:
    out = DEMO.postfix.run("postconf", "-n", "myhostname", "smtpd_banner", "smtp_helo_name")
    return dict(line.split(" = ", 1) for line in out.splitlines())


def greeting() -> str:
    with socket.create_connection(("127.0.0.1", DEMO.postfix.port), 5) as sock:
        return sock.recv(200).decode().strip()


def greets(wanted: str) -> bool:
    """Processes of before a reload may take one more connection; one that was never told takes many."""
    end = time.monotonic() + 6
    while greeting() != "220 " + wanted:
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def queue() -> dict[str, str]:
    rows = (json.loads(line) for line in DEMO.postfix.run("/usr/sbin/postqueue", "-j").splitlines() if line.strip())
    return {r["queue_id"]: r["queue_name"] for r in rows if r["sender"] == "anna@cust.example"}


class Hostname:
    plan = ("hostname.set", "--set", "hostname=srv1.host.example")
    longest_s = 1.2
    before = {"myhostname": "localhost.localdomain", "smtpd_banner": "old.host.example ESMTP Exim 4",
              "smtp_helo_name": "old.$mydomain"}

    def is_before(self) -> bool:
        return main_cf() == self.before and greets("old.host.example ESMTP Exim 4")

    def is_after(self) -> bool:
        return main_cf() == {"myhostname": "srv1.host.example", "smtpd_banner": BANNER} and \
            greets("srv1.host.example ESMTP")


class ScriptLog:
    plan = ("mail_log.enable",)
    longest_s = 0.4

    def __init__(self) -> None:
        DEMO.postfix.run("/bin/sh", "-c", "mkdir -p /etc/php/8.2/cli/conf.d && : >/etc/php/8.2/cli/php.ini")

    def files(self) -> list[str]:
        return DEMO.postfix.run("/bin/sh", "-c", "ls /etc/php/*/*/conf.d 2>/dev/null; true").split()

    def is_before(self) -> bool:
        return not any("antispam" in f for f in self.files())

    def is_after(self) -> bool:
        return any("antispam" in f for f in self.files())


class Hold:
    plan = ("queue.hold", "--set", "group=sender:anna@cust.example")
    longest_s = 0.5

    def is_before(self) -> bool:
        return "hold" not in queue().values() and len(queue()) == 6

    def is_after(self) -> bool:
        return set(queue().values()) == {"hold"} and len(queue()) == 6


class Kills(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.count = {"applied": 0, "not applied": 0, "undone": 0, "not undone": 0, "without entry": 0}

    @classmethod
    def tearDownClass(cls) -> None:
        print("   " + ", ".join(f"{n} {what}" for what, n in cls.count.items()))

    def kill(self, n: int, longest_s: float, *argv: str) -> None:
        program = start(*argv)
        time.sleep(random.uniform(0.0, longest_s))
        both = random.random() < 0.3
        if both and n % 2:                  # the answer is lost first
            kill_helper()
        program.send_signal(signal.SIGKILL)
        program.communicate()
        if both and not n % 2:
            kill_helper()

    def journal(self, **what: Any) -> dict[str, Any] | None:
        entries = ask("journal")["entries"]
        return next((e for e in entries if all(e[k] == v for k, v in what.items())), None)

    def holds(self, case: Any, after: bool, entry: Any) -> None:
        self.assertTrue(case.is_after() if after else case.is_before(), (case.plan, entry, main_cf(), queue()))

    def apply_killed(self, n: int, case: Any) -> dict[str, Any]:
        """An entry that is applied, after all."""
        plan = ask("fix", "plan", case.plan[0], "--target", "server", *case.plan[1:])
        self.assertIsNone(plan["refused"], plan)
        self.kill(n, case.longest_s, "fix", "apply", plan["plan"], "--hash", plan["hash"])
        entry = self.journal(plan=plan["plan"])
        if entry is None:
            self.count["without entry"] += 1
            self.holds(case, False, None)
            return ask("fix", "apply", plan["plan"], "--hash", plan["hash"])
        if entry["state"] == "verified":
            self.count["applied"] += 1
            self.holds(case, True, entry)
            self.assertEqual("conflict", ask("fix", "apply", plan["plan"], "--hash", plan["hash"])["state"])
            return entry
        self.count["not applied"] += 1
        self.assertIn(entry["state"], ("not_applied", "failed", "undone"))
        self.holds(case, False, entry)
        plan = ask("fix", "plan", case.plan[0], "--target", "server", *case.plan[1:])
        return ask("fix", "apply", plan["plan"], "--hash", plan["hash"])

    def undo_killed(self, n: int, case: Any, entry: int) -> None:
        self.kill(n, case.longest_s, "fix", "undo", str(entry))
        state = self.journal(entry=entry)["state"]
        if state == "undone":
            self.count["undone"] += 1
            self.holds(case, False, entry)
            return
        self.count["not undone"] += 1
        self.assertEqual("verified", state)
        self.holds(case, True, entry)
        self.assertEqual("undone", ask("fix", "undo", str(entry))["state"])
        self.holds(case, False, entry)

    def test_killed(self) -> None:
        cases = [Hostname(), ScriptLog(), Hold()]
        for n in range(KILLS):
            case = cases[(0, 2, 1, 0)[n % 4]]       # the one with three writes twice as often
            with self.subTest(n=n, fix=case.plan[0]):
                done = self.apply_killed(n, case)
                self.assertEqual("verified", done["state"], done)
                self.undo_killed(n, case, done["entry"])


if __name__ == "__main__":
    live.run_in_room(__name__)
