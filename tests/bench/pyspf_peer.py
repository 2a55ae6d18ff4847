#!/usr/bin/env python3
"""pyspf on answers that are cached in the process: how many evaluations a second."""

import json
import sys
import time

import DNS
import spf

DNS.defaults["server"] = [sys.argv[1].rsplit(":", 1)[0]]
DNS.defaults["port"] = int(sys.argv[1].rsplit(":", 1)[1])
cache = {}
plain = spf.DNSLookup


def cached(name, qtype, *args, **kw):
    key = (name.lower(), qtype)
    if key not in cache:
        cache[key] = plain(name, qtype, *args, **kw)
    return cache[key]


spf.DNSLookup = cached
lines = [json.loads(line) for line in open(sys.argv[2])][: int(sys.argv[3])]
for q in lines[:300]:
    spf.check2(q["ip"], q["sender"], q["helo"])
began = time.monotonic()
for q in lines:
    spf.check2(q["ip"], q["sender"], q["helo"])
print(json.dumps({"per_second": len(lines) / (time.monotonic() - began)}))
