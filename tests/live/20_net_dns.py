#!/usr/bin/env python3
"""The DNS door against a server that errs in every way (dns_faults.py)."""

import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dns_faults
import live

ASK = live.program("net_ask")
FAULTS = dns_faults.serve()
HERE = "127.0.0.1:%d" % FAULTS.port


def ask(lines, *options):
    """{"NAME TYPE": the line that net_ask printed}, and its last line."""
    if isinstance(lines, str):
        lines = [lines]
    run = subprocess.run([ASK, "-p", "-t", "200", *options], input="\n".join(lines) + "\n",
                         capture_output=True, text=True, timeout=60)
    if run.returncode != 0:
        live.check("net_ask ends well", False, run.stderr[-2000:])
    found = {}
    for line in run.stdout.splitlines():
        words = line.split(" ", 2)
        found[" ".join(words[:2])] = words[2]
    return found, run.stderr


# name, type, what must stand in the line
CASES = [
    ("plain.x", "A", "FOUND none rcode=0 .*ttl=300 .* 192.0.2.1$"),
    ("plain.x", "TXT", r"FOUND .* \[plain\]\(5\)$"),
    ("PLAIN2.x", "A", "FOUND .* 192.0.2.1$"),
    ("drop.x", "A", "FAILED timeout"),
    ("wrongid.x", "A", "FAILED timeout"),
    ("wrongq.x", "A", "FAILED timeout"),
    ("noq.x", "A", "FAILED timeout"),
    ("othername.x", "A", "FAILED timeout"),
    ("qr0.x", "A", "FAILED timeout"),
    ("opcode.x", "A", "FAILED timeout"),
    ("class.x", "A", "FAILED timeout"),
    ("qclass.x", "A", "FAILED timeout"),
    ("first-wrongid.x", "A", "FOUND .* 192.0.2.1$"),
    ("first-wrongq.x", "A", "FOUND .* 192.0.2.1$"),
    ("first-othername.x", "A", "FOUND .* 192.0.2.1$"),
    ("first-qr0.x", "A", "FOUND .* 192.0.2.1$"),
    ("first-empty.x", "A", "FOUND .* 192.0.2.1$"),
    ("lie.x", "A", "FOUND .* 192.0.2.1$"),
    ("drop1.x", "A", "FOUND .* 192.0.2.1$"),
    ("servfail1.x", "A", "FOUND .* 192.0.2.1$"),
    ("late.x", "A", "FOUND .* 192.0.2.1$"),
    ("tc.x", "A", "FOUND .* 192.0.2.1$"),
    ("tcslow.x", "A", "FOUND .* 192.0.2.1$"),
    ("tcdead.x", "A", "FAILED timeout"),
    ("tcclose.x", "A", "FAILED unreachable"),
    ("tcother.x", "A", "FAILED malformed"),
    ("tcgarbage.x", "A", "FAILED timeout"),
    ("formerr-edns.x", "A", "FOUND .* 192.0.2.1$"),
    ("formerr-short.x", "A", "FOUND .* 192.0.2.1$"),
    ("notimp-edns.x", "A", "FOUND .* 192.0.2.1$"),
    ("badvers.x", "A", "FOUND .* 192.0.2.1$"),
    ("servfail.x", "A", "FAILED servfail rcode=2"),
    ("refused.x", "A", "FAILED refused rcode=5"),
    ("notimp.x", "A", "FAILED notimp rcode=4"),
    ("formerr.x", "A", "FAILED formerr rcode=1"),
    ("notauth.x", "A", "FAILED servfail rcode=9"),
    ("referral.x", "A", "FAILED lame"),
    ("cname.x", "A", "FOUND none .*ttl=50 cname=end.x .* 192.0.2.99$"),
    ("cnamebackwards.x", "A", "FOUND none .*ttl=50 cname=end.x .* 192.0.2.99$"),
    ("cname16.x", "A", "FOUND none .* cname=end.x .* 192.0.2.99$"),
    ("cname17.x", "A", "FAILED cname_loop"),
    ("cnameloop.x", "A", "FAILED cname_loop"),
    ("cnameself.x", "A", "FAILED cname_loop"),
    ("cnameout.x", "A", "FOUND none .*ttl=20 cname=plain.x .* 192.0.2.1$"),
    ("cnamedeep.n5.x", "A", "FOUND none .* cname=cnamedeep.n0.x .* 192.0.2.1$"),
    ("cnamedeep.n16.x", "A", "FOUND none .* cname=cnamedeep.n0.x .* 192.0.2.1$"),
    ("cnamedeep.n17.x", "A", "FAILED cname_loop"),
    ("ping.x", "A", "FAILED cname_loop"),
    ("cnamenx.x", "A", "NXDOMAIN none rcode=3 .*ttl=60 cname=gone.x"),
    ("cnamenodata.x", "A", "NODATA none .*ttl=60 cname=void.x"),
    ("nodata.x", "A", "NODATA none rcode=0 .*ttl=60 cname=- "),
    ("nosoa.x", "A", "NODATA none rcode=0 .*ttl=0 "),
    ("nxdata.x", "A", "FAILED malformed rcode=3"),
    ("verylate.x", "A", "FOUND .* 192.0.2.1$"),
    ("nxdomain.x", "A", "NXDOMAIN none rcode=3 .*ttl=600 "),
    ("garbage.x", "A", "FAILED malformed"),
    ("short.x", "A", "FAILED malformed"),
    ("countlie.x", "A", "FAILED malformed"),
    ("loop.x", "A", "FAILED malformed"),
    ("forward.x", "A", "FAILED (timeout|malformed)"),
    ("shorta.x", "A", "FAILED malformed"),
    ("emptytxt.x", "TXT", "FAILED malformed"),
    ("badtxt.x", "TXT", "FAILED malformed"),
    ("multi.x", "TXT", r"FOUND .*\[bbbbbbbbbb\]\[\]\[\\x00\\xff\]\(267\)$"),
    ("hugetxt.x", "TXT", r"FOUND .*\(63750\)$"),
    ("bigudp.x", "TXT", "FOUND .* count=5 "),
    ("manyrr.x", "A", "FOUND .* count=2000 "),
    ("manyrr.x", "TXT", "FAILED limit"),
    ("oddbytes.x", "MX", r"FOUND .* 5/a\\046b\\092\.\\000\\255\\032c\\007\.x$"),
]

answers, last = ask(["%s %s" % c[:2] for c in CASES], "-r", HERE)
for name, kind, want in CASES:
    got = answers.get("%s %s" % (name.lower(), kind), "(no answer)")
    live.check("%s %s" % (name, kind), re.match(want, got), "got: " + got[:200])
live.check("everything is answered once", len(answers) == len(CASES), last)

# Named servers: asked without RD, answer for themselves.
named = [("plain2.x", "FOUND none rcode=0 aa=1"), ("lame.x", "FAILED lame"),
         ("cnameout.x", "NODATA none .*ttl=20 cname=plain.x"), ("cname.x", "FOUND .* cname=end.x"),
         ("nxdomain.x", "NXDOMAIN"), ("refused.x", "FAILED refused")]
answers, _ = ask(["%s A %s" % (name, HERE) for name, _ in named], "-r", "127.0.0.1:1")
for name, want in named:
    got = answers.get(name + " A", "(no answer)")
    live.check("named server, " + name, re.match(want, got), "got: " + got)

# How often is asked, and how.
def asked(name, *args):
    return FAULTS.total(name, *args)


live.check("a dead server is tried twice", asked("drop.x") == 2, asked("drop.x"))
live.check("SERVFAIL is tried twice", asked("servfail.x") == 2, asked("servfail.x"))
live.check("REFUSED is not tried again", asked("refused.x") == 2, asked("refused.x"))  # + named
live.check("FORMERR without EDNS is final", asked("formerr.x") == 2, asked("formerr.x"))
live.check("truncated: once more over TCP", (asked("tc.x", "udp"), asked("tc.x", "tcp")) == (1, 1))
live.check("1,000 octets fit a datagram", asked("bigudp.x", "tcp") == 0)
live.check("drop1 is asked twice", asked("drop1.x") == 2)
answers, _ = ask(["formerr-edns.x A", "first.formerr-edns.x A"], "-r", HERE, "-w", "1")

# EDNS is remembered per server, and only of the one that has none.
two = dns_faults.serve()
answers, _ = ask(["formerr-edns.x MX %s" % HERE, "again.x MX %s" % HERE,
                  "other.x MX 127.0.0.1:%d" % two.port], "-w", "1")
live.check("no EDNS to the server that refused it",
           ("again.x", 15, "udp", False) in FAULTS.asked and
           ("again.x", 15, "udp", True) not in FAULTS.asked, str(FAULTS.asked)[-300:])
live.check("EDNS to the others", ("other.x", 15, "udp", True) in two.asked)

# The order of servers; the second helps out.
for fault, word in [("drop", "timeout"), ("servfail", "servfail"), ("refused", "refused"),
                    ("garbage", "malformed"), ("lame", "lame")]:
    first, second = dns_faults.serve(), dns_faults.serve()
    plain = dns_faults.plain
    second.answer_udp = lambda q, seen, send, peer: send(plain(q))
    at = ["127.0.0.1:%d" % s.port for s in (first, second)]
    if fault == "lame":
        answers, _ = ask("lame.x A " + " ".join(at))
    else:
        answers, _ = ask("%s.x A" % fault, "-r", at[0], "-r", at[1])
    got = answers.get(fault + ".x A", "")
    live.check("second server after " + word, re.match("FOUND .*server=%s " % at[1], got), got)
    live.check("first server is asked first", first.total(fault + ".x") == 1)
    first.close()
    second.close()

# A dead first server does not cost every look-up its time-out, and is noticed when it is back.
first, second = dns_faults.serve(), dns_faults.serve()
plain, since = dns_faults.plain, time.monotonic()
first.answer_udp = lambda q, seen, send, peer: time.monotonic() - since > 1.5 and send(plain(q))
second.answer_udp = lambda q, seen, send, peer: (time.sleep(0.02), send(plain(q)))
run = subprocess.run([ASK, "-t", "300", "-w", "1", "-r", "127.0.0.1:%d" % first.port, "-r",
                      "127.0.0.1:%d" % second.port], text=True, capture_output=True,
                     input="".join("n%d.x A\n" % i for i in range(300)))
live.check("a dead first server", "found=300 " in run.stderr, run.stderr)
live.check("costs little", 2 <= int(re.search(r"timeouts=(\d+)", run.stderr).group(1)) <= 6, run.stderr)
live.check("one that is back is first again", run.stdout.splitlines()[-1].find(
    "server=127.0.0.1:%d " % first.port) > 0, run.stdout.splitlines()[-1])

# A closed port is told at once.
before = time.monotonic()
closed = dns_faults.serve()
closed.close()
answers, _ = ask("plain.x A", "-r", "127.0.0.1:%d" % closed.port)
live.check("closed port", answers["plain.x A"].startswith("FAILED unreachable"), str(answers))
live.check("closed port is told at once", time.monotonic() - before < 1)

# IPv6.
try:
    six = dns_faults.serve("::1")
    answers, _ = ask("plain.x A", "-r", "[::1]:%d" % six.port)
    live.check("IPv6", answers["plain.x A"].startswith("FOUND"), str(answers))
    answers, _ = ask("tc.x A", "-r", "[::1]:%d" % six.port)
    live.check("IPv6 over TCP", answers["tc.x A"].startswith("FOUND"), str(answers))
except OSError:
    print("no IPv6 here")

# Private addresses are refused as named servers, not as resolvers.
run = subprocess.run([ASK, "-r", HERE], text=True, capture_output=True,
                     input="plain3.x A\nplain4.x A %s\nplain5.x A [::ffff:127.0.0.1]:%d 10.0.0.1\n"
                     % (HERE, FAULTS.port))
live.check("loopback resolver", "plain3.x A FOUND" in run.stdout, run.stdout)
live.check("loopback as named server", "plain4.x A FAILED forbidden" in run.stdout, run.stdout)
live.check("the same in v6", "plain5.x A FAILED forbidden" in run.stdout, run.stdout)
live.check("was not asked", asked("plain4.x") == 0 and asked("plain5.x") == 0)

# Time: a try takes as long as it may, not longer, and does not double.
before = time.monotonic()
ask("drop.x TXT", "-r", HERE, "-n", "4")
took = time.monotonic() - before
live.check("four tries of 200 ms", 0.79 < took < 1.3, took)

# Many at once: none lost, ports change.
FAULTS.ports.clear()
names = ["m%d.x A" % i for i in range(5000)]
for window in ("1", "100", "256", "1000"):
    run = subprocess.run([ASK, "-p", "-q", "-t", "5000", "-w", window, "-r", HERE], text=True,
                         input="\n".join(names if window != "1" else names[:300]) + "\n",
                         capture_output=True)
    live.check("window %s: nothing lost" % window,
               re.search("nodata=0 nxdomain=0 failed=0 .*timeouts=0 ", run.stderr), run.stderr)
live.check("many source ports", len(FAULTS.ports) > 300, len(FAULTS.ports))

# A lossy resolver: 30 % lost, two servers, two tries; at least 97 % decided.
lossy = [dns_faults.serve(), dns_faults.serve()]
import random
random.seed(7)
for server in lossy:
    server.answer_udp = lambda q, seen, send, peer: random.random() < 0.3 or send(dns_faults.plain(q))
run = subprocess.run([ASK, "-q", "-t", "400", "-r", "127.0.0.1:%d" % lossy[0].port, "-r",
                      "127.0.0.1:%d" % lossy[1].port], text=True,
                     input="\n".join(names[:2000]) + "\n", capture_output=True)
found = int(re.search(r"found=(\d+)", run.stderr).group(1))
live.check("30 %% loss: %d of 2000 decided" % found, found >= 1940, run.stderr)
live.check("loss is no verdict", "nodata=0 nxdomain=0" in run.stderr, run.stderr)

live.end()
