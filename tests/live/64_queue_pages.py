#!/usr/bin/env python3
"""The queue's pages over a real Postfix' queue: groups, one message with its headers, hold, release and delete by
choice and by group with the number stated, and nobody's messages but one's own."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from demo_postfix import PostfixDemo                # noqa: E402

PROGRAM = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide"
ROLES = {"anna": "customer", "ben": "customer", "rita": "reseller", "admin": "admin"}
DEMO: PostfixDemo
ANNA, BEN = "anna@cust.example", "ben@elsewhere.example"


class TwoSenders(PostfixDemo):
    def send(self, login: str, recipients: list[str]) -> None:
        super().send(login, recipients)
        super().send(BEN, ["one@provider.example", "two@provider.example"])


class Person:
    def __init__(self, login: str):
        self.login = login
        self.csrf = self.json("/queue")["csrf"]

    def ask(self, method: str, path: str, **more: Any) -> tuple[int, dict[str, str], str]:
        status, headers, body = DEMO.request(method, path, token=DEMO.identity(
            self.login, ROLES[self.login], session=f"s-{self.login}"), **more)
        return status, headers, body.decode("utf-8", "replace")

    def json(self, path: str) -> Any:
        return json.loads(self.ask("GET", path, accept="application/json")[2])

    def page(self, path: str) -> str:
        return self.ask("GET", path)[2]

    def post(self, path: str, accept: str = "application/json", **fields: Any) -> tuple[int, dict[str, str], str]:
        body = urllib.parse.urlencode({**fields, "csrf": self.csrf}, doseq=True).encode()
        return self.ask("POST", path, body=body, content_type="application/x-www-form-urlencoded", accept=accept)

    def settled(self, answer: tuple[int, dict[str, str], str]) -> str:
        where = answer[1].get("location", "")
        for _ in range(100):
            state = self.json(where).get("state") if where.startswith("/journal/") else answer[2][:300]
            if state not in ("planned", "applying", "undoing", "applied"):
                return state
            time.sleep(0.1)
        return "late"


def queue() -> dict[str, tuple[str, str]]:
    """id -> (sender, state)"""
    rows = [json.loads(line) for line in DEMO.postfix.run("/usr/sbin/postqueue", "-j").splitlines() if line.strip()]
    return {r["queue_id"]: (r["sender"], r["queue_name"]) for r in rows}


def ids(sender: str) -> list[str]:
    return sorted(i for i, (who, _) in queue().items() if who == sender)


def states(sender: str) -> set[str]:
    return {state for who, state in queue().values() if who == sender}


def seen(admin: Person, anna: Person, ben: Person) -> None:
    all_, mine, his = (p.json("/queue") for p in (admin, anna, ben))
    live.check("the contract's summary", {"total", "active", "deferred", "hold", "oldest_s", "groups"} <= set(all_) and
               all_["total"] == len(queue()) and all_["readable"] is True, {k: all_[k] for k in all_ if k != "messages"})
    live.check("everything for the administrator", {m["id"] for m in all_["messages"]} == set(queue()))
    live.check("a customer's own, and no other number", mine["total"] == len(ids(ANNA)) == len(mine["messages"]) and
               {m["id"] for m in mine["messages"]} == set(ids(ANNA)) and BEN not in json.dumps(mine), mine["groups"])
    live.check("another's own", {m["id"] for m in his["messages"]} == set(ids(BEN)) and ANNA not in json.dumps(his))
    group = next(g for g in all_["groups"] if (g["by"], g["key"]) == ("sender", ANNA))
    live.check("a group", group["count"] == len(ids(ANNA)) and group["owner"] == "anna", group)
    only = admin.json("/queue?" + urllib.parse.urlencode({"group": f"sender:{ANNA}"}))
    live.check("one group's messages", {m["id"] for m in only["messages"]} == set(ids(ANNA)))
    rows = list(csv.DictReader(io.StringIO(admin.page("/queue?format=csv"))))
    live.check("the groups as CSV", [(r["by"], r["key"], int(r["count"])) for r in rows] ==
               [(g["by"], g["key"], g["count"]) for g in all_["groups"]] or
               [r["key"].lstrip("'") for r in rows] == [g["key"] for g in all_["groups"]], rows[:3])
    rows = list(csv.DictReader(io.StringIO(anna.page("/queue?format=csv&messages=all"))))
    live.check("the messages as CSV", sorted(r["id"] for r in rows) == ids(ANNA))
    page = admin.page("/queue")
    live.check("the page has them all", set(re.findall(r'<tr data-message="([^"]+)"', page)) == set(queue()))
    one = ids(ANNA)[0]
    shown = anna.json(f"/queue/{one}")
    headers = {h["name"].lower(): h["value"] for h in shown["headers"] or []}
    live.check("a message with its headers", shown["sender"] == ANNA and headers.get("subject") == "hello" and
               "mailer.php" in headers.get("x-php-originating-script", ""), shown)
    shown = anna.page(f"/queue/{one}")
    live.check("what may be done stands above the headers", 0 < shown.find('action="/queue/hold"') < shown.find("X-PHP-Originating-Script"),
               shown[:300])
    live.check("and its page", "mailer.php" in anna.page(f"/queue/{one}") and "421 4.7.0" in anna.page(f"/queue/{one}"))
    for accept in ("text/html", "application/json"):
        foreign, unknown = (ben.ask("GET", f"/queue/{i}", accept=accept) for i in (one, "ABCDEF0123"))
        live.check(f"somebody else's message is not there ({accept})", foreign[0] == 404 and foreign == unknown,
                   foreign[2][:300])


def by_choice(admin: Person, anna: Person, ben: Person) -> None:
    two = ids(ANNA)[:2]
    foreign, unknown = (ben.post("/queue/hold", id=i) for i in (two, ["ABCDEF0123"]))
    live.check("holding another's: the same 404", foreign[0] == 404 and foreign == unknown and
               states(ANNA) == {"deferred"}, foreign)
    mixed = ben.post("/queue/delete", id=[ids(BEN)[0], two[0]])
    live.check("one of another among them: nothing", mixed[0] == 409 and two[0] in queue() and ids(BEN)[0] in queue(), mixed)
    live.check("nothing chosen", anna.post("/queue/hold")[0] == 422)
    held = anna.post("/queue/hold", id=two)
    live.check("held: 303 to the entry", held[0] == 303 and held[1].get("location", "").startswith("/journal/"), held)
    live.check("held", anna.settled(held) == "verified" and
               {i for i, (_, s) in queue().items() if s == "hold"} == set(two), queue())
    again = anna.post("/queue/hold", id=two)
    live.check("held already: nothing to do", again[0] == 409, again)
    page = anna.post("/queue/confirm", accept="text/html", action="hold", id=two)[2]
    live.check("and nothing is asked", "held already" in page and 'action="/queue/hold"' not in page, page[:300])
    group = urllib.parse.urlencode({"group": f"sender:{ANNA}"})
    rest, page = len(ids(ANNA)) - 2, anna.page("/queue?" + group)
    live.check("of a group those that are meant are counted", f"Hold {rest} messages<" in page and "Release 2 held messages<" in page and
               f"Delete {rest + 2} messages…<" in page, page[page.find("data-group"):][:1500])
    page = anna.post("/queue/confirm", accept="text/html", action="hold", group=f"sender:{ANNA}", count=rest + 2)[2]
    live.check("and asked for", f"Hold {rest} messages?" in page and f'name="count" value="{rest + 2}"' in page, page[:300])
    undone = anna.post(held[1]["location"] + "/undo")
    live.check("undone: released", anna.settled(undone) == "undone" and states(ANNA) == {"deferred"}, queue())
    held = anna.post("/queue/hold", id=two)
    anna.settled(held)
    live.check("released by hand", anna.settled(anna.post("/queue/release", id=two)) == "verified" and
               "hold" not in states(ANNA), queue())
    page = anna.post("/queue/confirm", accept="text/html", action="delete", id=two)
    live.check("a deletion asks for the number", page[0] == 200 and 'name="count"' in page[2] and "Type 2 to" in page[2] and
               all(f'value="{i}"' in page[2] for i in two), page[2][:300])
    wrong = anna.post("/queue/delete", accept="text/html", id=two, count="3")
    live.check("a wrong number: asked again", wrong[0] == 409 and 'name="count"' in wrong[2] and set(two) <= set(queue()),
               wrong[2][:300])
    live.check("no number at all", anna.post("/queue/delete", id=two, count="two")[0] == 422)
    before = set(queue())
    gone = anna.post("/queue/delete", id=two, count="2")
    live.check("deleted, these and no others", anna.settled(gone) == "verified" and before - set(queue()) == set(two), gone)
    live.check("no way back", anna.post(gone[1]["location"] + "/undo")[0] in (409, 422) or
               not set(two) & set(queue()))
    kept = anna.post("/queue/refresh", id=ids(ANNA)[:1] + two)
    live.check("a refresh carries the selection", kept[0] == 303 and ids(ANNA)[0] in kept[1]["location"], kept)
    page = anna.page(kept[1]["location"])
    live.check("ticked again, and how many are gone", re.search(
        rf'value="{ids(ANNA)[0]}"[^>]* checked', page) and "2 messages that were selected" in page, page[:200])


def by_group(admin: Person, anna: Person, ben: Person) -> None:
    group, count = f"sender:{ANNA}", len(ids(ANNA))
    live.check("another number: 409", admin.post("/queue/hold", group=group, count=count + 1)[0] == 409 and
               "hold" not in states(ANNA))
    live.check("no number: 409 or 422", admin.post("/queue/hold", group=group)[0] in (409, 422))
    foreign = ben.post("/queue/hold", group=group, count=count)
    unknown = ben.post("/queue/hold", group="sender:nobody@none.example", count=count)
    live.check("another's group: the same 404", foreign[0] == 404 and foreign == unknown, foreign)
    live.check("no group", admin.post("/queue/hold", group="colour:red", count=1)[0] == 422)
    page = admin.page("/queue?" + urllib.parse.urlencode({"group": group}))
    live.check("the number stands on the button", f"Hold {count} messages" in page and f'value="{count}"' in page)
    held = admin.post("/queue/hold", group=group, count=count)
    live.check("all of it held, and no other's", admin.settled(held) == "verified" and states(ANNA) == {"hold"} and
               states(BEN) == {"deferred"}, queue())
    live.check("released", admin.settled(admin.post("/queue/release", group=group, count=count)) == "verified" and
               "hold" not in states(ANNA))
    gone = admin.post("/queue/delete", group=group, count=count)
    live.check("deleted", admin.settled(gone) == "verified" and ids(ANNA) == [] and ids(BEN), queue())
    audit = admin.ask("GET", "/audit", accept="application/json")[2]
    live.check("in the audit", "/queue/delete" in audit and "/queue/hold" in audit)


def main() -> None:
    global DEMO
    if why := live.no_room():
        print("not run:", why)
        live.end()
    room = Path(tempfile.mkdtemp(prefix="asg-queue-pages-"))
    with TwoSenders(room, backend=PROGRAM, with_web=False) as DEMO:
        end = time.monotonic() + 20
        while (states(ANNA) | states(BEN) != {"deferred"} or len(queue()) < 8) and time.monotonic() < end:
            time.sleep(0.2)
        people = [Person(login) for login in ("admin", "anna", "ben")]
        for part in (seen, by_choice, by_group):
            part(*people)
    shutil.rmtree(room, ignore_errors=True)
    live.end()


if __name__ == "__main__":
    main()
