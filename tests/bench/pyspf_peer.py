#!/usr/bin/env python3
"""pyspf on answers that are cached in the process: how many evaluations a second."""

import json
import sys
import time

import pyspf_dns
import spf

pyspf_dns.use(*sys.argv[1].rsplit(":", 1))
lines = [json.loads(line) for line in open(sys.argv[2])][: int(sys.argv[3])]
results = {}
for q in lines[:300]:
    result = spf.check2(q["ip"], q["sender"], q["helo"])[0]
    results[result] = results.get(result, 0) + 1
began = time.process_time()
for q in lines:
    spf.check2(q["ip"], q["sender"], q["helo"])
print(json.dumps({"per_second": len(lines) / (time.process_time() - began), "results": results}))
