#!/usr/bin/env python3
"""The command line as a person in a shell has it: real name servers, a real resolver, the simulated panel.

Checks with and without a panel; plan, apply, undo with the former record set back exactly; plans that must
not be applied; a panel that fails in every way, with the state told as it is; bad input, each with one
sentence and its exit status.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from live import ROOT, check, end

sys.path.insert(0, str(Path(__file__).parent))

import demo as demonstration                                    # noqa: E402
from servers import dnsq                                        # noqa: E402

PROGRAM = os.path.join(ROOT, os.environ.get("BUILD", "build"), "antispam-guide")
ADDRESS = "203.0.113.10"


class Ran:
    def __init__(self, done: subprocess.CompletedProcess[bytes], seconds: float):
        self.status, self.seconds = done.returncode, seconds
        self.out, self.err = done.stdout.decode(), done.stderr.decode()

    @property
    def json(self) -> Any:
        """The one document on standard output; anything beside it fails the test that asks."""
        try:
            return json.loads(self.out)
        except ValueError:
            return {}

    def sentence(self) -> bool:
        """Nothing on standard output, one line of words on standard error."""
        lines = [line for line in self.err.splitlines() if not line.startswith(("info ", "debug "))]
        return self.out == "" and len(lines) == 1 and " " in lines[0]

    def __repr__(self) -> str:
        return f"status {self.status} out {self.out[:300]!r} err {self.err[:300]!r}"


def run(*argv: str, stdin: bytes = b"", cwd: str = "/") -> Ran:
    began = time.monotonic()
    done = subprocess.run([PROGRAM, *argv], input=stdin, capture_output=True, timeout=120, cwd=cwd)
    return Ran(done, time.monotonic() - began)


class Provider:
    """The demonstration, seen from a shell on the panel's server."""

    def __init__(self, demo: demonstration.Demo):
        self.demo = demo

    def run(self, *argv: str, stdin: bytes = b"") -> Ran:
        return run(*argv, "--config", str(self.demo.config), "--json", stdin=stdin)

    def truth(self, name: str, kind: str = "TXT") -> list[tuple[list[str], int | None]]:
        """What each of the panel's name servers says, and for how long."""
        answers = [dnsq.ask(name, kind, address, self.demo.dns_port)
                   for address in self.demo.world.operators["panel"]["addresses"]]
        return [(a.values, a.ttl) for a in answers]

    def zone(self, domain: str) -> list[tuple[str, str, str, str, int]]:
        """The panel's own records, without their numbers."""
        found = next(d for d in self.demo.control("GET", "/state")["domains"] if d["ascii_name"] == domain)
        return sorted((r["type"], r["host"], r["value"], r["opt"], r["ttl"]) for r in found["zone"]["records"])

    def writes(self) -> int:
        return sum(1 for call in self.demo.control("GET", "/journal")
                   if call["path"].startswith("/api/v2/dns") and call["method"] != "GET")

    def plan(self, fix: str, target: str, *more: str) -> dict[str, Any]:
        return self.run("fix", "plan", fix, "--target", target, *more).json

    def apply(self, plan: dict[str, Any], hash: str | None = None) -> Ran:
        return self.run("fix", "apply", plan["plan"], "--hash", hash or plan["hash"])

    def undo(self, entry: int) -> Ran:
        return self.run("fix", "undo", str(entry))

    def finding(self, domain: str, id: str) -> dict[str, Any] | None:
        report = self.run("check", domain).json["reports"][0]
        return next((f for f in report["findings"] if f["id"] == id), None)

    def fault(self, kind: str, method: str = "P*", times: int = 1, path: str = "/api/v2/dns/records*", **more: Any) -> None:
        self.demo.control("POST", "/faults", {"kind": kind, "match": {"path": path, "method": method},
                                              "times": times, **more})

    def heal(self) -> None:
        self.demo.control("DELETE", "/faults")


# --- checks ---------------------------------------------------------------------------------------------------

def without_panel(p: Provider) -> None:
    r = run("check", "cust.example", "nospf.example", "--json", "--resolver", p.demo.resolver, "--panel", "none")
    reports = {x["target"]["name"]: x for x in r.json.get("reports", [])}
    check("no panel, no configuration: a document", r.status == 0 and r.json.get("schema") == 1 and len(reports) == 2, r)
    ids = {name: [f["id"] for f in x["findings"]] for name, x in reports.items()}
    check("no panel: a domain with its record is well", "spf.ok" in ids.get("cust.example", []) and
          reports["cust.example"]["summary"]["problem"] == 0, ids)
    check("no panel: no SPF is found", "spf.missing" in ids.get("nospf.example", []), ids)
    missing = next((f for f in reports["nospf.example"]["findings"] if f["id"] == "spf.missing"), {})
    fix = (missing.get("fixes") or [{}])[0]
    check("no panel, no addresses: no record is made up", fix.get("mode") == "copy" and fix.get("reason"), fix)
    check("no panel: no addresses, no SPF results", missing.get("data", {}).get("results") == [], missing)
    check("no panel: what only a panel knows does not apply", any(
        i in ids["nospf.example"] for i in ("role_mailboxes.not_applicable",)), ids)
    r = run("check", "nospf.example", "--json", "--resolver", p.demo.resolver, "--address", ADDRESS, "--only", "spf")
    fix = r.json["reports"][0]["findings"][0]["fixes"][0]
    check("no panel: the record to copy, and where", fix["mode"] == "copy" and fix["where"].count(" ") > 3 and
          (fix["copy"]["name"], fix["copy"]["type"], fix["copy"]["value"]) ==
          ("nospf.example", "TXT", f"v=spf1 ip4:{ADDRESS} ~all"), fix)
    r = run("check", "twospf.example", "--json", "--resolver", p.demo.resolver, "--address", ADDRESS, "--only", "spf")
    check("only what was asked", [f["id"] for f in r.json["reports"][0]["findings"]] == ["spf.multiple"], r)
    r = run("check", "corazón.example", "--json", "--resolver", p.demo.resolver)
    target = r.json["reports"][0]["target"]
    check("letters beyond ASCII", (target["name"], target["ascii"]) == ("corazón.example", "xn--corazn-q0a.example") or
          target["ascii"].startswith("xn--"), target)
    r = run("check", "cust.example", "--json", "--resolver", "127.0.0.1:9")
    verdicts = {f["verdict"] for f in r.json["reports"][0]["findings"]}
    check("a resolver that is down: nothing is known, nothing alarms", r.status == 0 and
          verdicts <= {"unknown", "not_applicable"} and "unknown" in verdicts, r)
    check("a resolver that is down: within the limit", r.seconds < 20, r.seconds)


def with_panel(p: Provider) -> None:
    r = p.run("check", "--all")
    reports = {x["target"]["ascii"]: x for x in r.json["reports"]}
    names = {d["ascii_name"] for d in p.demo.world.state["domains"]}
    check("check --all has every domain", r.status == 0 and names <= set(reports), names - set(reports))
    check("owner as the panel says", reports["cust.example"]["target"]["owner"] == "anna")
    check("all well is no problem and no warning", reports["cust.example"]["summary"]["problem"] == 0 and
          reports["cust.example"]["summary"]["warning"] == 0, reports["cust.example"]["summary"])
    worst = {"nospf.example": "spf.missing", "twospf.example": "spf.multiple", "lookups.example": "spf.lookup_limit",
             "notauth.example": "spf.not_authorised", "elsewhere.example": "spf.missing"}
    for domain, id in worst.items():
        found = [f["id"] for f in reports[domain]["findings"] if f["verdict"] == "problem"]
        check(f"{domain}: {id}", id in found, found)
    multiple = next(f for f in reports["twospf.example"]["findings"] if f["id"] == "spf.multiple")
    check("two records: both are shown", len(multiple["data"]["records"]) == 2, multiple["data"])
    check("every finding has its words", all(f["title"] and f["text"] for x in reports.values() for f in x["findings"]))

    r = p.run("check", "--all", "--as", "anna")
    check("check --all --as anna: her own", {x["target"]["ascii"] for x in r.json["reports"]} ==
          {"cust.example", "nospf.example", "twospf.example"}, r)
    r = p.run("fix", "plan", "hostname.set", "--target", "server", "--as", "anna")
    check("a fix of the server planned as a customer is refused", r.status == 0 and
          r.json["refused"]["code"] == "not_allowed" and r.json["changes"] == [] and r.json["plan"] is None, r)
    r = p.run("check", "--owner", "ben")
    check("check --owner", {x["target"]["ascii"] for x in r.json["reports"]} ==
          {"lookups.example", "notauth.example", "elsewhere.example"}, r)
    r = p.run("check", "--from", "-", stdin=b"cust.example\n\n# a comment\nnospf.example\n")
    check("names from standard input", len(r.json["reports"]) == 2, r)
    r = run("check", "--all", "--jsonl", "--config", str(p.demo.config))
    lines = [json.loads(line) for line in r.out.splitlines()]
    check("one report a line", r.status == 0 and len(lines) >= len(names) and all("target" in x for x in lines), r)
    r = p.run("check", "--server", "cust.example")
    server = next((x for x in r.json["reports"] if x["target"]["kind"] == "server"), None)
    check("check --server", server is not None and server["target"]["name"] == "srv1.host.example" and
          server["target"]["owner"] is None, r)
    check("the second address has no PTR", server is not None and "ptr.missing" in [f["id"] for f in server["findings"]])
    for word, domain, status in (("problem", "nospf.example", 3), ("problem", "nodmarc.example", 0),
                                 ("warning", "nodmarc.example", 3), ("warning", "nospf.example", 3)):
        r = p.run("check", domain, "--fail-on", word)
        check(f"--fail-on {word} {domain}: {status}", r.status == status and r.json.get("schema") == 1, r)

    with tempfile.TemporaryDirectory() as there:
        file = f"{there}/evidence.json"
        live = p.run("check", "nospf.example", "--record", file)
        again = run("check", "nospf.example", "--replay", file, "--json", "--panel", "none", "--resolver", "127.0.0.1:9")
        plesk = p.run("check", "nospf.example", "--replay", file)
        same = [[f["id"] for f in x.json["reports"][0]["findings"]] for x in (live, plesk)]
        check("recorded and replayed: the same findings", same[0] == same[1], same)
        check("a replay needs nothing else", again.status == 0, again)

    r = p.run("domains")
    rows = {d["ascii"]: d for d in r.json["domains"]}
    check("domains", names <= set(rows) and rows["cust.example"]["owner"] == "anna" and
          rows["cust.example"]["reseller"] == "rita" and rows["nospf.example"]["summary"]["worst"] == "problem", r)
    r = p.run("domains", "--as", "rita")
    check("domains --as rita: hers and her customers'", {"cust.example", "lookups.example"} <=
          {d["ascii"] for d in r.json["domains"]} and "nodkim.example" not in r.out, r)
    r = p.run("domains", "--as", "nobody-here")
    check("--as somebody the panel does not know is a mistake, and said", r.status == 1 and "nobody-here" in r.err, r)
    for argv in (("journal", "--as", "nobody-here"), ("check", "--all", "--as", "nobody-here")):
        r = p.run(*argv)
        check(" ".join(argv), r.status == 1 and "nobody-here" in r.err, r)
    r = p.run("catalogue")
    check("catalogue", r.status == 0 and {"spf.publish"} <= {f["id"] for f in r.json["fixes"]} and
          all({"id", "verdict", "severity", "owner", "fixes"} <= set(f) for c in r.json["checks"] for f in c["findings"]), r)
    r = p.run("config", "check")
    check("config check", r.status == 0 and {x["what"]: x["state"] for x in r.json["reachable"]}.get("panel") == "ok", r)
    r = run("identity", "token", "--login", "anna", "--role", "customer", "--config", str(p.demo.config))
    claims = demonstration.fcgi.verify(p.demo.identity_key, r.out.strip())
    check("identity token", r.status == 0 and claims["login"] == "anna" and claims["role"] == "customer" and
          claims["session"] == "cli-anna" and time.time() < claims["exp"] <= time.time() + 120, claims)


# --- fixes ----------------------------------------------------------------------------------------------------

def life(p: Provider, fix: str, domain: str, before: list[str], after: list[str]) -> None:
    """Plan, apply, see it on the name servers, undo, and all is as it was, octet for octet."""
    zone, truth = p.zone(domain), p.truth(domain)
    plan = p.plan(fix, domain)
    change = (plan.get("changes") or [{}])[0]
    check(f"{fix}: what it was and will be", change.get("kind") == "rrset" and
          sorted(change["before"]["values"]) == sorted(before) and
          sorted(change["after"]["values"]) == sorted(after) and change["after"]["ttl"] == 3600, plan)
    check(f"{fix}: a plan changes nothing", p.zone(domain) == zone and p.truth(domain) == truth)
    r = p.apply(plan)
    verification = r.json.get("verification") or {}
    check(f"{fix}: verified", r.status == 0 and r.json["state"] == "verified" and verification["panel"] == "ok" and
          [s["state"] for s in verification["name_servers"]] == ["ok", "ok"], r)
    check(f"{fix}: caches", re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", verification.get("caches_until") or ""), r)
    check(f"{fix}: every name server has it", all((sorted(v), t) == (sorted(after), 3600) for v, t in p.truth(domain)),
          p.truth(domain))
    entry = r.json["entry"]
    check(f"{fix}: well now", p.finding(domain, "spf.ok") is not None)
    row = p.run("journal", str(entry)).json["entries"][0]
    check(f"{fix}: in the journal", (row["fix"], row["target"], row["state"]) == (fix, domain, "verified") and
          row["login"] and row["role"] == "admin" and row["changes"] == plan["changes"], row)
    r = p.apply(plan)
    check(f"{fix}: applied twice is a conflict", r.status == 4 and r.json["state"] == "conflict", r)
    r = p.undo(entry)
    check(f"{fix}: undone", r.status == 0 and r.json["state"] == "undone" and r.json["entry"] != entry, r)
    check(f"{fix}: exactly as before", p.zone(domain) == zone and p.truth(domain) == truth, p.zone(domain))
    row = p.run("journal", str(entry)).json["entries"][0]
    check(f"{fix}: the old entry names the new one", row["undone_by"] == r.json["entry"], row)
    r = p.undo(entry)
    check(f"{fix}: undone once", r.status == 4 and r.json["state"] == "conflict" and p.zone(domain) == zone, r)


def lives(p: Provider) -> None:
    kept = ["google-site-verification=Q2FzdGxlIG9mIEFyZ3VlciBpbiB0aGUgbW91bnRhaW4",
            'a text; with "quotes", a comma and a \\ backslash']
    life(p, "spf.publish", "nospf.example", kept, [*kept, f"v=spf1 ip4:{ADDRESS} ~all"])
    two = ["v=spf1 a mx ~all", "v=spf1 include:_spf.relay.example -all"]
    life(p, "spf.merge", "twospf.example", two, ["v=spf1 a mx include:_spf.relay.example ~all"])
    life(p, "spf.authorise", "notauth.example", ["v=spf1 include:_spf.google.com ~all"],
         [f"v=spf1 include:_spf.google.com ip4:{ADDRESS} ~all"])


def refusals(p: Provider) -> None:
    p.demo.control("DELETE", "/journal")
    plan = p.plan("spf.publish", "cust.example")
    check("a second record is not needed", plan["changes"] == [] and plan["refused"]["code"] == "not_needed" and
          plan["refused"]["text"], plan)
    r = p.apply(plan)
    check("a refused plan cannot be applied", r.status == 4 and r.json["state"] == "conflict", r)
    for fix in ("spf.repair", "spf.reduce", "spf.authorise"):
        r = p.run("fix", "plan", fix, "--target", "lookups.example")
        plan = r.json
        check(f"{fix}: over ten look-ups is not made worse", r.status == 0 and (plan["refused"] is not None) ==
              (plan["changes"] == []), plan)
    plan = p.plan("spf.reduce", "lookups.example")
    check("over ten look-ups: with the number", plan["changes"] or re.search(r"\b1\d\b", plan["refused"]["text"]), plan)
    plan = p.plan("spf.publish", "elsewhere.example")
    check("DNS elsewhere: no change, the record to copy", plan["changes"] == [] and
          plan["refused"]["code"] == "dns_elsewhere" and plan["mode"] == "copy", plan)
    copy = (plan.get("copies") or [{}])[0]
    check("in three forms", copy.get("value") == f"v=spf1 ip4:{ADDRESS} ~all" and copy.get("value_split") and
          copy.get("bind", "").startswith("elsewhere.example. 3600 IN TXT"), copy)
    check("and where to paste it", plan.get("where") and "otherdns" in plan["where"], plan.get("where"))
    r = p.apply(plan)
    check("DNS elsewhere: cannot be applied", r.status == 4 and r.json["state"] == "conflict", r)
    finding = p.finding("elsewhere.example", "spf.missing") or {"fixes": [{}]}
    check("DNS elsewhere: in the report too", finding["fixes"][0].get("mode") == "copy" and
          finding["fixes"][0]["copy"]["value"] == f"v=spf1 ip4:{ADDRESS} ~all", finding["fixes"])
    r = p.run("fix", "plan", "spf.publish", "--target", "nospf.example", "--set", "all=nonsense")
    check("an impossible value", r.status in (0, 2) and (r.status == 2 or r.json["refused"]["code"] == "invalid_value"), r)
    r = p.run("fix", "plan", "spf.publish", "--target", "nospf.example", "--set", "senders=google_workspace,203.0.113.5")
    after = (r.json.get("changes") or [{"after": {"values": [""]}}])[0]["after"]["values"][-1]
    check("senders by name and address", "include:_spf.google.com" in after and "ip4:203.0.113.5" in after and
          f"ip4:{ADDRESS}" in after, r)
    check("no plan of these wrote anything", p.writes() == 0, p.writes())


def bulk(p: Provider) -> None:
    zones = {name: p.zone(name) for name in ("nospf.example", "twospf.example", "elsewhere.example", "lookups.example")}
    r = p.run("fix", "bulk", "spf.publish", "--all")
    modes = {x["target"]: x["mode"] for x in r.json["plans"]}
    check("bulk: a dry run", r.status == 0 and modes["nospf.example"] == "one_click" and
          modes["elsewhere.example"] == "copy" and modes["cust.example"] == "refused" and
          r.json["summary"]["one_click"] == list(modes.values()).count("one_click"), r.json.get("summary"))
    check("bulk: nothing written", all(p.zone(name) == zone for name, zone in zones.items()) and p.writes() == 0)
    r = p.run("fix", "bulk", "spf.merge", "--owner", "anna", "--apply")
    done = {x["target"]: x.get("state") for x in r.json["plans"] if x["mode"] == "one_click"}
    check("bulk: applied", r.status == 0 and done == {"twospf.example": "verified"} and
          r.json["summary"]["verified"] == 1, r.json.get("summary"))
    r = p.run("fix", "undo", r.json["bulk"])
    check("bulk: undone", r.status == 0 and all(p.zone(name) == zone for name, zone in zones.items()), r)
    r = p.run("fix", "bulk", "spf.reduce", "--from", "-", stdin=b"lookups.example\n")
    check("bulk: over ten look-ups is not written either", r.json["plans"][0]["mode"] in ("refused", "one_click") and
          p.zone("lookups.example") == zones["lookups.example"], r)


def other_fixes(p: Provider) -> None:
    """One of each kind of change: applied, and undone without a trace; or said beforehand that it cannot be."""
    def state() -> str:
        world = p.demo.control("GET", "/state")
        for domain in world["domains"]:
            domain["zone"].pop("serial", None)
            for record in domain["zone"]["records"] + domain["mailnames"]:
                record.pop("id", None)
            domain["zone"]["records"].sort(key=str)
            domain["mailnames"].sort(key=str)
        return json.dumps([world["domains"], world["server"]], sort_keys=True)

    for fix, target, *sets in (("dkim.enable", "nodkim.example"), ("dmarc.publish", "nodmarc.example"),
                               ("role_mailbox.create", "nodmarc.example"), ("forwarding.stop", "sales@forwards.example"),
                               ("forwarding.keep_copy", "sales@forwards.example"), ("catchall.reject", "catchall.example"),
                               ("limits.enable", "server", "mailbox=100", "domain=500", "subscription=1000")):
        before = state()
        plan = p.plan(fix, target, *[x for s in sets for x in ("--set", s)])
        check(f"{fix}: a plan", plan.get("changes") and plan["refused"] is None and not plan["no_undo"], plan)
        r = p.apply(plan)
        check(f"{fix}: verified", r.status == 0 and r.json["state"] == "verified" and state() != before, r)
        r = p.undo(r.json["entry"])
        for _ in range(30):                     # the panel takes a key's records away a little later
            if state() == before:
                break
            time.sleep(0.1)
        check(f"{fix}: undone without a trace", r.json.get("state") == "undone" and state() == before, r)
    plan = p.plan("domain.park", "parked.example")
    check("domain.park: Plesk keeps the last MX, so it is said that there is no undo", plan["no_undo"] is True, plan)


def stale(p: Provider) -> None:
    domain = "nospf.example"
    zone = p.zone(domain)
    plan = p.plan("spf.publish", domain)
    p.demo.control("DELETE", "/journal")
    r = p.apply(plan, "0" * 64)
    check("a wrong hash", r.status == 4 and r.json["state"] == "conflict" and p.writes() == 0, r)

    p.demo.control("POST", "/change", {"op": "add", "domain": domain, "type": "TXT", "host": domain + ".",
                                       "value": "v=spf1 -all"})
    r = p.apply(plan)
    check("changed since the plan", r.status == 4 and r.json["state"] == "conflict" and p.writes() == 0, r)
    p.demo.control("POST", "/change", {"op": "delete", "domain": domain, "type": "TXT", "host": domain + ".",
                                       "value": "v=spf1 -all"})
    check("changed since the plan: nothing written", p.zone(domain) == zone)

    plan = p.plan("spf.publish", domain)
    with sqlite3.connect(p.demo.store) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(plans)")]
        old = int(time.time()) - 24 * 3600 - 5
        if "created_at" in columns:
            db.execute("UPDATE plans SET created_at = ? WHERE id = ?", (old, plan["plan"]))
    r = p.apply(plan)
    check("a plan of yesterday", r.status == 4 and r.json["state"] == "conflict" and p.writes() == 0, r)

    plan = p.plan("spf.publish", domain)
    r = p.apply(plan)
    p.demo.control("POST", "/change", {"op": "edit", "domain": domain, "type": "TXT", "host": domain + ".",
                                       "value": "somebody else was here"})
    writes = p.writes()
    r = p.undo(r.json["entry"])
    check("undo after somebody changed it", r.status == 4 and r.json["state"] == "conflict" and p.writes() == writes, r)
    restore(p, domain, zone)


def restore(p: Provider, domain: str, zone: list[tuple[str, str, str, str, int]]) -> None:
    """The panel's TXT records of the name, as they were."""
    host = domain + "."
    p.demo.control("POST", "/change", {"op": "delete", "domain": domain, "type": "TXT", "host": host})
    for kind, at, value, opt, ttl in zone:
        if (kind, at) == ("TXT", host):
            p.demo.control("POST", "/change", {"op": "add", "domain": domain, "type": kind, "host": at, "value": value,
                                               "opt": opt, "ttl": ttl})


# --- a panel that fails -----------------------------------------------------------------------------------------

def faults(p: Provider) -> None:
    """After each: is what we are told what the panel has?"""
    domain, wanted = "twospf.example", "v=spf1 a mx include:_spf.relay.example ~all"
    zone = p.zone(domain)
    cases = [("500", {}), ("reset", {}), ("truncate", {}), ("half", {}), ("nothing", {}), ("slow", {"seconds": 2.0}),
             ("503 every time", {"times": 0}), ("html at the second call", {"method": "DELETE"})]
    for name, more in cases:
        plan = p.plan("spf.merge", domain)
        if not plan.get("changes"):
            check(f"fault {name}: a plan", False, plan)
            break
        p.fault(name.split()[0], **more)
        r = p.apply(plan)
        p.heal()
        state = r.json.get("state")
        values = sorted(v for kind, host, v, _, _ in p.zone(domain) if (kind, host) == ("TXT", domain + "."))
        there, as_before = values == [wanted], p.zone(domain) == zone
        told = {"verified": there, "applied": there, "failed": as_before, "not_applied": not there,
                "partly": not as_before, "unknown": True, "conflict": as_before}.get(state, False)
        check(f"fault {name}: told as it is", told, (r, values))
        check(f"fault {name}: the status agrees",
              r.status == (0 if state in ("verified", "applied", "unknown") else 4), r)
        entries = p.run("journal").json["entries"]
        check(f"fault {name}: in the journal", entries[0]["entry"] == r.json["entry"] and
              entries[0]["state"] == state, entries[0])
        if there and state in ("verified", "applied", "unknown", "not_applied"):
            u = p.undo(r.json["entry"])
            check(f"fault {name}: can be undone", u.json.get("state") == "undone" and p.zone(domain) == zone, u)
        restore(p, domain, zone)

    # somebody changes the record while we write it
    plan = p.plan("spf.merge", domain)
    p.fault("behind", method="DELETE", change={"op": "add", "domain": domain, "type": "TXT", "host": domain + ".",
                                               "value": "another hand"})
    r = p.apply(plan)
    p.heal()
    values = [v for kind, host, v, _, _ in p.zone(domain) if (kind, host) == ("TXT", domain + ".")]
    check("another hand meanwhile: its record stays", "another hand" in values, (r, values))
    check("another hand meanwhile: not told as verified", r.json.get("state") not in ("verified",) or
          wanted in values, (r, values))
    restore(p, domain, zone)

    # the key is taken away between two calls
    plan = p.plan("spf.merge", domain)
    p.fault("revoke", method="DELETE")
    r = p.apply(plan)
    p.heal()
    values = [v for kind, host, v, _, _ in p.zone(domain) if (kind, host) == ("TXT", domain + ".")]
    check("the key is revoked half way: not told as done", r.json.get("state") in ("failed", "partly", "unknown"), (r, values))
    check("the key is revoked half way: never as before when it is not", r.json.get("state") != "failed" or
          p.zone(domain) == zone, (r, values))
    key_again(p)
    restore(p, domain, zone)


def key_again(p: Provider) -> None:
    key = p.demo.control("POST", "/key", {"login": "admin", "ips": ["127.0.0.1"]})["key"]
    p.demo.key_file.write_text(key + "\n")


# --- bad input --------------------------------------------------------------------------------------------------

def bad_names(p: Provider) -> None:
    for name in ("not a domain", "-x.example", "a..example", "x" * 64 + ".example", "203.0.113.10", "http://cust.example/",
                 "a b.example", "", "example..", "cust.example;id", "$(id).example", "..", "@"):
        before = p.demo.control("GET", "/count")["count"]
        r = p.run("check", name)
        check(f"no domain: {name[:24]!r}", r.status == 2 and r.sentence(), r)
        check(f"no domain: {name[:24]!r}: before anything is asked", p.demo.control("GET", "/count")["count"] == before)
    r = p.run("check", "cust.example", "not a domain")
    check("one bad name among good ones", r.status == 2 and r.out == "", r)
    for argv in (["nonsense"], ["check", "cust.example", "--nonsense"], ["check"], ["fix", "plan", "spf.nope", "--target", "x"],
                 ["fix", "plan", "spf.publish"], ["fix", "apply", "x"], ["check", "cust.example", "--resolver", "nowhere"],
                 ["check", "cust.example", "--fail-on", "never"], ["identity", "token", "--login", "x", "--role", "king"],
                 ["check", "cust.example", "--only", "nonsense"], ["fix", "plan", "spf.publish", "--target", "not a domain"]):
        r = p.run(*argv)
        check(f"usage: {' '.join(argv)}", r.status == 2 and r.out == "" and r.err, r)
    for argv in (["fix", "plan", "spf.publish", "--target", "stranger.example"], ["fix", "apply", "f" * 32, "--hash", "0"],
                 ["fix", "undo", "999999"], ["journal", "999999"]):
        r = p.run(*argv)
        check(f"not there: {' '.join(argv)}", r.status in (1, 4) and (r.sentence() or r.json), r)


def one_address_in_two_forms(p: Provider) -> None:
    lists = [[row["zone"] for row in p.run("blacklist", form, "--json").json["targets"][0]["lists"]]
             for form in (ADDRESS, f"::ffff:{ADDRESS}")]
    check("an address of version 4 in one of version 6 is on the lists of version 4", lists[0] == lists[1] != [], lists)


def bad_configurations(p: Provider) -> None:
    text = p.demo.config.read_text()
    with tempfile.TemporaryDirectory() as there:
        def with_config(name: str, changed: str, *argv: str) -> Ran:
            file = Path(there) / f"{name}.yaml"
            file.write_text(changed)
            return run(*argv, "--config", str(file), "--json")

        every = [["domains"], ["check", "cust.example"], ["config", "check"]]
        for argv in every:
            r = with_config("key", text.replace("resolvers:", "resolver:"), *argv)
            check(f"an unknown key: {argv[0]}", r.status == 1 and r.sentence() and re.search(
                r"key\.yaml:\d+:\d+: .*resolvers", r.err), r)
            r = with_config("type", text.replace("blacklists:\n  enabled: true", "blacklists:\n  enabled: 7"), *argv)
            check(f"a wrong type: {argv[0]}", r.status == 1 and r.sentence() and re.search(r"type\.yaml:\d+:\d+: ", r.err), r)
            r = with_config("yaml", text + "\n: [", *argv)
            check(f"no YAML: {argv[0]}", r.status == 1 and r.sentence(), r)
            loose = Path(there) / "loose.key"
            loose.write_text(p.demo.key_file.read_text())
            loose.chmod(0o644)
            r = with_config("loose", text.replace(str(p.demo.key_file), str(loose)), *argv)
            check(f"a secret that others may read: {argv[0]}", r.status == 1 and r.sentence() and "loose.key" in r.err, r)
            check(f"and it is not shown: {argv[0]}", p.demo.key_file.read_text().strip() not in r.out + r.err)
        r = run("domains", "--config", f"{there}/absent.yaml", "--json")
        check("a configuration that is not there", r.status == 1 and r.sentence(), r)

        wrong = Path(there) / "wrong.key"
        wrong.write_text("11111111-2222-3333-4444-555555555555\n")
        wrong.chmod(0o600)
        refused = text.replace(str(p.demo.key_file), str(wrong))
        down = text.replace(p.demo.panel_url, "https://127.0.0.1:9")
        for name, changed in (("refused", refused), ("down", down)):
            for argv in (["domains"], ["check", "--all"], ["fix", "plan", "spf.publish", "--target", "nospf.example"]):
                r = with_config(name, changed, *argv)
                check(f"panel {name}: {' '.join(argv[:2])}", r.status == 1 and r.sentence(), r)
            r = with_config(name, changed, "check", "cust.example")
            findings = r.json.get("reports", [{"findings": []}])[0]["findings"]
            check(f"panel {name}: a check says what it does not know", r.status == 0 and
                  any(f["verdict"] == "unknown" for f in findings) and
                  not any(f["verdict"] in ("problem", "warning") for f in findings), r)
            r = with_config(name, changed, "check", "--server")
            findings = r.json.get("reports", [{"findings": []}])[0]["findings"]
            check(f"panel {name}: nor does one of the server, address by address", r.status == 0 and
                  {"helo.unknown", "ptr.unknown", "blacklist.unknown", "limits.unknown"} <= {f["id"] for f in findings} and
                  not any(f["verdict"] in ("problem", "warning") for f in findings), r)
            r = with_config(name, changed, "config", "check")
            state = {x["what"]: x["state"] for x in r.json.get("reachable", [])}.get("panel")
            check(f"panel {name}: config check says so", state == ("refused" if name == "refused" else "unreachable"), r)
            r = with_config(name, changed, "journal")
            check(f"panel {name}: the journal can be read", r.status == 0 and r.json.get("entries"), r)
        other = Path(there) / "ca.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", f"{there}/ca.key", "-out", str(other), "-subj", "/CN=other", "-days", "2"],
                       check=True, capture_output=True)
        r = with_config("ca", text.replace(str(p.demo.ca_file), str(other)), "domains")
        check("a panel with somebody else's certificate", r.status == 1 and r.sentence(), r)
        r = with_config("store", text.replace(str(p.demo.store), "/proc/nowhere/state.db"), "journal")
        check("a store that cannot be", r.status == 1 and r.sentence(), r)
    check("nothing of all this wrote", p.writes() == 0, p.writes())


def go_through(p: Provider, parts: list[Any]) -> None:
    for part in parts:
        if len(sys.argv) > 1 and part.__name__ not in sys.argv[1:]:
            continue
        p.demo.control("DELETE", "/journal")
        began = time.monotonic()
        try:
            part(p)
        except (KeyError, IndexError, TypeError, AttributeError, StopIteration, subprocess.TimeoutExpired) as problem:
            check(f"{part.__name__} goes to its end", False, repr(problem))
        print(f"# {part.__name__}: {time.monotonic() - began:.1f} s", flush=True)


def main() -> None:
    directory = demonstration.new_run_directory()
    try:
        with demonstration.Demo(directory, with_web=False) as demo:
            go_through(Provider(demo), [without_panel, with_panel, lives, refusals, bulk, other_fixes, stale, faults, bad_names,
                                        bad_configurations, one_address_in_two_forms])
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    end()


if __name__ == "__main__":
    main()
