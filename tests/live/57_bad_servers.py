#!/usr/bin/env python3
"""A domain of which one name server errs in every way that name servers err: no verdict but that they contradict each
other where they do; and where both err, or the resolver, nothing alarms.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import dns_faults                                           # noqa: E402
import live                                                 # noqa: E402
from dns_faults import A, MX, NS, TXT, message, rr, soa, txt, wire      # noqa: E402

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / os.environ.get("BUILD", "build") / "antispam-guide"
SENDING = "203.0.113.10"
GOOD, BAD = "127.0.57.1", "127.0.57.2"
KEY = ("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmz13QlsVve/n6Ndnwe3Yp5lpKPxj3wVLM/iJ8jZQfWjPVsRmgmGSaTNv"
       "IvgenaHz3qIVrzMHpIOuj/HZL03x0CWB0KZWUwkDAeHn1v0j7nw8AgAjKSUkbA4byYLWJlBN7i57XHbm8V4k3xNBUSJZ7SkBcX3a"
       "MGgV19zSmW9oh+8VnYl3QU1wCl+u7ydKwSdus3Uz4ZgOPJ2hOYwa+UedZKtR1IUW7zIIAxZdXJAIBN3rKcRPeZvU15v7mu/sJFn7"
       "X87C5E6O8HeYkXgNf8bKGmBQjGPbfUW4BEuGHmmiqvSegpINt4kax91aX6IUH2TZFlLkrX3nO3e18DF7tzjiPQIDAQAB").encode()
ZONE = {
    ("cust.example", NS): [wire("ns1.host.example"), wire("ns2.host.example")],
    ("ns1.host.example", A): [socket.inet_aton(GOOD)], ("ns2.host.example", A): [socket.inet_aton(BAD)],
    ("cust.example", MX): [b"\0\x0a" + wire("mx.host.example")], ("mx.host.example", A): [socket.inet_aton(SENDING)],
    ("cust.example", A): [socket.inet_aton(SENDING)],
    ("cust.example", TXT): [txt(b"v=spf1 mx ~all"), txt(b"other")],
    ("_dmarc.cust.example", TXT): [txt(b"v=DMARC1; p=none")],
    ("default._domainkey.cust.example", TXT): [txt(b"v=DKIM1; k=rsa; p=" + KEY[:200], KEY[200:])],
}


def truth(q, **more) -> bytes:
    records = ZONE.get((q.name.lower(), q.type), [])
    there = any(name == q.name.lower() or name.endswith("." + q.name.lower()) for name, _ in ZONE)
    if "rcode" not in more and not there:
        more["rcode"] = 3
    return message(q, [rr(b"\xc0\x0c", q.type, data) for data in records], [] if records else [soa("cust.example")], **more)


class Server(dns_faults.Server):
    mode = ""

    def __init__(self, address: str, port: int = 0):
        self.family, self.asked, self.ports = socket.AF_INET, {}, set()
        self.lock, self.closing = threading.Lock(), False
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, port))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.bind((address, self.port))         # nobody listens there: TCP is refused
        self.udp_thread = threading.Thread(target=self.run_udp, daemon=True)
        self.udp_thread.start()

    def answer_udp(self, q, seen, send, peer) -> None:
        m, here = truth(q), b"\xc0\x0c"
        forged = [rr(here, q.type, txt(b"v=spf1 -all") if q.type == TXT else b"\xc6\x33\x64\x63")]
        if self.mode == "":
            send(m)
        elif self.mode == "silent":
            return
        elif self.mode == "wrong id":
            send(message(q, forged, ident=q.id ^ 0x5555))
        elif self.mode == "wrong id, then the answer":
            send(message(q, forged, ident=q.id ^ 0x5555))
            send(m)
        elif self.mode == "another question":
            send(message(q, forged, question=b"\5other\7example\0" + q.raw[-4:]))
        elif self.mode == "from another port":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar:
                liar.bind((self.udp.getsockname()[0], 0))
                liar.sendto(message(q, forged), peer)
        elif self.mode == "no question in it":
            send(message(q, [rr(q.raw[:-4], q.type, forged[0][12:])], question=b""))
        elif self.mode == "another owner's records":
            send(message(q, [rr("other.example", q.type, forged[0][12:])]))
        elif self.mode == "truncated, no TCP":
            send(message(q, flags=0x0200))
        elif self.mode == "cut short":
            send(m[:-3])
        elif self.mode == "more records than there are":
            send(m[:6] + b"\xff\xff" + m[8:])
        elif self.mode == "bad data":
            send(message(q, [rr(here, q.type, b"\xff")]))
        elif self.mode == "noise":
            send(b"\xff" * 40)
        elif self.mode == "SERVFAIL":
            send(message(q, rcode=2, aa=False))
        elif self.mode == "REFUSED":
            send(message(q, rcode=5, aa=False))
        elif self.mode == "NOTIMP":
            send(message(q, rcode=4, aa=False))
        elif self.mode == "FORMERR to EDNS":
            send(message(q, rcode=1, aa=False) if q.edns else m)
        elif self.mode == "FORMERR to all":
            send(struct.pack(">HHHHHH", q.id, 0x8001, 0, 0, 0, 0))
        elif self.mode == "lame":
            send(message(q, forged, aa=False))
        elif self.mode == "refers elsewhere":
            send(message(q, authority=[rr("cust.example", NS, wire("ns.elsewhere.example"))], aa=False))
        elif self.mode == "NXDOMAIN beside data":
            send(truth(q, rcode=3))
        elif self.mode == "an alias in a circle":
            send(message(q, [rr(here, dns_faults.CNAME, here)]))
        elif self.mode == "late":
            threading.Timer(0.3, lambda: self.quiet(send, m)).start()
        elif self.mode == "first lost":
            if seen > 1:
                send(m)
        elif self.mode == "no such name":
            send(message(q, authority=[soa("cust.example")], rcode=3))
        elif self.mode == "nothing there":
            send(message(q, authority=[soa("cust.example")]))

    def close(self) -> None:
        self.closing = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self.udp.getsockname())
        self.udp_thread.join()
        self.udp.close()
        self.tcp.close()


HELPED = {"wrong id, then the answer", "FORMERR to EDNS", "late", "first lost"}    # is as good as no fault
CONTRADICTS = {"no such name", "nothing there"}
MODES = ["silent", "wrong id", "another question", "from another port", "no question in it", "another owner's records",
         "truncated, no TCP", "cut short", "more records than there are", "bad data", "noise", "SERVFAIL", "REFUSED",
         "NOTIMP", "FORMERR to all", "lame", "refers elsewhere", "NXDOMAIN beside data", "an alias in a circle",
         *sorted(HELPED), *sorted(CONTRADICTS)]


def main(folder: Path) -> None:
    good = Server(GOOD)
    bad = Server(BAD, good.port)
    resolver = Server("127.0.57.3")
    config = folder / "config.yaml"
    config.write_text(f"""panel: {{kind: none}}
dns: {{authoritative_port: {good.port}, allow_private: true, timeout_ms: 200}}
blacklists: {{enabled: false}}
server: {{smtp_probe: false}}
store: {folder}/none/state.db
""")

    def begin() -> subprocess.Popen[str]:
        return subprocess.Popen([PROGRAM, "check", "cust.example", "--json", "--only", "dns,mail_routing,spf,dkim,dmarc",
                                 "--config", config, "--resolver", f"127.0.57.3:{resolver.port}", "--address", SENDING],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=TOP)

    def check() -> tuple[dict[str, str], set[str]]:
        out, errors = begin().communicate(timeout=60)
        findings = json.loads(out)["reports"][0]["findings"]
        return ({f["check"]: f["id"] for f in findings if f["verdict"] not in ("information",)},
                {f["id"] for f in findings if f["verdict"] in ("problem", "warning")})

    well, alarms = check()
    live.check("all well", set(well.values()) == {"dns.ok", "mail_routing.ok", "spf.ok", "dkim.ok", "dmarc.ok"} and
               not alarms, (well, alarms))
    for mode in MODES:
        good.mode, bad.mode, resolver.mode = "", mode, ""
        got, alarms = check()
        want = {"dns.servers_disagree"} if mode in CONTRADICTS else set()
        live.check(f"one server, {mode}: judged by the other", alarms == want and
                   {c: i for c, i in got.items() if c != "dns"} == {c: i for c, i in well.items() if c != "dns"}, (got, alarms))
    for mode in MODES:
        if mode in CONTRADICTS:
            continue
        good.mode, bad.mode, resolver.mode = mode, mode, ""
        got, alarms = check()
        live.check(f"both servers, {mode}: the resolver's word", not alarms and got["spf"] == "spf.ok" and
                   (got["dns"] == "dns.ok") == (mode in HELPED), (got, alarms))
    for mode in MODES:
        if mode in CONTRADICTS:
            continue
        good.mode, bad.mode, resolver.mode = "", "", mode
        got, alarms = check()
        # A resolver need not say that it is an authority; a referral is no answer of one.
        live.check(f"the resolver, {mode}: nothing alarms", (not alarms or mode == "lame") and
                   (mode not in HELPED or got == well), (got, alarms))
    for server in (good, bad, resolver):
        server.close()


with tempfile.TemporaryDirectory(prefix="asg-bad-servers-") as directory:
    main(Path(directory))
live.end()
