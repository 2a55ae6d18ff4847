#!/usr/bin/env python3
"""The simulated cPanel & WHM against the vendor's documented shapes and rules.

Comments name sections of the notes on the vendor's interface, as sim/cpanel does.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent))

from demo import TOP, Demo              # noqa: E402
from servers import dnsq                # noqa: E402

RUN: Path
DEMO: Demo


def setUpModule() -> None:
    global RUN, DEMO
    RUN = Path(tempfile.mkdtemp(prefix="asg-sim-"))
    DEMO = Demo(RUN, panel="cpanel", with_web=False)
    DEMO.__enter__()


def tearDownModule() -> None:
    DEMO.__exit__(None, None, None)
    shutil.rmtree(RUN, ignore_errors=True)


Pairs = list[tuple[str, Any]]


class PanelTest(unittest.TestCase):
    """Calls of the simulated panel, each test in a panel without faults and with factory switches."""

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

    def http(self, url: str, data: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        ask = urllib.request.Request(url, data, headers)
        try:
            with urllib.request.urlopen(ask, timeout=20, context=ssl.create_default_context(cafile=str(DEMO.ca_file))) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def key(self, login: str, **more: Any) -> str:
        return DEMO.control("POST", "/key", {"login": login, **more})["key"]

    def ask(self, function: str, pairs: Pairs, user: str = "root", token: str | None = None) -> tuple[int, bytes]:
        return self.http(f"{DEMO.panel_url}/json-api/{function}", urlencode([("api.version", "1"), *pairs]).encode(),
                         {"Authorization": f"whm {user}:{token or DEMO.key}"})

    def whm(self, function: str, *pairs: tuple[str, Any], user: str = "root", token: str | None = None) -> dict[str, Any]:
        status, text = self.ask(function, list(pairs), user, token)
        self.assertEqual(status, 200, text)
        answer = json.loads(text)
        self.assertEqual(answer["metadata"]["command"], function)
        return answer

    def good(self, function: str, *pairs: tuple[str, Any], **who: Any) -> Any:
        answer = self.whm(function, *pairs, **who)
        self.assertEqual(answer["metadata"]["result"], 1, answer["metadata"])
        return answer.get("data")

    def bad(self, function: str, *pairs: tuple[str, Any], **who: Any) -> str:
        answer = self.whm(function, *pairs, **who)
        self.assertEqual(answer["metadata"]["result"], 0, answer)
        return answer["metadata"]["reason"]

    def uapi(self, user: str, module: str, function: str, *pairs: tuple[str, Any], **who: Any) -> dict[str, Any]:
        return self.good("uapi_cpanel", ("cpanel.user", user), ("cpanel.module", module), ("cpanel.function", function),
                         *pairs, **who)["uapi"]

    def fine(self, user: str, module: str, function: str, *pairs: tuple[str, Any]) -> Any:
        answer = self.uapi(user, module, function, *pairs)
        self.assertEqual((answer["status"], answer["errors"]), (1, None))
        return answer["data"]

    def records(self, zone: str, kind: str = "TXT") -> dict[str, list[tuple[int, list[str]]]]:
        out: dict[str, list[tuple[int, list[str]]]] = {}
        for line in self.good("parse_dns_zone", ("zone", zone))["payload"]:
            if line.get("record_type") == kind:
                name = base64.b64decode(line["dname_b64"]).decode()
                out.setdefault(name, []).append((line["line_index"], [base64.b64decode(d).decode() for d in line["data_b64"]]))
        return out

    def serial(self, zone: str) -> str:
        return self.records(zone, "SOA")[zone + "."][0][1][2]

    def public(self, name: str, kind: str = "TXT", server: str = "127.0.1.1") -> list[str]:
        return dnsq.ask(name, kind, server, DEMO.dns_port).values


    def state(self, what: str, *domains: str) -> dict[str, str]:
        rows = self.good(f"validate_current_{what}", *(("domain", d) for d in domains))["payload"]
        return {r["domain"].removeprefix("default._domainkey."): r["state"] for r in rows}


class Access(PanelTest):
    DENIED = {"cpanelresult": {"apiversion": "2", "error": "Access denied", "type": "text",
                               "data": {"reason": "Access denied", "result": "0"}}}

    def test_wrong_token_is_403(self) -> None:                           # [2.6]
        for user, token in (("root", "A" * 32), ("rita", DEMO.key)):
            status, text = self.ask("version", [], user, token)
            self.assertEqual((status, json.loads(text)), (403, self.DENIED))
        self.assertEqual(self.http(f"{DEMO.panel_url}/json-api/version?api.version=1", None, {})[0], 403)
        self.switch(unauthorised="html")
        status, text = self.ask("version", [], "root", "A" * 32)
        self.assertEqual((status, text[:9]), (200, b"<!DOCTYPE"))

    def test_expired_and_revoked(self) -> None:                          # [2.2]
        token = self.key("root", expires_at=int(time.time()) - 1)
        self.assertEqual(self.ask("version", [], "root", token)[0], 403)
        token = self.key("root")
        self.fault("revoke", {"call": "gethostname"})
        self.assertEqual(self.ask("version", [], "root", token)[0], 200)
        self.assertEqual(self.ask("gethostname", [], "root", token)[0], 403)

    def test_lock_out(self) -> None:                                     # [2.2] a right token does not help either
        self.switch(cphulk_after=2)
        for _ in range(2):
            self.ask("version", [], "root", "A" * 32)
        status, text = self.ask("version", [])
        self.assertEqual((status, text[:9]), (403, b"<!DOCTYPE"))
        self.switch(cphulk_s=0)
        self.assertEqual(self.ask("version", [])[0], 200)

    def test_token_with_few_acls(self) -> None:                          # [2.2, 2.9]
        token = self.key("root", acls=["list-accts"])
        self.assertEqual(len(self.good("listaccts", token=token)["acct"]), 7)
        self.assertIn("permission", self.bad("get_tweaksetting", ("key", "nobodyspam"), token=token))
        self.assertNotIn("sethostname", self.good("applist", token=token)["app"])
        own = self.good("myprivs", token=token)["privileges"][0]
        self.assertEqual((own["all"], own["list-accts"], own["edit-dns"]), (0, 1, 0))
        self.switch(acl_refusal="403", privileges="object")
        self.assertEqual(self.ask("fetch_mail_queue", [], "root", token)[0], 403)
        self.assertEqual(self.good("myprivs", token=token)["privileges"]["list-accts"], 1)

    def test_reseller_sees_his_own(self) -> None:                        # [2.9, 3.4]
        token = self.key("rita")
        self.assertEqual({a["user"] for a in self.good("listaccts", user="rita", token=token)["acct"]}, {"anna", "ben"})
        self.assertEqual({d["user"] for d in self.good("get_domain_info", user="rita", token=token)["domains"]}, {"anna", "ben"})
        self.assertIn("You do not have access to an account named", self.bad(
            "uapi_cpanel", ("cpanel.user", "eva"), ("cpanel.module", "Email"), ("cpanel.function", "list_pops"), user="rita",
            token=token))
        self.assertEqual(self.bad("parse_dns_zone", ("zone", "forwards.example"), user="rita", token=token),
                         "You do not control a DNS zone named forwards.example.")
        for function, pairs in (("validate_current_spfs", [("domain", "forwards.example")]), ("sethostname", [("hostname", "a.b.example")]),
                                ("suspend_outgoing_email", [("user", "eva")]), ("modifyacct", [("user", "eva")])):
            self.bad(function, *pairs, user="rita", token=token)
        self.assertIn("email limits", self.bad("modifyacct", ("user", "anna"), ("MAX_EMAIL_PER_HOUR", "5"), user="rita", token=token))
        self.assertEqual({r["USER"] for r in self.good("emailtrack_user_stats", user="rita", token=token)["records"]}, {"anna", "ben"})

    def test_doors(self) -> None:                                        # [2.1]
        token = self.key("anna", kind="cpanel")
        headers = {"Authorization": f"cpanel anna:{token}"}
        status, text = self.http(f"{DEMO.cpanel_url}/execute/Email/list_pops?skip_main=1", None, headers)
        self.assertEqual((status, json.loads(text)["status"]), (200, 1))
        self.assertEqual(self.http(f"{DEMO.cpanel_url}/json-api/listaccts?api.version=1", None, headers)[0], 403)
        self.assertEqual(self.http(f"{DEMO.panel_url}/execute/Email/list_pops", None, {"Authorization": f"whm root:{DEMO.key}"})[0], 403)
        self.assertEqual(self.http(f"{DEMO.cpanel_url}/execute/DNS/parse_zone?zone=forwards.example", None, headers)[1].count(
            "You do not control a DNS zone named forwards.example.".encode()), 1)

    def test_browser_session(self) -> None:                              # [2.1]
        made = DEMO.control("POST", "/session", {"user": "anna", "service": "cpaneld"})
        url = f"{DEMO.cpanel_url}{made['cp_security_token']}/execute/Email/list_pops"
        self.assertEqual(self.http(url, None, {"Cookie": "cpsession=" + quote(made["session"], safe="")})[0], 200)
        self.assertEqual(self.http(url.replace("cpsess", "cpsess1")[:-1], None, {"Cookie": "cpsession=" + made["session"]})[0], 403)
        self.assertEqual(self.http(url, None, {})[0], 403)

    def test_token_is_made(self) -> None:                                # [2.2]
        made = self.good("api_token_create", ("token_name", "asg"), ("acl-0", "list-accts"), ("acl-1", "acct-summary"))
        self.assertRegex(made["token"], r"^[A-Z0-9]{32}$")
        self.assertEqual(self.ask("listaccts", [], "root", made["token"])[0], 200)
        self.bad("api_token_create", ("token_name", "asg"))
        self.bad("api_token_create", ("token_name", "a b"))

    def test_licence(self) -> None:
        self.switch(licence=False)
        status, text = self.ask("version", [])
        self.assertEqual((status, text[:9]), (403, b"<!DOCTYPE"))


class Envelopes(PanelTest):
    def test_two_envelopes(self) -> None:                                # [2.4, 2.5]
        answer = self.whm("gethostname")
        self.assertEqual(answer, {"metadata": {"command": "gethostname", "reason": "OK", "result": 1, "version": 1},
                                  "data": {"hostname": "srv1.host.example"}})
        self.assertEqual(self.uapi("anna", "SSH", "get_port"), {"status": 1, "data": {"port": 22}, "errors": None,
                                                                "messages": None, "warnings": None, "metadata": {}})
        _, text = self.ask("cpanel", [("cpanel_jsonapi_user", "anna"), ("cpanel_jsonapi_apiversion", "3"),
                                      ("cpanel_jsonapi_module", "SSH"), ("cpanel_jsonapi_func", "get_port")])
        self.assertEqual(json.loads(text)["result"]["data"], {"port": 22})
        _, text = self.ask("cpanel", [("cpanel_jsonapi_user", "anna"), ("cpanel_jsonapi_apiversion", "2"),
                                      ("cpanel_jsonapi_module", "EmailTrack"), ("cpanel_jsonapi_func", "search")])
        self.assertEqual(json.loads(text)["cpanelresult"]["error"], "Could not find function 'search' in module 'EmailTrack'")

    def test_version(self) -> None:                                      # [2.5]
        self.assertEqual(self.good("version"), {"version": "11.138.0.19"})
        self.switch(version_envelope="old", profile=110)
        _, text = self.ask("version", [])
        self.assertEqual(json.loads(text), {"cpanelresult": {"apiversion": "2", "data": {"version": "11.110.0.131"}, "type": "text"}})

    def test_without_api_version(self) -> None:                          # [2.1]
        def zero(name: str) -> Any:
            return json.loads(self.http(f"{DEMO.panel_url}/json-api/{name}", b"x=1", {"Authorization": f"whm root:{DEMO.key}"})[1])
        self.assertEqual(zero("nosuch"), {"error": "Unknown App Requested: nosuch"})
        self.assertNotIn("metadata", zero("gethostname"))

    def test_unknown_functions_and_parameters(self) -> None:
        self.assertIn("Unknown app requested", self.bad("get_mailips"))
        for module, function in (("EmailTrack", "search"), ("EmailAuth", "get_mail_helo_ip"), ("DKIM", "ensure_valid_dkim")):     # [13]
            self.assertEqual(self.uapi("anna", module, function)["status"], 0)
        self.bad("gethostname", ("host", "x"))
        self.bad("parse_dns_zone")
        self.assertEqual(self.uapi("anna", "DNS", "mass_edit_zone")["errors"], ["Provide the ‘zone’ argument."])
        self.assertEqual(self.uapi("anna", "Email", "list_pops", ("domain", "cust.example"))["status"], 0)

    def test_failures(self) -> None:                                     # [2.4, 2.5]
        for how, data in (("null", {"data": None}), ("missing", {}), ("empty", {"data": {}})):
            self.switch(failure_data=how)
            answer = self.whm("parse_dns_zone")
            del answer["metadata"]
            self.assertEqual(answer, data)
        self.switch(translated=True)
        self.assertIn("No ha sido posible", self.bad("accountsummary", ("user", "nobody")))
        self.assertIn("No ha sido posible", self.uapi("anna", "DNS", "parse_zone", ("zone", "x.example"))["errors"][0])

    def test_profiles(self) -> None:                                     # [12.12]
        self.switch(profile=110)
        self.bad("apply_dmarc", ("domain", "cust.example"), ("policy", "v=DMARC1; p=none"))
        self.assertEqual(self.uapi("anna", "EmailAuth", "validate_current_dmarcs")["status"], 0)
        self.assertNotIn("remove_dmarc", self.good("applist")["app"])

    def test_numbers_as_strings_and_keys_in_any_order(self) -> None:     # [2.1]
        self.switch(numbers_as_strings=True)
        _, text = self.ask("listips", [])
        self.assertEqual(json.loads(text)["data"]["ip"][0]["mainaddr"], "1")
        orders = {tuple(json.loads(self.ask("gethostname", [])[1])["metadata"]) for _ in range(30)}
        self.assertGreater(len(orders), 1)

    def test_batch(self) -> None:                                        # [2.7]
        answer = self.whm("batch", ("command", "gethostname"), ("command", "get_tweaksetting?key=nosuch"), ("command", "version"))
        self.assertEqual([r["metadata"]["result"] for r in answer["data"]["result"]], [1, 0, 1])
        self.assertEqual(answer["metadata"]["result"], 0)
        answer = self.whm("batch", ("command-0", "nosuch"), ("command-1", "version"), ("abort_on_error", "1"))
        self.assertEqual(len(answer["data"]["result"]), 1)
        inner = "uapi_cpanel?" + urlencode([("cpanel.user", "anna"), ("cpanel.module", "Email"), ("cpanel.function", "count_pops")])
        self.assertEqual(self.good("batch", ("command", inner))["result"][0]["data"]["uapi"]["data"], 4)

    def test_strict_batch(self) -> None:                                 # [2.7]
        first, second = '["SSH","get_port",{}]', '["Email","nosuch"]'
        self.assertEqual(self.fine("anna", "Batch", "strict", ("command", first), ("command", first))[1]["data"], {"port": 22})
        answer = self.uapi("anna", "Batch", "strict", ("command-0", second), ("command-1", first))
        self.assertEqual((answer["status"], len(answer["data"])), (0, 1))

    def test_lists_are_filtered_sorted_chunked(self) -> None:            # [2.5]
        rows = self.good("listaccts", ("api.sort.enable", "1"), ("api.sort.a.field", "user"), ("api.sort.a.reverse", "1"),
                         ("api.chunk.enable", "1"), ("api.chunk.size", "2"), ("api.chunk.start", "2"))["acct"]
        self.assertEqual([r["user"] for r in rows], ["hostexam", "eva"])
        rows = self.good("emailtrack_search", ("success", "0"), ("api.filter.enable", "1"), ("api.filter.a.field", "type"),
                         ("api.filter.a.arg0", "failure"), ("api.filter.a.type", "eq"))["records"]
        self.assertEqual({r["type"] for r in rows}, {"failure"})


class Accounts(PanelTest):
    def test_accounts(self) -> None:                                     # [3.1]
        accounts = {a["user"]: a for a in self.good("listaccts")["acct"]}
        self.assertEqual({u: (a["domain"], a["owner"]) for u, a in accounts.items()}, {
            "hostexam": ("host.example", "root"), "anna": ("cust.example", "rita"), "ben": ("lookups.example", "rita"),
            "carla": ("gigasdns.example", "raul"), "david": ("nodmarc.example", "root"), "eva": ("forwards.example", "root"),
            "raul": ("dedicated.example", "raul")})
        self.assertEqual(accounts["anna"]["max_email_per_hour"], "unlimited")
        self.assertEqual(self.good("listaccts", ("want", "user,plan"), ("searchtype", "user"), ("search", "anna"),
                                   ("searchmethod", "exact"))["acct"], [{"user": "anna", "plan": "default"}])
        self.assertIn("does not exist", self.bad("accountsummary", ("user", "nobody")))
        self.assertEqual(self.good("accountsummary", ("domain", "nospf.example"))["acct"][0]["user"], "anna")
        self.assertEqual(self.good("listresellers"), {"reseller": ["raul", "rita"]})

    def test_domains(self) -> None:                                      # [3.2, 3.3]
        rows = {d["domain"]: (d["domain_type"], d["user"], d["user_owner"]) for d in self.good("get_domain_info")["domains"]}
        self.assertEqual(rows["cust.example"], ("main", "anna", "rita"))
        self.assertEqual(rows["nospf.example"], ("addon", "anna", "rita"))
        self.assertEqual(rows["nospf.cust.example"], ("sub", "anna", "rita"))
        self.assertEqual(rows["forwards-alias.example"], ("parked", "eva", "root"))
        self.assertIn("xn--corazn-fxa.example", rows)
        self.assertEqual(self.fine("anna", "DomainInfo", "list_domains"), {
            "main_domain": "cust.example", "addon_domains": ["nospf.example", "twospf.example"], "parked_domains": [],
            "sub_domains": ["nospf.cust.example", "twospf.cust.example"]})
        self.assertEqual(len(self.fine("anna", "DomainInfo", "domains_data", ("format", "list"))), 5)
        self.switch(blank_domains=["anna"])
        self.assertEqual(self.fine("anna", "DomainInfo", "list_domains")["main_domain"], "")

    def test_features(self) -> None:                                     # [3.3]
        self.assertEqual(self.uapi("anna", "Features", "has_feature", ("name", "emailauth"))["status"], 1)
        DEMO.control("POST", "/change", {"op": "set", "path": ["accounts", "anna", "features", "emailauth"], "value": False})
        self.assertEqual(self.uapi("anna", "Features", "has_feature", ("name", "emailauth"))["status"], 0)
        self.assertIn("emailauth", self.uapi("anna", "EmailAuth", "validate_current_spfs", ("domain", "cust.example"))["errors"][0])
        DEMO.control("POST", "/change", {"op": "set", "path": ["accounts", "anna", "features", "emailauth"], "value": True})
        self.assertIsNone(self.uapi("anna", "Features", "has_feature", ("name", "nosuch"))["status"])

    def test_modifyacct_passes_over_what_it_does_not_know(self) -> None: # [7.2]
        self.good("modifyacct", ("user", "anna"), ("max_email_per_hour", "200"), ("MAXEMAILPERHOUR", "200"))
        self.assertEqual(self.good("accountsummary", ("user", "anna"))["acct"][0]["max_email_per_hour"], "unlimited")
        answer = self.whm("modifyacct", ("user", "anna"), ("MAX_EMAIL_PER_HOUR", "200"), ("MAX_DEFER_FAIL_PERCENTAGE", "25"))
        self.assertEqual((answer["metadata"]["reason"], answer["data"]["cpuser"]["MAX_EMAIL_PER_HOUR"]), ("Account Modified", "200"))
        DEMO.control("POST", "/change", {"op": "package", "user": "anna", "plan": "default"})
        self.assertEqual(self.good("accountsummary", ("user", "anna"))["acct"][0]["max_email_per_hour"], "unlimited")

    def test_suspend_and_hold(self) -> None:                             # [7.3]
        for on, off, field in (("suspend", "unsuspend", "outgoing_mail_suspended"), ("hold", "release", "outgoing_mail_hold")):
            self.assertNotIn("data", self.whm(f"{on}_outgoing_email", ("user", "anna")))
            self.assertEqual(self.good("accountsummary", ("user", "anna"))["acct"][0][field], 1)
            self.good(f"{off}_outgoing_email", ("user", "anna"))
            self.assertEqual(self.good("accountsummary", ("user", "anna"))["acct"][0][field], 0)
        self.bad("suspend_outgoing_email", ("user", "root"))


class Server(PanelTest):
    def test_hostname_rules(self) -> None:                               # [6]
        for name in ("srv1", "host.example", "www.host.example", "1a.host.example", "cpanel.host.example", "nospf.cust.example", "a..b.c"):
            self.bad("sethostname", ("hostname", name))

    def test_hostname_is_slow_and_its_reason_a_log(self) -> None:
        self.switch(hostname_delay_s=0.4)
        began = time.monotonic()
        answer = self.whm("sethostname", ("hostname", "mail.host.example"))
        self.assertGreater(time.monotonic() - began, 0.35)
        self.assertIn("<span", answer["metadata"]["reason"])
        self.assertNotIn("data", answer)
        self.assertEqual(self.good("gethostname")["hostname"], "mail.host.example")
        self.assertIn("already set", self.whm("sethostname", ("hostname", "mail.host.example"))["metadata"]["output"]["warnings"][0])
        self.switch(hostname_drop=True)
        with self.assertRaises(OSError):
            self.whm("sethostname", ("hostname", "srv1.host.example"))
        self.assertEqual(self.good("gethostname")["hostname"], "srv1.host.example")

    def test_greeting(self) -> None:                                     # [12.9]
        with socket.create_connection(("127.0.0.1", DEMO.smtp_port), 5) as sock:
            self.assertTrue(sock.recv(400).startswith(b"220-srv1.host.example ESMTP Exim "))
        with smtplib.SMTP("localhost", DEMO.smtp_port) as smtp:
            smtp.ehlo("test.example")
            smtp.starttls(context=ssl._create_unverified_context())
            self.assertEqual(smtp.ehlo("test.example")[1].splitlines()[0].split()[0], b"srv1.host.example")
            self.assertEqual(smtp.mail("a@test.example")[0], 550)

    def test_tweak_settings(self) -> None:                               # [7.1]
        def value(key: str = "maxemailsperhour") -> Any:
            return self.good("get_tweaksetting", ("key", key))["tweaksetting"].get("value", "-")
        self.assertIsNone(value())
        self.assertNotIn("data", self.whm("set_tweaksetting", ("key", "maxemailsperhour"), ("value", "300")))
        self.assertEqual(value(), "300")
        self.good("set_tweaksetting", ("key", "maxemailsperhour"), ("value", ""))
        for shape, seen in (("null", None), ("empty", ""), ("missing", "-")):
            self.switch(unset_tweak=shape)
            self.assertEqual(value(), seen)
        self.bad("get_tweaksetting", ("key", "emailsperdomainnotify"))
        self.bad("get_tweaksetting", ("key", "maxemailsperhour"), ("module", "Mail"))
        self.bad("set_tweaksetting", ("key", "nobodyspam"), ("value", "yes"))
        self.bad("set_tweaksetting", ("key", "nobodyspam"), ("value", ""))

    def test_queue(self) -> None:                                        # [9.1]
        rows = self.good("fetch_mail_queue")["records"]
        self.assertEqual(set(rows[0]), {"msgid", "sender", "recipients", "size", "time", "frozen", "user"})
        self.assertIn(("", 1, None), {(r["sender"], r["frozen"], r["user"]) for r in rows})
        self.assertEqual({len(r["msgid"]) for r in rows}, {16, 23})
        DEMO.control("POST", "/change", {"op": "queue", "count": 10000, "user": "ben"})
        self.assertEqual(len(self.good("fetch_mail_queue")["records"]), 10003)
        self.assertEqual(len(self.good("fetch_mail_queue", ("api.chunk.enable", "1"), ("api.chunk.size", "50"))["records"]), 50)
        DEMO.control("POST", "/change", {"op": "set", "path": ["queue"], "value": []})
        for name in ("purge_mail_queue", "remove_messages_mail_queue"):  # not documented
            self.bad(name)

    def test_tracking(self) -> None:                                     # [9.2]
        rows = {(r["USER"], r["DOMAIN"]): r for r in self.good("emailtrack_user_stats", ("deliverytype", "remote"))["records"]}
        self.assertEqual((rows["ben", "notauth.example"]["DEFERCOUNT"], rows["ben", "notauth.example"]["DEFERFAILCOUNT"]), (3, 4))
        failed = self.good("emailtrack_search", ("success", "0"), ("defer", "0"), ("deliverytype", "remote"))["records"]
        self.assertIn("block list (S3150)", failed[0]["message"])
        self.assertEqual(self.fine("anna", "Email", "stats_db_status"), "active")


class AuthAsFound(PanelTest):
    def test_behind_nat(self) -> None:                                   # [5.5]
        DEMO.control("POST", "/change", {"op": "nat", "map": {"203.0.113.10": "10.0.0.10"}})
        self.assertEqual([(ip["ip"], ip["public_ip"]) for ip in self.good("listips")["ip"]],
                         [("10.0.0.10", "203.0.113.10"), ("203.0.113.11", "203.0.113.11")])
        row = self.good("validate_current_ptrs", ("domain", "cust.example"))["payload"][0]
        self.assertEqual((row["state"], row["ip_address"]), ("IP_IS_PRIVATE", "10.0.0.10"))
        self.assertEqual(self.good("validate_current_spfs", ("domain", "cust.example"))["payload"][0]["ip_address"], "203.0.113.10")
        DEMO.control("POST", "/change", {"op": "nat", "map": {}})
        self.assertEqual(self.state("ptrs", "cust.example"), {"cust.example": "VALID"})

    def test_two_rows_with_ipv6(self) -> None:                           # [5.1]
        self.switch(ipv6="2001:db8::10")
        rows = self.good("validate_current_spfs", ("domain", "cust.example"))["payload"]
        self.assertEqual([(r["expected"], r["state"]) for r in rows], [("ip4:203.0.113.10", "VALID"), ("ip6:2001:db8::10", "MISMATCHED")])

    def test_states(self) -> None:                                       # [5.1, 5.3]
        self.assertEqual(self.state("spfs", "cust.example", "nospf.example", "twospf.example", "notauth.example", "elsewhere.example"), {
            "cust.example": "VALID", "nospf.example": "MISSING", "twospf.example": "MULTIPLE", "notauth.example": "MISMATCHED",
            "elsewhere.example": "MISSING"})
        self.assertEqual(self.state("dkims", "cust.example", "nodkim.example", "cutkey.example", "shortkey.example", "elsewhere.example"), {
            "cust.example": "VALID", "nodkim.example": "NOPUB", "cutkey.example": "MISMATCH", "shortkey.example": "MISMATCH",
            "elsewhere.example": "VALID"})
        self.assertEqual(self.state("dmarcs", "cust.example", "nodmarc.example", "nodkim.example"), {
            "cust.example": "VALID", "nodmarc.example": "MISSING", "nodkim.example": "DKIM_ERROR"})
        row = self.good("validate_current_spfs", ("domain", "dedicated.example"))["payload"][0]
        self.assertEqual((row["expected"], row["ip_address"]), ("ip4:203.0.113.11", "203.0.113.11"))
        self.switch(validator_error=["cust.example"])
        row = self.good("validate_current_spfs", ("domain", "cust.example"))["payload"][0]
        self.assertEqual((row["state"], "expected" in row), ("ERROR", False))


class Dns(PanelTest):
    def edit(self, zone: str, *pairs: tuple[str, Any], serial: str | None = None) -> dict[str, Any]:
        return self.whm("mass_edit_dns_zone", ("zone", zone), ("serial", serial or self.serial(zone)), *pairs)

    def item(self, **fields: Any) -> str:
        return json.dumps({"dname": "x", "ttl": 300, "record_type": "TXT", "data": ["v"]} | fields)

    def test_shape(self) -> None:                                        # [4.2]
        lines = self.good("parse_dns_zone", ("zone", "cust.example"))["payload"]
        self.assertEqual([line["type"] for line in lines[:3]], ["comment", "comment", "control"])
        self.assertEqual([line["line_index"] for line in lines[:5]], [0, 1, 2, 3, 9])    # an SOA of several lines
        names = set(self.records("cust.example"))
        self.assertLessEqual({"cust.example.", "_dmarc", "default._domainkey"}, names)
        self.assertEqual(len(self.records("cust.example")["default._domainkey"][0][1]), 2)
        self.assertEqual(self.records("cust.example", "MX"), {"cust.example.": [(12, ["0", "cust.example."])]})
        self.assertEqual(self.bad("parse_dns_zone", ("zone", "gmail.com")), "You do not control a DNS zone named gmail.com.")

    def test_edit_is_served(self) -> None:                               # [4.3]
        zone, before = "nospf.example", self.serial("nospf.example")
        answer = self.edit(zone, ("add", self.item(dname=zone + ".", data=["v=spf1 mx ~all"])), ("add-1", self.item()))
        self.assertEqual(answer["metadata"]["result"], 1, answer)
        self.assertEqual(str(answer["data"]["new_serial"]), self.serial(zone))
        self.assertGreater(int(self.serial(zone)), int(before))
        self.assertIn("v=spf1 mx ~all", self.public(zone))
        self.assertEqual(self.public("x." + zone, server="127.0.1.2"), ["v"])
        index = self.records(zone)["x"][0][0]
        spf = next(i for i, data in self.records(zone)[zone + "."] if data[0].startswith("v=spf1"))
        self.assertEqual(self.edit(zone, ("edit", self.item(line_index=index, data=["w", "w"])), ("remove", spf))["metadata"]["result"], 1)
        self.assertEqual(self.public("x." + zone), ["ww"])
        self.assertEqual(self.edit(zone, ("remove", self.records(zone)["x"][0][0]))["metadata"]["result"], 1)
        self.assertEqual(self.public("x." + zone), [])

    def test_stale_serial(self) -> None:
        zone = "parked.example"
        reason = self.edit(zone, ("add", self.item()), serial="2020010101")["metadata"]["reason"]
        self.assertEqual(reason, f"The given serial number (2020010101) does not match the DNS zone’s serial number ({self.serial(zone)}). "
                                 "Refresh your view of the DNS zone, then resubmit.")
        self.switch(bump_before_edit=1)
        self.assertIn("does not match", self.edit(zone, ("add", self.item()))["metadata"]["reason"])

    def test_one_bad_item_fails_all(self) -> None:
        zone = "parked.example"
        before, serial = self.records(zone), self.serial(zone)
        good = ("add-0", self.item(dname="good"))
        for bad in (self.item(dname="@"), self.item(dname="x.other.example."), self.item(data=["a" * 256]), self.item(record_type="A"),
                    self.item(record_type="WKS"), self.item(ttl="soon"), self.item(name="x"), self.item(record_type="CNAME", dname=zone + ".",
                                                                                                       data=["a.example."]), "{"):
            answer = self.edit(zone, good, ("add-1", bad))
            self.assertEqual(answer["metadata"]["result"], 0, bad)
            if '"@"' in bad:
                self.assertIn("The request failed. (Error ID: ", answer["metadata"]["reason"])
        for pairs in ([], [("remove", "4")], [("remove", "900")], [("edit", self.item(line_index=0))], [("edit", self.item())]):
            self.assertEqual(self.edit(zone, *pairs)["metadata"]["result"], 0, pairs)
        self.assertEqual((self.records(zone), self.serial(zone)), (before, serial))

    def test_the_accounts_own_call(self) -> None:
        zone = "nospf.example"
        answer = self.fine("anna", "DNS", "mass_edit_zone", ("zone", zone), ("serial", self.serial(zone)), ("add", self.item()))
        self.assertIn("new_serial", answer)
        self.assertEqual(DEMO.control("GET", "/state")["hooks"][-1]["event"], "UAPI::DNS::mass_edit_zone")
        self.switch(new_serial="string")
        gone = self.records(zone)["x"][0][0]
        self.assertIsInstance(self.edit(zone, ("remove", gone))["data"]["new_serial"], str)

    def test_where_the_zone_is(self) -> None:                            # [4.1]
        rows = self.good("has_local_authority", ("domain", "cust.example"), ("domain-1", "elsewhere.example"))["records"]
        self.assertEqual(rows, [
            {"domain": "cust.example", "local_authority": 1, "nameservers": ["ns1.host.example", "ns2.host.example"], "zone": "cust.example"},
            {"domain": "elsewhere.example", "local_authority": 0, "nameservers": ["ns1.otherdns.example", "ns2.otherdns.example"],
             "zone": "elsewhere.example"}])
        self.switch(authority_timeout=["cust.example"])
        self.assertIn("timeout!", self.fine("anna", "DNS", "has_local_authority", ("domain", "cust.example"))[0]["error"])
        self.switch(roles_off=["DNS"])
        self.bad("parse_dns_zone", ("zone", "cust.example"))
        self.assertEqual(self.uapi("anna", "DNS", "parse_zone", ("zone", "cust.example"))["status"], 0)


class EmailAuth(PanelTest):
    def test_addresses_and_helo(self) -> None:                           # [5.5]
        rows = {r["domain"]: r for r in self.good("validate_current_ptrs", ("domain", "cust.example"), ("domain", "dedicated.example"))["payload"]}
        self.assertEqual((rows["cust.example"]["state"], rows["cust.example"]["helo"]), ("VALID", "srv1.host.example"))
        self.assertEqual((rows["dedicated.example"]["state"], rows["dedicated.example"]["ip_address"]), ("MISSING_PTR", "203.0.113.11"))

    def test_spf_is_installed(self) -> None:                             # [5.2]
        other = [r for r in self.public("nospf.example")]
        rows = self.good("install_spf_records", ("domain", "nospf.example"), ("record", "v=spf1 +a +mx ~all"))["payload"]
        self.assertEqual(rows, [{"domain": "nospf.example", "status": 1, "msg": "[ADD:TXT@nospf.example.:v=spf1 +a +mx ~all]"}])
        self.assertEqual(sorted(self.public("nospf.example")), sorted([*other, "v=spf1 +a +mx ~all"]))
        self.assertEqual(self.state("spfs", "nospf.example"), {"nospf.example": "VALID"})
        rows = self.good("install_spf_records", ("domain", "nospf.example"), ("record", "v=spf1 +mx ~all"))["payload"]
        self.assertIn("[REPLACE:", rows[0]["msg"])
        zone = "nospf.example"
        spf = next(i for i, data in self.records(zone)[zone + "."] if data[0].startswith("v=spf1"))
        self.good("mass_edit_dns_zone", ("zone", zone), ("serial", self.serial(zone)), ("remove", spf))

    def test_a_domain_fails_inside_a_success(self) -> None:              # [5.2]
        self.switch(item_fails=["cust.example"])
        rows = self.fine("anna", "EmailAuth", "install_spf_records", ("domain", "cust.example"), ("record", "v=spf1 -all"))
        self.assertEqual(rows[0]["status"], 0)
        self.assertIn("v=spf1 mx ip4:203.0.113.10 ~all", self.public("cust.example"))

    def test_dkim_is_switched_on(self) -> None:                          # [5.3, 5.4]
        self.assertEqual(self.good("ensure_dkim_keys_exist", ("domain", "nodkim.example"))["payload"][0]["msg"], "created new key")
        self.assertEqual(self.state("dkims", "nodkim.example"), {"nodkim.example": "MISSING"})
        self.assertIn("[ADD:TXT@default._domainkey:", self.good("enable_dkim", ("domain", "nodkim.example"))["payload"][0]["msg"])
        row = self.good("validate_current_dkims", ("domain", "nodkim.example"))["payload"][0]
        self.assertEqual((row["domain"], row["state"], row["validity_cache_update"]), ("default._domainkey.nodkim.example", "VALID", "set"))
        self.assertEqual(self.public("default._domainkey.nodkim.example"), [row["expected"]])
        self.assertEqual(self.good("enable_dkim", ("domain", "nodkim.example"))["payload"][0]["msg"], "[no changes needed]")
        self.good("disable_dkim", ("domain", "nodkim.example"))
        self.assertEqual(self.public("default._domainkey.nodkim.example"), [])

    def test_a_cut_key_is_mended(self) -> None:
        self.assertIn("[REPLACE:", self.good("enable_dkim", ("domain", "shortkey.example"))["payload"][0]["msg"])
        self.assertEqual(self.state("dkims", "shortkey.example"), {"shortkey.example": "VALID"})

    def test_local_zone_only(self) -> None:                              # [5.4] somebody else serves the domain
        self.good("enable_dkim", ("domain", "cutkey.example"))
        self.assertEqual(self.state("dkims", "cutkey.example"), {"cutkey.example": "MISMATCH"})

    def test_dmarc(self) -> None:                                        # [5.7]
        rows = self.fine("david", "EmailAuth", "apply_dmarc", ("domain", "nodmarc.example"), ("policy", "v=DMARC1; p=none;"))
        self.assertEqual(rows[0]["msg"], "[ADD:TXT@_dmarc.nodmarc.example:v=DMARC1; p=none;]")
        self.assertEqual(self.public("_dmarc.nodmarc.example"), ["v=DMARC1; p=none;"])
        self.fine("david", "EmailAuth", "remove_dmarc", ("domain", "nodmarc.example"))
        self.assertEqual(self.public("_dmarc.nodmarc.example"), [])
        self.assertNotEqual(self.public("_dmarc.xn--corazn-fxa.example"), [])
        self.fine("david", "EmailAuth", "remove_dmarc")                  # without a domain: every one of the account's
        self.assertEqual(self.public("_dmarc.xn--corazn-fxa.example"), [])
        self.fine("david", "EmailAuth", "apply_dmarc", ("domain", "xn--corazn-fxa.example"), ("policy", "v=DMARC1; p=none;"))


class Mail(PanelTest):
    def test_mailboxes(self) -> None:                                    # [8]
        rows = self.fine("anna", "Email", "list_pops")
        self.assertIn(("Main Account", "anna"), {(r["login"], r["email"]) for r in rows})
        self.assertNotIn("Main Account", {r["login"] for r in self.fine("anna", "Email", "list_pops", ("skip_main", "1"))})
        self.assertEqual(self.fine("anna", "Email", "add_pop", ("email", "new"), ("domain", "cust.example"),
                                   ("password", "Long-enough-9")), "new+cust.example")
        for pairs in ([("email", "new"), ("password", "Long-enough-9")], [("email", "newer"), ("password", "weak")],
                      [("email", "a b"), ("password", "Long-enough-9")], [("email", "x@forwards.example"), ("password", "Long-enough-9")]):
            self.assertEqual(self.uapi("anna", "Email", "add_pop", *pairs)["status"], 0)
        self.fine("anna", "Email", "passwd_pop", ("email", "new@cust.example"), ("password", "Another-one-10"))
        for on, off, field in (("suspend_outgoing", "unsuspend_outgoing", "suspended_outgoing"), ("hold_outgoing", "release_outgoing", "hold_outgoing"),
                               ("suspend_login", "unsuspend_login", "suspended_login")):
            def row() -> dict[str, Any]:
                return self.fine("anna", "Email", "list_pops_with_disk", ("email", "new@cust.example"), ("get_restrictions", "1"))[0]
            self.fine("anna", "Email", on, ("email", "new@cust.example"))
            self.assertEqual((row()[field], row()["has_suspended"]), (1, 1))
            self.fine("anna", "Email", off, ("email", "new@cust.example"))
            self.assertEqual((row()[field], row()["has_suspended"]), (0, 0))
        self.fine("anna", "Email", "delete_pop", ("email", "new@cust.example"))

    def test_forwarders(self) -> None:                                   # [8] dest is here
        self.assertEqual(self.uapi("eva", "Email", "list_forwarders")["status"], 0)
        rows = {(f["dest"], f["forward"]) for f in self.fine("eva", "Email", "list_forwarders", ("domain", "forwards.example"))}
        self.assertIn(("sales@forwards.example", "eva.sales@gmail.com"), rows)
        made = self.fine("eva", "Email", "add_forwarder", ("domain", "forwards.example"), ("email", "new"), ("fwdopt", "fwd"),
                         ("fwdemail", "a@x.example,b@x.example"))
        self.assertEqual([m["forward"] for m in made], ["a@x.example", "b@x.example"])
        for target in ("a@x.example", "b@x.example"):
            self.fine("eva", "Email", "delete_forwarder", ("address", "new@forwards.example"), ("forwarder", target))
        self.assertEqual(self.uapi("eva", "Email", "delete_forwarder", ("address", "new@forwards.example"), ("forwarder", "a@x.example"))["status"], 0)
        self.assertEqual(self.fine("eva", "Email", "list_domain_forwarders"), [{"dest": "forwards-alias.example", "forward": "forwards.example"}])

    def test_default_address(self) -> None:                              # [8]
        def now(domain: str) -> str:
            return self.fine("eva", "Email", "list_default_address", ("domain", domain))[0]["defaultaddress"]
        self.assertEqual((now("catchall.example"), now("forwards.example")), ("eva.everything@gmail.com", '":fail: No Such User Here"'))
        self.fine("eva", "Email", "set_default_address", ("domain", "catchall.example"), ("fwdopt", "fail"))
        self.assertEqual(now("catchall.example"), '":fail: No Such User Here"')
        self.fine("eva", "Email", "set_default_address", ("domain", "catchall.example"), ("fwdopt", "fwd"), ("fwdemail", "eva.everything@gmail.com"))
        self.assertEqual(self.uapi("eva", "Email", "set_default_address", ("fwdopt", "no"))["status"], 0)

    def test_routing(self) -> None:
        rows = {r["domain"]: (r["mxcheck"], r["detected"], r["local"], r["remote"]) for r in self.fine("david", "Email", "list_mxs")}
        self.assertEqual(rows["nodmarc.example"], ("auto", "local", 1, 0))
        self.assertEqual(rows["parked.example"][0::3], ("remote", 1))

    def test_virus_scan(self) -> None:                                   # [10]
        DEMO.control("POST", "/change", {"op": "set", "path": ["infected"], "value": [{"file": "/home/anna/public_html/x.php", "virus": "Eicar-Signature"}]})
        self.assertEqual(self.uapi("anna", "ClamScanner", "get_scan_status")["status"], 0)
        self.switch(clamav_s=600)
        self.fine("anna", "ClamScanner", "start_scan", ("scan_type", "home"))
        self.assertEqual(self.uapi("anna", "ClamScanner", "start_scan", ("scan_type", "home"))["status"], 0)
        self.assertEqual(self.fine("anna", "ClamScanner", "get_scan_status")["scan_complete"], 0)
        self.switch(clamav_s=0)
        self.assertEqual(self.fine("anna", "ClamScanner", "get_scan_status")["scan_complete"], 1)
        self.assertEqual(self.fine("anna", "ClamScanner", "list_infected_files"), [{"file": "/home/anna/public_html/x.php", "virus_type": "Eicar-Signature"}])
        token = self.key("anna", kind="cpanel")
        _, text = self.http(f"{DEMO.cpanel_url}/execute/ClamScanner/disinfect_files", json.dumps({"actions": {"home/anna/public_html/x.php": "delete"}}).encode(),
                            {"Authorization": f"cpanel anna:{token}", "Content-Type": "application/json"})
        self.assertEqual(json.loads(text)["data"]["task_id"], "1")
        self.assertEqual(self.fine("anna", "ClamScanner", "list_infected_files"), [])
        self.switch(clamav=False)
        self.assertEqual(self.uapi("anna", "ClamScanner", "get_scan_paths")["status"], 0)


class CommandLine(PanelTest):
    def run_program(self, name: str, *argv: str) -> tuple[int, str]:
        done = subprocess.run([RUN / "panel" / "bin" / name, *argv], capture_output=True, timeout=20)
        return done.returncode, done.stdout.decode()

    def json_of(self, name: str, *argv: str) -> Any:
        return json.loads(self.run_program(name, "--output=json", *argv)[1])

    def test_envelopes(self) -> None:                                    # [2.3, 2.4]
        self.assertEqual(self.json_of("whmapi1", "gethostname")["data"], {"hostname": "srv1.host.example"})
        answer = self.json_of("uapi", "--user=anna", "DNS", "mass_edit_zone")
        self.assertEqual(answer, {"apiversion": 3, "module": "DNS", "func": "mass_edit_zone", "result": {
            "status": 0, "data": None, "errors": ["Provide the ‘zone’ argument."], "messages": None, "warnings": None, "metadata": {}}})
        self.assertTrue(self.run_program("whmapi1", "gethostname")[1].startswith("---\n"))        # no --output: YAML
        self.assertNotEqual(self.run_program("uapi", "--output=json", "--user=nobody", "SSH", "get_port")[0], 0)

    def test_values_are_decoded_once_more(self) -> None:                 # [2.3] + and % must be encoded
        for given, stored in (("A+B", "A B"), ("A%2BB", "A+B"), ("50%25off", "50%off")):
            self.json_of("uapi", "--user=anna", "Email", "add_forwarder", "domain=cust.example", "email=x", "fwdopt=fail",
                         f"failmsgs={given}")
            rows = self.fine("anna", "Email", "list_forwarders", ("domain", "cust.example"), ("regex", "^x@"))
            self.assertEqual([r["forward"] for r in rows], [f":fail: {stored}"])
            self.fine("anna", "Email", "delete_forwarder", ("address", "x@cust.example"), ("forwarder", f":fail: {stored}"))
        rows = self.json_of("whmapi1", "install_spf_records", "domain=twospf.example", "record=v=spf1 +a +mx ~all")["data"]["payload"]
        self.assertEqual((rows[0]["status"], rows[0]["msg"]), (1, "[REPLACE:TXT@twospf.example.:v=spf1  a  mx ~all]"))

    def test_only_numbered_lists(self) -> None:                          # [2.1] one value is kept per name
        def count(*words: str) -> int:
            return len(self.json_of("whmapi1", "validate_current_spfs", *words)["data"]["payload"])
        self.assertEqual(count("domain=cust.example", "domain=nospf.example"), 1)
        self.assertEqual(count("domain-0=cust.example", "domain-1=nospf.example"), 2)

    def test_smtp_restrictions(self) -> None:                            # [7.1] the setting alone does not apply it
        def applied() -> str:
            return DEMO.control("GET", "/state")["server"]["applied"]["smtpmailgidonly"]
        self.good("set_tweaksetting", ("key", "smtpmailgidonly"), ("value", "1"))
        self.assertEqual(applied(), "0")
        self.assertIn("enabled", self.run_program("smtpmailgidonly", "on")[1])
        self.assertEqual(applied(), "1")
        self.assertIn("disabled", self.run_program("smtpmailgidonly", "off")[1])
        self.assertEqual(self.good("get_tweaksetting", ("key", "smtpmailgidonly"))["tweaksetting"]["value"], "0")

    def test_exims_queue(self) -> None:                                  # [9.1]
        DEMO.control("POST", "/change", {"op": "queue", "count": 3, "user": "ben", "local": 1, "headers": ["X-PHP-Script: a/b.php for 192.0.2.1"]})
        ids = [m["msgid"] for m in self.good("fetch_mail_queue")["records"]][-3:]
        self.assertEqual(self.run_program("exim", "-bpc")[1], f"{len(self.good('fetch_mail_queue')['records'])}\n")
        self.assertIn(f"{ids[0]} <ben@lookups.example> (ben)\n          somebody0@elsewhere-0.example\n\n", self.run_program("exim", "-bp")[1])
        self.assertIn("X-PHP-Script: a/b.php for 192.0.2.1\n", self.run_program("exim", "-Mvh", ids[0])[1])
        self.assertEqual(self.run_program("exim", "-Mf", ids[0], ids[1])[1], "".join(f"Message {i} is now frozen\n" for i in ids[:2]))
        self.assertEqual([m["frozen"] for m in self.good("fetch_mail_queue")["records"]][-3:], [1, 1, 0])
        self.assertEqual(self.run_program("exim", "-Mt", ids[0]), (0, f"Message {ids[0]} is no longer frozen\n"))
        self.assertEqual(self.run_program("exim", "-Mrm", *ids)[0], 0)
        self.assertEqual(self.run_program("exim", "-Mrm", ids[0])[0], 1)
        self.assertNotEqual(self.run_program("exim", "-qff")[0], 0)

    def test_wordpress(self) -> None:                                    # [10]
        sites = json.loads(self.run_program("wp-toolkit", "--list", "-format", "json")[1])
        self.assertEqual({s["version"] for s in sites}, {"6.8.3", "6.1.1"})
        old = next(s for s in sites if s["version"] == "6.1.1")
        self.assertEqual(self.run_program("wp-toolkit", "--wp-cli", "-instance-id", str(old["id"]), "--", "core", "version"), (0, "6.1.1\n"))
        headers = {"Authorization": f"whm root:{DEMO.key}", "Content-Type": "application/json"}
        _, text = self.http(f"{DEMO.panel_url}/cgi/wpt/index.php/v1/updates-checker", None, headers)
        self.assertEqual({s["core"]["availableVersion"] for s in json.loads(text)}, {None, "6.8.3"})
        _, text = self.http(f"{DEMO.panel_url}/cgi/wpt/index.php/v1/updater", json.dumps(
            [{"installationId": old["id"], "core": {"update": True}, "plugins": ["contact-form-7"]}]).encode(), headers)
        self.assertEqual(json.loads(text)["task"]["status"], "started")
        self.assertIn("6.8.3", self.run_program("wp-toolkit", "--wp-cli", "-instance-id", str(old["id"]), "--", "core", "version")[1])
        token = self.key("anna", kind="cpanel")
        _, text = self.http(f"{DEMO.cpanel_url}/3rdparty/wpt/index.php/v1/installations", None, {"Authorization": f"cpanel anna:{token}"})
        self.assertEqual([s["domain"]["name"] for s in json.loads(text)], ["cust.example"])
        self.switch(wp_toolkit=False)
        self.assertEqual(self.http(f"{DEMO.panel_url}/cgi/wpt/index.php/v1/installations", None, headers)[0], 404)
        self.assertEqual(self.run_program("wp-toolkit", "--list")[0], 127)

    def test_the_servers_files(self) -> None:                            # [5.6]
        root = RUN / "panel" / "root"
        self.assertIn("nospf.example: anna\n", (root / "etc/userdomains").read_text())
        self.assertIn("anna: rita\n", (root / "etc/trueuserowners").read_text())
        self.assertIn("dedicated.example: 203.0.113.11\n", (root / "etc/mailips").read_text())
        local = root / "etc/localdomains"
        local.write_text(local.read_text().replace("xn--corazn-fxa.example\n", ""))
        with open(root / "etc/remotedomains", "a") as file:
            file.write("xn--corazn-fxa.example\n")
        row = self.fine("david", "Email", "list_mxs", ("domain", "xn--corazn-fxa.example"))[0]
        self.assertEqual((row["mxcheck"], row["remote"], row["alwaysaccept"]), ("remote", 1, 0))

    def test_faults(self) -> None:
        self.fault("500", {"call": "gethostname", "door": "cli"})
        self.assertEqual(self.run_program("whmapi1", "--output=json", "gethostname"), (255, ""))
        self.fault("truncate", {"path": "exim"})
        self.assertEqual(self.run_program("exim", "-bpc")[0], 0)
        self.fault("reset", {"path": "uapi"})
        self.assertEqual(self.run_program("uapi", "--user=anna", "SSH", "get_port"), (255, ""))


class Faults(PanelTest):
    def test_kinds(self) -> None:
        for kind, seen in (("500", 500), ("503", 503)):
            self.fault(kind, {"call": "gethostname"})
            self.assertEqual(self.ask("gethostname", [])[0], seen)
        self.fault("html", {"call": "gethostname"})
        self.assertEqual(self.ask("gethostname", [])[1][:9], b"<!DOCTYPE")
        self.fault("reset", {"call": "gethostname"})
        with self.assertRaises(OSError):
            self.ask("gethostname", [])
        self.fault("truncate", {"call": "gethostname"})
        with self.assertRaises(Exception):
            json.loads(self.ask("gethostname", [])[1])
        self.assertEqual(self.good("gethostname")["hostname"], "srv1.host.example")

    def test_half_and_nothing_and_behind(self) -> None:
        def policy(domain: str) -> list[str]:
            return self.public("_dmarc." + domain)
        both = [("domain", "cust.example"), ("domain", "twospf.example"), ("policy", "v=DMARC1; p=quarantine;")]
        self.fault("nothing", {"call": "apply_dmarc"})
        self.assertEqual([r["status"] for r in self.good("apply_dmarc", *both)["payload"]], [1, 1])
        self.assertEqual(policy("cust.example"), ["v=DMARC1; p=none;"])
        self.fault("half", {"call": "apply_dmarc"})
        self.assertEqual(self.ask("apply_dmarc", both)[0], 500)
        self.assertEqual((policy("cust.example"), policy("twospf.example")), (["v=DMARC1; p=quarantine;"], ["v=DMARC1; p=none;"]))
        self.fault("behind", {"call": "EmailAuth::apply_dmarc"}, when="after",
                   change={"op": "edit", "domain": "cust.example", "type": "TXT", "host": "_dmarc.cust.example.", "value": "v=DMARC1; p=none;"})
        self.fine("anna", "EmailAuth", "apply_dmarc", *both[:1], both[2])
        self.assertEqual(policy("cust.example"), ["v=DMARC1; p=none;"])

    def test_access_log_has_the_request_line(self) -> None:              # [2.1] secrets belong into the body
        token = self.key("anna", kind="cpanel")
        self.http(f"{DEMO.cpanel_url}/execute/Email/passwd_pop?email=anna@cust.example&password=Seen-in-the-log-1", None,
                  {"Authorization": f"cpanel anna:{token}"})
        self.assertIn("Seen-in-the-log-1", (RUN / "panel" / "access_log").read_text())
        last = DEMO.control("GET", "/journal")[-1]
        self.assertTrue(last["secret_in_url"])
        self.assertNotIn("Seen-in-the-log-1", json.dumps(last))


class WithTheProduct(PanelTest):
    """The program in front of it, on this machine but without a helper.  Runs last: it empties the queue."""

    def test_what_the_machine_does_not_tell_the_panel_does(self) -> None:
        DEMO.control("POST", "/change", {"op": "queue", "count": 120, "user": "ben"})
        done = subprocess.run([TOP / os.environ.get("BUILD", "build") / "antispam-guide", "check", "--server", "--json", "--config", DEMO.config],
                              capture_output=True, text=True, timeout=120)
        found = {f["id"]: f for r in json.loads(done.stdout)["reports"] for f in r["findings"]}
        self.assertIn("queue.backlog", found)
        self.assertIn("limits.off", found)
        DEMO.control("POST", "/change", {"op": "set", "path": ["queue"], "value": []})


if __name__ == "__main__":
    done = unittest.main(exit=False).result
    wrong = len(done.failures) + len(done.errors)
    print(f"{done.testsRun - wrong} passed, {wrong} failed")
    sys.exit(wrong > 0)
