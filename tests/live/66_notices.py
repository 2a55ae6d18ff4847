#!/usr/bin/env python3
"""What changed: told when a second check has confirmed it, once when it is wrong and once when it is right again, to
those whose it is; what could not be checked in between says nothing; and the switch."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from demo import Demo                               # noqa: E402

PROGRAM = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide"
ROLES = {"anna": "customer", "ben": "customer", "rita": "reseller"}
DOMAIN = "cust.example"
DEMO: Demo


def ask(login: str, method: str, path: str, accept: str = "application/json", **fields: Any) -> Any:
    token = DEMO.identity(login, ROLES[login], session=login)
    more: dict[str, Any] = {}
    if method == "POST":
        csrf = json.loads(DEMO.request("GET", "/notices", token=token, accept="application/json")[2])["csrf"]
        more = {"body": urllib.parse.urlencode({**fields, "csrf": csrf}).encode(),
                "content_type": "application/x-www-form-urlencoded"}
    status, _, body = DEMO.request(method, path, token=token, accept=accept, **more)
    return status if method == "POST" else json.loads(body) if accept == "application/json" else body.decode()


def look() -> None:
    """One more check, in another second than the last."""
    before = ask("anna", "GET", f"/domains/{DOMAIN}")["checked_at"]
    time.sleep(1.1)
    ask("anna", "POST", f"/domains/{DOMAIN}/check")
    until = time.monotonic() + 20
    while ask("anna", "GET", f"/domains/{DOMAIN}")["checked_at"] == before and time.monotonic() < until:
        time.sleep(0.1)


def told(login: str = "anna") -> list[tuple[str, str, str]]:
    return [(n["domain"], n["check"], n["kind"]) for n in ask(login, "GET", "/notices")["notices"]]


def spf(op: str) -> None:
    record = next(r for d in STATE["domains"] if d["ascii_name"] == DOMAIN for r in d["zone"]["records"]
                  if r["type"] == "TXT" and r["value"].startswith("v=spf1"))
    DEMO.control("POST", "/change", {"op": op, "domain": DOMAIN, "type": "TXT", "host": record["host"],
                                     "value": record["value"]})


def main() -> None:
    global DEMO, STATE
    run = Path(tempfile.mkdtemp(prefix="asg-notices-"))
    with Demo(run, backend=PROGRAM, with_web=False) as DEMO:
        DEMO.first_round()
        STATE = DEMO.control("GET", "/state")
        live.check("at first nothing", told() == [], told())
        spf("delete")
        look()
        live.check("seen once: not told", told() == [], told())
        look()
        live.check("seen twice: told", told() == [(DOMAIN, "spf", "worse")], told())
        live.check("to the reseller as well", told("rita") == [(DOMAIN, "spf", "worse")], told("rita"))
        live.check("to nobody else", told("ben") == [] and DOMAIN not in ask("ben", "GET", "/notices", "text/html"))
        live.check("on the first page", 'href="/notices"' in ask("anna", "GET", "/", "text/html"))
        look()
        live.check("told once", told() == [(DOMAIN, "spf", "worse")], told())
        spf("add")
        look()
        live.check("right again, seen once", told() == [], told())
        look()
        live.check("right again", told() == [(DOMAIN, "spf", "resolved")], told())
        live.check("a value that is none", ask("anna", "POST", "/notices", enabled="perhaps") == 422)
        live.check("switched off: 303", ask("anna", "POST", "/notices", enabled="0") == 303)
        live.check("nothing is told", ask("anna", "GET", "/notices")["enabled"] is False and told() == [])
        live.check("to the others as before", told("rita") == [(DOMAIN, "spf", "resolved")])
        ask("anna", "POST", "/notices", enabled="1")
        live.check("and on again", told() == [(DOMAIN, "spf", "resolved")])
    shutil.rmtree(run, ignore_errors=True)
    live.end()


if __name__ == "__main__":
    main()
