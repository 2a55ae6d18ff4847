#!/usr/bin/env python3
"""The Plesk adapter against the simulated panel: facts, changes and their way back, under every switch in
which real servers differ, and with every fault.  tests/live/panel_ask.c speaks for it."""

from __future__ import annotations

import json
import os
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

FLEET = 240
RUN: Path
DEMO: Demo
ASK: subprocess.Popen[str]


def setUpModule() -> None:
    global RUN, DEMO, ASK
    program = live.program("panel_ask")
    RUN = Path(tempfile.mkdtemp(prefix="asg-plesk-"))
    DEMO = Demo(RUN, with_web=False, fleet=FLEET)
    DEMO.__enter__()
    ASK = subprocess.Popen([program, "-k", "plesk", "-u", DEMO.panel_url, "-s", DEMO.key, "-c", str(DEMO.ca_file)],
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
    assert "value" in answer, answer
    return answer["value"]


def rrset(zone: str, name: str, kind: str, before: Any, after: Any) -> dict[str, Any]:
    return {"kind": "rrset", "zone": zone, "name": name, "type": kind, "before": before, "after": after}


def setting(scope: str, object: str, key: str, before: Any, after: Any, **more: Any) -> dict[str, Any]:
    return {"kind": "setting", "scope": scope, "object": object, "key": key, "before": before, "after": after, **more}


def inverse(change: dict[str, Any]) -> dict[str, Any]:
    return {**change, "before": change["after"], "after": change["before"]}


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        DEMO.control("DELETE", "/faults")
        self.factory = dict(DEMO.control("GET", "/switches"))

    def tearDown(self) -> None:
        DEMO.control("PUT", "/switches", self.factory)
        DEMO.control("DELETE", "/faults")

    def switch(self, **values: Any) -> None:
        DEMO.control("PUT", "/switches", values)

    def fault(self, kind: str, match: dict[str, str], **more: Any) -> None:
        DEMO.control("POST", "/faults", {"kind": kind, "match": match, **more})

    def state(self, change: dict[str, Any]) -> Any:
        answer = ask("state " + json.dumps(change))
        self.assertIn("value", answer, answer)
        return answer["value"]

    def make(self, change: dict[str, Any]) -> dict[str, Any]:
        answer = ask("change " + json.dumps(change))
        self.assertEqual(answer.get("step"), "done", answer)
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
        return state


class Facts(Case):
    def test_server(self) -> None:
        self.assertEqual(fact("server"), {
            "kind": "plesk", "version": "18.0.76.2", "hostname": "srv1.host.example", "dns_running": True,
            "addresses": [{"address": a, "public": a} for a in ("203.0.113.10", "203.0.113.11")]})
        self.switch(dns_component=False)
        self.assertEqual(fact("server")["dns_running"], False)
        self.switch(xml=False)
        self.assertIsNone(fact("server")["dns_running"])

    def owners(self) -> dict[str, tuple[Any, Any]]:
        return {d["ascii"]: (d["owner"], d["reseller"]) for d in fact("domains")}

    def test_owners(self) -> None:
        state = DEMO.control("GET", "/state")
        by_id = {c["id"]: c for c in state["clients"]}
        by_login = {c["login"]: c for c in state["clients"]}
        wanted = {}
        for d in state["domains"]:
            owner = by_id[d["client_id"]]
            parent = by_login.get(owner["owner_login"])
            wanted[d["ascii_name"]] = (owner["login"],
                                       parent["login"] if parent and parent["type"] == "reseller" else None)
        self.assertEqual(self.owners(), wanted)
        self.switch(xml=False)
        self.assertEqual(self.owners(), wanted)
        self.switch(reseller_sees_customers=True)
        self.assertEqual(self.owners(), wanted)
        self.switch(xml=True, owner_login=False)
        self.assertEqual(self.owners(), wanted)

    def test_main_domains(self) -> None:
        want = None
        for base in ("zero", "null", "own"):
            self.switch(base_domain_id=base)
            got = {d["ascii"]: (d["main"], d["subscription"]) for d in fact("domains")}
            self.assertEqual(got["nospf.example"], (False, "cust.example"))
            self.assertEqual(got["cust.example"], (True, "cust.example"))
            want = want or got
            self.assertEqual(got, want)

    def test_aliases(self) -> None:
        self.assertTrue(all(isinstance(d["aliases"], list) for d in fact("domains")))
        self.switch(aliases=False)
        self.assertTrue(all(d["aliases"] is None for d in fact("domains")))

    def test_zone(self) -> None:
        zone = fact("zone", "cust.example")
        self.assertEqual((zone["served"], zone["editable"], zone["type"]), (True, True, "master"))
        self.assertIn({"name": "cust.example", "type": "MX", "ttl": 3600, "value": "10 mail.cust.example"},
                      [{k: v for k, v in r.items() if k != "id"} for r in zone["records"]])
        self.assertEqual(fact("zone", "elsewhere.example")["served"], False)
        self.assertEqual(fact("zone", "unknown.example"),
                         {"served": False, "editable": False, "type": None, "records": []})
        self.switch(xml=False)
        for code in (0, 1):
            self.switch(dns_info_off_exit=code)
            self.assertEqual(fact("zone", "elsewhere.example")["served"], False)
        for gap in (" ", "\t"):
            self.switch(separator=gap)
            self.assertEqual(fact("zone", "cust.example")["served"], True)
        self.switch(xml=True, ttl_zero=True)
        self.assertTrue(all(r["ttl"] is None for r in fact("zone", "cust.example")["records"]))

    def test_domain_mail(self) -> None:
        mail = fact("domain_mail", "cust.example")
        self.assertEqual(mail, {"service": True, "dkim": True, "catch_all": {"kind": "reject", "target": None},
                                "routing": "local", "sending": ["203.0.113.10"], "helo": "srv1.host.example",
                                "selector": "default", "limit": None})
        self.assertEqual(fact("domain_mail", "nodkim.example")["dkim"], False)
        self.switch(spam_protect_sign=False)
        self.assertIsNone(fact("domain_mail", "cust.example")["dkim"])
        self.switch(xml=False)
        self.assertEqual(fact("domain_mail", "cust.example")["service"], True)

    def test_all_at_once_says_the_same(self) -> None:
        mails, boxes = fact("domain_mail_all"), fact("mailboxes_all")
        names = [d["ascii"] for d in fact("domains")]
        self.assertEqual(sorted(mails), sorted(names))
        self.assertEqual(sorted(boxes), sorted(names))
        for name in ("cust.example", "nodkim.example", "forwards.example", "elsewhere.example"):
            self.assertEqual({**mails[name], "selector": None}, {**fact("domain_mail", name), "selector": None})
            self.assertEqual(boxes[name], fact("mailboxes", name))

    def test_mailboxes_without_xml(self) -> None:
        def known(rows: list[dict[str, Any]]) -> list[Any]:
            return sorted([r["address"], r["kind"], r["targets"]] for r in rows)
        for name in ("cust.example", "forwards.example"):
            want = [r for r in fact("mailboxes", name) if r["kind"] != "catch_all"]
            self.switch(xml=False)
            self.assertEqual(known(fact("mailboxes", name)), known(want))
            self.switch(xml=True)

    def test_dkim_key(self) -> None:
        keys = fact("dkim_key", "cust.example")["keys"]
        self.assertEqual([k["selector"] for k in keys], ["default"])
        self.assertTrue(keys[0]["record"].startswith("v=DKIM1; p=MIIB"))
        self.assertEqual(fact("dkim_key", "nodkim.example"), {"keys": []})
        self.assertEqual(fact("dkim_key", "elsewhere.example"), {"keys": None})

    def test_mail_server(self) -> None:
        mail = fact("mail_server")
        self.assertEqual((mail["outgoing_mode"], mail["limits"]["enabled"], mail["localhost_whitelisted"], mail["mta"]),
                         ("domain-ip", False, False, "postfix"))
        self.switch(server_mail_prefs=False, white_list_readable=False)
        mail = fact("mail_server")
        self.assertEqual((mail["outgoing_mode"], mail["limits"]["enabled"], mail["localhost_whitelisted"]),
                         (None, None, None))

    def test_sites(self) -> None:
        sites = fact("sites")
        self.assertTrue(sites and all(s["domain"] and s["owner"] for s in sites))
        self.switch(wp_toolkit=False)
        self.assertEqual(ask("fact sites")["failed"], "unsupported")

    def test_how_many_calls(self) -> None:
        self.assertLessEqual(ask("fact domains")["asked"], 3 + 10)          # and one for each that is not active
        self.assertLessEqual(ask("fact domain_mail_all")["asked"], 20 + 2)
        self.assertLessEqual(ask("fact mailboxes_all")["asked"], 20 + 2 + 4)

    def test_how_many_calls_to_look_at_one_thing(self) -> None:
        """Preview, apply, verify and undo each look: with 10,000 domains the list of all would be too much."""
        for change, most in (
                (rrset("cust.example", "cust.example", "TXT", None, None), 4),
                (setting("domain", "cust.example", "dkim", None, None), 2),
                (setting("domain", "cust.example", "outgoing_limit", None, None), 2),
                ({"kind": "forward", "address": "info@cust.example", "before": None, "after": None}, 2)):
            self.assertLessEqual(ask("state " + json.dumps(change))["asked"], most, change)

    def test_refused(self) -> None:
        for status in (401, 403):
            self.switch(unauthorised_status=status)
            other = subprocess.run([live.program("panel_ask"), "-k", "plesk", "-u", DEMO.panel_url, "-s", "wrong-key",
                                    "-c", str(DEMO.ca_file)], input="fact server\nfact domains\n",
                                   capture_output=True, text=True, timeout=60)
            for line in other.stdout.splitlines():
                self.assertEqual(json.loads(line)["failed"], "denied")
        self.switch(initialised=False)
        self.assertEqual(ask("fact server")["failed"], "unreachable")
        self.switch(initialised=True, api_enabled=False)
        self.assertEqual(ask("fact server")["failed"], "denied")

    def test_faults_of_reads(self) -> None:
        for kind, reason in (("html", "protocol"), ("truncate", "unreachable|protocol"), ("500", "protocol"),
                             ("reset", "unreachable|protocol")):
            DEMO.control("DELETE", "/faults")
            self.fault(kind, {"path": "/api/v2/clients"}, times=0)
            answer = ask("fact accounts")
            self.assertIn(answer.get("failed"), reason.split("|"), (kind, answer))


class Records(Case):
    def spf(self, zone: str) -> Any:
        return self.state(rrset(zone, zone, "TXT", None, None))

    def test_replace_and_back(self) -> None:
        before = self.spf("cust.example")
        after = {"ttl": 300, "values": ["v=spf1 ip4:203.0.113.10 -all"]}
        self.there_and_back(rrset("cust.example", "cust.example", "TXT", before, after))

    def test_new_and_back_in_every_form_of_host(self) -> None:
        before = self.spf("nospf.example")
        after = {"ttl": 3600, "values": before["values"] + ["v=spf1 mx ~all"]}
        for form in ("absolute", "relative", "relative-strict"):
            self.switch(post_host=form)
            with self.subTest(form):
                self.there_and_back(rrset("nospf.example", "nospf.example", "TXT", before, after))
                self.there_and_back(rrset("nospf.example", "_x.nospf.example", "TXT", None,
                                          {"ttl": 600, "values": ["one", "two"]}))

    def test_merge_and_back(self) -> None:
        before = self.spf("twospf.example")
        self.assertEqual(len(before["values"]), 2)
        self.there_and_back(rrset("twospf.example", "twospf.example", "TXT", before,
                                  {"ttl": before["ttl"], "values": ["v=spf1 a mx include:_spf.relay.example ~all"]}))

    def test_other_types(self) -> None:
        mx = self.state(rrset("cust.example", "cust.example", "MX", None, None))
        self.there_and_back(rrset("cust.example", "cust.example", "MX", mx,
                                  {"ttl": 3600, "values": ["10 mx1.other.example", "20 mx2.other.example"]}))
        self.there_and_back(rrset("cust.example", "cust.example", "MX", mx, {"ttl": 3600, "values": ["0 ."]}))
        self.there_and_back(rrset("cust.example", "srv9.cust.example", "A", None, {"ttl": 3600, "values": ["203.0.113.9"]}))
        self.there_and_back(rrset("cust.example", "srv9.cust.example", "AAAA", None, {"ttl": 3600, "values": ["2001:db8::9"]}))
        self.there_and_back(rrset("cust.example", "c.cust.example", "CNAME", None, {"ttl": 3600, "values": ["cust.example"]}))

    def test_the_last_mx_stays(self) -> None:
        mx = self.state(rrset("cust.example", "cust.example", "MX", None, None))
        answer = ask("change " + json.dumps(rrset("cust.example", "cust.example", "MX", mx, None)))
        self.assertEqual(answer["step"], "value")
        self.assertIn("MX", answer["text"])

    def test_long_text(self) -> None:
        before = self.spf("cust.example")
        long = "v=spf1 " + " ".join(f"ip4:198.51.100.{i}" for i in range(30)) + " ~all"
        change = rrset("cust.example", "cust.example", "TXT", before, {"ttl": 3600, "values": [long]})
        for mode in ("whole", "quoted"):
            self.switch(txt_over_255=mode)
            self.there_and_back(change)
        self.switch(txt_over_255="cut")
        self.assertEqual(ask("change " + json.dumps(change))["step"], "protocol")
        self.assertEqual(self.spf("cust.example"), before)
        new = rrset("cust.example", "_long.cust.example", "TXT", None, {"ttl": 3600, "values": [long]})
        self.assertEqual(ask("change " + json.dumps(new))["step"], "protocol")
        self.assertIsNone(self.state(new))

    def test_changed_behind_our_back(self) -> None:
        before = self.spf("cust.example")
        self.fault("behind", {"path": "/api/v2/dns/records", "method": "GET"},
                   change={"op": "add", "domain": "cust.example", "type": "TXT", "host": "cust.example.", "value": "new"})
        answer = ask("change " + json.dumps(rrset("cust.example", "cust.example", "TXT", before,
                                                  {"ttl": 3600, "values": ["v=spf1 -all"]})))
        self.assertEqual(answer["step"], "stale")
        DEMO.control("POST", "/change", {"op": "delete", "domain": "cust.example", "type": "TXT",
                                         "host": "cust.example.", "value": "new"})
        self.assertEqual(self.spf("cust.example"), before)

    def test_faults_of_writes(self) -> None:
        before = self.spf("cust.example")
        change = rrset("cust.example", "cust.example", "TXT", before, {"ttl": 3600, "values": ["v=spf1 -all"]})
        for kind, done in (("500", False), ("503", False), ("html", False), ("reset", True), ("truncate", True),
                           ("revoke", False)):
            with self.subTest(kind):
                DEMO.control("DELETE", "/faults")
                if kind == "revoke":
                    break               # the key would be gone for the other tests
                self.fault(kind, {"method": "PUT"})
                answer = ask("change " + json.dumps(change))
                self.assertNotEqual(answer["step"], "done", (kind, answer))
                now = self.spf("cust.example")
                self.assertEqual(now, change["after"] if done else before, kind)
                if done:
                    self.make(inverse(change))
                self.assertEqual(self.spf("cust.example"), before)


class Settings(Case):
    def test_hostname(self) -> None:
        self.there_and_back(setting("server", "server", "hostname", "srv1.host.example", "srv2.host.example"))

    def test_limits(self) -> None:
        self.there_and_back(setting("server", "server", "outgoing_limits",
                                    {"enabled": False, "mailbox": -1, "domain": -1, "subscription": -1},
                                    {"enabled": True, "mailbox": 50, "domain": 200, "subscription": 400}))

    def test_outgoing_mode(self) -> None:
        change = setting("server", "server", "outgoing_mode", {"mode": "domain-ip", "explicit": []},
                         {"mode": "explicit-ip", "explicit": ["203.0.113.10"]})
        self.there_and_back(change)
        self.switch(xml_old_prefs=True)
        self.there_and_back(change)

    def test_sendmail(self) -> None:
        self.there_and_back(setting("server", "server", "sendmail", True, False))

    def test_server_signs(self) -> None:
        self.make(setting("server", "server", "dkim_signing", "unknown", True, before_unknown=True))
        self.assertEqual(DEMO.control("GET", "/state")["server"]["dkim_sign"], True)

    def test_dkim(self) -> None:
        change = setting("domain", "nodkim.example", "dkim", False, True)
        self.there_and_back(change)
        for option in ("sign_outgoing_mail", "sign-outgoing-mail"):
            for shape in ("keys", "list", "bare"):
                self.switch(xml=False, dkim_option=option, ref_shape=shape)
                self.make(change)
                self.switch(xml=True)
                self.assertEqual(self.state(change), True)
                self.make(inverse(change))
        self.switch(xml=False, dkim_option="")
        self.assertEqual(ask("change " + json.dumps(change))["step"], "not_found")

    def test_mail_service(self) -> None:
        change = setting("domain", "cust.example", "mail_service", True, False)
        self.there_and_back(change)
        self.switch(xml=False)
        self.there_and_back(change)

    def test_catch_all(self) -> None:
        change = setting("domain", "cust.example", "catch_all", {"kind": "reject", "target": None},
                         {"kind": "forward", "target": "info@cust.example"})
        self.there_and_back(change)
        self.there_and_back({**change, "after": {"kind": "bounce", "target": "No <such> & user"}})
        self.switch(xml=False)
        self.make(change)
        self.switch(xml=True)
        self.assertEqual(self.state(change), change["after"])
        self.make(inverse(change))

    def test_limits_of_domain_and_mailbox(self) -> None:
        self.there_and_back(setting("domain", "cust.example", "outgoing_limit", None, 75))
        self.there_and_back(setting("mailbox", "info@cust.example", "outgoing_limit", None, 0))

    def test_role_addresses(self) -> None:
        self.there_and_back({"kind": "mailbox", "address": "spam@cust.example", "before": None,
                             "after": {"kind": "alias", "targets": ["info@cust.example"]}})
        self.there_and_back({"kind": "mailbox", "address": "fwd@cust.example", "before": None,
                             "after": {"kind": "forward", "targets": ["info@cust.example", "x@other.example"]}})

    def test_forward_and_copy(self) -> None:
        change = {"kind": "forward", "address": "info@cust.example", "before": None, "after": ["a@gmail.test"]}
        self.there_and_back(change)
        self.make(change)
        self.there_and_back(setting("mailbox", "info@cust.example", "keeps_copy", True, False))
        self.make(inverse(change))

    def test_password(self) -> None:
        change = {"kind": "secret", "object": "info@cust.example", "key": "password"}
        ask("secret ref weak")
        self.assertEqual(ask("change " + json.dumps(change))["step"], "value")
        ask('secret ref Quo"te\\and=Long-Enough-77')
        self.make(change)
        domains = DEMO.control("GET", "/state")["domains"]
        boxes = next(d["mailnames"] for d in domains if d["ascii_name"] == "cust.example")
        self.assertEqual(next(m["password"] for m in boxes if m["name"] == "info"), 'Quo"te\\and=Long-Enough-77')

    def test_wordpress(self) -> None:
        sites = [s for s in fact("sites") if s["available"] or any(p["available"] for p in s["plugins"])]
        self.assertTrue(sites)
        site = sites[0]
        before = {"core": site["version"], "plugins": {p["slug"]: p["version"] for p in site["plugins"]}, "themes": {}}
        after = {"core": site["available"] or site["version"],
                 "plugins": {p["slug"]: p["available"] or p["version"] for p in site["plugins"]}, "themes": {}}
        change = setting("site", site["domain"] + site["path"], "updates", before, after)
        self.assertEqual(self.state(change), before)
        self.make(change)
        self.assertEqual(self.state(change), after)

    def test_faults(self) -> None:
        change = setting("domain", "cust.example", "dkim", True, False)
        for kind, done in (("500", False), ("html", False), ("reset", True), ("truncate", True)):
            with self.subTest(kind):
                DEMO.control("DELETE", "/faults")
                self.fault(kind, {"packet": "mail.set_prefs"})
                answer = ask("change " + json.dumps(change))
                self.assertNotEqual(answer["step"], "done", answer)
                self.assertEqual(self.state(change), not done)
                if done:
                    self.make(inverse(change))


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
