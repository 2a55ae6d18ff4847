#!/usr/bin/env python3
"""The DNS door with real servers: nsd asked as authority, unbound as resolver; many questions at once."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                 # noqa: E402
from servers import process                 # noqa: E402
from servers.fetch import programs          # noqa: E402
from servers.nsd import Nsd                 # noqa: E402
from servers.unbound import Unbound         # noqa: E402

ASK = live.program("net_ask")
NAMES = 20000

HEAD = """$TTL 3600
@ 3600 IN SOA ns.cust.example. root.cust.example. 7 3600 600 86400 300
@ IN NS ns.cust.example.
"""
CUST = HEAD + """
@ IN A 192.0.2.1
@ IN AAAA 2001:db8::1
@ IN MX 10 mx.cust.example.
@ 60 IN TXT "v=spf1 " "mx " "-all"
@ 60 IN TXT "other"
ns IN A 127.0.41.1
mx IN A 192.0.2.25
www IN CNAME cust.example.
far IN CNAME www.else.example.
gone IN CNAME nothing.else.example.
void IN CNAME nodata.cust.example.
nodata IN A 192.0.2.9
loop1 IN CNAME loop2
loop2 IN CNAME loop1
*.wild IN A 192.0.2.77
sub IN NS ns.sub.else.example.
null IN MX 0 .
\\000\\255a.odd IN A 192.0.2.5
8-bit IN TXT "\\195\\169\\000\\255"
""" + "".join('huge IN TXT "%s" "%s"\n' % (chr(97 + i % 26) * 255, "%03d" % i * 85) for i in range(80)) \
    + "".join("many IN A 10.%d.%d.%d\n" % (i >> 16, i >> 8 & 255, i & 255) for i in range(1500))
ELSE = HEAD + "www IN A 192.0.2.80\nns IN A 127.0.41.1\n"
FLEET = HEAD + "".join('d%d IN A 192.0.2.%d\nd%d IN TXT "v=spf1 mx -all"\n' % (i, i % 250 + 1, i)
                       for i in range(NAMES))


def ask(lines: list[str], *options: str) -> dict[str, str]:
    run = subprocess.run([ASK, "-p", *options], input="\n".join(lines) + "\n", capture_output=True,
                         text=True, timeout=120)
    if run.returncode != 0:
        live.check("net_ask ends well", False, run.stderr[-500:])
    return {" ".join(line.split(" ", 2)[:2]): line.split(" ", 2)[2] for line in run.stdout.splitlines()}


def receive_errors() -> int:
    for line in Path("/proc/net/snmp").read_text().splitlines():
        if line.startswith("Udp: ") and line.split()[1].isdigit():
            return int(line.split()[5])
    return 0


def main(directory: Path, group: process.Group) -> None:
    found = programs(["nsd", "unbound"])
    at = ["127.0.41.1", "127.0.41.2"]
    port = process.free_port(at, udp=True)
    (directory / "nsd" / "zones").mkdir(parents=True)
    nsd = Nsd(directory / "nsd", at, port).start(group, found)
    for zone, text in (("cust.example", CUST), ("else.example", ELSE), ("fleet.example", FLEET)):
        nsd.add(zone, text)
        live.check(zone + " is served", nsd.wait_serial(zone, 7))
    resolver_port = process.free_port(["127.0.0.1"], udp=True)
    Unbound(directory / "unbound", resolver_port, {
        "cust.example": at, "else.example": at, "fleet.example": at}, port).start(group, found)
    resolver = ["-r", "127.0.0.1:%d" % resolver_port]
    authority = " %s:%d" % (at[0], port)

    cases = [       # name, type, from the resolver, from the authority
        ("cust.example", "A", r"FOUND .* 192\.0\.2\.1$", r"FOUND .*aa=1 .* 192\.0\.2\.1$"),
        ("CUST.Example", "AAAA", r"FOUND .* 2001:db8::1$", r"FOUND .*aa=1 .* 2001:db8::1$"),
        ("cust.example", "MX", r"FOUND .* 10/mx\.cust\.example$", r"FOUND .*aa=1 "),
        ("cust.example", "NS", r"FOUND .* ns\.cust\.example$", r"FOUND .*aa=1 "),
        ("cust.example", "SOA", r"FOUND .* ns\.cust\.example root\.cust\.example 7 300$", r"FOUND .*aa=1 "),
        ("cust.example", "TXT", r"FOUND .*count=2 .*\[v=spf1 \]\[mx \]\[-all\]\(14\)", r"FOUND .*ttl=60 .*count=2 "),
        ("www.cust.example", "A", r"FOUND .*cname=cust\.example .* 192\.0\.2\.1$", r"FOUND .*cname=cust\.example "),
        ("far.cust.example", "A", r"FOUND .*cname=www\.else\.example .* 192\.0\.2\.80$",
         r"(FOUND|NODATA) .*cname=www\.else\.example "),
        ("gone.cust.example", "A", r"NXDOMAIN .*ttl=300 cname=nothing\.else\.example ",
         r"(NXDOMAIN|NODATA) .*cname=nothing\.else\.example "),
        ("void.cust.example", "TXT", r"NODATA .*cname=nodata\.cust\.example ", r"NODATA .*cname=nodata\.cust\.example "),
        ("loop1.cust.example", "A", r"FAILED (cname_loop|servfail)", r"FAILED cname_loop|NODATA .*cname="),
        ("nodata.cust.example", "MX", r"NODATA .*ttl=300 cname=- ", r"NODATA .*aa=1 ttl=300 "),
        ("none.cust.example", "A", r"NXDOMAIN none rcode=3 .*ttl=300 ", r"NXDOMAIN .*aa=1 ttl=300 "),
        ("a.b.wild.cust.example", "A", r"FOUND .* 192\.0\.2\.77$", r"FOUND .*aa=1 "),
        ("null.cust.example", "MX", r"FOUND .* 0/$", r"FOUND .* 0/$"),
        (r"\000\255a.odd.cust.example", "A", r"FOUND .* 192\.0\.2\.5$", r"FOUND .* 192\.0\.2\.5$"),
        ("8-bit.cust.example", "TXT", r"FOUND .*\[é\\x00\\xff\]\(4\)$", r"FOUND "),
        ("huge.cust.example", "TXT", r"FOUND .*count=80 ", r"FOUND .*aa=1 .*count=80 "),
        ("many.cust.example", "A", r"FOUND .*count=1500 ", r"FOUND .*aa=1 .*count=1500 "),
    ]
    from_resolver = ask(["%s %s" % c[:2] for c in cases], *resolver)
    from_authority = ask(["%s %s%s" % (*c[:2], authority) for c in cases])
    for name, kind, want, want_authority in cases:
        key = "%s %s" % (name.lower(), kind)
        live.check("resolver, " + key, re.match(want, from_resolver.get(key, "")), from_resolver.get(key))
        live.check("authority, " + key, re.match(want_authority, from_authority.get(key, "")),
                   from_authority.get(key))
    answers = ask(["x.sub.cust.example A" + authority, "other.example A" + authority])
    live.check("a delegation is lame", answers["x.sub.cust.example A"].startswith("FAILED lame"), answers)
    live.check("a zone that is not there", re.match("FAILED (refused|servfail)", answers["other.example A"]), answers)

    # Many at once.  Twice: the second time unbound knows the answers.
    fleet = "".join("d%d.fleet.example %s\n" % (i, kind) for i in range(NAMES) for kind in ("A", "TXT"))
    for window in ("100", "256", "1000"):
        for servers, where in ((resolver, "resolver"), (["-r", "%s:%d" % (at[1], port)], "nsd")):
            before = receive_errors()
            run = subprocess.run([ASK, "-p", "-q", "-w", window, *servers], input=fleet, capture_output=True,
                                 text=True, timeout=120)
            # Every question has its answer.  A server that starves on a busy machine may make us ask
            # again, but hardly ever, and never because our own sockets overflowed.
            told = {k: float(v) for k, v in re.findall(r"(\w+)=([0-9.]+)", run.stderr)}
            live.check("%s, window %s: none lost (%s s)" % (where, window, told.get("seconds")),
                       told.get("found") == 2 * NAMES and told.get("failed") == 0, run.stderr)
            live.check("%s, window %s: each asked once" % (where, window),
                       told.get("sent", 0) <= 2 * NAMES * (1.05 if window == "1000" else 1.02), run.stderr)
            live.check("%s, window %s: no receive errors without time-outs" % (where, window),
                       receive_errors() == before or told.get("timeouts", 0) > 0, receive_errors() - before)


with tempfile.TemporaryDirectory(prefix="asg-real-dns.") as directory:
    processes = process.Group()
    try:
        main(Path(directory), processes)
    finally:
        processes.stop()
live.end()
