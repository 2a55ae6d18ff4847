#!/usr/bin/env python3
"""Holding a group of a real Postfix' queue and deleting bounces, through the built program and the real helper."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from demo_postfix import PostfixDemo                # noqa: E402

PROGRAM = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide"
GROUP = "group=sender:anna@cust.example"
DEMO: PostfixDemo


def run(*words: str) -> Any:
    done = subprocess.run([str(PROGRAM), *words, "--config", str(DEMO.config), "--json"], capture_output=True, text=True,
                          timeout=120)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"error": done.stderr, "refused": None, "changes": []}


def queue() -> dict[str, tuple[str, str]]:
    """id -> (sender, state)"""
    rows = [json.loads(line) for line in DEMO.postfix.run("/usr/sbin/postqueue", "-j").splitlines() if line.strip()]
    return {r["queue_id"]: (r["sender"], r["queue_name"]) for r in rows}


def states(sender: str) -> set[str]:
    return {state for who, state in queue().values() if who == sender}


def hold() -> None:
    mine = {i for i, (sender, _) in queue().items() if sender == "anna@cust.example"}
    plan = run("fix", "plan", "queue.hold", "--target", "server", "--set", GROUP)
    ids = set(plan["changes"][0]["ids"]) if plan["changes"] else set()
    live.check("the plan names the messages of the group", mine and ids == mine, json.dumps(plan)[:600])
    live.check("one click, with undo", plan.get("mode") == "one_click" and plan.get("no_undo") is False)
    other = run("fix", "plan", "queue.hold", "--target", "server", "--set", GROUP, "--as", "ben")
    live.check("another customer has none of them", other["refused"] is not None and other["changes"] == [],
               json.dumps(other)[:600])
    own = run("fix", "plan", "queue.hold", "--target", "server", "--set", GROUP, "--as", "anna")
    live.check("the customer has the same", own["refused"] is None and set(own["changes"][0]["ids"]) == mine,
               json.dumps(own)[:600])
    done = run("fix", "apply", own["plan"], "--hash", own["hash"], "--as", "anna")
    live.check("held", done.get("state") in ("applied", "verified") and states("anna@cust.example") == {"hold"},
               json.dumps(done)[:600] + str(queue()))
    again = run("fix", "plan", "queue.hold", "--target", "server", "--set", GROUP)
    live.check("held already", (again["refused"] or {}).get("code") == "not_needed", json.dumps(again)[:600])
    undone = run("fix", "undo", str(done.get("entry")), "--as", "anna")
    live.check("released", undone.get("state") == "undone" and "hold" not in states("anna@cust.example"),
               json.dumps(undone)[:600] + str(queue()))


def typed(plan: Any, number: int) -> None:
    """On the page the number has to be typed; another one, or none, and nothing is done."""
    who: dict[str, Any] = {"params": {"REMOTE_USER": "admin"}}
    page = DEMO.request("GET", f"/plans/{plan['plan']}", **who)[2].decode()
    live.check("the page names each message and asks for the number", f'name="count"' in page and
               f'pattern="{number}"' in page and all(i in page for i in plan["changes"][0]["ids"]), page[-3000:])
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    for count in ("", f"&count={number + 1}"):
        status, _, _ = DEMO.request("POST", f"/plans/{plan['plan']}/apply", body=f"csrf={csrf}&hash={plan['hash']}{count}".encode(),
                                    content_type="application/x-www-form-urlencoded", **who)
        live.check(f"not with '{count}'", status == 422 and "deferred" in states("MAILER-DAEMON"), status)


def delete() -> None:
    DEMO.postfix.run("/usr/sbin/sendmail", "-f", "", "stranger@provider.example", text="Subject: undeliverable\n\nx\n")
    end = time.monotonic() + 15
    while not states("MAILER-DAEMON") & {"deferred"} and time.monotonic() < end:
        time.sleep(0.2)
    before = queue()
    bounces = {i for i, (sender, _) in before.items() if sender == "MAILER-DAEMON"}
    plan = run("fix", "plan", "queue.delete_bounces", "--target", "server")
    live.check("bounces and nothing else", bounces and plan["changes"] and set(plan["changes"][0]["ids"]) == bounces,
               json.dumps(plan)[:600] + str(before))
    live.check("it says that there is no way back", plan.get("no_undo") is True)
    typed(plan, len(bounces))
    text = subprocess.run([str(PROGRAM), "fix", "plan", "queue.delete_bounces", "--config", str(DEMO.config)],
                          capture_output=True, text=True, timeout=120).stdout
    live.check("the number and each of them", f"queue delete {len(bounces)}:" in text and all(i in text for i in bounces), text)
    apply = [str(PROGRAM), "fix", "apply", plan["plan"], "--hash", plan["hash"], "--json", "--config", str(DEMO.config)]
    other = subprocess.run([*apply, "--count", str(len(bounces) + 1)], capture_output=True, text=True, timeout=120)
    live.check("another number deletes nothing", other.returncode == 2 and queue() == before, other.stderr)
    for number in (f"{len(bounces) + 1}\n", f"{len(bounces)}\n"):
        person, terminal = pty.openpty()
        os.write(person, number.encode())
        said = subprocess.run(apply, stdin=terminal, capture_output=True, text=True, timeout=120)
        os.close(terminal)
        os.close(person)
        if said.returncode == 2:
            live.check("nor one typed at a terminal", "cannot be undone" in said.stderr and queue() == before, said.stderr)
    done = json.loads(said.stdout)
    left = queue()
    live.check("the right one typed: they are gone, all others are there", set(before) - set(left) == bounces, json.dumps(done)[:600])
    undone = run("fix", "undo", str(done.get("entry")))
    live.check("no undo", undone.get("state") != "undone", json.dumps(undone)[:600])


def main() -> None:
    global DEMO
    if why := live.no_room():
        print("not run:", why)
        live.end()
    room = Path(tempfile.mkdtemp(prefix="asg-queue-"))
    with PostfixDemo(room, backend=PROGRAM) as DEMO:
        end = time.monotonic() + 20
        while states("anna@cust.example") != {"deferred"} and time.monotonic() < end:
            time.sleep(0.2)
        hold()
        delete()
    shutil.rmtree(room, ignore_errors=True)
    live.end()


if __name__ == "__main__":
    main()
