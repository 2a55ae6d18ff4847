#!/usr/bin/env python3
"""The cPanel adapter against the simulated panel: facts, changes and their way back, under every switch in
which real servers differ, and with every fault.  tests/live/panel_ask.c speaks for it."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                             # noqa: E402
from demo import Demo                   # noqa: E402

PROGRAM = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide"
FLEET = int(os.environ.get("FLEET", "260"))        # more than the engine keeps facts of one domain for
RUN: Path
DEMO: Demo
ASK: subprocess.Popen[str]


def setUpModule() -> None:
    global RUN, DEMO, ASK
    program = live.program("panel_ask")
    RUN = Path(tempfile.mkdtemp(prefix="asg-cpanel-"))
    DEMO = Demo(RUN, panel="cpanel", with_web=False, fleet=FLEET)
    DEMO.__enter__()
    DEMO.control("PUT", "/switches", {"hostname_delay_s": 0.2})
    ASK = subprocess.Popen([program, "-k", "cpanel", "-u", DEMO.panel_url, "-s", DEMO.key, "-c", str(DEMO.ca_file)],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def tearDownModule() -> None:
    assert ASK.stdin is not None
    ASK.stdin.close()
    ended = ASK.wait(timeout=30)
    DEMO.__exit__(None, None, None)
    shutil.rmtree(RUN, ignore_errors=True)
    assert ended == 0, f"panel_ask ended with {ended}"


def ask(line: str) -> dict[str, Any]:
    assert ASK.stdin is not None and ASK.stdout is not None
    ASK.stdin.write(line + "\n")
    ASK.stdin.flush()
    return json.loads(ASK.stdout.readline())


def fact(name: str, arg: str = "") -> Any:
    answer = ask(f"fact {name} {arg}".rstrip())
    assert "value" in answer, (name, arg, answer)
    return answer["value"]


def ask_as(user: str, token: str, *lines: str) -> list[dict[str, Any]]:
    done = subprocess.run([live.program("panel_ask"), "-k", "cpanel", "-u", DEMO.panel_url, "-U", user, "-s", token,
                           "-c", str(DEMO.ca_file)], input="".join(f"{line}\n" for line in lines), capture_output=True,
                          text=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def rrset(zone: str, name: str, kind: str, before: Any, after: Any) -> dict[str, Any]:
    return {"kind": "rrset", "zone": zone, "name": name, "type": kind, "before": before, "after": after}


def setting(scope: str, object: str, key: str, before: Any, after: Any, **more: Any) -> dict[str, Any]:
    return {"kind": "setting", "scope": scope, "object": object, "key": key, "before": before, "after": after, **more}


def inverse(change: dict[str, Any]) -> dict[str, Any]:
    return {**change, "before": change["after"], "after": change["before"]}


def calls(*names: str) -> list[dict[str, Any]]:
    return [c for c in DEMO.control("GET", "/journal") if set(names) & set(c["call"])]


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        DEMO.control("DELETE", "/faults")
        DEMO.control("DELETE", "/journal")
        self.factory = dict(DEMO.control("GET", "/switches"))

    def tearDown(self) -> None:
        DEMO.control("PUT", "/switches", self.factory)
        DEMO.control("DELETE", "/faults")

    def switch(self, **values: Any) -> None:
        DEMO.control("PUT", "/switches", values)

    def fault(self, kind: str, match: dict[str, str], **more: Any) -> None:
        DEMO.control("POST", "/faults", {"kind": kind, "match": match, **more})

    def change(self, **what: Any) -> None:
        DEMO.control("POST", "/change", what)

    def state(self, change: dict[str, Any]) -> Any:
        answer = ask("state " + json.dumps(change))
        self.assertIn("value", answer, answer)
        return answer["value"]

    def make(self, change: dict[str, Any]) -> dict[str, Any]:
        answer = ask("change " + json.dumps(change))
        self.assertEqual(answer.get("step"), "done", answer)
        return answer

    def refused(self, change: dict[str, Any], word: str) -> dict[str, Any]:
        answer = ask("change " + json.dumps(change))
        self.assertEqual(answer.get("step"), word, answer)
        return answer

    def there_and_back(self, change: dict[str, Any]) -> None:
        """The state is `before`, after it `after`, after its inverse `before` again."""
        self.assertEqual(self.shape(self.state(change)), self.shape(change["before"]))
        self.make(change)
        self.assertEqual(self.shape(self.state(change)), self.shape(change["after"]))
        self.make(inverse(change))
        self.assertEqual(self.shape(self.state(change)), self.shape(change["before"]))

    @staticmethod
    def shape(state: Any) -> Any:
        if isinstance(state, dict) and "values" in state:
            return {"ttl": state["ttl"], "values": sorted(state["values"])}
        return sorted(state) if isinstance(state, list) else state


# What stays the same however the server writes it.
ASKED = ("server", "accounts", "domains", "mail_server", "zone cust.example", "zone unknown.example",
         "dkim_key cust.example", "dkim_key nodkim.example", "domain_mail cust.example", "domain_mail catchall.example",
         "mailboxes forwards.example", "mailboxes cust.example", "queue")


def known() -> dict[str, Any]:
    return {name: fact(*name.split()) for name in ASKED}


class Facts(Case):
    def test_server(self) -> None:
        self.assertEqual(fact("server"), {
            "kind": "cpanel", "version": "11.138.0.19", "hostname": "srv1.host.example", "dns_running": None,
            "addresses": [{"address": a, "public": a} for a in ("203.0.113.10", "203.0.113.11")]})

    def test_every_way_of_writing_it(self) -> None:
        want = known()
        for switches in ({"numbers_as_strings": True}, {"version_envelope": "old"}, {"resellers_as": "objects"},
                         {"output_as": "string"}, {"unset_tweak": "empty"}, {"unset_tweak": "missing"}, {"translated": True},
                         {"failure_data": "null"}, {"failure_data": "missing"}, {"failure_data": "empty"}, {"profile": 125},
                         {"privileges": "object"}):
            with self.subTest(switches):
                self.switch(**switches)
                got = known()
                if "profile" in switches:
                    got["server"]["version"] = want["server"]["version"]
                for name in ASKED:
                    self.assertEqual(got[name], want[name], name)
                DEMO.control("PUT", "/switches", self.factory)

    def test_owners(self) -> None:
        state = DEMO.control("GET", "/state")
        accounts = {a["user"]: a for a in state["accounts"]}
        want = {}
        for d in state["domains"]:
            owner = accounts[d["user"]]["owner"]
            if d["type"] != "sub":
                want[d["name"]] = (d["user"], None if owner in ("root", d["user"]) else owner)
        self.assertEqual({d["ascii"]: (d["owner"], d["reseller"]) for d in fact("domains")}, want)
        roles = {a["login"]: (a["role"], a["parent"]) for a in fact("accounts")}
        self.assertEqual((roles["root"], roles["anna"], roles["raul"]),
                         (("admin", None), ("customer", "rita"), ("reseller", "root")))

    def test_technical_subdomains_are_no_domains(self) -> None:
        subs = [d["name"] for d in DEMO.control("GET", "/state")["domains"] if d["type"] == "sub"]
        self.assertTrue(subs)
        self.assertFalse(set(subs) & {d["ascii"] for d in fact("domains")})

    def test_suspended(self) -> None:
        self.change(op="set", path=["accounts", "anna", "suspended"], value=1)
        self.assertEqual({d["status"] for d in fact("domains") if d["owner"] == "anna"}, {"suspended"})
        self.change(op="set", path=["accounts", "anna", "suspended"], value=0)

    def test_zone(self) -> None:
        zone = fact("zone", "cust.example")
        self.assertEqual((zone["served"], zone["editable"], zone["type"]), (True, True, "master"))
        rows = [{k: v for k, v in r.items() if k != "id"} for r in zone["records"]]
        self.assertIn({"name": "cust.example", "type": "MX", "ttl": 14400, "value": "0 cust.example"}, rows)
        self.assertIn({"name": "www.cust.example", "type": "CNAME", "ttl": 14400, "value": "cust.example"}, rows)
        key = next(r for r in rows if r["name"] == "default._domainkey.cust.example")
        self.assertGreater(len(key["value"]), 255)              # its strings joined
        self.assertEqual(fact("zone", "unknown.example"), {"served": False, "editable": False, "type": None, "records": []})
        self.switch(roles_off=["DNS"])
        self.assertEqual(fact("zone", "cust.example")["served"], False)

    def test_a_zone_that_cannot_be_told(self) -> None:
        """Is it not there, or may we not?  Unknown where the panel's own look-up fails."""
        self.switch(authority_timeout=["unknown.example"])
        self.assertEqual(ask("fact zone unknown.example")["failed"], "denied")

    def test_domain_mail(self) -> None:
        self.assertEqual(fact("domain_mail", "cust.example"), {
            "service": True, "dkim": True, "catch_all": {"kind": "reject", "target": None}, "routing": "auto",
            "sending": ["203.0.113.10"], "helo": "srv1.host.example", "selector": "default", "limit": None})
        self.assertEqual(fact("domain_mail", "nodkim.example")["dkim"], False)
        self.assertEqual(fact("domain_mail", "catchall.example")["catch_all"]["kind"], "forward")
        self.change(op="set", path=["accounts", "anna", "max_email_per_hour"], value="200")
        self.assertEqual(fact("domain_mail", "cust.example")["limit"], 200)
        for none in ("unlimited", "0", 0):
            self.change(op="set", path=["accounts", "anna", "max_email_per_hour"], value=none)
            self.assertIsNone(fact("domain_mail", "cust.example")["limit"])

    def test_behind_nat(self) -> None:
        self.change(op="nat", map={"203.0.113.10": "10.0.0.5", "203.0.113.11": "10.0.0.6"})
        try:
            self.assertEqual(fact("server")["addresses"][0], {"address": "10.0.0.5", "public": "203.0.113.10"})
            self.assertEqual(fact("domain_mail", "cust.example")["sending"], ["203.0.113.10"])
            self.assertEqual(fact("mail_server")["explicit"][0], "203.0.113.10")
        finally:
            self.change(op="nat", map={"203.0.113.10": "203.0.113.10", "203.0.113.11": "203.0.113.11"})

    def test_both_families(self) -> None:
        self.switch(ipv6="2001:db8:20::10")
        self.assertEqual(fact("domain_mail", "cust.example")["sending"], ["203.0.113.10", "2001:db8:20::10"])

    def test_all_at_once_says_the_same(self) -> None:
        mails, boxes = fact("domain_mail_all"), fact("mailboxes_all")
        names = [d["ascii"] for d in fact("domains")]
        self.assertEqual(sorted(mails), sorted(names))
        self.assertEqual(sorted(boxes), sorted(names))
        for name in ("cust.example", "nodkim.example", "forwards.example", "elsewhere.example", "catchall.example"):
            self.assertEqual(mails[name], fact("domain_mail", name))
            self.assertEqual(boxes[name], fact("mailboxes", name))

    def test_one_account_that_refuses_costs_the_others_nothing(self) -> None:
        self.change(op="set", path=["accounts", "eva", "features"], value={"forwarders": 0})
        boxes = fact("mailboxes_all")
        self.assertIn("cust.example", boxes)

    def test_dkim_key(self) -> None:
        keys = fact("dkim_key", "cust.example")["keys"]
        self.assertEqual([k["selector"] for k in keys], ["default"])
        self.assertTrue(keys[0]["record"].startswith("v=DKIM1; k=rsa; p=MIIB"))
        self.assertEqual(fact("dkim_key", "nodkim.example"), {"keys": []})

    def test_mail_server(self) -> None:
        mail = fact("mail_server")
        self.assertEqual((mail["limits"], mail["mta"], mail["helo"]),
                         ({"enabled": False, "mailbox": None, "domain": -1, "subscription": None}, "exim", "srv1.host.example"))
        for value, limits in (("500", (True, 500)), ("0", (False, -1)), ("unlimited", (False, -1))):
            self.change(op="set", path=["server", "tweak", "maxemailsperhour"], value=value)
            got = fact("mail_server")["limits"]
            self.assertEqual((got["enabled"], got["domain"]), limits)
        self.change(op="set", path=["server", "tweak", "maxemailsperhour"], value=None)

    def test_queue_and_traffic(self) -> None:
        queue = fact("queue")
        self.assertEqual((queue["total"], queue["hold"], queue["acts"]), (3, 1, False))
        self.assertEqual([m["sender"] for m in queue["messages"] if m["state"] == "hold"], [""])
        self.assertIn("cust.example", [d["domain"] for d in fact("mail_traffic")["domains"]])

    def test_how_many_calls(self) -> None:
        """A thousand domains in as many accounts: 50 batches, and 100 of each validator; measured on the fleet."""
        count = len(fact("domains"))
        pages, accounts = -(-count // 10), -(-len({d["owner"] for d in fact("domains")}) // 20)
        boxes, mails = ask("fact mailboxes_all")["asked"], ask("fact domain_mail_all")["asked"]
        print(f"     {count} domains: domains {ask('fact domains')['asked']}, mailboxes {boxes}, settings {mails} calls", file=sys.stderr)
        self.assertLessEqual(ask("fact domains")["asked"], 3)
        self.assertLessEqual(boxes, accounts + 3)
        self.assertLessEqual(mails, accounts + 2 * pages + 5)

    def test_each_page_is_asked_for_once(self) -> None:
        """In a run over all, server and domains; what the domains share stays until the last of them has been looked at."""
        DEMO.control("DELETE", "/journal")
        done = subprocess.run([PROGRAM, "check", "--all", "--jsonl", "--config", str(DEMO.config)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        journal = DEMO.control("GET", "/journal")
        calls = [json.dumps([c["call"], c["args"]]) for c in journal]
        count = len(fact("domains"))
        print(f"     check --all of {count} domains: {len(calls)} calls, {len(calls) * 1000 // count} per 1,000 domains", file=sys.stderr)
        self.assertEqual([c[:300] for c in calls if calls.count(c) > 1], [])
        ends = sorted([(c["at"], 1) for c in journal] + [(c["at"] + c["seconds"], -1) for c in journal])
        self.assertLessEqual(max(itertools.accumulate(step for _, step in ends)), 4)       # at once

    def test_calls_that_are_never_made(self) -> None:
        """Half a record, a text in quotes, all DMARC records at once, rights that say little, lists that may be blank."""
        never = {"validate_current_spfs", "install_spf_records", "validate_current_dmarcs", "apply_dmarc", "remove_dmarc", "myprivs",
                 "dumpzone", "fetch_dkim_private_keys", "deliver_mail_queue", "purge_mail_queue", "editpkg"}
        for path in Path(live.ROOT).glob("panel/cpanel/*.c"):
            words = set(re.findall(r'"([A-Za-z_]+)"', path.read_text()))
            self.assertEqual(words & (never | {"list_domains", "ZoneEdit", "EmailTrack", "get_mail_helo", "fetchzone_records"}), set(), path.name)

    def test_how_many_calls_to_look_at_one_thing(self) -> None:
        """Preview, apply, verify and undo each look: with 10,000 domains the list of all would be too much."""
        for change, most in (
                (rrset("cust.example", "cust.example", "TXT", None, None), 2),
                (setting("domain", "cust.example", "dkim", None, None), 6),
                (setting("server", "server", "hostname", None, None), 2),
                (setting("domain", "cust.example", "catch_all", None, None), 3),
                ({"kind": "forward", "address": "info@cust.example", "before": None, "after": None}, 4)):
            self.assertLessEqual(ask("state " + json.dumps(change))["asked"], most, change)

    def test_refused(self) -> None:
        """One try, whatever is asked for: each counts towards a lock-out."""
        for status in ("401", "403", "html"):
            self.switch(unauthorised=status)
            DEMO.control("DELETE", "/journal")
            answers = ask_as("root", "WRONG" * 6 + "XX", "fact domain_mail cust.example")
            self.assertEqual([a["failed"] for a in answers], ["denied"], status)
            self.assertEqual(len(DEMO.control("GET", "/journal")), 1, status)
        self.switch(licence=False)
        self.assertEqual(ask("fact server")["failed"], "denied")

    def test_a_token_of_few_rights(self) -> None:
        token = DEMO.control("POST", "/key", {"login": "root", "acls": ["list-accts", "acct-summary"]})["key"]
        for refusal in ("result", "403"):
            self.switch(acl_refusal=refusal)
            domains, tweak, zone = ask_as("root", token, "fact domains", "fact mail_server", "fact zone cust.example")
            self.assertIn("value", domains)
            self.assertEqual(zone["failed"], "denied", zone)
            if "value" in tweak:
                self.assertEqual(tweak["value"]["limits"]["enabled"], None)

    def test_a_resellers_token(self) -> None:
        token = DEMO.control("POST", "/key", {"login": "raul"})["key"]
        accounts, domains = ask_as("raul", token, "fact accounts", "fact domains")
        self.assertEqual({a["login"] for a in accounts["value"]}, {"root", "raul", "carla"})
        self.assertEqual({d["owner"] for d in domains["value"]}, {"raul", "carla"})
        theirs, = ask_as("raul", token, "fact mailboxes cust.example")
        self.assertIn(theirs["failed"], ("denied", "not_found"))

    def test_faults_of_reads(self) -> None:
        for kind, reason in (("html", "denied"), ("truncate", "unreachable|protocol"), ("500", "protocol"), ("503", "unreachable"),
                             ("reset", "unreachable|protocol")):
            DEMO.control("DELETE", "/faults")
            self.fault(kind, {"call": "listaccts"}, times=0)
            answer = ask("fact accounts")
            self.assertIn(answer.get("failed"), reason.split("|"), (kind, answer))


class Records(Case):
    def spf(self, zone: str) -> Any:
        return self.state(rrset(zone, zone, "TXT", None, None))

    def test_replace_and_back(self) -> None:
        before = self.spf("cust.example")
        after = {"ttl": 300, "values": ["v=spf1 +a +mx ip4:203.0.113.10 50%of -all"]}
        self.there_and_back(rrset("cust.example", "cust.example", "TXT", before, after))
        self.switch(new_serial="string", numbers_as_strings=True)
        self.there_and_back(rrset("cust.example", "cust.example", "TXT", before, after))

    def test_all_or_nothing_in_one_call(self) -> None:
        self.there_and_back(rrset("twospf.example", "twospf.example", "TXT", self.spf("twospf.example"),
                                  {"ttl": 14400, "values": ["v=spf1 a mx include:_spf.relay.example ~all"]}))
        self.assertEqual(len(calls("mass_edit_dns_zone")), 2)

    def test_other_types(self) -> None:
        mx = self.state(rrset("cust.example", "cust.example", "MX", None, None))
        self.there_and_back(rrset("cust.example", "cust.example", "MX", mx,
                                  {"ttl": 3600, "values": ["10 mx1.other.example", "20 mx2.other.example"]}))
        self.there_and_back(rrset("cust.example", "cust.example", "MX", mx, {"ttl": 3600, "values": ["0 ."]}))
        self.there_and_back(rrset("cust.example", "cust.example", "MX", mx, None))
        self.there_and_back(rrset("cust.example", "srv9.cust.example", "A", None, {"ttl": 3600, "values": ["203.0.113.9"]}))
        self.there_and_back(rrset("cust.example", "srv9.cust.example", "AAAA", None, {"ttl": 3600, "values": ["2001:db8::9"]}))
        self.there_and_back(rrset("cust.example", "c.cust.example", "CNAME", None, {"ttl": 3600, "values": ["cust.example"]}))

    def test_long_text(self) -> None:
        long = "v=spf1 " + " ".join(f"ip4:198.51.100.{i}" for i in range(30)) + " ~all"
        self.there_and_back(rrset("cust.example", "cust.example", "TXT", self.spf("cust.example"),
                                  {"ttl": 14400, "values": [long]}))

    def test_somebody_was_quicker(self) -> None:
        """The serial alone: the set is still the same, so it is done anew.  A third time is one too many."""
        before = self.spf("cust.example")
        change = rrset("cust.example", "cust.example", "TXT", before, {"ttl": 300, "values": ["v=spf1 -all"]})
        for translated in (False, True):
            self.switch(bump_before_edit=2, translated=translated)
            self.make(change)
            self.switch(bump_before_edit=0)
            self.make(inverse(change))
        self.switch(bump_before_edit=3)
        self.refused(change, "value")
        self.switch(bump_before_edit=0)
        self.assertEqual(self.spf("cust.example"), before)

    def test_changed_behind_our_back(self) -> None:
        before = self.spf("cust.example")
        for call in ("parse_dns_zone", "mass_edit_dns_zone"):
            DEMO.control("DELETE", "/faults")
            self.fault("behind", {"call": call},
                       change={"op": "add", "domain": "cust.example", "type": "TXT", "host": "cust.example.", "value": "new"})
            self.refused(rrset("cust.example", "cust.example", "TXT", before, {"ttl": 300, "values": ["v=spf1 -all"]}), "stale")
            self.change(op="delete", domain="cust.example", type="TXT", host="cust.example.", value="new")
            self.assertEqual(self.spf("cust.example"), before)

    def test_faults_of_writes(self) -> None:
        before = self.spf("cust.example")
        change = rrset("cust.example", "cust.example", "TXT", before, {"ttl": 300, "values": ["v=spf1 -all"]})
        for kind, done in (("500", False), ("503", False), ("html", False), ("reset", True), ("truncate", True)):
            with self.subTest(kind):
                DEMO.control("DELETE", "/faults")
                self.fault(kind, {"call": "mass_edit_dns_zone"})
                answer = ask("change " + json.dumps(change))
                self.assertNotEqual(answer["step"], "done", (kind, answer))
                self.assertEqual(self.spf("cust.example"), change["after"] if done else before, kind)
                if done:
                    self.make(inverse(change))
                self.assertEqual(self.spf("cust.example"), before)


class Settings(Case):
    def test_hostname(self) -> None:
        self.there_and_back(setting("server", "server", "hostname", "srv1.host.example", "srv2.host.example"))

    def test_hostname_whose_answer_never_comes(self) -> None:
        """It restarts the panel itself: the name is looked at, and the call is not made twice."""
        change = setting("server", "server", "hostname", "srv1.host.example", "srv2.host.example")
        self.switch(hostname_drop=True)
        self.make(change)
        self.assertEqual(len(calls("sethostname")), 1)
        self.switch(hostname_drop=False)
        self.make(inverse(change))
        self.fault("truncate", {"call": "sethostname"})
        self.make(change)
        self.make(inverse(change))

    def test_hostname_refused(self) -> None:
        for name in ("cust.example", "www.host.example", "7.host.example"):
            self.refused(setting("server", "server", "hostname", "srv1.host.example", name), "value")
        self.assertEqual(fact("server")["hostname"], "srv1.host.example")

    def test_limits(self) -> None:
        change = setting("server", "server", "outgoing_limits", {"enabled": False, "domain": -1}, {"enabled": True, "domain": 300})
        for unset in ("null", "empty", "missing"):
            self.switch(unset_tweak=unset)
            self.there_and_back(change)
        self.refused(setting("server", "server", "outgoing_limits", {"mailbox": -1}, {"mailbox": 50}), "value")
        self.refused(setting("server", "server", "outgoing_limits", {"enabled": False}, {"enabled": True}), "value")

    def test_no_empty_value_by_accident(self) -> None:
        self.make(setting("server", "server", "outgoing_limits", {"domain": -1}, {"domain": 300}))
        self.assertEqual([dict(c["args"])["value"] for c in calls("set_tweaksetting")], ["300"])
        self.make(setting("server", "server", "outgoing_limits", {"domain": 300}, {"domain": -1}))

    def test_dkim(self) -> None:
        self.there_and_back(setting("domain", "nodkim.example", "dkim", False, True))
        self.assertTrue(calls("ensure_dkim_keys_exist") and calls("enable_dkim") and calls("validate_current_dkims"))

    def test_status_1_is_not_done(self) -> None:
        self.switch(item_fails=["shortkey.example"])
        self.refused(setting("domain", "shortkey.example", "dkim", False, True), "value")

    def test_catch_all(self) -> None:
        change = setting("domain", "cust.example", "catch_all", {"kind": "reject", "target": None},
                         {"kind": "forward", "target": "info@cust.example"})
        self.there_and_back(change)
        for after in ({"kind": "discard", "target": None}, {"kind": "reject", "target": "Nobody + 50% here"},
                      {"kind": "forward", "target": "anna"}):
            self.there_and_back({**change, "after": after})
        self.refused({**change, "after": {"kind": "bounce", "target": "x"}}, "value")

    def test_limits_of_domain_and_mailbox(self) -> None:
        self.there_and_back(setting("domain", "cust.example", "outgoing_limit", None, 75))
        self.there_and_back(setting("mailbox", "info@cust.example", "outgoing_limit", None, 0))
        self.refused(setting("mailbox", "info@cust.example", "outgoing_limit", None, 75), "unsupported")

    def test_addresses(self) -> None:
        self.there_and_back({"kind": "mailbox", "address": "spam@cust.example", "before": None,
                             "after": {"kind": "alias", "targets": ["info@cust.example"]}})
        self.there_and_back({"kind": "mailbox", "address": "fwd@cust.example", "before": None,
                             "after": {"kind": "forward", "targets": ["info@cust.example", "x@other.example"]}})
        self.there_and_back({"kind": "mailbox", "address": "main@cust.example", "before": None,
                             "after": {"kind": "forward", "targets": ["anna"]}})

    def test_a_refusal_that_stands_there_stays(self) -> None:
        lines = next(d for d in DEMO.control("GET", "/state")["domains"] if d["name"] == "cust.example")["forwarders"]
        self.change(op="set", path=["domains", "cust.example", "forwarders"],
                    value=lines + [{"dest": "no@cust.example", "forward": ":fail: gone"}])
        self.refused({"kind": "mailbox", "address": "no@cust.example", "before": None,
                      "after": {"kind": "alias", "targets": ["info@cust.example"]}}, "value")
        self.change(op="set", path=["domains", "cust.example", "forwarders"], value=lines)

    def test_forward_and_copy(self) -> None:
        self.there_and_back({"kind": "forward", "address": "info@cust.example", "before": None,
                             "after": ["a+b@gmail.test", "c@gmail.test"]})
        change = {"kind": "mailbox", "address": "away@cust.example", "before": None,
                  "after": {"kind": "forward", "targets": ["a@gmail.test", "b@gmail.test"]}}
        self.make(change)
        copy = setting("mailbox", "away@cust.example", "keeps_copy", False, True)
        self.there_and_back(copy)
        self.make(copy)
        self.change(op="set", path=["domains", "cust.example", "pops", "away", "used"], value=70000)
        self.refused(inverse(copy), "value")                    # mail came in since
        self.change(op="set", path=["domains", "cust.example", "pops", "away", "used"], value=483)
        self.make(inverse(copy))
        self.make(inverse(change))
        self.assertFalse([c for c in DEMO.control("GET", "/journal") if c["secret_in_url"]])

    def test_password(self) -> None:
        change = {"kind": "secret", "object": "info@cust.example", "key": "password"}
        ask("secret ref weak")
        self.refused(change, "value")
        secret = 'Quo"te\\and=Lo+ng&50%-Enough 77'
        ask("secret ref " + secret)
        self.make(change)
        domains = DEMO.control("GET", "/state")["domains"]
        pops = next(d["pops"] for d in domains if d["name"] == "cust.example")
        self.assertEqual(next(p["password"] for p in pops if p["user"] == "info"), secret)
        self.assertNotIn("Quo", (DEMO.panel_dir / "access_log").read_text())

    def test_the_queue_is_changed_on_its_server(self) -> None:
        self.refused({"kind": "queue", "action": "hold", "ids": ["1vNQ2z-00000002aBc-1dEf"]}, "unsupported")

    def test_dmarc_is_never_removed_by_the_call(self) -> None:
        """remove_dmarc without a domain would take away all: it is not ours to call."""
        self.assertFalse(calls("EmailAuth::remove_dmarc", "remove_dmarc"))

    def test_faults(self) -> None:
        change = {"kind": "mailbox", "address": "spam@cust.example", "before": None,
                  "after": {"kind": "alias", "targets": ["info@cust.example"]}}
        for kind, done in (("500", False), ("html", False), ("reset", True), ("truncate", True)):
            with self.subTest(kind):
                DEMO.control("DELETE", "/faults")
                self.fault(kind, {"call": "Email::add_forwarder"})
                answer = ask("change " + json.dumps(change))
                self.assertNotEqual(answer["step"], "done", answer)
                self.assertEqual(self.state(change), change["after"] if done else None)
                if done:
                    self.make(inverse(change))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
