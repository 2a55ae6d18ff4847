#!/usr/bin/env python3
"""Measure against peers in the same run; `make bench` writes tests/bench/RESULTS.md.

pages    the backend's pages beside a bare FastCGI program with as many threads, and beside the list page in PHP-FPM
check    one domain, nothing cached, as a whole process
spf      check_host as a stream beside pyspf on the same cached answers
maillog  a mail log into hourly counts beside grep and wc (also alone: tests/bench/maillog.py MEGABYTES)
messages reports in a batch and hostile messages beside Python's MIME parser (also alone: messages.py LINES)
bulk     a fleet of domains behind a real resolver, with and without latency, beside a bare c-ares program that
         asks the same questions, a sequential dnspython script and a loop of dig
fixes    one fix for many domains on a slow panel, beside one domain after the other (bulk_fixes.py, alone too)
queue    `queue summary` of 100,000 messages, Postfix' and Exim's (queue_size.py, alone too; needs root)

Machines differ: only the ratios within one run mean something.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "tests" / "live"))

import maillog                                                  # noqa: E402
import messages                                                 # noqa: E402
from demo import Demo                                           # noqa: E402
from servers import fcgi, process                               # noqa: E402
from servers.fetch import programs                              # noqa: E402
from world import fleet                                         # noqa: E402

import bulk_fixes                                               # noqa: E402
import php_peer                                                 # noqa: E402
import queue_size                                               # noqa: E402
from timed import timed                                         # noqa: E402

BUILD = Path(os.environ.get("BUILD", TOP / "build")).resolve()
PROGRAM = BUILD / "antispam-guide"
lines: list[str] = []


def say(text: str = "") -> None:
    print(text, flush=True)
    lines.append(text)


def run(argv: list[str], text: str | None = None) -> str:
    return subprocess.run([str(a) for a in argv], input=text, stdout=subprocess.PIPE, check=True, text=True).stdout


def rss_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


# --- pages

def pages(demo: Demo, seconds: float) -> None:
    say("## Pages\n")
    say("32 connections, each request on a connection of its own, for an administrator; the peers are a bare FastCGI program "
        "(`tests/bench/hello.c`) and the list page in PHP-FPM over the same SQLite file (`tests/bench/peer.php`, with its op-code "
        "cache), each with as many threads or processes.  One person asks for the same page again and again: of ours all but the "
        "first of a minute are kept ones (`cgi/web/kept.h`).\n")
    run([PROGRAM, "check", "--all", "--jsonl", "--config", demo.config])     # or the backend would be busy with that
    sock = demo.run / "hello.sock"
    hello = subprocess.Popen([BUILD / "bench" / "hello", sock, "8"])
    group = process.Group()
    try:
        php, php_params = php_peer.start(group, demo.run / "php", demo.store, demo.identity_key_file, 8)
        while not sock.exists():
            time.sleep(0.02)
        rows = [("bare FastCGI hello", sock, "/", None, []), ("/healthz", demo.socket, "/healthz", None, []),
                ("list, JSON", demo.socket, "/domains", "application/json", []),
                ("list, JSON, PHP-FPM", php, "/", "application/json", php_params),
                ("list, HTML", demo.socket, "/domains", "text/html", []),
                ("list, HTML, PHP-FPM", php, "/", "text/html", php_params),
                ("a domain, JSON", demo.socket, "/domains/nospf.example", "application/json", []),
                ("a domain, HTML", demo.socket, "/domains/nospf.example", "text/html", [])]
        say("| page | requests/s | of hello | p50 ms | p99 ms | bytes | failed |\n|---|---|---|---|---|---|---|")
        base = 0.0
        for name, where, path, accept, more in rows:
            params = [f"REQUEST_METHOD=GET", f"PATH_INFO={path}", f"REQUEST_URI={path}", "SERVER_PROTOCOL=HTTP/1.1",
                      *(more or ["SCRIPT_NAME="])]
            if accept:
                params += [f"HTTP_ACCEPT={accept}", "ASG_IDENTITY=" + fcgi.identity(
                    demo.identity_key, login="admin", role="admin", session="bench")]
            got = json.loads(run([BUILD / "bench" / "load", where, "32", str(seconds)], "\n".join(params) + "\n"))
            base = base or got["per_second"]
            say(f"| {name} | {got['per_second']:,.0f} | {got['per_second'] / base:.2f} | {got['p50']:.2f} | {got['p99']:.2f} | "
                f"{got['bytes']:,} | {got['failed']} |")
    finally:
        hello.kill()
        hello.wait()
        group.stop()
    busy = rss_kib(demo.backend_pid)
    time.sleep(30)
    say(f"\nResident memory of the backend after this: {busy / 1024:.1f} MiB; when nothing was asked for half a minute: "
        f"{rss_kib(demo.backend_pid) / 1024:.1f} MiB.\n")


# --- one domain

def check(demo: Demo) -> None:
    say("## One domain, nothing cached\n")
    record = demo.run / "record.json"
    walls = []
    for _ in range(5):
        wall, _, _, _ = timed([PROGRAM, "check", "nospf.example", "--panel", "none", "--address", "203.0.113.10", "--json",
                               "--config", demo.config, "--record", record])
        walls.append(wall)
    answers = json.loads(record.read_text())["answers"]
    say(f"`check nospf.example` as a whole process: {sorted(walls)[2] * 1000:.0f} ms (median of 5), "
        f"{sum(a['key'].startswith('dns ') for a in answers)} DNS questions, of which "
        f"{sum(a['key'].startswith('dns @') for a in answers)} at the authoritative servers; the rest are mostly blacklists.\n")


# --- SPF

def spf(demo: Demo, count: int) -> None:
    say("## SPF\n")
    batch = demo.run / "batch.jsonl"
    with batch.open("w") as f:
        for i in range(count):
            f.write(json.dumps({"id": i, "ip": f"203.0.113.{i % 250}", "helo": "a.example", "sender": "x@lookups.example"}) + "\n")
    wall, cpu, peak, _ = timed([PROGRAM, "spf", "eval", "--batch", batch, "--json", "--resolver", demo.resolver])
    say(f"`spf eval --batch`, JSON in and out: {count:,} lines in {wall:.2f} s, {count / cpu:,.0f} a second of CPU, "
        f"peak {peak / 1024:.0f} MiB.")
    peer = subprocess.run(["/usr/bin/python3", str(HERE / "pyspf_peer.py"), demo.resolver, str(batch), str(min(count, 4000))],
                          stdout=subprocess.PIPE, text=True)
    if peer.returncode == 0:
        rate = json.loads(peer.stdout)["per_second"]
        say(f"pyspf on the same cached answers, without reading or writing anything: {rate:,.0f} a second of CPU; the whole "
            f"stream is {count / cpu / rate:.0f} times that.\n")
    else:
        say("pyspf is not installed here (python3-spf, python3-dns): no peer.\n")
        return
    alone = subprocess.run(["/usr/bin/python3", str(TOP / "tests" / "diff" / "spf_pyspf.py"),
                            str(BUILD / "diff" / "spf_lines"), "--bench"], stdout=subprocess.PIPE, text=True)
    say("Evaluation alone, the same records and answers in both:\n\n```\n" + alone.stdout.rstrip() + "\n```\n")


# --- bulk

def dig_loop(names: list[str], host: str, port: str) -> float:
    """Domains a second of a shell loop: one dig process a look-up, seven look-ups."""
    began = time.monotonic()
    for name in names:
        for kind, asked in (("MX", name), ("TXT", name), ("NS", name), ("A", name), ("TXT", "_dmarc." + name),
                            ("TXT", "default._domainkey." + name), ("AAAA", name)):
            subprocess.run(["dig", "+short", "@" + host, "-p", port, asked, kind], stdout=subprocess.DEVNULL)
    return len(names) / (time.monotonic() - began)


def fleet_of(folder: Path, count: int, delay_ms: int, group: process.Group) -> fleet.Fleet:
    through = None
    if delay_ms == 0:
        return fleet.Fleet(folder, count, group, programs(["nsd", "unbound"]))
    port = process.free_port(udp=True)
    through = ("127.0.0.1", port)
    world = fleet.Fleet(folder, count, group, programs(["nsd", "unbound"]), through)
    group.add(process.Process("delay", [str(BUILD / "bench" / "delay"), str(port), fleet.NS[0], str(world.port),
                                        str(delay_ms)], folder / "delay.log"))
    return world


def alone(world: fleet.Fleet, argv: list, delay_ms: int) -> None:
    """One domain after the other, each with a resolver that knows nothing: what a customer waits for."""
    took = []
    for name in world.names[:20]:
        world.unbound.forget()
        took.append(json.loads(run([PROGRAM, "check", name, "--json", *argv]))["reports"][0]["duration_ms"])
    took.sort()
    say(f"A domain alone, nothing cached: {took[len(took) // 2]} ms (median of {len(took)}), {took[-1]} at most: the time of "
        f"{took[len(took) // 2] / delay_ms:.1f} and {took[-1] / delay_ms:.1f} answers one after the other.\n")


def bulk(folder: Path, count: int, delay_ms: int) -> None:
    say(f"## {count:,} domains, {delay_ms} ms of latency per authoritative answer\n" if delay_ms else
        f"## {count:,} domains\n")
    group = process.Group()
    try:
        world = fleet_of(folder, count, delay_ms, group)
        host, port = world.resolver.rsplit(":", 1)
        argv = [PROGRAM, "check", "--from", world.list, "--jsonl", "--panel", "none", "--address", fleet.SENDING,
                "--config", world.config, "--resolver", world.resolver]
        sample = folder / "sample.txt"
        sample.write_text("\n".join(world.names[:1000]) + "\n")
        record = folder / "record.json"
        run([*argv[:3], sample, *argv[4:], "--record", record])
        keys = [a["key"].split() for a in json.loads(record.read_text())["answers"] if a["key"].startswith("dns ")]
        kinds = [k[1:] for k in keys if not k[1].startswith("@")]
        own = [(kind, name) for kind, name in kinds if name.endswith(fleet.name(0))]
        shared = [(kind, name) for kind, name in kinds if not name.endswith("example") or "host.example" in name]
        questions = "".join(f"{kind} {name[:-len(fleet.name(0))]}{domain}\n" for domain in world.names
                            for kind, name in own) + "".join(f"{kind} {name}\n" for kind, name in shared) * max(count // 1000, 1)
        asked = questions.count("\n")
        say(f"`tests/bench/bench.py --fleet {count}`; {asked / count:.2f} look-ups a domain where nothing is shared.  CPU and memory are of the "
            "client's process.\n")
        if delay_ms > 0:
            alone(world, argv[5:], delay_ms)
        say("| | domains/s | of bare c-ares | CPU a domain | peak MiB |\n|---|---|---|---|---|")
        for state in ("cold", "warm"):
            if state == "cold":
                world.unbound.forget()
            raw = json.loads(run([BUILD / "bench" / "raw_cares", host, port, "100"], questions))
            ceiling = count / raw["seconds"]
            say(f"| bare c-ares, all look-ups, 100 in flight, {state} | {ceiling:,.0f} | 1.00 | | |")
            if state == "cold":
                world.unbound.forget()
            wall, cpu, peak, _ = timed(argv)
            say(f"| `check --from --jsonl`, {state} | {count / wall:,.0f} | {count / wall / ceiling:.2f} | "
                f"{cpu / count * 1e6:,.0f} us | {peak / 1024:.1f} |")
        peer = subprocess.run(["/usr/bin/python3", str(HERE / "script_peer.py"), host, port, "200"],
                              input=world.list.read_text(), stdout=subprocess.PIPE, text=True)
        if peer.returncode == 0:
            rate = json.loads(peer.stdout)["per_second"]
            say(f"| dnspython + pyspf, one after the other, 200 domains, warm | {rate:,.0f} | {rate / ceiling:.4f} | | |")
        if shutil.which("dig"):
            rate = dig_loop(world.names[:20], host, port)
            say(f"| a `dig` process per look-up, 20 domains, warm | {rate:,.1f} | {rate / ceiling:.5f} | | |")
        say()
    finally:
        group.stop()


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--fleet", type=int, default=10000, help="domains of the bulk runs")
    p.add_argument("--listed", type=int, default=2000, help="domains behind the pages")
    p.add_argument("--seconds", type=float, default=4)
    p.add_argument("--spf", type=int, default=50000)
    p.add_argument("--log-mb", type=int, default=200, help="megabytes of the mail log")
    p.add_argument("--fixes", type=int, default=1000, help="domains of the bulk fix")
    p.add_argument("--reports", type=int, default=20000, help="reports in a batch")
    p.add_argument("--only-pages", action="store_true", help="only the pages; writes no file")
    p.add_argument("--queue", type=int, default=100000, help="messages in the queue; 0 = not measured")
    p.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    a = p.parse_args()
    say("# Measured\n")
    say("`make bench` on the machine at hand; only ratios within one run mean something.\n")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as d, \
            Demo(Path(d), fleet=a.listed, backend=PROGRAM, with_web=False) as demo:
        demo.config = Path(d) / "config.yaml"
        demo.backend_pid = next(int(x) for x in run(["pgrep", "-f", f"serve --config {demo.config}"]).split())
        if a.only_pages:
            pages(demo, a.seconds)
            return 0
        check(demo)
        spf(demo, a.spf)
        pages(demo, a.seconds)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as d:
        maillog.run(Path(d), a.log_mb, say)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as d:
        messages.measure(Path(d), a.reports, say)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as d:
        bulk(Path(d) / "near", a.fleet, 0)
        bulk(Path(d) / "far", a.fleet, 20)
    bulk_fixes.measure(say, a.fixes)
    if a.queue and os.geteuid() == 0:
        queue_size.measure(say, a.queue)
    a.out.write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
