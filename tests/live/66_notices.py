#!/usr/bin/env python3
"""The page of what the keeper told: to whose it is, once when it went wrong and once when it is right again, what is
new on the first page; and the switch."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
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
ROLES = {"anna": "customer", "ben": "customer", "rita": "reseller", "admin": "admin"}
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


def tell(login: str | None, kind: str, target: str | None, finding: str | None, data: Any = None) -> None:
    """As the keeper does (56_keeper.py has that one)."""
    with sqlite3.connect(DEMO.store, timeout=30) as db:
        db.execute("INSERT INTO notices(login, at, kind, target, finding, subject, data) VALUES(?, ?, ?, ?, ?, ?, ?)",
                   (login, int(time.time()), kind, target, finding, target, None if data is None else json.dumps(data)))


def told(login: str = "anna") -> list[tuple[str, str, str]]:
    return [(n["target"], n["finding"], n["kind"]) for n in ask(login, "GET", "/notices")["notices"]]


def main() -> None:
    global DEMO
    run = Path(tempfile.mkdtemp(prefix="asg-notices-"))
    with Demo(run, backend=PROGRAM, with_web=False) as DEMO:
        DEMO.first_round()
        live.check("at first nothing", told() == [], told())
        tell("anna", "appeared", DOMAIN, "spf.missing")
        tell("anna", "appeared", "no-longer-hers.example", "spf.missing")
        tell(None, "appeared", "server", "limits.off")
        live.check("told to its owner, what is hers", told() == [(DOMAIN, "spf.missing", "appeared")], told())
        live.check("the server's to the administrator", ("server", "limits.off", "appeared") in told("admin"), told("admin"))
        live.check("to nobody else", told("ben") == [] and DOMAIN not in ask("ben", "GET", "/notices", "text/html"))
        live.check("on the first page", 'href="/notices"' in ask("anna", "GET", "/", "text/html"))
        page = ask("anna", "GET", "/notices", "text/html")
        live.check("on its page", 'data-kind="appeared" data-finding="spf.missing"' in page and f"/domains/{DOMAIN}" in page)
        live.check("seen now", ask("anna", "GET", "/notices")["unseen"] == 0 and
                   'href="/notices"' not in ask("anna", "GET", "/", "text/html"))
        tell("anna", "resolved", DOMAIN, "spf.missing")
        live.check("right again", told() == [(DOMAIN, "spf.missing", "resolved"), (DOMAIN, "spf.missing", "appeared")],
                   told())
        tell("rita", "digest", None, None, {"reseller": "rita", "appeared": 3, "worse": 0, "resolved": 1,
                                            "domains": [DOMAIN, "hostile.example"]})
        page = ask("rita", "GET", "/notices", "text/html")
        live.check("a digest: numbers, and where", "3 new findings, 1 right again" in page and
                   f'href="/domains/{DOMAIN}"' in page and "hostile.example" not in page)
        live.check("a value that is none", ask("anna", "POST", "/notices", enabled="perhaps") == 422)
        live.check("switched off: 303", ask("anna", "POST", "/notices", enabled="0") == 303)
        live.check("nothing is told", ask("anna", "GET", "/notices")["enabled"] is False and told() == [])
        ask("anna", "POST", "/notices", enabled="1")
        live.check("and on again", len(told()) == 2, told())
    shutil.rmtree(run, ignore_errors=True)
    live.end()


if __name__ == "__main__":
    main()
