#!/usr/bin/env python3
"""The running backend by itself: it checks what it is given, hears that something changed, tells it once and only
when both ways show it, and goes on after it was killed.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parent))

import dns_faults                                           # noqa: E402
import live                                                 # noqa: E402
from servers import process                                 # noqa: E402

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / os.environ.get("BUILD", "build") / "antispam-guide"
SPF = dns_faults.txt(b"v=spf1 ip4:203.0.113.10 ~all")
DOMAINS = ["well.example", "broken.example", "faces.example"]


class World(dns_faults.Server):
    """Resolver and authority in one; who asks tells which of both he takes it for."""

    gone: set[tuple[str, bool]] = set()         # (domain, as a resolver)

    def answer_udp(self, q, seen, send, peer) -> None:
        name, here = q.name.lower(), b"\xc0\x0c"
        data = None
        if name.count(".") == 1 and q.type == dns_faults.NS:
            data = dns_faults.wire("ns.host.example")
        elif name == "ns.host.example" and q.type == dns_faults.A:
            data = bytes([127, 0, 0, 1])
        elif name in DOMAINS and q.type == dns_faults.A:
            data = bytes([203, 0, 113, 10])
        elif name in DOMAINS and q.type == dns_faults.TXT and (name, q.recurse) not in self.gone:
            data = SPF
        records = [dns_faults.rr(here, q.type, data, 0)] if data else []
        send(dns_faults.message(q, records, [] if data else [dns_faults.soa("example", 0, 0)]))


def until(what: str, true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.2)
    live.check(what, true())


def main(folder: Path) -> None:
    world = World("127.0.0.1")
    key = folder / "identity.key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    config = folder / "config.yaml"
    config.write_text(f"""panel: {{kind: none}}
domains: [{", ".join(f"{{name: {d}, owner: anna}}" for d in DOMAINS)}]
dns: {{resolvers: ["127.0.0.1:{world.port}"], authoritative_port: {world.port}, allow_private: true}}
server: {{addresses: ["203.0.113.10"], smtp_probe: false}}
blacklists: {{enabled: false}}
identity_key_file: {key}
store: {folder}/state.db
""")
    port = process.free_port()
    log = (folder / "log").open("w")

    def serve() -> subprocess.Popen[bytes]:
        return subprocess.Popen([PROGRAM, "serve", "--listen", f"127.0.0.1:{port}", "--config", config],
                                stdout=log, stderr=log, cwd=TOP)

    def run(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([PROGRAM, *argv, "--json", "--config", config], capture_output=True, text=True, cwd=TOP)

    def rows() -> dict[str, dict]:
        return {d["ascii"]: d for d in json.loads(run("domains").stdout)["domains"]}

    def problems(name: str) -> int:
        return ((rows()[name] or {}).get("summary") or {}).get("problem", -1)

    def told() -> list[tuple[str, str, str]]:
        with sqlite3.connect(f"file:{folder}/state.db?mode=ro", uri=True) as db:
            return [(r[0].split(".")[0], r[1], r[2]) for r in
                    db.execute("SELECT target, kind, finding FROM notices ORDER BY id")]

    def waiting() -> int:
        with sqlite3.connect(f"file:{folder}/state.db?mode=ro", uri=True) as db:
            return db.execute("SELECT count(*) FROM looks WHERE tries = 0").fetchone()[0]

    backend = serve()
    try:
        until("every domain is checked without being asked", lambda: (folder / "state.db").exists() and all(
            problems(d) == 0 for d in DOMAINS))
        live.check("nothing is news at the beginning", told() == [], told())
        world.gone |= {("broken.example", True), ("broken.example", False), ("faces.example", False)}
        began = time.monotonic()
        for _ in range(3):
            live.check("changed", run("changed", "broken.example", "faces.example").returncode == 0)
        backend.kill()                          # what was said is not forgotten
        backend.wait()
        backend = serve()
        until("what changed is looked at", lambda: problems("broken.example") == 1)
        live.check(f"soon ({time.monotonic() - began:.0f} s)", time.monotonic() - began < 25)
        until("and told once", lambda: told() == [("broken", "appeared", "spf.missing")])
        world.gone.clear()
        run("changed", "broken.example", "faces.example")
        until("mended, and told once", lambda: told()[1:] == [("broken", "resolved", "spf.missing")])
        until("nothing waits", lambda: waiting() == 0)
        live.check("what one way alone showed was never told", not [t for t in told() if t[0] == "faces"], told())
        live.check("a name that is none", run("changed", "no..name").returncode == 2)
        backend.send_signal(signal.SIGTERM)
        live.check("ends when asked to", backend.wait(20) == 0, backend.returncode)
    finally:
        if backend.poll() is None:
            backend.kill()
            backend.wait()
        log.close()
        if live.failed:
            print((folder / "log").read_text()[-3000:])
        world.close()


with tempfile.TemporaryDirectory(prefix="asg-keeper-") as directory:
    main(Path(directory))
live.end()
