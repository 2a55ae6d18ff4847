#!/usr/bin/env python3
"""The queue of a real Exim through the built program and the real helper, on a machine without a panel: who sends,
by what, and why it waits; held, released and deleted; and the lines of its log.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from servers import fetch, process                  # noqa: E402
from servers.exim import Exim                       # noqa: E402

BUILD = Path(live.ROOT) / os.environ.get("BUILD", "build")
PROGRAM, HELPER = BUILD / "antispam-guide", BUILD / "antispam-guide-helper"
GROUP = process.Group()
RUN: Path
EXIM: Exim

BLOCKED = "550 5.7.1 [203.0.113.10] Our system has detected that this message is likely unsolicited mail, blocked using Spamhaus"


def setUpModule() -> None:
    global RUN, EXIM
    RUN = Path(tempfile.mkdtemp(prefix="asg-exim-"))
    RUN.chmod(0o755)
    try:
        EXIM = Exim(RUN / "exim").start(GROUP, fetch.programs(["exim"]))
        EXIM.run("sed", "-i", "s/^keep_environment =$/&\\nsplit_spool_directory = true/", "/etc/exim4/exim4.conf")
        sock = RUN / "exim" / "helper.sock"
        helper = GROUP.add(process.Process("helper", EXIM.argv(str(HELPER), "-s", "/room/helper.sock", "-u", "0", "-l",
                                                               "/var/log/exim_mainlog"), RUN / "helper.log"))
        helper.wait_ready(lambda: process.unix_connects(sock))
        fill()
    except BaseException:
        tearDownModule()
        raise


def tearDownModule() -> None:
    GROUP.stop()
    shutil.rmtree(RUN, ignore_errors=True)


def fill() -> None:
    """A script that sends, a mailbox that sends, a bounce, and headers that are meant for us."""
    for i in range(6):
        EXIM.script("anna", "anna@cust.example", f"friend{i}@provider.example",
                    "Subject: hello\nX-PHP-Originating-Script: 64895:mailer.php\nX-Mailer: PHPMailer 6.9\n\nhello\n")
    for i in range(3):
        EXIM.hand_in("ben@other.example", [f"x{i}@provider.example", "y@big.example"],
                     f"From: ben@other.example\nX-Answer: 451 4.7.1 {BLOCKED[10:]}\nSubject: x\n\nhello\n", "ben@other.example")
    EXIM.hand_in("", ["nobody@elsewhere.example"], "Subject: undeliverable\n\nx\n")
    EXIM.hand_in("evil@elsewhere.example", ["z@provider.example"],
                 "X-Mailer: <b>\x1b[2J=== MESSAGE x ===\n === MESSAGE 1xWiDh-00000U-2z ===\n -auth_id anna@cust.example\nSubject: x\n\na body that is nobody's business\n")
    end = time.monotonic() + 20
    while int(EXIM.run("grep", "-c", " == ", "/var/log/exim_mainlog", check=False)) < 14 and time.monotonic() < end:
        time.sleep(0.1)         # every delivery has been tried once


def run(*words: str, status: int = 0) -> Any:
    config = RUN / "config.yaml"
    config.write_text(json.dumps({
        "panel": {"kind": "postfix"}, "store": str(RUN / "state.db"), "dns": {"resolvers": ["127.0.0.1:1"]},
        "domains": [{"name": "cust.example", "owner": "anna", "document_root": "/home/anna/public_html"},
                    {"name": "other.example", "owner": "ben"}],
        "server": {"addresses": ["203.0.113.10"], "smtp_probe": False},
        "services": {"helper": str(RUN / "exim" / "helper.sock")}}))
    done = subprocess.run([str(PROGRAM), *words, "--config", str(config), "--json"], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == status, (words, done.returncode, done.stderr, done.stdout)
    return json.loads(done.stdout)


def groups(by: str) -> dict[str, int]:
    return {g["key"]: g["count"] for g in run("queue", "summary")["groups"] if g["by"] == by}


class Queue(unittest.TestCase):
    def test_a_summary(self) -> None:
        answer = run("queue", "summary")
        self.assertEqual((answer["total"], answer["deferred"], answer["hold"]), (11, 11, 0))
        self.assertEqual(groups("script"), {"64895:mailer.php": 6})
        self.assertEqual(groups("account"), {"ben@other.example": 3})
        self.assertEqual(groups("sender"), {"anna@cust.example": 6, "ben@other.example": 3, "": 1, "evil@elsewhere.example": 1})
        providers = groups("recipient_provider")
        self.assertEqual((providers["provider.example"], providers["big.example"]), (10, 3))
        owners = {(g["by"], g["key"]): g["owner"] for g in answer["groups"]}
        self.assertEqual((owners["account", "ben@other.example"], owners["script", "64895:mailer.php"]), ("ben", "anna"))

    def test_b_reasons(self) -> None:
        """Why they wait stands in the log of each message."""
        reasons = groups("reason")
        self.assertEqual(sum(n for key, n in reasons.items() if "blocked" in key or "spam" in key or "reputation" in key), 3,
                         reasons)
        messages = run("queue", "list", "--group", "account:ben@other.example")["messages"]
        self.assertEqual(len(messages), 3)
        for message in messages:
            self.assertEqual(len(message["recipients"]), 2)
            for one in message["recipients"]:
                self.assertIn("blocked using Spamhaus", one["reason"])
        report = run("check", "--server", "--only", "queue")["reports"][0]
        self.assertIn("queue.rejected_for_reputation", {f["id"] for f in report["findings"]})

    def test_c_headers(self) -> None:
        message = run("queue", "list", "--group", "sender:evil@elsewhere.example")["messages"][0]
        self.assertIsNone(message["account"])       # what it writes into its header proves nothing
        shown = run("queue", "show", message["id"])
        fields = {h["name"]: h["value"] for h in shown["headers"]}
        self.assertIn("=== MESSAGE x ===", fields["X-Mailer"])
        self.assertNotIn("a body that is nobody's business", json.dumps(shown))

    def test_d_hold_release_delete(self) -> None:
        group = "group=sender:anna@cust.example"
        plan = run("fix", "plan", "queue.hold", "--target", "server", "--set", group)
        self.assertEqual((plan["mode"], len(plan["changes"][0]["ids"])), ("one_click", 6))
        other = run("fix", "plan", "queue.hold", "--target", "server", "--set", group, "--as", "ben")
        self.assertEqual(other["changes"], [])
        done = run("fix", "apply", plan["plan"], "--hash", plan["hash"])
        self.assertIn(done["state"], ("applied", "verified"))
        self.assertEqual(EXIM.run("exim", "-bp").count("*** frozen ***"), 6)
        self.assertEqual(run("queue", "summary")["hold"], 6)
        self.assertEqual(run("fix", "undo", str(done["entry"]))["state"], "undone")
        self.assertEqual(EXIM.run("exim", "-bp").count("*** frozen ***"), 0)
        plan = run("fix", "plan", "queue.delete_bounces", "--target", "server")
        self.assertEqual((len(plan["changes"][0]["ids"]), plan["no_undo"]), (1, True))
        done = run("fix", "apply", plan["plan"], "--hash", plan["hash"])
        self.assertIn(done["state"], ("applied", "verified"))
        self.assertEqual(EXIM.run("exim", "-bpc").strip(), "10")

    def test_e_log(self) -> None:
        """Who sent how much, by Exim's own log."""
        rows = {r["name"]: r["messages"] for r in run("senders", "--by", "mailbox")["senders"]}
        self.assertEqual(rows.get("ben@other.example"), 3, rows)


if __name__ == "__main__":
    live.run_in_room(__name__)
