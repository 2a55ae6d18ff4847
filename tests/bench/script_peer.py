#!/usr/bin/env python3
"""What administrators write today: dnspython and pyspf, one domain after the other."""

import json
import sys
import time

import pyspf_dns
import spf

pyspf_dns.use(sys.argv[1], sys.argv[2])
resolver = pyspf_dns.resolver


def ask(name, kind):
    try:
        return list(resolver.resolve(name, kind, raise_on_no_answer=False) or [])
    except Exception:
        return []


names = sys.stdin.read().split()[: int(sys.argv[3])]
began = time.monotonic()
for name in names:
    for server in ask(name, "NS"):
        ask(str(server), "A")
    for mx in ask(name, "MX"):
        ask(str(mx).split()[-1], "A")
    ask(name, "TXT")
    ask("_dmarc." + name, "TXT")
    ask("default._domainkey." + name, "TXT")
    spf.check2("203.0.113.10", "x@" + name, "srv1.host.example")
print(json.dumps({"per_second": len(names) / (time.monotonic() - began)}))
