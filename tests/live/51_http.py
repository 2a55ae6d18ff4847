#!/usr/bin/env python3
"""The HTTP contract in front of the simulated panel: raw FastCGI for the three roles, and the way through the
web server and the panel's own entry page.  JSON of every page, one table in three forms, plans from POST to
undo, the token, the same 404 for all that is not theirs, stale plans, a panel that goes away.
"""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import shutil
import subprocess
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from live import ROOT, check, end

sys.path.insert(0, str(Path(__file__).parent))

import demo as demonstration                                    # noqa: E402
from servers import fcgi                                        # noqa: E402

PROGRAM = os.path.join(ROOT, os.environ.get("BUILD", "build"), "antispam-guide")
ROLES = {"anna": "customer", "ben": "customer", "eva": "customer", "rita": "reseller", "admin": "admin"}
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class Answer:
    def __init__(self, raw: tuple[int, dict[str, str], bytes]):
        self.status, self.headers, self.body = raw
        self.text = self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return {}

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    def __repr__(self) -> str:
        return f"{self.status} {self.headers} {self.text[:300]!r}"


class Person:
    """Somebody with a session in the panel, straight at the backend's socket."""

    def __init__(self, demo: demonstration.Demo, login: str, **more: Any):
        self.demo, self.login, self.more = demo, login, more
        self.csrf = self.get("/domains", JSON).json.get("csrf", "")

    def ask(self, method: str, path: str, **more: Any) -> Answer:
        token = self.demo.identity(self.login, ROLES[self.login], session=f"s-{self.login}", **self.more)
        return Answer(self.demo.request(method, path, token=token, **more))

    def get(self, path: str, accept: str = "text/html", **more: Any) -> Answer:
        return self.ask("GET", path, accept=accept, **more)

    def post(self, path: str, fields: dict[str, Any] = {}, accept: str = JSON, csrf: str | None = None,
             **more: Any) -> Answer:
        fields = {**fields, "csrf": self.csrf if csrf is None else csrf}
        return self.ask("POST", path, body=urllib.parse.urlencode(fields, doseq=True).encode(), content_type=FORM,
                        accept=accept, **more)

    def plan(self, fix: str, target: str, **more: Any) -> Any:
        made = self.post("/plans", {"fix": fix, "target": target, **more})
        return self.get(made.location, JSON).json if made.status == 303 else {}

    def settled(self, path: str) -> Any:
        """The entry, when it does not move any more."""
        for _ in range(60):
            entry = self.get(path, JSON).json
            entry = entry.get("entries", [entry])[0]
            if entry.get("state") not in ("planned", "applying", "undoing", "applied", None):
                return entry
            time.sleep(0.2)
        return entry


def records(demo: demonstration.Demo, domain: str) -> list[Any]:
    found = next(d for d in demo.control("GET", "/state")["domains"] if d["ascii_name"] == domain)
    return sorted((r["type"], r["host"], r["value"], r["opt"], r["ttl"]) for r in found["zone"]["records"])


# --- reading --------------------------------------------------------------------------------------------------

EVERYBODY = ["/", "/domains", "/journal", "/cases", "/spf-wizard", "/bounce", "/bounces", "/message-test", "/password-strength", "/codes", "/lookup",
             "/blacklists", "/delist", "/hotmail", "/queue", "/forwarding", "/wordpress", "/antivirus", "/guide", "/glossary", "/tools"]
MANY = ["/bulk"]
ADMIN = ["/server", "/audit"]


def pages(demo: demonstration.Demo) -> None:
    people = {login: Person(demo, login) for login in ("anna", "rita", "admin")}
    nothing = {login: p.get("/domains/none.example") for login, p in people.items()}
    for login, person in people.items():
        allowed = EVERYBODY + (MANY if login != "anna" else []) + (ADMIN if login == "admin" else [])
        for path in allowed:
            page, data = person.get(path), person.get(path, JSON)
            check(f"{login}: {path}", page.status == 200 and page.headers["content-type"].startswith("text/html") and
                  page.text.count("<main") == 1, page)
            check(f"{login}: {path} as JSON", data.status == 200 and data.headers["content-type"].startswith(JSON) and
                  isinstance(data.json, dict) and data.json.get("csrf"), data)
            table = person.get(path + "?format=csv")
            if table.headers["content-type"].startswith("text/csv"):
                named = next(csv.reader(io.StringIO(table.text)), [])
                check(f"{login}: {path} as CSV names its columns", table.status == 200 and named and
                      all(re.fullmatch("[a-z_]+", name) for name in named), table)
            check(f"{login}: {path}: headers", "default-src 'none'" in page.headers.get("content-security-policy", "") and
                  "no-store" in page.headers.get("cache-control", "") and
                  page.headers.get("x-content-type-options") == "nosniff" and "referrer-policy" in page.headers, page.headers)
        for path in [p for p in MANY + ADMIN if p not in allowed]:
            page = person.get(path)
            check(f"{login}: {path} is not there", page.status == 404 and page.text == nothing[login].text, page)
            error = person.get(path, JSON)
            check(f"{login}: {path} is not there, as JSON", error.status == 404 and
                  set(error.json.get("error", {})) >= {"code", "text"}, error)
    none = Answer(demo.request("GET", "/"))
    check("nobody: 401", none.status == 401, none)
    check("liveness needs nobody", Answer(demo.request("GET", "/healthz")).status == 200)
    metrics = people["admin"].get("/metrics", "text/plain")
    check("metrics for the administrator", metrics.status == 200 and "# TYPE" in metrics.text, metrics)
    check("metrics for nobody else", people["anna"].get("/metrics").status == 404)
    spanish = Answer(demo.request("GET", "/nowhere", token=demo.identity("anna", "customer", lang="es")))
    check("errors in the person's language", spanish.status == 404 and 'lang="es"' in spanish.text, spanish)


def home(demo: demonstration.Demo) -> None:
    """The three steps: worst first, how many domains, and the server's own with the way to the server."""
    worst = ["problem", "warning", "unknown"]
    for login in ("anna", "rita", "admin"):
        person = Person(demo, login)
        steps, page = person.get("/", JSON).json["steps"], person.get("/").text
        found = [f for step in steps for f in step["findings"]]
        for step in steps:
            rows = [(worst.index(f["verdict"]), -f["count"]) for f in step["findings"]]
            check(f"{login}: step {step['step']}: worst first", [r[0] for r in rows] == sorted(r[0] for r in rows), rows)
        check(f"{login}: the server's own findings are the administrator's",
              any(f["server"] for f in found) == (login == "admin"), found)
        shown = re.findall(r'<li data-finding="([a-z0-9_.]+)".*?<a href="[^"]*?(/domains\?finding=[a-z0-9_.]+|/server#[a-z-]+)">'
                           r'.*?<span class="muted">([^<]*)<', page)
        check(f"{login}: each leads to its domains, or to the server", [s[:2] for s in shown] == [
            (f["id"], "/server#findings-title" if f["server"] else f"/domains?finding={f['id']}") for f in found], shown)
        check(f"{login}: a number says of what", all(re.search("domain|server", s[2]) for s in shown), shown)
        for verdict, text in re.findall(r'href="[^"]*?/domains\?verdict=([a-z_]+)"><span[^>]*><span[^>]*>[^<]*</span>(\d+)', page):
            total = person.get(f"/domains?verdict={verdict}", JSON).json["total"]
            check(f"{login}: {text} domains with {verdict}", int(text) == total, total)
        for verdict in re.findall(r'<option value="([a-z_]+)"', person.get("/domains").text.split('name="verdict"')[1].split("</select>")[0]):
            page, data = person.get(f"/domains?verdict={verdict}"), person.get(f"/domains?verdict={verdict}", JSON)
            check(f"{login}: the filter's {verdict}", page.status == data.status == 200 and
                  f'value="{verdict}" selected' in page.text and
                  all((d["summary"] or {"worst": "never"})["worst"] == verdict for d in data.json["domains"]), data)


def report(demo: demonstration.Demo) -> None:
    anna = Person(demo, "anna")
    r = anna.get("/domains/nospf.example", JSON).json
    check("a domain's page is its report", r.get("target", {}).get("ascii") == "nospf.example" and
          {"summary", "findings", "server_findings", "checked_at", "duration_ms", "history", "csrf"} <= set(r), sorted(r))
    wanted = {"id", "check", "verdict", "severity", "scope", "subject", "title", "text", "detail", "owner", "guide",
              "evidence", "data", "fixes", "affects", "parent"}
    check("every finding has what it has to have", r["findings"] and all(wanted <= set(f) for f in r["findings"]))
    check("severity only of problems and warnings", all((f["severity"] is not None) ==
          (f["verdict"] in ("problem", "warning")) for f in r["findings"]), r["findings"])
    page = anna.get("/domains/nospf.example").text
    shown = re.findall(r'data-finding="([a-z0-9_.]+)" data-verdict="([a-z_]+)"', page)
    check("the page shows the report's findings", sorted(shown) == sorted(
        (f["id"], f["verdict"]) for f in r["findings"]), (shown, [(f["id"], f["verdict"]) for f in r["findings"]]))
    check("a report to print", anna.get("/domains/nospf.example/report").status == 200)
    check("nothing red of the server for a customer", not re.findall(r'data-finding="(limits|ptr|helo)\.', page))
    rows_arrive(anna, "/domains/nospf.example", {f["check"] for f in r["findings"]})
    admin = Person(demo, "admin")
    rows_arrive(admin, "/server", {"helo", "ptr", "queue"})


def server(demo: demonstration.Demo) -> None:
    """Each question with its answer in words, and the way to what mends it, or tells why."""
    admin = Person(demo, "admin")
    page, report = admin.get("/server").text, admin.get("/server", JSON).json
    rows = {(check, of): (verdict, now.strip(), go) for check, verdict, of, now, go in re.findall(
        r'<tr data-check="([a-z_]+)" data-verdict="([a-z_]+)">\s*<th scope="row">[^<]*(?:<code>([^<]*)</code>)?</th>\s*<td [^>]*>(.*?)</td>'
        r'\s*<td.*?</td>\s*<td[^>]*>(.*?)</td>', page, re.S)}
    check("server: every question", {"helo", "ptr", "egress", "dkim_server", "limits", "queue", "mail_log", "antivirus",
          "blacklist", "resolver", "forwarding", "wordpress"} <= {c for c, _ in rows}, sorted(rows))
    check("server: one row for a question and its address", len(re.findall('<tr data-check=', page)) == len(rows) and
          {of for c, of in rows if c == "ptr"} == {"203.0.113.10", "203.0.113.11"}, sorted(rows))
    check("server: how it is now", all(now for _, now, _ in rows.values()), rows)
    check("server: what could not be checked is not mended", all(
        ("mend it" in go) == (verdict in ("problem", "warning")) for (c, _), (verdict, _, go) in rows.items()
        if c != "wordpress") and any(v == "unknown" for v, _, _ in rows.values()), rows)
    anchors = re.findall(r'href="#(finding-[0-9]+)"', page)
    check("server: it leads to the finding", anchors and all(f'id="{a}"' in page for a in anchors), anchors)
    unread = page[page.index('data-finding="dkim_server.unknown"'):].split("</article>")[0]
    check("server: a switch that nobody can read may be set", 'name="fix" value="dkim.enable_server"' in unread and
          "does no harm" in unread, unread)
    lists = admin.get("/blacklists").text
    said = dict(re.findall(r'data-target="([^"]+)">\s*<summary>[^<]*<span class="muted">([^<]+)', lists))
    check("server: the lists say here what they say on their own page", said and all(
        said[of] in now for (c, of), (_, now, _) in rows.items() if c == "blacklist"), (said, rows))
    off = next(f for f in report["findings"] if f["id"] == "limits.off")
    proposed = off["data"]["proposed"]
    check("server: a limit of each kind is proposed, none below the smaller", list(proposed) == ["mailbox", "domain", "subscription"] and
          0 < proposed["mailbox"] <= proposed["domain"] <= proposed["subscription"], proposed)
    form = page[page.index('data-fix="limits.enable"'):].split("</form>")[0]
    values = re.findall(r'<small>([^<]+)</small> <input name="([a-z]+)" type="number" value="([0-9]+)"', form)
    check("server: and stands in its field, with what is and what was sent", {n: int(v) for _, n, v in values} == proposed and
          all("Now: none" in hint and "busiest hour" in hint for hint, _, _ in values), form)
    plan = admin.plan("limits.enable", "server")
    check("server: the plan without numbers is the same", {k: v for k, v in plan["changes"][0]["after"].items() if k != "enabled"} ==
          proposed, plan)
    page = admin.get("/plans/" + plan["plan"]).text
    check("server: the plan's numbers stand in its form", all(f'name="{k}" type="number" value="{v}"' in page
          for k, v in proposed.items()), page[:200])


def long_selection(demo: demonstration.Demo) -> None:
    """What is ticked goes along as far as an address holds it, and no name is cut."""
    admin = Person(demo, "admin")
    ids = [f"1xWrlM-{n:05d}c-2i" for n in range(1000)]
    answer = admin.post("/queue/refresh", {"id": ids, "in_group": "sender:a@b.example"})
    kept = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.location).query, strict_parsing=True)
    check("a long selection: whole names, in their order", answer.status == 303 and kept["group"] == ["sender:a@b.example"] and
          len(kept["id"]) > 150 and kept["id"] == ids[:len(kept["id"])], answer.location[-100:])
    check("what a web server takes of an address", len(answer.location) <= 4096, len(answer.location))
    check("and the page takes it", admin.get(answer.location).status == 200)


def sections(demo: demonstration.Demo) -> None:
    """A page without a place of its own in the navigation is marked at the one that it belongs to."""
    admin = Person(demo, "admin")
    for path, place in (("/senders", "/queue"), ("/audit", "/journal"), ("/queue", "/queue"), ("/server", "/server"),
                        ("/blacklists", "/blacklists"), ("/forwarding", "/tools"), ("/wordpress", "/tools"),
                        ("/antivirus", "/tools"), ("/notices", "/")):
        page = admin.get(path).text
        check(f"{path} is found in the navigation", re.findall(r'<a href="([^"]*)" aria-current="page"', page) == [place], page[:400])
    page = admin.get("/senders").text
    check("senders: a number and what it counts", re.search(r"</span>[0-9,]+ messages sent</span>", page), page[:2000])
    axis = re.search(r'<p class="scale num" aria-hidden="true"><span>([0-9,]+)</span><span>([0-9,]+)</span><span>0</span>', page)
    top, half = (int(n.replace(",", "")) for n in axis.groups()) if axis else (0, 1)
    check("senders: the axis has its numbers", top == 2 * half and top >= admin.get("/senders", JSON).json["use"]["mailbox"]["busiest"],
          axis)


def rows_arrive(person: Person, path: str, checks: set[str]) -> None:
    """While it runs: a row for each check, decided one after the other and not undone."""
    drawn, whole = False, False
    for _ in range(20):                         # a check may have ended before anybody could look
        again = person.post(f"{path}/check")
        check(f"{path}: check again leads to the page", (again.status, again.location) == (303, path), again)
        seen: list[dict[str, str | None]] = []
        for _ in range(1500):
            drawn = drawn or 'class="arriving"' in person.get(path).text
            r = person.get(path, JSON).json
            if not r["checking"]:
                break
            seen.append({p["check"]: p["verdict"] for p in r["progress"]})
            time.sleep(0.02)
        whole = whole or any(checks <= set(rows) for rows in seen)
        undone = [c for a, b in zip(seen, seen[1:]) for c, v in a.items() if v is not None and b.get(c) is None and b]
        check(f"{path}: what is decided stays", not undone, (undone, seen))
        if drawn and whole:
            break
    check(f"{path}: rows while it runs", drawn and whole, seen)
    check(f"{path}: no rows when nothing runs", not r["progress"] and 'class="arriving"' not in person.get(path).text, r["progress"])


def three_forms(person: Person) -> tuple[dict[str, Any], Any, str]:
    """JSON, CSV and HTML of one state: the backend checks by itself, so between two of them it may change."""
    for _ in range(20):
        data = person.get("/domains?per_page=200", JSON).json
        answer = person.get("/domains?per_page=200&format=csv")
        page = person.get("/domains?per_page=200").text
        if person.get("/domains?per_page=200", JSON).json["domains"] == data["domains"]:
            break
        time.sleep(0.5)
    return data, answer, page


def finding_choices(demo: demonstration.Demo) -> None:
    """The filter offers the findings of one's own domains, each with their number."""
    for login in ("anna", "rita", "admin"):
        person = Person(demo, login)
        for _ in range(20):             # the backend checks by itself: one state
            before = person.get("/domains", JSON).json["domains"]
            offered = {i: int(n.replace(",", "")) for i, n in re.findall(
                r'<option value="([a-z0-9_]+\.[a-z0-9_]+)">[^<]* \(([0-9,]+)\)</option>', person.get("/domains").text)}
            found = {i: person.get("/domains?finding=" + i, JSON).json["total"] for i in offered}
            if person.get("/domains", JSON).json["domains"] == before:
                break
            time.sleep(0.5)
        check(f"{login}: findings to choose from", offered and offered == found, (offered, found))
        page = person.get("/domains?finding=spf.lookup_limit").text
        check(f"{login}: what is asked for is chosen", page.count(" selected>") == 1 and
              'value="spf.lookup_limit" selected' in page, page)


def table(demo: demonstration.Demo) -> None:
    for login in ("rita", "admin"):
        person = Person(demo, login)
        data, answer, page = three_forms(person)
        check(f"{login}: total and page", {"domains", "total", "page", "per_page", "csrf"} <= set(data) and
              data["total"] == len(data["domains"]), {k: v for k, v in data.items() if k != "domains"})
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        shown = re.findall(r'<tr data-domain="([^"]+)"(?: data-verdict="([^"]+)")?', page)
        names = [d["ascii"] for d in data["domains"]]
        check(f"{login}: CSV", answer.status == 200 and answer.headers["content-type"].startswith("text/csv"), answer)
        check(f"{login}: one table in three forms", names == [r["ascii"] for r in rows] == [name for name, _ in shown],
              (names, [r.get("ascii") for r in rows], shown))
        worst = [d["summary"]["worst"] if d["summary"] else "" for d in data["domains"]]
        check(f"{login}: the same verdicts", worst == [v for _, v in shown], (worst, shown))
        for key in ("name", "owner", "checked_at"):
            check(f"{login}: the same {key}", [d[key] or "" for d in data["domains"]] == [r[key] for r in rows],
                  [(d[key], r[key]) for d, r in zip(data["domains"], rows)][:3])
        check(f"{login}: letters", login != "admin" or "corazón.example" in html.unescape(page))
    admin = Person(demo, "admin")
    hits = admin.get("/domains?verdict=problem", JSON).json["domains"]
    check("filter by verdict", hits and {d["summary"]["worst"] for d in hits} == {"problem"}, hits[:2])
    hits = admin.get("/domains?finding=spf.multiple", JSON).json["domains"]
    check("filter by finding", [d["ascii"] for d in hits] == ["twospf.example"], hits)
    hits = admin.get("/domains?owner=ben&sort=name", JSON).json["domains"]
    check("filter by owner, by name", [d["ascii"] for d in hits] ==
          ["elsewhere.example", "lookups.example", "notauth.example"], hits)
    hits = admin.get("/domains?q=coraz%C3%B3n", JSON).json["domains"]
    check("search by letters", [d["ascii"] for d in hits] == ["xn--corazn-d1a.example"] or
          [d["name"] for d in hits] == ["corazón.example"], hits)
    two = [admin.get(f"/domains?per_page=5&page={n}", JSON).json["domains"] for n in (1, 2)]
    check("pages", [len(p) for p in two] == [5, 5] and two[0][0] != two[1][0], [len(p) for p in two])
    eva = Person(demo, "eva")
    text = eva.get("/domains/hostile.example?format=csv").text + eva.get("/domains?format=csv").text
    cells = [c for row in csv.reader(io.StringIO(text)) for c in row]
    check("no cell is a formula", not [c for c in cells if c[:1] in "=+-@\t\r" and c], cells[:20])
    for name, value in (("page", "0"), ("per_page", "x"), ("verdict", "nonsense"), ("sort", "nonsense"), ("after", "x"),
                        ("q", "%00")):
        wrong = admin.get(f"/domains?{name}={value}", JSON)
        check(f"{name}={value}: 422 that names it", wrong.status == 422 and f"“{name}”" in wrong.json["error"]["text"] and
              admin.get(f"/domains?{name}={value}").status == 422, wrong)
    check("nothing is chosen by a filter that is none", admin.post("/domains/check", {
        "select": "filter", "verdict": "nonsense"}).status == 422)
    check("search: capitals of any alphabet", [d["ascii"] for d in admin.get("/domains?q=COR%2A", JSON).json["domains"]] ==
          [] and [d["name"] for d in admin.get("/domains?q=CORAZ%C3%93N", JSON).json["domains"]] == ["corazón.example"])
    hits = admin.get("/domains?finding=spf.ok&per_page=200", JSON).json["domains"]
    check("filter by a finding that says that all is well", hits and {d["checks"]["spf"] for d in hits} == {"ok"}, hits[:2])
    turned(admin)


def turned(admin: Person) -> None:
    """Page for page from row to row, in every order: as the whole list; each page names the row to go on from."""
    order = ["problem", "warning", "unknown", "information", "ok", "not_applicable", None]
    for mark in ("spf", "dkim", "dmarc", "ptr", "lists"):
        for sign in ("", "-"):
            rows = admin.get(f"/domains?per_page=200&sort={sign}{mark}", JSON).json["domains"]
            stand = [order.index(d["checks"][mark]) for d in rows]
            check(f"sort={sign}{mark}: by how it stands, then by name", [(s, d["ascii"]) for s, d in zip(stand, rows)] ==
                  sorted(((s, d["ascii"]) for s, d in zip(stand, rows)), reverse=sign == "-"), stand)
    for sort in ("worst", "name", "checked_at", "owner", "spf", "ptr"):
        for sign in ("", "-"):
            for _ in range(5):              # the backend checks by itself: one state
                whole = [d["ascii"] for d in admin.get(f"/domains?per_page=200&sort={sign}{sort}", JSON).json["domains"]]
                found, after = [], ""
                for page in range(1, 20):
                    one = admin.get(f"/domains?per_page=3&page={page}&sort={sign}{sort}{after}", JSON).json
                    found += [d["ascii"] for d in one["domains"]]
                    if one["after"] is None:
                        break
                    after = "&after=" + urllib.parse.quote(one["after"])
                if found == whole:
                    break
            check(f"sort={sign}{sort}: no row lost or twice", found == whole, (found, whole))
    page = admin.get("/domains?per_page=3&sort=owner").text
    check("who filters keeps the order", '<input type="hidden" name="sort" value="owner">' in page, page)
    check("the page's own link goes on from its last row", re.search(r'page=2&amp;after=[0-9]+\.[a-z.-]+/[a-z]+"', page), page)


def accepted(demo: demonstration.Demo) -> None:
    """A finding that is accepted: who, why and until when, in the table, its exports and the report, until taken back."""
    anna = Person(demo, "anna")
    place, why = "/domains/nospf.example/acknowledge", "<b>no mail</b>"
    check("accepted: 303", anna.post(place, {"finding": "spf.missing", "note": why, "until": "2099-03-04"}).status == 303)
    row = {d["ascii"]: d["accepted"] for d in anna.get("/domains", JSON).json["domains"]}
    check("accepted: in the table's JSON", row == {"nospf.example": 1, "twospf.example": 0, "cust.example": 0}, row)
    rows = {r["ascii"]: r["accepted"] for r in csv.DictReader(io.StringIO(anna.get("/domains?format=csv").text))}
    check("accepted: in its CSV", rows["nospf.example"] == "1" and rows["cust.example"] == "0", rows)
    check("accepted: in the page", anna.get("/domains").text.count("1 accepted") == 1)
    report = anna.get("/domains/nospf.example/report").text
    check("accepted: in the report, with all of it", 'data-finding="spf.missing"' in report and html.escape(why) in report and
          "anna" in report and "4 Mar 2099" in report, report)
    check("accepted: taken back", anna.post(place, {"finding": "spf.missing", "drop": "1"}).status == 303 and
          not any(d["accepted"] for d in anna.get("/domains", JSON).json["domains"]) and
          html.escape(why) not in anna.get("/domains/nospf.example/report").text)


def one_name(demo: demonstration.Demo) -> None:
    """However it is written, it is the same domain: in the address, in a plan, in a selection."""
    admin = Person(demo, "admin")
    ascii = "xn--corazn-fxa.example"
    for name in (ascii, ascii.upper(), "corazón.example", "CORAZÓN.example.", f"{ascii}."):
        params = {"PATH_INFO": f"/domains/{name}"}
        page = admin.get("/", JSON, params=params)
        check(f"{name}: its page", page.status == 200 and page.json["target"]["ascii"] == ascii, page)
        check(f"{name}: in a selection", admin.post("/domains/check", {"target": name}).status == 303)
        check(f"{name}: nobody else's", Person(demo, "anna").get("/", JSON, params=params).status == 404)


# --- whose ---------------------------------------------------------------------------------------------------------

def tenants(demo: demonstration.Demo) -> None:
    """Foreign and unknown cannot be told apart."""
    anna, ben, rita, admin = (Person(demo, login) for login in ("anna", "ben", "rita", "admin"))
    plan = anna.plan("spf.publish", "nospf.example")
    made = anna.post(f"/plans/{plan['plan']}/apply", {"hash": plan["hash"]})
    check("applied: 303 to the entry", made.status == 303 and re.fullmatch(r"/journal/\d+", made.location), made)
    entry = made.location.rpartition("/")[2]
    check("verified", anna.settled(made.location)["state"] == "verified")
    case = anna.post("/cases", {"about": "nospf.example", "kind": "spam"})
    check("a case: 303", case.status == 303, case)
    number = case.location.rpartition("/")[2]
    second = anna.plan("spf.merge", "twospf.example")

    pairs = [("GET", "/domains/nospf.example", "/domains/none.example"),
             ("GET", "/domains/nospf.example/report", "/domains/none.example/report"),
             ("GET", f"/plans/{second['plan']}", "/plans/" + "0" * 32),
             ("GET", f"/journal/{entry}", "/journal/987654"),
             ("GET", f"/cases/{number}", "/cases/987654"),
             ("POST", "/domains/nospf.example/check", "/domains/none.example/check"),
             ("POST", f"/plans/{second['plan']}/apply", "/plans/" + "0" * 32 + "/apply"),
             ("POST", f"/journal/{entry}/undo", "/journal/987654/undo"),
             ("POST", f"/cases/{number}/close", "/cases/987654/close")]
    for method, foreign, unknown in pairs:
        for accept in ("text/html", JSON):
            answers = []
            for path in (foreign, unknown):
                fields = {"hash": second["hash"], "text": "x", "finding": "spf.missing", "note": "x"}
                answers.append(ben.get(path, accept) if method == "GET" else ben.post(path, fields, accept))
            check(f"{method} {re.sub('[0-9a-f]{32}', 'ID', foreign)} as {accept}: the same 404",
                  [a.status for a in answers] == [404, 404] and answers[0].text == answers[1].text and
                  answers[0].headers == answers[1].headers, answers)
    foreign = ben.post("/plans", {"fix": "spf.publish", "target": "nospf.example"})
    unknown = ben.post("/plans", {"fix": "spf.publish", "target": "none.example"})
    check("a plan for a foreign domain", foreign.status == unknown.status == 404 and foreign.text == unknown.text,
          (foreign, unknown))
    check("a server's fix is not a customer's", anna.post("/plans", {"fix": "limits.enable", "target": "server"}).status
          in (404, 422))
    check("the reseller may", rita.get("/domains/nospf.example").status == 200 and
          rita.get(f"/journal/{entry}").status == 200)
    check("the administrator sees who", admin.get(f"/journal/{entry}", JSON).status == 200 and
          "anna" in admin.get(f"/journal/{entry}").text)
    csv_rows = list(csv.DictReader(io.StringIO(admin.get("/journal?format=csv").text)))
    check("the journal as CSV", csv_rows and {"entry", "at", "login", "role", "fix", "target", "state"} <= set(csv_rows[0]),
          csv_rows[:1])
    mine = ben.get("/journal", JSON).json["entries"]
    check("nobody else's entries in one's journal", not [e for e in mine if e["target"] == "nospf.example"], mine)
    undone = anna.post(f"/journal/{entry}/undo")
    check("undo: 303 to its entry", undone.status == 303 and undone.location != f"/journal/{entry}", undone)
    check("undone", anna.settled(undone.location)["state"] == "undone")
    audit = admin.get("/audit", JSON).text
    check("denied and changing requests are in the audit", "nospf.example" in audit and "ben" in audit, audit[:400])
    inside = Person(demo, "rita", acting="anna")
    check("working as a customer: her domains", inside.get("/domains", JSON).json["total"] == 3)
    outside = Answer(demo.request("GET", "/domains", accept=JSON, token=demo.identity("rita", "reseller", acting="eva")))
    check("working as a foreign customer: nothing", outside.status in (401, 403, 404) or
          outside.json.get("total") == 0, outside)


# --- changing --------------------------------------------------------------------------------------------------------

def tokens(demo: demonstration.Demo) -> None:
    anna, ben = Person(demo, "anna"), Person(demo, "ben")
    before = records(demo, "nospf.example")
    plan = anna.plan("spf.publish", "nospf.example")
    apply = f"/plans/{plan['plan']}/apply"
    fields = {"hash": plan["hash"]}
    for path in (apply, "/plans/" + "0" * 32 + "/apply", "/domains/none.example/check", "/plans", "/journal/987654/undo"):
        for name, token in (("no", ""), ("a wrong", "x" * 64), ("somebody else's", ben.csrf)):
            answer = anna.post(path, fields, csrf=token)
            check(f"{name} token at {re.sub('[0-9a-f]{32}', 'ID', path)}: 403", answer.status == 403, answer)
    other = Answer(demo.request("POST", apply, token=demo.identity("anna", "customer", session="another"),
                                body=urllib.parse.urlencode({**fields, "csrf": anna.csrf}).encode(), content_type=FORM))
    check("a token of another session: 403", other.status == 403, other)
    plain = anna.ask("POST", apply, body=json.dumps({**fields, "csrf": anna.csrf}).encode(), content_type="text/plain")
    check("a form that is no form: 415", plain.status == 415, plain)
    check("a change by GET: not there", anna.get(apply).status in (404, 405))
    check("nothing written by any", records(demo, "nospf.example") == before)
    big = anna.ask("POST", "/bounce", body=b"text=" + b"x" * (40 << 20), content_type=FORM)
    check("too big: 413", big.status == 413, big)
    as_json = anna.ask("POST", apply, body=json.dumps(fields).encode(), content_type=JSON, accept=JSON,
                       headers={"X-CSRF-Token": anna.csrf})
    check("a JSON body with the token in its header: 303", as_json.status == 303, as_json)
    check("settled", anna.settled(as_json.location)["state"] == "verified")
    undone = anna.post(as_json.location + "/undo")
    anna.settled(undone.location)
    check("and back", records(demo, "nospf.example") == before)


def plans(demo: demonstration.Demo) -> None:
    anna = Person(demo, "anna")
    before = records(demo, "twospf.example")
    made = anna.post("/plans", {"fix": "spf.merge", "target": "twospf.example"}, accept="text/html")
    check("a plan: 303", made.status == 303 and re.fullmatch(r"/plans/[0-9a-f]+", made.location), made)
    plan = anna.get(made.location, JSON).json
    check("the plan's shape", {"plan", "hash", "fix", "target", "changes", "alternatives", "checks_after", "refused"} <=
          set(plan) and plan["refused"] is None and plan["changes"][0]["before"]["ttl"] == 3600, plan)
    page = anna.get(made.location).text
    check("its page", 'data-state="planned"' in page and f'value="{plan["hash"]}"' in page and
          html.escape("v=spf1 a mx include:_spf.relay.example ~all") in page)
    wrong = anna.post(f"{made.location}/apply", {"hash": "0" * 64})
    check("a wrong hash: 409", wrong.status == 409, wrong)
    check("a wrong hash: a page", anna.post(f"{made.location}/apply", {"hash": "0" * 64}, "text/html").status == 409)
    check("no hash: 409 or 422", anna.post(f"{made.location}/apply").status in (409, 422))

    host = "twospf.example."
    demo.control("POST", "/change", {"op": "add", "domain": "twospf.example", "type": "TXT", "host": host,
                                     "value": "another hand"})
    stale = anna.post(f"{made.location}/apply", {"hash": plan["hash"]}, "text/html")
    check("changed since the plan: 409", stale.status == 409 and "<main" in stale.text, stale)
    check("changed since the plan: nothing written", [r for r in records(demo, "twospf.example")
                                                      if r[2] != "another hand"] == before)
    demo.control("POST", "/change", {"op": "delete", "domain": "twospf.example", "type": "TXT", "host": host,
                                     "value": "another hand"})
    plan = anna.plan("spf.merge", "twospf.example")
    with sqlite3.connect(demo.store, timeout=30) as db:
        db.execute("UPDATE plans SET created_at = created_at - 90000 WHERE id = ?", (plan["plan"],))
    old = anna.post(f"/plans/{plan['plan']}/apply", {"hash": plan["hash"]})
    check("a plan of yesterday: 409", old.status == 409, old)
    plan = anna.plan("spf.merge", "twospf.example")
    first = anna.post(f"/plans/{plan['plan']}/apply", {"hash": plan["hash"]})
    second = anna.post(f"/plans/{plan['plan']}/apply", {"hash": plan["hash"]})
    check("confirmed twice: once done", first.status == 303 and (second.status == 409 or
          second.location == first.location), (first, second))
    entry = anna.settled(first.location)
    check("the entry's shape", {"entry", "at", "login", "role", "fix", "target", "state", "changes", "undone_by"} <=
          set(entry) and entry["login"] == "anna" and entry["role"] == "customer", sorted(entry))
    full = anna.get(first.location, JSON).json
    verification = full.get("verification") or (full.get("entries") or [{}])[0].get("verification") or {}
    check("its verification", verification.get("panel") == "ok" and
          [s["state"] for s in verification.get("name_servers", [])] == ["ok", "ok"] and
          verification.get("caches_until"), full)
    page = anna.get(first.location).text
    check("its page says so", 'data-state="verified"' in page and 'data-server="ns1.host.example"' in page)
    undone = anna.post(f"{first.location}/undo", accept="text/html")
    check("undone", anna.settled(undone.location)["state"] == "undone" and records(demo, "twospf.example") == before)
    again = anna.post(f"{first.location}/undo")
    check("undone twice: 409", again.status == 409, again)

    refused = anna.plan("spf.publish", "cust.example")
    check("a refused plan says why", refused.get("refused", {}).get("code") == "not_needed" and refused["changes"] == [],
          refused)
    page = anna.get(f"/plans/{refused['plan']}").text
    check("a refused plan: no button, and what it means", "/apply" not in page and "There is nothing to do" in page and
          "would do harm" not in page, page)
    elsewhere = Person(demo, "ben").plan("spf.publish", "elsewhere.example")
    check("DNS elsewhere", elsewhere.get("refused", {}).get("code") == "dns_elsewhere" and elsewhere["copies"], elsewhere)
    page = Person(demo, "ben").get(f"/plans/{elsewhere['plan']}").text
    check("DNS elsewhere: a page to copy from", "/apply" not in page and page.count("v=spf1 ip4:203.0.113.10 ~all") >= 3)
    for fields, name in (({"fix": "spf.nope", "target": "nospf.example"}, "an unknown fix"), ({}, "nothing"),
                         ({"fix": "spf.publish", "target": "not a domain"}, "no domain"),
                         ({"fix": "spf.publish", "target": "nospf.example", "nonsense": "1"}, "an unknown parameter"),
                         ({"fix": "spf.publish", "target": "nospf.example", "all": "+all"}, "a value that does harm")):
        answer = anna.post("/plans", fields)
        check(f"{name}: 404 or 422", answer.status in (404, 422) and answer.json.get("error", {}).get("text"), answer)


def in_words(text: str) -> str:
    """What a person reads of a page, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def diffs(demo: demonstration.Demo) -> None:
    """What goes and what comes is marked in the page itself, what stays stands once."""
    anna = Person(demo, "anna")
    page = anna.get(f"/plans/{anna.plan('spf.publish', 'nospf.example')['plan']}").text
    check("what comes", re.findall(r"<ins>(.*?)</ins>", page) == ["v=spf1 ip4:203.0.113.10 ~all"] and "<del>" not in page, page)
    check("what stays stands once", page.count("google-site-verification=") == 1 and "Stays as it is" in page, page)
    page = anna.get(f"/plans/{anna.plan('spf.merge', 'twospf.example')['plan']}").text
    gone = re.findall(r"<del>(.*?)</del>", page)
    check("what goes, and the term that is lost", gone == ["v=spf1 a mx ~all", "v=spf1 include:_spf.relay.example <mark>-all</mark>"] and
          'aria-hidden="true">\u2212</span> Removed' in page and 'aria-hidden="true">+</span> Added' in page, page)


def undo_in_words(demo: demonstration.Demo) -> None:
    anna, admin = Person(demo, "anna"), Person(demo, "admin")
    plan = anna.plan("spf.publish", "nospf.example")
    first = anna.post(f"/plans/{plan['plan']}/apply", {"hash": plan["hash"]}).location
    anna.settled(first)
    second = anna.post(f"{first}/undo").location
    anna.settled(second)
    n, m = first.rpartition("/")[2], second.rpartition("/")[2]
    undo, old = anna.get(second).text, anna.get(first).text
    check("an undo says so and leads to what it undid", f"<h1>Undo of entry {n}: Publish the SPF record</h1>" in undo and
          re.search(rf'data-undo-of="{n}">Undo of <a href="[^"]*{first}">entry {n}</a>', undo) and "Put back" in undo, undo)
    check("what was undone says by what", re.search(rf'data-undone-by="{m}">Undone by <a href="[^"]*{second}">entry {m}</a>', old) and
          "Undo of" not in in_words(old), old)
    journal = in_words(anna.get("/journal").text)
    check("the journal says both", f"Undo of entry {n}: Publish the SPF record" in journal and f"undone by entry {m}" in journal, journal)
    spanish = Answer(demo.request("GET", second, token=demo.identity("anna", "customer", lang="es"))).text
    check("in Spanish", f"Deshace la entrada {n}: Publicar el registro SPF" in spanish and "Restablecido" in spanish, spanish)
    for _ in range(25):                     # a busy machine may not have written it down yet
        if f'{second}">entry {m}</a>' in (audit := admin.get("/audit").text):
            break
        time.sleep(0.2)
    check("the audit in words", "&quot;kind&quot;" not in audit and "Undo: Publish the SPF record" in in_words(audit) and
          f'{second}">entry {m}</a>' in audit and "<ins>" in audit, audit[:2000])
    some = admin.get("/journal?target=NOSPF", JSON).json["entries"]
    check("the journal by a part of the name", some and {e["target"] for e in some} == {"nospf.example"}, some[:2])
    for path in ("/journal?target=nowhere", "/audit?q=nothing-of-the-kind"):
        page = admin.get(path).text
        check(f"{path}: a sentence instead of an empty table", "<table" not in page and "matches." in page, page)
    for path in (first, "/journal", "/audit"):
        page = in_words(admin.get(path).text)
        check(f"{path}: no time of a machine", not re.search(r"\d{4}-\d\d-\d\dT", page), page)


def fix_cards(demo: demonstration.Demo) -> None:
    """No button above the text that it would show, nor where nothing is to be done."""
    admin = Person(demo, "admin")
    for _ in range(100):
        page = admin.get("/server").text
        if 'data-finding="ptr.missing"' in page and "data-running" not in page:
            break
        time.sleep(0.2)
    cards = re.findall(r'<div class="fix" data-fix="ptr.request">.*?\n</div>', page, re.S)
    text = [c for c in cards if "<pre" in c]
    check("the message is there, and no button to show it", text and not [c for c in cards if "<button" in c], cards)
    check("an address without a name: none", text and "Present reverse name: none." in text[0], text)
    card = re.search(r'<div class="fix" data-fix="spf.publish">.*?\n</div>', admin.get("/domains/elsewhere.example").text, re.S)
    check("a record to copy, and no button to show it", card and "v=spf1" in card[0] and "<button" not in card[0], card)


def bulk_form(demo: demonstration.Demo) -> None:
    rita = Person(demo, "rita")
    page = rita.get("/bulk").text
    offered = dict(re.findall(r'<option value="([a-z0-9_]+\.[a-z0-9_]+)">([^<]*) \([0-9,]+\)</option>', page))
    check("findings to choose from, in words", offered.get("spf.missing") == "No SPF record" and "placeholder" not in page, page)
    fixes = re.findall(r'<option value="([a-z0-9_.]+)">([^<]*)</option>', page.partition('id="b-fix"')[2])
    check("fixes in words", ("spf.publish", "Publish the SPF record") in fixes and
          not [t for i, t in fixes if i in t], fixes)
    check("no run yet, in a sentence", "There has been no run yet." in page, page)
    made = rita.post("/bulk", {"select": "filter", "finding": "spf.missing", "q": "elsewhere", "fix": ""}, accept="text/html")
    check("the finding's own fix", made.status == 303, made)
    run = rita.get(made.location, JSON).json
    check("of all that match", run.get("fix") == "spf.publish" and [p["target"] for p in run["plans"]] == ["elsewhere.example"], run)
    page = rita.get(made.location).text
    check("the dry run in words", "Dry run ready" in page and "Nothing has been written yet" in page and "<ins>v=spf1" in page, page)
    for fields, words in (({"finding": "dns.elsewhere"}, "Say what is to be done"), ({"q": "no-such-name", "fix": "spf.publish"},
                                                                                     "No domain matches")):
        answer = rita.post("/bulk", {"select": "filter", **fields}, accept="text/html")
        check(f"{words}: the form again", answer.status == 422 and words in answer.text and 'id="b-fix"' in answer.text, answer)
        check(f"{words}: JSON", rita.post("/bulk", {"select": "filter", **fields}).json.get("error", {}).get("code") == "invalid_value")
    made = rita.post("/bulk", {"target": "cust.example", "fix": "spf.publish"}, accept="text/html")
    page = rita.get(made.location).text
    check("what is right already is no warning, and says why", "Not needed" in page and "tone-warning" not in page and
          'class="muted why"' in page and "/apply" not in page, page)
    page = rita.get("/bulk?finding=spf.missing").text
    check("a finding in the address is chosen, and its fix", 'value="spf.missing" selected' in page and
          'value="spf.publish" selected' in page, page)


# --- ways in -----------------------------------------------------------------------------------------------------------

def mounts(demo: demonstration.Demo) -> None:
    anna = Person(demo, "anna")
    base = "/any/where/index.php"
    page = anna.get("/domains", script=base).text
    links = re.findall(r'(?:href|action|src)="(/[^"]*)"', page)
    check("links begin where it is mounted", links and all(link.startswith(base + "/") for link in links), links[:5])
    framed = anna.get("/domains", params={"ASG_FRAME": "panel"})
    check("in a panel's frame: a fragment", "<html" not in framed.text and "<main" not in framed.text and
          urllib.parse.unquote(framed.headers.get("x-antispam-guide-title", "")) == "Domains", framed)
    uri = Answer(demo.request("GET", "/ignored", token=demo.identity("anna", "customer"), params={
        "PATH_INFO": "", "SCRIPT_NAME": "/asg", "REQUEST_URI": "/asg/glossary?x=1"}))
    check("without PATH_INFO the URI decides", uri.status == 200 and "/asg/" in uri.text, uri)
    static = re.search(r'href="([^"]*asg\.css[^"]*)"', anna.get("/").text)
    style = Answer(demo.request("GET", static.group(1) if static else "/static/asg.css"))
    check("the style sheet needs nobody", style.status == 200 and style.headers["content-type"].startswith("text/css"))
    for path in ("/static/../pages/layout.html", "/static/%2e%2e/pages/layout.html", "/static/", "/static/none.css",
                 "/static//etc/passwd", "/static/..%2fpages%2flayout.html"):
        check(f"nothing else there: {path}", Answer(demo.request("GET", path)).status in (400, 404), path)
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "nonsense"):
        check(f"{method}: no", anna.ask(method, "/domains").status in (400, 404, 405, 501), method)
    check("HEAD: no body", (lambda a: a.status == 200 and a.body == b"")(anna.ask("HEAD", "/domains")))


def entry_page(demo: demonstration.Demo) -> None:
    """Through lighttpd, PHP and the panel's session."""
    jar = CookieJar()

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    follow = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar))
    stay = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar), Stay)
    home = demo.url + "/modules/antispam-guide/index.php/index/go"

    def ask(path: str, data: dict[str, str] | None = None, opener: Any = stay, **headers: str) -> Answer:
        body = None if data is None else urllib.parse.urlencode(data).encode()
        request = urllib.request.Request(home + path, body, headers={"Accept": "text/html", **headers})
        try:
            with opener.open(request, timeout=30) as answer:
                return Answer((answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()))
        except urllib.error.HTTPError as answer:
            return Answer((answer.code, {k.lower(): v for k, v in answer.headers.items()}, answer.read()))

    strange = ask("/domains")
    check("without a session: nothing", strange.status in (302, 303, 401, 403) or "nospf.example" not in strange.text, strange)
    follow.open(demo.way_in("anna"), timeout=30).read()
    page, data = ask("/domains"), ask("/domains", Accept=JSON)
    check("the entry page shows the table", page.status == 200 and "nospf.example" in page.text and
          page.text.count("<main") <= 1, page)
    check("and JSON", data.status == 200 and {d["ascii"] for d in data.json["domains"]} ==
          {"cust.example", "nospf.example", "twospf.example"}, data)
    table = ask("/domains?format=csv")
    check("and CSV", table.status == 200 and table.headers["content-type"].startswith("text/csv") and
          "nospf.example" in table.text, table)
    check("a foreign domain is not there", ask("/domains/hostile.example").status == 404)
    check("no token: 403", ask("/plans", {"fix": "spf.publish", "target": "nospf.example"}).status == 403)
    # the panel's own token is in every form of the page, beside ours
    forgery = re.search(r'name="forgery_protection_token" value="([^"]+)"', ask("/domains/nospf.example").text)
    fields = {"fix": "spf.publish", "target": "nospf.example", "forgery_protection_token": forgery[1] if forgery else ""}
    check("the panel's token alone: 403", ask("/plans", fields).status == 403)
    made = ask("/plans", {**fields, "csrf": data.json["csrf"]})
    check("a plan through the panel: 303 inside it", forgery and made.status == 303 and
          "/index/go/plans/" in made.location, made)
    forged = ask("/domains", Accept=JSON, **{"ASG-Identity": demo.identity("admin", "admin"), "ASG_IDENTITY": "x"})
    check("what a browser sends proves nothing", forged.status == 200 and forged.json.get("total") == 3, forged)


def panel_away(demo: demonstration.Demo) -> None:
    """The panel refuses the key, then is back: what is kept is shown, nothing half done, all well again."""
    anna = Person(demo, "anna")
    plan = anna.plan("spf.publish", "nospf.example")
    before = records(demo, "nospf.example")
    demo.control("POST", "/faults", {"kind": "slow", "match": {}, "times": 0, "seconds": 4})
    for path, fields in (("/domains/nospf.example/check", {}), ("/domains/check", {"target": "cust.example"}),
                         ("/cases", {"about": "nospf.example", "kind": "spam"})):
        began = time.monotonic()
        answer = anna.post(path, fields)
        check(f"the panel is slow: {path} does not wait for it", answer.status == 303 and time.monotonic() - began < 2,
              (time.monotonic() - began, answer))
    demo.control("DELETE", "/faults")
    keys = demo.control("GET", "/state")["keys"]
    demo.control("DELETE", "/key")
    answers = {path: anna.get(path) for path in ("/", "/domains", "/domains/nospf.example", "/journal")}
    check("the panel refuses the key: pages, no crash", all(a.status in (200, 503) and "<main" in a.text
                                                            for a in answers.values()), answers)
    r = anna.post("/plans", {"fix": "spf.publish", "target": "nospf.example"})
    told = r.status == 303 and anna.get(r.location, JSON).json.get("refused", {}).get("code") == "unknown"
    check("a plan: cannot be known, or 503", told or r.status in (502, 503), r)
    r = anna.post(f"/plans/{plan['plan']}/apply", {"hash": plan["hash"]})
    state = anna.settled(r.location)["state"] if r.status == 303 else None
    check("an apply: refused, nothing written", (r.status in (409, 502, 503) or state in ("failed", "conflict")) and
          records(demo, "nospf.example") == before, (r, state))
    demo.control("POST", "/change", {"op": "set", "path": ["keys"], "value": keys})
    until = time.monotonic() + 90
    while time.monotonic() < until:
        plan = anna.plan("spf.publish", "nospf.example")
        if plan.get("changes"):
            break
        time.sleep(1)
    check("the panel is back: so are we", plan.get("changes"), plan)


# --- codes of mail servers ------------------------------------------------------------------------------------

def codes(demo: demonstration.Demo) -> None:
    anna = Person(demo, "anna")

    def found(query: str) -> list[str]:
        return [c["code"] for c in anna.get("/codes?" + urllib.parse.urlencode({"q": query}), JSON).json["codes"]]

    everything = anna.get("/codes", JSON).json["codes"]
    check("codes: all of them, with words and advice", len(everything) > 200 and
          all(c["text"] and "." in c["text"] for c in everything), len(everything))
    check("codes: a basic one", "550" in found("550") and "421" not in found("550"))
    check("codes: an enhanced one, of both classes", found("5.1.1")[:1] == ["4.1.1, 5.1.1"], found("5.1.1"))
    check("codes: no part of another number", "4.1.1, 5.1.1" not in found("5.1.10"), found("5.1.10"))
    check("codes: the beginning of many, but no other number", "4.7.10, 5.7.10" in found("5.7") and
          "4.7.1, 5.7.1" in found("5.7.1") and "4.7.10, 5.7.10" not in found("5.7.1"), found("5.7.1"))
    check("codes: a whole answer", {"550", "4.7.26, 5.7.26"} <= set(found("550-5.7.26 This mail has been blocked")))
    check("codes: a provider's own", "ms-s3140-s3150" in found("(S3140)"), found("(S3140)"))
    check("codes: part of the words that one sees", "gm-lowrep-ip" in found("very low reputation"))
    page = anna.get("/codes").text
    check("codes: all are there, folded by subject and by provider", page.count("<tr data-code=") == len(everything) and
          page.count("<details") > 20 and " open>" not in page and 'id="x.7"' in page, page[:1500])
    check("codes: what one sees of an answer, not its id", "<code>(S3140), (S3150)</code>" in page and
          not [c["code"] for c in everything if c["kind"] == "answer" and f"<code>{c['code']}</code>" in page])
    page = anna.get("/codes?q=gmail").text
    check("codes: the only group is open", page.count("<details") == page.count(" open>") == 1 and page.count("<tr data-code=") > 20)
    page = anna.get("/codes?q=S3140").text
    check("codes: what was looked for is open", page.count("<details") == page.count(" open>") > 0, page)
    check("codes: nothing fits", found("frobnicate") == [])
    page = anna.get("/codes?" + urllib.parse.urlencode({"q": "\"><script>"})).text
    check("codes: a query is text", "<script>" not in page.replace("<script src", "") and "&quot;&gt;&lt;script&gt;" in page)


# --- the guide ------------------------------------------------------------------------------------------------

def guide(demo: demonstration.Demo) -> None:
    """No section shows a mark that was to be filled in, or a word of the program."""
    anna = Person(demo, "anna")
    sections = set(re.findall(r"/guide/([a-z-]+)\"", anna.get("/guide").text))
    check("guide: its sections", len(sections) > 15, sections)
    for section in sorted(sections) + ["/glossary"]:
        for lang in ("en", "es"):
            place = section if section.startswith("/") else f"/guide/{section}"
            text = re.sub(r"<[^>]*>", "", Answer(demo.request("GET", place, token=demo.identity("anna", "customer", lang=lang))).text)
            bad = re.findall(r"\{[a-z_]+\}|\b(?:this_panel|provider_panel)\b|\b[a-z]+\.[a-z]+_[a-z]+\b(?!\.)|<h\d></h\d>", text)
            check(f"guide: {section}, {lang}", len(text) > 500 and not bad, bad)


# --- a name or an address ------------------------------------------------------------------------------------

def lookup(demo: demonstration.Demo) -> None:
    anna = Person(demo, "anna")

    def found(q: str, **more: Any) -> Any:
        return anna.post("/lookup", {"q": q, **more}).json

    answer = found("CUST.example.")
    check("look-up: who serves it", answer["asked"] == "cust.example" and answer["name_servers"], answer)
    check("look-up: addresses and mail", answer["addresses"] and answer["mx"], answer)
    check("look-up: its records", answer["spf"]["records"] and answer["dmarc"]["status"] in ("ok", "none"), answer)
    check("look-up: lists were asked", answer["blacklists"][0]["lists"], answer)
    answer = found("203.0.113.10")
    names = [n for a in answer["addresses"] for n in a["names"]]
    check("look-up: an address and its name, which leads back", answer["kind"] == "address" and
          names and names[0]["confirmed"] is True, answer)
    check("look-up: a key", found("cust.example", selector="default")["dkim"]["name"] == "default._domainkey.cust.example")
    for domain, provider in (("workspace.example", "gmail"), ("m365.example", "exchange_online"), ("shop.example", "yahoo"),
                             ("bank.example", "proofpoint"), ("lawyers.example", "mimecast"), ("hotmail.com", "outlook_com"),
                             ("relay.example", None)):
        check(f"look-up: who takes in the mail of {domain}", found(domain).get("provider") == provider, found(domain))
        done = subprocess.run([PROGRAM, "delist", "start", f"someone@{domain}", "--config", str(demo.config), "--json"],
                              capture_output=True, text=True, timeout=60)
        check(f"delist start {domain}: the way by the recipient's MX", done.returncode == (0 if provider else 2) and
              (json.loads(done.stdout)["id"] if provider else None) == provider, done.stderr)
    page = anna.post("/lookup", {"q": "bank.example"}, accept="text/html").text
    check("look-up: from the recipient to the way", "/delist?provider=proofpoint#provider-proofpoint" in page)
    missing = found("no-such-name.example")
    check("look-up: nothing there", missing["addresses"] == [] and missing["mx"] == [], missing)
    for q in ("", "a b", "<script>", "-", "x" * 400):
        check(f"look-up: {q[:10]!r} is none", anna.post("/lookup", {"q": q}).status == 422)
    page = anna.post("/lookup", {"q": "a b"}, accept="text/html")
    check("look-up: the form once more, with what is wrong", page.status == 422 and 'role="alert"' in page.text and
          'value="a b"' in page.text, page)
    check("look-up: only with the token", anna.post("/lookup", {"q": "cust.example"}, csrf="x").status == 403)
    page = anna.post("/lookup", {"q": "cust.example"}, accept="text/html").text
    check("look-up: the page", 'data-asked="cust.example"' in page)


# --- requests for removal ---------------------------------------------------------------------------------------

def wizard(demo: demonstration.Demo) -> None:
    anna = Person(demo, "anna")
    fields = {"domain": "nospf.example", "sender": "google-workspace", "all": "~all"}
    check("wizard: as asked", "203.0.113.10" not in anna.post("/spf-wizard", fields).json["record"])
    page = anna.get("/spf-wizard").text
    senders = anna.get("/spf-wizard", JSON).json["senders"]
    check("wizard: every service is there, folded by kind", page.count('name="sender"') == len(senders) and
          page.count("<details>") == len({s["kind"] for s in senders}), page)
    page = anna.post("/spf-wizard", fields, accept="text/html").text
    check("wizard: what is chosen stands before what is folded", page.count('name="sender"') == len(senders) and
          0 < page.find('value="google-workspace" checked') < page.find("<details"), page)
    record = anna.post("/spf-wizard", {**fields, "own": "1"}).json["record"]
    check("wizard: this server sends too", "ip4:203.0.113.10" in record and "include:_spf.google.com" in record, record)
    page = anna.post("/spf-wizard", {"domain": "no domain", "sender": "mailchimp"}, accept="text/html")
    check("wizard: the form once more, with what is wrong", page.status == 422 and 'role="alert"' in page.text and
          'value="no domain"' in page.text, page)
    page = anna.post("/message-test", {"text": "From: a@b.example\n\nhello", "ip": "abc"}, accept="text/html")
    check("message: the form once more, with what is wrong", page.status == 422 and 'role="alert"' in page.text and
          "a@b.example" in page.text and 'value="abc"' in page.text, page)
    check("wizard, message: to a program an error", anna.post("/spf-wizard", {"domain": "no domain"}).status ==
          anna.post("/message-test", {"text": "x: y\n\nz", "ip": "abc"}).status == 422)
    page = anna.post("/spf-wizard", {"domain": "twospf.example", "own": "1", "all": "~all"}, accept="text/html").text
    check("what if: the records as they are, and the change with its numbers", "data-what-if" in page and
          page.count("v=spf1") > 3 and "of the 10 look-ups" in page, page[:2000])


def case_report(demo: demonstration.Demo) -> None:
    """What is handed over, printed or saved holds no secret and nothing of other customers."""
    anna, ben, rita = Person(demo, "anna"), Person(demo, "ben"), Person(demo, "rita")
    rita.post("/bounce", {"text": "<r@hotmail.com>: host mx said: 550 5.7.1 rita's (S3150)"})
    anna.post("/bounce", {"text": "<a@hotmail.com>: host mx said: 550 5.7.1 anna's (S3150)"})
    place = anna.post("/cases", {"about": "nospf.example", "kind": "hotmail",
                                 "text": "550 5.7.1 (S3140)\npassword: hunter2\nAuthorization: Basic YW5uYTp4"}).location
    check("a case keeps what was pasted", "hunter2" in anna.get(place).text)
    others = {d["ascii"] for d in ben.get("/domains", JSON).json["domains"]}
    saved = anna.get(f"{place}/report?format=text")
    check("a report to save", saved.status == 200 and saved.headers["content-type"].startswith("text/plain") and
          "attachment" in saved.headers.get("content-disposition", ""), saved)
    for form, text in (("page", anna.get(f"{place}/report").text), ("JSON", anna.get(f"{place}/report", JSON).text),
                       ("file", saved.text)):
        check(f"the report, as {form}: all of it", "S3140" in text and "spf.missing" in text, text[:500])
        check(f"the report, as {form}: what the server has to do with it", form == "JSON" and "server_findings" in text or
              form != "JSON" and "findings that touch this domain" in text, text)
        check(f"the report, as {form}: what receivers said to who began it", "S3150" in text and "a@hotmail.com" in text and
              "r@hotmail.com" not in text, text)
        check(f"the report, as {form}: no secret", "hunter2" not in text and "YW5uYTp4" not in text and
              "csrf" not in saved.text, text)
        check(f"the report, as {form}: nobody else's", not [d for d in others if d in text])
    for person in (anna, rita):
        for bounce in person.get("/bounces", JSON).json["bounces"]:
            person.post(f"/bounces/{bounce['bounce']}/forget")
    check("cases by state: all, one, and none of another word", [len(anna.get(f"/cases?state={s}", JSON).json["cases"]) > 0
          for s in ("", "open", "closed", "x")] == [True, True, False, True])
    anna.post(f"{place}/handover")
    page = anna.get("/cases?state=handed_over").text
    check("cases by state: what was handed over, and the way back to all", f'/cases/{place.rsplit("/", 1)[-1]}"' in page and
          'data-state="open"' not in page and 'aria-current="true"><strong>1</strong>' in page, page)
    anna.post(f"{place}/reopen")
    check("another's report: none", ben.get(f"{place}/report?format=text").status == 404)


def conditions(name: str, page: str, login: str) -> None:
    """Met, not met yet or not known; each finding in one line; nothing red, and nothing closed, without a word why."""
    words = {"met": "met", "not_met": "not met yet", "unknown": "could not check"}
    parts = re.findall(r'(?s)<li data-condition="(\w+)" data-verdict="\w+" data-state="(\w+)"><span class="badge tone-(\w+)">'
                       r'<span [^>]*>([^<]*)</span>([^<]*)</span>(.*?)(?=<li data-condition|\Z)', page.split("</section>")[0])
    check(f"{name}: each condition in its words", [p[0] for p in parts] == ["identity", "not_compromised", "contact_mailboxes"] and
          all(word == words[state] and symbol for _, state, _, symbol, word, _ in parts), parts)
    for which, state, tone, _, _, below in parts:
        found = re.findall(r'(?s)<li data-finding="([^"]+)" data-verdict="(\w+)" data-count="(\d+)">(.*?)(?=<li data-|\Z)', below)
        order = [["problem", "warning", "unknown", "information", "ok"].index(f[1]) for f in found]
        check(f"{name}: {which}: a line for each finding, worst first", "@" not in "".join(f[0] for f in found) and
              order == sorted(order) and (login != "admin" or len({f[0] for f in found}) == len(found)), found)
        check(f"{name}: {which}: not without a reason", state == "met" or found or 'data-owner="provider"' in below, below)
        check(f"{name}: {which}: red is what this person can change", (tone == "problem") ==
              (state == "not_met" and any(f[1] != "unknown" for f in found)), (tone, found))
        check(f"{name}: {which}: the provider is the others' answer", login != "admin" or 'data-owner="provider"' not in below)
    if login == "anna":
        texts = {which: below for which, _, _, _, _, below in parts}
        check(f"{name}: her domains by name", all(f'>{d}</a>' in texts["identity"] for d in ("nospf.example", "twospf.example")))
        check(f"{name}: whose the server's mailboxes are", parts[2][1:3] == ("not_met", "neutral") and
              "Your provider looks after this" in texts["contact_mailboxes"], parts[2])


def delist(demo: demonstration.Demo) -> None:
    admin, anna = Person(demo, "admin"), Person(demo, "anna")
    mine = admin.get("/delist", JSON).json
    check("the gate: three conditions", [c["id"] for c in mine.get("conditions", [])] ==
          ["identity", "not_compromised", "contact_mailboxes"], mine)
    theirs = anna.get("/delist", JSON).json
    known = {d["ascii"] for d in admin.get("/domains?per=200", JSON).json["domains"]}
    named = [f.split("@", 1) for c in mine.get("conditions", []) for f in c["findings"]]
    check("what breaks a condition is a reference", named and all(len(f) == 2 for f in named) and
          any(f[1] in known for f in named), mine)
    own = {d["ascii"] for d in anna.get("/domains", JSON).json["domains"]}
    check("a customer reads whether, and what of hers, not what is wrong with the server",
          all(f.split("@", 1)[1] in own for c in theirs.get("conditions", []) for f in c["findings"]), theirs)
    for path, fields in (("/delist/record", {"provider": "yahoo", "where": "x", "answer": "y"}),
                         ("/delist/override", {"provider": "yahoo", "reason": "because"})):
        check(f"{path} is the administrator's", anna.post(path, fields).status == 404)
    for login, person in (("anna", anna), ("rita", Person(demo, "rita")), ("admin", admin)):
        for path in ("/delist", "/hotmail"):
            conditions(f"{login}: {path}", person.get(path).text, login)
    page = admin.get("/delist?provider=yahoo").text
    check("the chosen provider stands open, with what they ask for", re.search(
        r'(?s)id="provider-yahoo"[^>]* open>.*?<li>', page) is not None)
    check("one click for the mailboxes", 'name="fix" value="role_mailbox.create"' in page)
    check("locked: no form is shown", 'data-form="hotmail.com"' not in admin.get("/delist").text)
    for fields in ({"provider": "outlook_com", "reason": ""}, {"provider": "nobody", "reason": "because"},
                   {"provider": "uceprotect-2", "reason": "because"}, {"provider": "spamcop", "reason": "because"}):
        check(f"an override that is none: {fields}", admin.post("/delist/override", fields).status == 422)
    check("an override with a reason", admin.post("/delist/override", {"provider": "outlook_com",
          "reason": "the <b>report</b> is old"}).status == 303)
    page = admin.get("/delist").text
    check("opened: Hotmail's text twice", 'data-form="hotmail.com"' in page and 'data-form="outlook.com"' in page)
    check("the reason is text", "the &lt;b&gt;report&lt;/b&gt; is old" in page)
    check("not for a customer", "data-form=" not in anna.get("/delist").text)
    check("written down", admin.post("/delist/record", {"provider": "yahoo", "where": "form", "answer": "ticket 7",
          "next_at": "2027-03-01"}).status == 303)
    page = admin.get("/delist?provider=yahoo").text
    check("a day that was written down is a day", ">Ask again from 1 Mar 2027</span>" in page and "Not the same request again before 1 Mar 2027<" in page)
    yahoo = next(p for p in admin.get("/delist", JSON).json["providers"] if p["id"] == "yahoo")
    check("and there", yahoo["requests"][0]["answer"] == "ticket 7" and yahoo["next_at"] == "2027-03-01T00:00:00Z", yahoo)
    check("no customer reads it", all(p["requests"] == [] for p in anna.get("/delist", JSON).json["providers"]))
    check("a date that is none", admin.post("/delist/record", {"provider": "yahoo", "where": "f", "answer": "",
          "next_at": "soon"}).status == 422)
    said = "550 5.7.1 Unfortunately, messages from [203.0.113.10] weren't sent. (S3140)"
    kept = anna.post("/bounce", {"text": f"<friend@hotmail.com>: host mx1.hotmail.com said: {said}"}).json
    check("a bounce explained is kept", kept.get("kept") == 1, kept)
    anna.post("/bounce", {"text": f"<friend@hotmail.com>: host mx1.hotmail.com said: {said}"})
    anna.post("/bounce", {"text": "<x@hotmail.com>: host mx1.hotmail.com said: 550 5.7.1 from [198.51.100.99] (S3150)"})
    bounces = anna.get("/bounces", JSON).json["bounces"]
    check("once, and none about another server", [(b["recipient"], b["provider"], b["login"]) for b in bounces] ==
          [("friend@hotmail.com", "outlook_com", "anna")] and "S3140" in bounces[0]["answer"], bounces)
    check("not another customer's", Person(demo, "ben").get("/bounces", JSON).json["bounces"] == [])
    page = admin.get(f"/delist?provider=outlook_com&bounce={bounces[0]['bounce']}").text
    check("its words are in both of Hotmail's texts", page.count("S3140)") >= 2 and " selected" in page)
    number = bounces[0]["bounce"]
    check("forgotten by its owner alone", Person(demo, "ben").post(f"/bounces/{number}/forget").status == 404 and
          anna.post(f"/bounces/{number}/forget").status == 303 and anna.get("/bounces", JSON).json["bounces"] == [])
    line = "203.0.113.10,{0} 10:00 AM,{0} 7:00 PM,23,22,22,{1},< 0.1%,,,{2},<b>helo</b>,a@host.example,\n"
    check("SNDS: not for a customer", anna.post("/hotmail/snds", {"text": line.format("11/20/2026", "RED", 1)}).status == 404)
    check("SNDS: no export, nothing taken in", admin.post("/hotmail/snds", {"text": "<html>sign in</html>"}).status == 422 and
          admin.get("/hotmail", JSON).json["snds"]["days"] == [])
    day = time.gmtime(time.time() - 2 * 86400)
    first, second = time.strftime("%m/%d/%Y", day), time.strftime("%Y-%m-%d", day)
    taken = admin.post("/hotmail/snds", {"text": "a bad line\n" + line.format(first, "GREEN", 0) +
                                         line.format(first, "RED", 3).replace("203.0.113.10", "203.0.113.11")}).json
    check("SNDS: taken in", (taken.get("imported"), taken.get("skipped")) == (2, 1), taken)
    days = admin.get("/hotmail", JSON).json["snds"]["days"]
    check("SNDS: the worst of a day's addresses, its traps", [(d["day"], d["filter"], d["bad"], d["traps"], len(d["addresses"]))
          for d in days] == [(second, "red", True, 3, 2)], days)
    page = admin.get("/hotmail").text
    check("SNDS: days and counts in words", time.strftime("%-d %b %Y</time>", day) in page and "3 trap hits" in page)
    check("SNDS: a stranger's HELO is text", "&lt;b&gt;helo&lt;/b&gt;" in page and f'data-day="{second}"' in page)
    check("SNDS: of the whole server, so not a customer's", anna.get("/hotmail", JSON).json["snds"] is None and
          "data-day" not in anna.get("/hotmail").text)
    pages = {login: Person(demo, login).get("/hotmail").text for login in ("anna", "admin")}
    check("Hotmail: SNDS is one list, in order", all(p.index("Sign in at SNDS") < p.index("203.0.113.10</code>") <
          p.index("data-mailbox=") < p.index("Open the message") < p.index("View Data") < p.index("Open SNDS")
          for p in pages.values()))
    check("Hotmail: whose step it is", "that is your provider" in pages["anna"] and "that is your provider" not in pages["admin"])
    check("Hotmail: no alarm about the provider's mailboxes", "tone-warning" not in pages["anna"] and
          "Create them" in pages["admin"].split("data-mailbox=")[-1].split("Open the message")[0], pages)
    check("Hotmail: nobody's domain is chosen for him", all('id="h-about" name="about" required' in p and
          'id="h-about" name="about" required autocomplete="off">' in p for p in pages.values()))
    offered = admin.get("/hotmail", JSON).json
    check("Hotmail: which mailboxes will be offered", {"validation", "links", "addresses"} <= set(offered) and
          all(m["address"].startswith(("postmaster@", "abuse@")) for v in offered["validation"] or []
              for m in v["mailboxes"]), offered)


def collected(demo: demonstration.Demo) -> None:
    """What the checks found over all domains: the worst domain first, and a table to take away where there is any."""
    admin, anna = Person(demo, "admin"), Person(demo, "anna")
    page = admin.get("/forwarding").text
    check("forwarding: worst first", 0 < page.find('data-domain="catchall.example"') <
          page.find('data-domain="forwards.example"') < page.find('data-domain=""'), page)
    check("forwarding: what is wrong stands before the advice", page.index("data-finding") < page.index('id="instead"'))
    check("forwarding: nothing found, nothing to export", "format=csv" in page and "format=csv" not in anna.get("/forwarding").text)


def first_list(demo: demonstration.Demo) -> None:
    """A backend that has never seen the panel, which is slow: a page says so at once, and shows itself later."""
    sock = demo.run / "new.sock"
    demo.control("POST", "/faults", {"kind": "slow", "match": {}, "times": 0, "seconds": 3})

    def serve() -> subprocess.Popen[bytes]:
        sock.unlink(missing_ok=True)
        started = subprocess.Popen([PROGRAM, "serve", "--config", str(demo.config), "--store", str(demo.run / "new.db"),
                                    "--listen", str(sock)], stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while not sock.exists() and time.monotonic() < until:
            time.sleep(0.02)
        return started

    backend = serve()

    def ask(path: str, accept: str) -> Answer:
        return Answer(fcgi.request(sock, "GET", path, accept=accept, token=demo.identity("admin", "admin")))

    try:
        began = time.monotonic()
        page, data = ask("/domains", "text/html"), ask("/domains", JSON)
        took = time.monotonic() - began
        check("the panel's first list: nobody waits for it", page.status == data.status == 503 and took < 2.5, (took, page))
        check("the page looks again by itself, with a script and without", 'http-equiv="refresh"' in page.text and
              "data-running" in page.text and page.headers.get("retry-after") == "2", page)
        check("JSON says so", data.json["error"]["code"] == "reading" and data.json["error"]["text"], data)
        check("what is nobody's is there", ask("/guide", "text/html").status == 200)
        demo.control("DELETE", "/faults")
        until = time.monotonic() + 30
        while (last := ask("/domains", JSON)).status == 503 and time.monotonic() < until:
            time.sleep(0.1)
        check("then it is there", last.status == 200 and last.json["total"] > 0, last)
        check("and nothing is said of the panel", "data-panel-away" not in ask("/domains", "text/html").text)
        backend.terminate()
        backend.wait(20)
        demo.control("POST", "/faults", {"kind": "500", "match": {}, "times": 0})
        backend = serve()
        until = time.monotonic() + 15
        while "data-panel-away" not in (page := ask("/domains", "text/html")).text and time.monotonic() < until:
            time.sleep(0.1)
        check("the panel fails: what was known is shown, and that it is that", page.status == 200 and
              "does not answer: this is what was known on" in page.text and "nospf.example" in page.text, page)
    finally:
        demo.control("DELETE", "/faults")
        backend.terminate()
        backend.wait(20)


def main() -> None:
    directory = demonstration.new_run_directory()
    try:
        with demonstration.Demo(directory, backend=Path(PROGRAM)) as demo:
            demo.first_round()
            for part in (pages, home, report, server, sections, long_selection, finding_choices, table, accepted, one_name, tenants, tokens, plans,
                         diffs, undo_in_words, fix_cards,
                         bulk_form, codes, guide, lookup, wizard, case_report, delist, collected, mounts, entry_page, first_list,
                         panel_away):
                if len(sys.argv) > 1 and part.__name__ not in sys.argv[1:]:
                    continue
                began = time.monotonic()
                try:
                    part(demo)
                except (KeyError, IndexError, TypeError, AttributeError, OSError) as problem:
                    check(f"{part.__name__} goes to its end", False, repr(problem))
                print(f"# {part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    end()


if __name__ == "__main__":
    main()
