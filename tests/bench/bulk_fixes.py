#!/usr/bin/env python3
"""One fix for many domains on a panel that takes 50 ms for each answer: how many a second are planned, applied,
verified and checked again, with how many calls under way; beside the same program, one domain after the other.

tests/bench/bulk_fixes.py [DOMAINS] prints it alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "tests" / "live"))

import world.build                                              # noqa: E402
from demo import Demo                                           # noqa: E402

BUILD = Path(os.environ.get("BUILD", TOP / "build")).resolve()
PROGRAM = BUILD / "antispam-guide"
LATENCY_S = 0.05
SINGLY = 10                     # domains of the peer


def without_spf(count: int) -> list[dict[str, Any]]:
    return [{"name": f"shop{n:05d}.example", "owner": "rita", "fleet": True, "roles": True, "mailboxes": ["info"],
             "records": ["@ TXT -"]} for n in range(1, count + 1)]


def ask(demo: Demo, *argv: str) -> Any:
    out = subprocess.run([str(PROGRAM), *argv, "--json", "--config", str(demo.config)], stdout=subprocess.PIPE, text=True)
    return json.loads(out.stdout)


def singly(demo: Demo, names: list[str]) -> float:
    """Seconds a domain."""
    began = time.monotonic()
    for name in names:
        plan = ask(demo, "fix", "plan", "spf.publish", "--target", name)
        state = ask(demo, "fix", "apply", plan["plan"], "--hash", plan["hash"])["state"]
        assert state == "verified", (name, state)
    return (time.monotonic() - began) / len(names)


def measure(say: Callable[..., None], count: int) -> None:
    world.build.fleet_domains = without_spf
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as d, Demo(Path(d), with_web=False, fleet=count + SINGLY) as demo:
        names = [row["name"] for row in without_spf(count + SINGLY)]
        (demo.run / "names").write_text("\n".join(names[SINGLY:]) + "\n")
        demo.control("PUT", "/switches", {"latency_s": [LATENCY_S, LATENCY_S], "dns_wait": True, "dns_delay_s": 0.0})
        one = singly(demo, names[:SINGLY])
        each = demo.control("GET", "/count")["count"] / SINGLY
        demo.control("DELETE", "/journal")
        began = time.monotonic()
        done = ask(demo, "fix", "bulk", "spf.publish", "--from", str(demo.run / "names"), "--apply")
        took = time.monotonic() - began
        calls = demo.control("GET", "/count")
        began = time.monotonic()
        undone = ask(demo, "fix", "undo", done["bulk"])
        back = time.monotonic() - began
    say(f"## {count:,} fixes on a panel that answers in {LATENCY_S * 1000:.0f} ms\n")
    say(f"`tests/bench/bulk_fixes.py {count}`: `fix bulk spf.publish --from --apply`, from the plan to the check afterwards.  "
        "One by one, each process reads anew which domains there are and whose.\n")
    say("| | fixes/s | of one by one | panel calls a domain | under way at most | done |\n|---|---|---|---|---|---|")
    say(f"| one by one, a process each | {1 / one:.2f} | 1.0 | {each:.1f} | | {SINGLY} of {SINGLY} |")
    say(f"| `fix bulk --apply` | {count / took:.2f} | {count / took * one:.1f} | {calls['count'] / count:.1f} | {calls['most_in_flight']} | "
        f"{done['summary']['verified']} of {count} |")
    say(f"| `fix undo` of the batch | {count / back:.2f} | | | | {undone['summary'].get('undone', 0)} of {count} |")
    say()


if __name__ == "__main__":
    measure(print, int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
