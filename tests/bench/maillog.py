#!/usr/bin/env python3
"""How fast a mail log becomes hourly counts, beside grep and wc on the same file; alone: maillog.py MEGABYTES."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "tests" / "live"))

from timed import timed                                         # noqa: E402
from world import maillog                                       # noqa: E402

PROGRAM = Path(os.environ.get("BUILD", TOP / "build")).resolve() / "antispam-guide"


def run(folder: Path, megabytes: int, say: Callable[..., None]) -> None:
    log, config = folder / "mail.log", folder / "log.yaml"
    now = time.time()
    with log.open("w") as out:
        maillog.fill(out, megabytes * 1_000_000, now)
    size = log.stat().st_size / 1e6
    config.write_text(json.dumps({"panel": {"kind": "postfix"}, "logs": {"mail": str(log)}, "store": str(folder / "log.db"),
                                  "domains": [{"name": f"dom{i}.example", "owner": f"u{i}"} for i in range(500)],
                                  "dns": {"resolvers": ["127.0.0.1:1"]}, "server": {"smtp_probe": False}}))
    timed(["/bin/cat", str(log)])                               # into the page cache
    ours = [str(PROGRAM), "senders", "--json", "--config", str(config)]
    rows = [("`grep -c sasl_username=`", ["grep", "-c", "sasl_username=", str(log)]), ("`wc -l`", ["wc", "-l", str(log)]),
            ("`senders`, first reading", ours), ("`senders`, nothing new", ours)]
    say("## The mail log\n")
    say(f"`tests/bench/maillog.py {megabytes}`: a generated log of Postfix, {size:,.0f} MB, 28 days, 3,000 mailboxes in 500 domains, into "
        "hourly counts in the store.  Rates are by CPU time.\n")
    say("| | wall s | CPU s | MB/s | of grep | peak MiB |\n|---|---|---|---|---|---|")
    base = 0.0
    for name, argv in rows:
        wall, cpu, peak, text = timed(argv)
        rate = size / cpu if cpu > 0 else 0
        base = base or rate
        idle = name.endswith("new")
        say(f"| {name} | {wall:.2f} | {cpu:.2f} | {'' if idle else f'{rate:,.0f}'} | {'' if idle else f'{rate / base:.2f}'} | {peak / 1024:.0f} |")
    sent = json.loads(text)["total"]["messages"]
    say(f"\n{sent:,} messages; the store takes {(folder / 'log.db').stat().st_size / 1e6:.1f} MB.\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-log-", dir=os.environ.get("TMPDIR")) as d:
        run(Path(d), int(sys.argv[1]) if len(sys.argv) > 1 else 200, lambda t="": print(t, flush=True))
