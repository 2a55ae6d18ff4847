#!/usr/bin/env python3
"""Whose things, from outside, over the program's own table of routes: every route times every person to whom a
thing is foreign gives the same 404, byte for byte, as a name that does not exist, in HTML and in JSON; a page
that is not for a role is not there; a list holds nobody else's.  A route without a rule here fails the test.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from demo import Demo                               # noqa: E402
from demo_queue import ANNA, QueueDemo              # noqa: E402
from route_table import Route, routes               # noqa: E402

PROGRAM = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide"
ROLES = {"anna": "customer", "ben": "customer", "carla": "customer", "eva": "customer", "rita": "reseller",
         "raul": "reseller", "admin": "admin"}
# The things are anna's, who is rita's customer; the bulk run is rita's.
FOREIGN = ["ben", "carla", "eva", "raul"]
DOMAIN, UNKNOWN = "nospf.example", "no-such-name.example"
NEVER = {"plan": "0" * 32, "bulk": "f" * 32, "entry": "987654", "case": "987654", "bounce": "987654", "queue": "FFFFFFFFFF",
         "domain": UNKNOWN, "login": "nobody-there"}
# Words that only anna's things have; in no page of a foreign person.
MARKS = ["nospf.example", "twospf.example", "cust.example"]

# By (method, path): what stands for ":x" (a kind of thing), or the fields that name a thing.  Further fields
# go along with both, so that nothing but the name can make the difference.
OWN: dict[str, tuple[str, dict[str, str]]] = {
    "GET /domains/:name": ("domain", {}),
    "GET /domains/:name/report": ("domain", {}),
    "POST /domains/:name/check": ("domain", {}),
    "POST /domains/:name/acknowledge": ("domain", {"finding": "spf.missing", "note": "x"}),
    "GET /plans/:id": ("plan", {}),
    "POST /plans/:id/apply": ("plan", {"hash": "0"}),
    "GET /journal/:n": ("entry", {}),
    "POST /journal/:n/undo": ("entry", {}),
    "GET /cases/:n": ("case", {}),
    "GET /cases/:n/report": ("case", {}),
    "POST /cases/:n/reopen": ("case", {}),
    "POST /cases/:n/note": ("case", {"text": "x"}),
    "POST /cases/:n/handover": ("case", {}),
    "POST /cases/:n/close": ("case", {}),
    "GET /bulk/:id": ("bulk", {}),
    "POST /bulk/:id/apply": ("bulk", {}),
    "POST /bulk/:id/undo": ("bulk", {}),
    "POST /bulk/:id/pause": ("bulk", {}),
    "GET /queue/:id": ("queue", {}),
    "POST /bounces/:n/forget": ("bounce", {}),
}
BY_FIELD: dict[str, list[tuple[str, str, dict[str, str]]]] = {
    "POST /domains/check": [("target", "domain", {})],
    "POST /plans": [("target", "domain", {"fix": "spf.publish"})],
    "POST /cases": [("about", "domain", {"kind": "spam"})],
    "POST /antivirus/scan": [("target", "domain", {})],
    "POST /bulk/new": [("target", "domain", {"fix": "spf.publish"})],
    "POST /bulk": [("target", "domain", {"fix": "spf.publish"})],
    "POST /queue/confirm": [("id", "queue", {"action": "delete"}), ("group", "group", {"action": "hold", "count": "6"})],
    "POST /queue/hold": [("id", "queue", {}), ("group", "group", {"count": "6"})],
    "POST /queue/release": [("id", "queue", {}), ("group", "group", {"count": "6"})],
    "POST /queue/delete": [("id", "queue", {}), ("group", "group", {"count": "6"})],
}
# Lists and pages of one's own: what they show a foreign person holds none of the marks.
MINE = {"GET /", "GET /domains", "GET /journal", "GET /cases", "GET /bulk", "GET /queue", "GET /blacklists",
        "GET /delist", "GET /hotmail", "GET /forwarding", "GET /wordpress", "GET /spf-wizard", "GET /senders",
        "GET /notices", "GET /antivirus", "GET /bounces"}
# Only for a role; the role test has it.  (Whose it is does not come into it.)
ONE_ROLE = {"GET /server", "POST /server/check", "POST /server/acknowledge", "POST /delist/record",
            "POST /delist/override", "POST /hotmail/snds", "GET /audit", "GET /metrics"}
# Nothing of anybody's comes into it: a redirect that carries back what came in, a record for any name.
ECHO = {"POST /domains/turn", "POST /notices", "POST /queue/refresh", "POST /spf-wizard", "GET /lookup", "POST /lookup"}

DEMO: Demo


class Person:
    def __init__(self, login: str):
        self.login, self.role = login, ROLES[login]
        self.csrf = json.loads(self.ask("GET", "/domains", accept="application/json")[2])["csrf"]

    def ask(self, method: str, path: str, fields: dict[str, Any] | None = None, accept: str = "text/html",
            ) -> tuple[int, dict[str, str], str]:
        more: dict[str, Any] = {}
        if method == "POST":
            more = {"body": urllib.parse.urlencode({**(fields or {}), "csrf": self.csrf}, doseq=True).encode(),
                    "content_type": "application/x-www-form-urlencoded"}
        elif fields:
            path += "?" + urllib.parse.urlencode(fields, doseq=True)
        status, headers, body = DEMO.request(method, path, token=DEMO.identity(
            self.login, self.role, session=f"s-{self.login}"), accept=accept, **more)
        return status, headers, body.decode("utf-8", "replace")

    def json(self, path: str) -> Any:
        return json.loads(self.ask("GET", path, accept="application/json")[2])

    def made(self, path: str, **fields: Any) -> str:
        """The last part of where a POST leads."""
        status, headers, text = self.ask("POST", path, fields, "application/json")
        if status != 303:
            raise ValueError(f"{self.login} {path}: {status} {text[:300]}")
        return headers["location"].rpartition("/")[2]


def things(people: dict[str, Person], queue: str | None) -> dict[str, str]:
    """One of each kind, anna's; the bulk run, rita's."""
    anna, rita = people["anna"], people["rita"]
    plan = anna.made("/plans", fix="spf.publish", target=DOMAIN)
    entry = anna.made(f"/plans/{plan}/apply", hash=anna.json(f"/plans/{plan}")["hash"])
    for _ in range(100):
        if anna.json(f"/journal/{entry}")["state"] not in ("planned", "applying", "applied"):
            break
        time.sleep(0.1)
    found = {"domain": DOMAIN, "plan": anna.made("/plans", fix="spf.merge", target="twospf.example"), "entry": entry,
             "case": anna.made("/cases", about=DOMAIN, kind="spam", text="anna's words"),
             "bulk": rita.made("/bulk", fix="dmarc.publish", target=["cust.example"]),
             "group": f"sender:{ANNA}", "login": "anna"}
    anna.ask("POST", "/bounce", {"text": f"<someone@hotmail.com>: host mx.hotmail.com said: 550 5.7.1 from {DOMAIN} (S3140)"},
             "application/json")
    found["bounce"] = str(anna.json("/bounces")["bounces"][0]["bounce"])
    if queue:
        found["queue"] = queue
    return found


def same_404(route: Route, who: Person, what: str, ask: Callable[[str, str], tuple[int, dict[str, str], str]],
             there: str, never: str) -> None:
    for accept in ("text/html", "application/json"):
        foreign, unknown = ask(there, accept), ask(never, accept)
        live.check(f"{route} ({what}, {accept}): foreign to {who.login}", foreign[0] == unknown[0] == 404 and
                   foreign == unknown and (len(there) < 4 or there not in foreign[2]), (foreign[0], unknown[0], foreign[2][:200]))


def foreign_things(table: list[Route], people: dict[str, Person], have: dict[str, str], with_queue: bool) -> None:
    never = {**NEVER, "group": "sender:nobody@none.example"}
    for route in table:
        for login in FOREIGN:
            who = people[login]
            if who.role not in route.roles:
                continue
            if str(route) in OWN:
                kind, fields = OWN[str(route)]
                if kind in have:
                    same_404(route, who, kind, lambda value, accept: who.ask(
                        route.method, route.with_arg(value), fields, accept), have[kind], never[kind])
            for field, kind, fields in BY_FIELD.get(str(route), []):
                if kind not in have or (kind in ("queue", "group") and not with_queue):
                    continue
                same_404(route, who, field, lambda value, accept: who.ask(
                    route.method, route.path, {**fields, field: value}, accept), have[kind], never[kind])


def roles(table: list[Route], people: dict[str, Person], have: dict[str, str]) -> None:
    """A page that is not for a role: as a path that does not exist."""
    for route in table:
        kind = OWN[str(route)][0] if str(route) in OWN else "plan"
        for login, who in people.items():
            if who.role in route.roles:
                continue
            path = route.with_arg(have.get(kind, "x"))
            for accept in ("text/html", "application/json"):
                here, nowhere = (who.ask(route.method, p, {}, accept) for p in (path, "/no-such-page"))
                live.check(f"{route}: not for {login} ({accept})", here[0] == 404 and here == nowhere, here[2][:200])


def lists(table: list[Route], people: dict[str, Person]) -> None:
    for route in table:
        if str(route) not in MINE:
            continue
        for login in ("carla", "eva", "raul"):
            who = people[login]
            if who.role not in route.roles:
                continue
            for accept, query in (("text/html", {}), ("application/json", {}), ("text/html", {"format": "csv"})):
                status, _, text = who.ask("GET", route.path, query, accept)
                live.check(f"{route}: nobody else's for {login} ({accept} {query})", status in (200, 503) and
                           not [m for m in MARKS if m in text], [m for m in MARKS if m in text])


def acting(people: dict[str, Person], table: list[Route]) -> None:
    """Who works as somebody else has that one's rights, never his own."""
    for login, role, as_, there in (("rita", "reseller", "ben", False), ("admin", "admin", "ben", False),
                                    ("rita", "reseller", "anna", True), ("raul", "reseller", "anna", False)):
        token = DEMO.identity(login, role, acting=as_)
        status, _, body = DEMO.request("GET", f"/domains/{DOMAIN}", token=token)
        live.check(f"{login} as {as_}: {'there' if there else 'not there'}", (status == 200) == there, status)


def main() -> None:
    global DEMO
    table = routes()
    live.check("the table has routes", len(table) > 40, len(table))
    for route in table:
        live.check(f"{route} has a rule", route.anybodys or str(route) in OWN or str(route) in BY_FIELD or
                   str(route) in MINE or str(route) in ONE_ROLE or str(route) in ECHO)
        live.check(f"{route}: its things have a kind", (":" in route.path) == (str(route) in OWN) or route.anybodys)
        live.check(f"{route}: one role", str(route) not in ONE_ROLE or route.roles == {"admin"})
    for rule in [*OWN, *BY_FIELD, *MINE, *ONE_ROLE, *ECHO]:
        live.check(f"the rule {rule} has its route", rule in map(str, table))
    why = live.no_room()
    if why:
        print("without a queue:", why)
    run = Path(tempfile.mkdtemp(prefix="asg-tenancy-"))
    kind: Any = Demo if why else QueueDemo
    with kind(run, backend=PROGRAM, with_web=False) as DEMO:
        DEMO.first_round()
        queue = None if why else next(i for i, sender in DEMO.waiting().items() if sender == ANNA)
        people = {login: Person(login) for login in ROLES}
        have = things(people, queue)
        foreign_things(table, people, have, not why)
        roles(table, people, have)
        lists(table, people)
        acting(people, table)
        anna = people["anna"]
        live.check("all of it is still there for its owner", all(anna.ask("GET", path)[0] == 200 for path in (
            f"/domains/{DOMAIN}", f"/plans/{have['plan']}", f"/journal/{have['entry']}", f"/cases/{have['case']}")) and
            anna.json(f"/cases/{have['case']}")["state"] == "open" and
            people["rita"].json(f"/bulk/{have['bulk']}").get("state") == "planned" and
            [str(b["bounce"]) for b in anna.json("/bounces")["bounces"]] == [have["bounce"]])
        live.check("a bounce is its owner's and support's", people["rita"].json("/bounces")["bounces"] == [] and
                   len(people["admin"].json("/bounces")["bounces"]) == 1)
        if queue:
            end = time.monotonic() + 15         # a busy machine may not have read the queue in time
            while (said := anna.json(f"/queue/{queue}")).get("state") != "deferred" and time.monotonic() < end:
                time.sleep(0.5)
            live.check("and so are its messages", said.get("state") == "deferred", said)
    shutil.rmtree(run, ignore_errors=True)
    live.end()


if __name__ == "__main__":
    main()
