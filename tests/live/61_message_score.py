#!/usr/bin/env python3
"""`message score` over real DNS, a blacklist of our own, a real spamd and a real Rspamd."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from email.utils import formatdate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                 # noqa: E402
from servers import process                 # noqa: E402
from servers.fetch import FetchError, programs      # noqa: E402
from servers.nsd import Nsd                 # noqa: E402
from servers.rspamd import Rspamd           # noqa: E402
from servers.spamd import Spamd             # noqa: E402
from servers.unbound import Unbound         # noqa: E402
from world.zonefile import from_lines       # noqa: E402

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / os.environ.get("BUILD", "build") / "antispam-guide"
SENDING, LISTED, NAMELESS = "203.0.113.10", "203.0.113.66", "203.0.113.77"
ADDRESSES = ["127.0.61.1", "127.0.61.2"]
SERVERS = ["ns1.host.example", "ns2.host.example"]
KEY = subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True).stdout
PUBLIC = base64.b64encode(subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=KEY, check=True,
                                         capture_output=True).stdout).decode()
ZONES = {
    "cust.example": [f"@ TXT v=spf1 ip4:{SENDING} ip4:{LISTED} ip4:{NAMELESS} -all", "_dmarc TXT v=DMARC1; p=reject",
                     f"s1._domainkey TXT v=DMARC1; p={PUBLIC}".replace("DMARC1", "DKIM1"), "@ MX 10 srv1.host.example."],
    "bare.example": ["@ MX 10 srv1.host.example."],
    "host.example": [f"ns1 A {ADDRESSES[0]}", f"ns2 A {ADDRESSES[1]}", f"srv1 A {SENDING}", f"bad A {LISTED}",
                     "2.0.0.127.bl A 127.0.0.2", "66.113.0.203.bl A 127.0.0.2"],
    "113.0.203.in-addr.arpa": ["10 PTR srv1.host.example.", "66 PTR bad.host.example."],
}
TEXT = "Good morning, here is the offer of the month for all our friends.\r\n"


def sign(text: str, fields: list[str]) -> str:
    """DKIM, simple/simple."""
    head, body = text.split("\r\n\r\n", 1)
    lines = [re.sub(r"\r\n$", "", line) for line in re.split(r"\r\n(?![ \t])", head)]
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    field = (f"DKIM-Signature: v=1; a=rsa-sha256; d=cust.example; s=s1; c=simple/simple; h={':'.join(fields)}; "
             f"bh={digest}; b=")
    signed = "".join(next(x for x in lines if x.lower().startswith(f.lower() + ":")) + "\r\n" for f in fields) + field
    key = tempfile.NamedTemporaryFile()
    key.write(KEY)
    key.flush()
    b = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key.name], input=signed.encode(), check=True,
                       capture_output=True).stdout
    return field + base64.b64encode(b).decode() + "\r\n" + text


def message(domain: str = "cust.example", body: str = TEXT, *more: str, subject: str = "Offer of the month") -> str:
    return "\r\n".join([f"From: Anna <anna@{domain}>", "To: b@other.example", f"Subject: {subject}",
                        f"Date: {formatdate()}", f"Message-ID: <1.{time.time()}@mail.{domain}>", *more, "", body])


def start(folder: Path, group: process.Group) -> list[str]:
    have = programs(["nsd", "unbound", "spamd", "rspamd"])
    rspamd = Rspamd(folder / "rspamd", process.free_port(), "friends")
    loading = rspamd.start(group, have)
    port, resolver = process.free_port(ADDRESSES, udp=True), process.free_port(udp=True)
    nsd = Nsd(folder / "nsd", ADDRESSES, port)
    nsd.start(group, have)
    zones = dict(ZONES, example=[f"{n.split('.')[0]} NS {s}." for n in ZONES if n.endswith(".example")
                                 for s in SERVERS])
    for name, records in zones.items():
        nsd.add(name, from_lines(name, 1, SERVERS, records))
    nsd.add(".", from_lines(".", 1, SERVERS, [f"{z} NS {s}." for z in ("example.", "113.0.203.in-addr.arpa.")
                                              for s in SERVERS]))
    for name in zones:
        if not nsd.wait_serial(name, 1):
            live.check(f"nsd serves {name}", False)
    Unbound(folder / "unbound", resolver, {z: ADDRESSES for z in [".", *zones]}, port).start(group, have)
    spamd = process.free_port()
    Spamd(folder / "spamd", spamd).start(group, have)
    loading.wait_ready(rspamd.ready, 180)
    config = folder / "config.yaml"
    config.write_text(f"dns: {{allow_private: true}}\nserver: {{addresses: [\"{SENDING}\"]}}\n"
                      f"services: {{spamd: \"127.0.0.1:{spamd}\", rspamd: \"localhost:{rspamd.port}\"}}\n"
                      "blacklists: {zones_override: [{list: spamhaus-zen, zone: bl.host.example}]}\n")
    return ["--config", str(config), "--resolver", f"127.0.0.1:{resolver}"]


def score(options: list[str], text: str, *words: str) -> dict:
    run = subprocess.run([str(PROGRAM), "message", "score", "-", *words, *options, "--json"], input=text.encode(),
                         capture_output=True, timeout=120, cwd=TOP)
    if run.returncode != 0:
        print(run.returncode, run.stderr.decode()[-2000:])
        return {}
    return json.loads(run.stdout)


def by(ip: str, helo: str = "srv1.host.example", sender: str = "anna@cust.example") -> list[str]:
    return ["--ip", ip, "--helo", helo, "--sender", sender]


def codes(answer: dict) -> set[str]:
    return {i["code"] for i in answer["items"] if i["points"] < 0}


def shape(name: str, answer: dict) -> None:
    ok = answer["max"] == 10 and 0 <= answer["score"] <= 10
    total = 10 + sum(i["points"] for i in answer["items"])
    live.check(f"{name}: the points add up", ok and abs(total - answer["score"]) < 1e-9, answer["items"])
    for i in answer["items"]:
        live.check(f"{name}: {i['code']} in words", set(i) >= {"code", "points", "severity", "title", "text", "fix"}
                   and i["points"] <= 0 and i["severity"] in ("error", "warning", "info")
                   and "{" not in i["title"] + i["text"] and "score_item" not in i["title"] + i["text"], i)


def check_all(options: list[str]) -> None:
    fields = ["From", "To", "Subject", "Date", "Message-ID"]
    good = sign(message(), fields)
    answer = score(options, good, *by(SENDING))
    live.check("a right message loses nothing", answer["score"] == 10 and not codes(answer), answer["items"])
    shape("a right message", answer)
    verify = json.loads(subprocess.run([str(PROGRAM), "message", "verify", "-", *by(SENDING), *options, "--json"],
                                       input=good.encode(), capture_output=True, timeout=60).stdout)
    live.check("verify is the answer of message verify", answer["verify"] == verify)
    live.check("both filters were asked", [f["name"] for f in answer["filters"]] == ["SpamAssassin", "Rspamd"],
               answer["filters"])
    live.check("Rspamd's rule is shown", {"TEST_WORDS"} == {r["name"] for r in answer["filters"][1]["rules"]}, answer["filters"])

    for name, text, words, want in [
        ("unsigned", message(), by(SENDING), {"dkim_missing"}),
        ("changed on the way", good.replace("month for", "week for"), by(SENDING), {"dkim_fail"}),
        ("from elsewhere", good, by("198.51.100.7"), {"spf_fail", "ptr_missing", "helo_other"}),
        ("from a listed address", good, by(LISTED, "bad.host.example"), {"address_listed"}),
        ("from an address without a name", good, by(NAMELESS, "localhost"), {"ptr_missing", "helo_invalid"}),
        ("no record at all", message("bare.example"), by(SENDING, sender="a@bare.example"),
         {"spf_none", "dkim_missing", "dmarc_missing"}),
        ("forged", message(), by("198.51.100.7", sender="x@bare.example"),
         {"spf_none", "dkim_missing", "dmarc_fail", "ptr_missing", "helo_other"}),
        ("nobody said who sent it", good, [], set()),
    ]:
        answer = score(options, text, *words)
        live.check(name, codes(answer) == want, sorted(codes(answer)))
        shape(name, answer)

    hop = (f"Return-Path: <anna@cust.example>\r\nReceived: from bad.host.example (bad.host.example [{LISTED}])\r\n\tby srv1.host.example (Postfix) "
           f"with ESMTPS id 1; {formatdate()}\r\n")
    live.check("our own server's Received is believed", codes(score(options, hop + good)) == {"address_listed"})
    relay = f"Received: from srv1.host.example ([{SENDING}]) by srv1.host.example with ESMTP id 2; {formatdate()}\r\n"
    live.check("a step between our own servers is passed over",
               "address_listed" in codes(score(options, relay + hop + good)))
    live.check("our own server may name itself by its address",
               codes(score(options, hop.replace("by srv1.host.example", f"by [{SENDING}]") + good)) == {"address_listed"})
    live.check("another server's is not",
               codes(score(options, hop.replace("by srv1", "by bad") + good)) == set())

    gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\r\n"
    answer = score(options, sign(message(body=gtube), fields), *by(SENDING))
    live.check("SpamAssassin's own test text", codes(answer) == {"filter_spam"} and
               all(f["spam"] for f in answer["filters"]), answer["filters"])
    rules = {r["name"]: r["points"] for r in answer["filters"][0]["rules"]}
    live.check("its rule with its points", rules.get("GTUBE") == 1000, rules)
    shape("GTUBE", answer)

    spanish = score(options, message(), *by(SENDING), "--lang", "es")
    live.check("in Spanish", any(i["title"] == "El mensaje no está firmado" for i in spanish["items"]))


def check_bounds(options: list[str]) -> None:
    big = message(body=("x" * 76 + "\r\n") * 600000)
    began = time.monotonic()
    answer = score(options, big, *by(SENDING))
    live.check("45 MB in time", "message_big" in codes(answer) and time.monotonic() - began < 20,
               time.monotonic() - began)
    run = subprocess.run([str(PROGRAM), "message", "score", "-", *options, "--json"], input=b"x" * (51 << 20),
                         capture_output=True, timeout=60)
    live.check("over 50 MiB is refused", run.returncode == 1 and not run.stdout and run.stderr, run.returncode)
    run = subprocess.run([str(PROGRAM), "message", "score", "-", "--ip", "x", *options], input=b"", capture_output=True)
    live.check("an option alone is a usage error", run.returncode == 2 and not run.stdout, run.returncode)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="asg-score-") as folder:
        os.chmod(folder, 0o755)             # spamd runs as nobody
        group = process.Group()
        try:
            options = start(Path(folder), group)
            check_all(options)
            check_bounds(options)
            group.stop()
            config = Path(options[1])
            answer = score(["--config", str(config), "--resolver", "127.0.0.1:1"], message(), *by(SENDING))
            live.check("everything down: told, and costs nothing", codes(answer) == {"dkim_missing"} and
                       {"filter_silent", "spf_unknown", "ptr_unknown", "dmarc_unknown", "lists_silent"} <=
                       {i["code"] for i in answer["items"]}, answer["items"])
            shape("everything down", answer)
        except (FetchError, process.StartError) as problem:
            live.check("servers start", False, problem)
        finally:
            group.stop()
    live.end()


if __name__ == "__main__":
    main()
