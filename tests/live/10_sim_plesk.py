#!/usr/bin/env python3
"""The simulated Plesk against the vendor's documented shapes and rules, and the world around it.

Comments name sections of the notes on the vendor's interface, as sim/plesk does.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from demo import TOP, Demo              # noqa: E402
from servers import dnsq                # noqa: E402

RUN: Path
DEMO: Demo


def setUpModule() -> None:
    global RUN, DEMO
    RUN = Path(tempfile.mkdtemp(prefix="asg-sim-"))
    DEMO = Demo(RUN, with_web=False)
    DEMO.__enter__()


def tearDownModule() -> None:
    DEMO.__exit__(None, None, None)
    shutil.rmtree(RUN, ignore_errors=True)


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

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None,
             raw: bytes | None = None) -> tuple[int, bytes]:
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        if headers is None:
            headers = {"X-API-Key": DEMO.key, "Content-Type": "application/json"}
        ask = urllib.request.Request(DEMO.panel_url + path, data, headers, method=method)
        context = ssl.create_default_context(cafile=str(DEMO.ca_file))
        try:
            with urllib.request.urlopen(ask, timeout=10, context=context) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def rest(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        status, text = self.call(method, "/api/v2" + path, body)
        return status, json.loads(text)

    def cli(self, utility: str, *params: str, env: dict[str, str] | None = None) -> dict[str, Any]:
        body = {"params": list(params), **({"env": env} if env else {})}
        status, answer = self.rest("POST", f"/cli/{utility}/call", body)
        self.assertEqual(status, 200)           # also when the utility fails [4]
        self.assertEqual(set(answer), {"code", "stdout", "stderr"})
        return answer

    def xml(self, packet: str, headers: dict[str, str] | None = None) -> ET.Element:
        status, text = self.call("POST", "/enterprise/control/agent.php", raw=packet.encode(),
                                 headers={"Content-Type": "text/xml", **({"KEY": DEMO.key} if headers is None else headers)})
        self.assertEqual(status, 200)           # also for errors [6]
        return ET.fromstring(text)

    def domain(self, name: str) -> dict[str, Any]:
        return self.rest("GET", f"/domains?name={name}")[1][0]

    def records(self, name: str, kind: str = "TXT", host: str | None = None) -> list[dict[str, Any]]:
        host = name + "." if host is None else host
        return [r for r in self.rest("GET", f"/dns/records?domain={name}")[1] if r["type"] == kind and r["host"] == host]

    def public(self, name: str, kind: str = "TXT", server: str = "127.0.1.1") -> list[str]:
        return dnsq.ask(name, kind, server, DEMO.dns_port).values

    def code(self, packet: ET.Element) -> str | None:
        return packet.findtext(".//errcode")


class Access(PanelTest):
    def test_none_and_wrong_key_is_403_or_401(self) -> None:             # [13.2]
        for headers in ({}, {"X-API-Key": "00000000-0000-4000-8000-000000000000"}, {"Authorization": "Bearer " + DEMO.key},
                        {"Authorization": "Basic " + base64.b64encode(b"admin:wrong").decode()}):
            self.assertEqual(self.call("GET", "/api/v2/server", headers=headers)[0], 403)
        self.switch(unauthorised_status=401)
        self.assertEqual(self.call("GET", "/api/v2/server", headers={})[0], 401)

    def test_basic_administrator_only(self) -> None:                     # [2]
        def basic(login: str) -> int:
            word = base64.b64encode(f"{login}:{DEMO.world.password}".encode()).decode()
            return self.call("GET", "/api/v2/server", headers={"Authorization": "Basic " + word})[0]
        self.assertEqual([basic("admin"), basic("rita"), basic("anna")], [200, 403, 403])

    def test_key_bound_to_another_address(self) -> None:                 # [2.1]
        status, answer = self.rest("POST", "/auth/keys", {"ip": "203.0.113.99", "description": "elsewhere"})
        self.assertEqual(status, 201)
        self.assertRegex(answer["key"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertEqual(self.call("GET", "/api/v2/server", headers={"X-API-Key": answer["key"]})[0], 403)
        self.assertEqual(self.rest("DELETE", f"/auth/keys/{answer['key']}"), (200, {"status": "success"}))
        self.assertEqual(self.rest("DELETE", f"/auth/keys/{answer['key']}")[0], 404)

    def test_key_of_a_customer(self) -> None:                            # [2]: REST refuses, XML shows own objects
        _, answer = self.rest("POST", "/auth/keys", {"login": "anna"})
        self.assertEqual(self.call("GET", "/api/v2/domains", headers={"X-API-Key": answer["key"]})[0], 403)
        own, foreign = self.domain("cust.example")["id"], self.domain("forwards.example")["id"]
        packet = f"<packet><mail><get_prefs><filter><site-id>{own}</site-id><site-id>{foreign}</site-id></filter></get_prefs></mail></packet>"
        results = self.xml(packet, {"KEY": answer["key"]}).findall(".//result")
        self.assertEqual([r.findtext("status") for r in results], ["ok", "error"])
        self.assertEqual(self.code(self.xml("<packet><server><get><prefs/></get></server></packet>", {"KEY": answer["key"]})), "1006")
        self.rest("DELETE", f"/auth/keys/{answer['key']}")

    def test_unknown_login_for_a_key(self) -> None:
        self.assertEqual(self.rest("POST", "/auth/keys", {"login": "nobody"})[0], 401)

    def test_not_initialised(self) -> None:                              # [2]
        self.switch(initialised=False)
        self.assertEqual(self.rest("GET", "/server"), (503, {"message": "Plesk is not initialized"}))

    def test_api_switched_off_or_address_not_allowed(self) -> None:      # [2]
        self.switch(api_enabled=False)
        self.assertEqual(self.rest("GET", "/server")[0], 403)
        self.switch(api_enabled=True, allowed_ips=["192.0.2.1"])
        self.assertEqual(self.rest("GET", "/server")[0], 403)

    def test_xml_knows_no_basic(self) -> None:                           # [6]
        word = base64.b64encode(f"admin:{DEMO.world.password}".encode()).decode()
        packet = "<packet><server><get><gen_info/></get></server></packet>"
        self.assertEqual(self.code(self.xml(packet, {"Authorization": "Basic " + word})), "1029")
        self.assertEqual(self.xml(packet, {"HTTP_AUTH_LOGIN": "admin", "HTTP_AUTH_PASSWD": DEMO.world.password})
                         .findtext(".//server_name"), "srv1.host.example")
        self.assertEqual(self.code(self.xml(packet, {"HTTP_AUTH_LOGIN": "admin", "HTTP_AUTH_PASSWD": "x"})), "1001")


class Rest(PanelTest):
    def test_server(self) -> None:                                       # [3.1] all nine are required, all strings
        _, answer = self.rest("GET", "/server")
        self.assertEqual(set(answer), {"platform", "hostname", "guid", "panel_version", "panel_revision", "panel_build_date",
                                       "panel_update_version", "extension_version", "extension_release"})
        self.assertTrue(all(isinstance(v, str) for v in answer.values()))
        self.assertEqual(answer["hostname"], "srv1.host.example")

    def test_addresses(self) -> None:
        _, answer = self.rest("GET", "/server/ips")
        self.assertEqual([(a["ipv4"], a["type"]) for a in answer], [("203.0.113.10", "shared"), ("203.0.113.11", "exclusive")])
        self.assertEqual(set(answer[0]), {"ipv4", "netmask", "interface", "type"})

    def test_clients_and_their_domains(self) -> None:                    # [3.2, 7.4]
        _, clients = self.rest("GET", "/clients")
        by_login = {c["login"]: c for c in clients}
        self.assertEqual({c["type"] for c in clients}, {"admin", "reseller", "customer"})
        self.assertEqual((by_login["anna"]["owner_login"], by_login["admin"]["owner_login"]), ("rita", ""))
        rita = by_login["rita"]["id"]
        self.assertEqual(self.rest("GET", f"/clients/{rita}/domains")[1], [])
        self.switch(reseller_sees_customers=True)
        names = {d["name"] for d in self.rest("GET", f"/clients/{rita}/domains")[1]}
        self.assertIn("cust.example", names)
        self.assertNotIn("forwards.example", names)
        self.switch(owner_login=False)
        self.assertNotIn("owner_login", self.rest("GET", f"/clients/{rita}")[1])
        self.assertEqual(self.rest("GET", "/clients/99999")[0], 404)

    def test_domains(self) -> None:                                      # [3.3]
        domain = self.domain("cust.example")
        self.assertEqual(set(domain), {"id", "name", "ascii_name", "hosting_type", "base_domain_id", "www_root", "guid",
                                       "created", "aliases"})
        self.assertEqual(self.rest("GET", "/domains?name=unknown.example"), (200, []))
        self.assertEqual(self.rest("GET", f"/domains/{domain['id']}/status"), (200, {"status": "active"}))
        self.assertEqual(self.rest("GET", f"/domains/{domain['id']}/client")[1]["login"], "anna")
        self.assertEqual(self.rest("GET", "/domains/99999/client")[0], 404)
        self.assertEqual(self.domain("nospf.example")["base_domain_id"], domain["id"])
        self.switch(base_domain_id="own", aliases=False)
        self.assertEqual(self.domain("cust.example")["base_domain_id"], domain["id"])
        self.assertNotIn("aliases", self.domain("forwards.example"))

    def test_letters_beyond_ascii(self) -> None:
        found = [d for d in self.rest("GET", "/domains")[1] if d["name"] != d["ascii_name"]]
        self.assertEqual([(d["name"], d["ascii_name"]) for d in found], [("corazón.example", "xn--corazn-fxa.example")])

    def test_invented_calls_do_not_exist(self) -> None:                  # [14]
        for path in ("/mail", "/mail/queue", "/server/health", "/domains/1/dns/records", "/cli/git/pull"):
            self.assertEqual(self.rest("GET", path)[0], 404, path)
        self.assertEqual(self.rest("GET", "/domains?page=2")[0], 400)
        self.assertEqual(self.rest("DELETE", "/server")[0], 405)

    def test_error_body(self) -> None:                                   # [2.4]
        self.assertEqual(self.rest("GET", "/dns/records/99999"), (404, {"code": 404, "message": "DNS record is not found"}))
        self.switch(error_code="zero")
        self.assertEqual(self.rest("GET", "/dns/records/99999"), (404, {"code": 0, "message": "DNS record is not found"}))

    def test_bodies_are_checked(self) -> None:
        path = "/api/v2/dns/records?domain=parked.example"
        good = {"type": "TXT", "host": "parked.example.", "value": "x", "opt": "", "ttl": 300}
        for body in ({**good, "name": "x"}, {**good, "ttl": "300"}, {"type": "TXT"}, [good]):
            self.assertEqual(self.call("POST", path, body)[0], 400, body)
        self.assertEqual(self.call("POST", path, raw=b"{", headers={"X-API-Key": DEMO.key, "Content-Type": "application/json"})[0], 400)
        self.assertEqual(self.call("POST", path, good, headers={"X-API-Key": DEMO.key, "Content-Type": "text/plain"})[0], 400)


class Dns(PanelTest):
    def add(self, name: str, **fields: Any) -> tuple[int, Any]:
        body = {"type": "TXT", "host": name + ".", "value": "x", "opt": "", "ttl": 300, **fields}
        return self.rest("POST", f"/dns/records?domain={name}", body)

    def test_write_is_served_at_once(self) -> None:                      # [3.4, 13.4]
        status, record = self.add("nospf.example", value="v=spf1 mx ~all")
        self.assertEqual(status, 200)                                    # 200, not 201
        self.assertEqual({k: record[k] for k in ("type", "host", "value", "opt", "ttl")},
                         {"type": "TXT", "host": "nospf.example.", "value": "v=spf1 mx ~all", "opt": "", "ttl": 300})
        for server in ("127.0.1.1", "127.0.1.2"):
            self.assertIn("v=spf1 mx ~all", self.public("nospf.example", server=server))
        self.assertIn("nospf.example. TXT v=spf1 mx ~all\n", self.cli("dns", "--info", "nospf.example")["stdout"])
        self.assertEqual(self.rest("PUT", f"/dns/records/{record['id']}", {**record, "value": "v=spf1 mx -all"}),
                         (200, {"status": "success"}))
        self.assertIn("v=spf1 mx -all", self.public("nospf.example"))
        self.assertEqual(self.rest("DELETE", f"/dns/records/{record['id']}"), (200, {"status": "success"}))
        self.assertEqual(self.public("nospf.example"),
                         ["a text; with \"quotes\", a comma and a \\ backslash",
                          "google-site-verification=Q2FzdGxlIG9mIEFyZ3VlciBpbiB0aGUgbW91bnRhaW4"])

    def test_host_of_post(self) -> None:                                 # [7.2 step 4]
        for mode, host, expected in (("absolute", "nospf.example.", "nospf.example."), ("absolute", "", "nospf.example."),
                                     ("absolute", "sub", "sub.nospf.example."),
                                     ("absolute", "nospf.example", "nospf.example.nospf.example."),
                                     ("relative", "nospf.example.", "nospf.example.nospf.example."),
                                     ("relative", "", "nospf.example."), ("relative", "@", "nospf.example."),
                                     ("relative-strict", "nospf.example.", 400), ("relative-strict", "", "nospf.example."),
                                     ("absolute", "other.example.", 400)):
            self.switch(post_host=mode)
            status, record = self.add("nospf.example", host=host, value="probe")
            self.assertEqual(status if status != 200 else record["host"], expected, (mode, host))
            if status == 200:
                self.rest("DELETE", f"/dns/records/{record['id']}")

    def test_refusals(self) -> None:
        name = "cust.example"
        for fields in ({"type": "TXT", "value": "v=spf1 mx ip4:203.0.113.10 ~all"},     # duplicate
                       {"type": "A", "value": "1.2.3"}, {"type": "AAAA", "value": "203.0.113.1"},
                       {"type": "MX", "value": "mail.cust.example."}, {"type": "BAD"}, {"type": "SOA"},
                       {"type": "CNAME", "value": "host.example."}, {"type": "TXT", "value": ""},
                       {"type": "TXT", "host": "a b.cust.example."}):
            self.assertEqual(self.add(name, **fields)[0], 400, fields)
        self.assertEqual(self.add("unknown.example")[0], 404)
        mx = self.records(name, "MX")[0]
        self.assertEqual(self.rest("DELETE", f"/dns/records/{mx['id']}")[0], 400)        # the last MX [7.2]
        self.assertEqual(self.rest("PUT", f"/dns/records/{mx['id']}", {**mx, "id": mx["id"] + 1})[0], 400)
        status, second = self.add(name, type="MX", value="mail2.cust.example", opt="20")
        self.assertEqual((status, second["value"]), (200, "mail2.cust.example."))
        self.assertEqual(self.rest("DELETE", f"/dns/records/{second['id']}")[0], 200)

    def test_long_txt(self) -> None:                                     # [7.1, 15.14]
        value = "v=DKIM1; p=" + "A" * 400
        _, record = self.add("nospf.example", host="long", value=value)
        self.assertEqual(record["value"], value)
        self.assertEqual(self.public("long.nospf.example"), [value])
        self.rest("DELETE", f"/dns/records/{record['id']}")
        self.switch(txt_over_255="cut")
        _, record = self.add("nospf.example", host="long", value=value)
        self.assertEqual(len(record["value"]), 255)
        self.rest("DELETE", f"/dns/records/{record['id']}")

    def test_alias_has_a_zone(self) -> None:                             # [3.4]
        self.assertTrue(self.records("forwards-alias.example", "NS"))

    def test_zone_off(self) -> None:                                     # [4.1, 6.1]
        answer = self.cli("dns", "--info", "elsewhere.example")
        self.assertEqual((answer["code"], answer["stdout"]), (0, ""))
        self.assertIn("DNS zone for this domain is switched off", answer["stderr"])
        self.switch(dns_info_off_exit=1)
        self.assertEqual(self.cli("dns", "--info", "elsewhere.example")["code"], 1)
        id = self.domain("elsewhere.example")["id"]
        packet = self.xml(f"<packet><dns><get><filter><site-id>{id}</site-id></filter></get></dns></packet>")
        self.assertEqual((packet.findtext(".//zone_type"), packet.findtext(".//zone_status")), ("master", "disabled"))
        self.assertEqual(dnsq.ask("elsewhere.example", "SOA", "127.0.1.1", DEMO.dns_port).rcode, "REFUSED")
        self.assertEqual(self.public("elsewhere.example", server="127.0.1.3"), ["elsewhere-verification=1"])

    def test_on_and_off(self) -> None:
        self.cli("dns", "--off", "parked.example")
        self.assertEqual(dnsq.ask("parked.example", "SOA", "127.0.1.1", DEMO.dns_port).values, [])
        self.cli("dns", "--on", "parked.example")
        time.sleep(0.3)
        self.assertTrue(self.public("parked.example", "SOA"))

    def test_command_line_forms(self) -> None:                           # [4.1, 7.2]
        self.assertEqual(self.cli("dns", "--add", "parked.example", "-txt", "one two", "-domain", "x")["code"], 0)
        self.assertEqual(self.public("x.parked.example"), ["one two"])
        self.assertEqual(self.cli("dns", "--add", "parked.example", "-txt", "one two", "-domain", "x")["code"], 2)
        self.assertEqual(self.cli("dns", "--del", "parked.example", "-txt", "one two", "-domain", "x")["code"], 0)
        for command in ("--set", "--reset", "--del-all"):                # [14]
            self.assertNotEqual(self.cli("dns", command, "parked.example")["code"], 0)
        self.switch(separator="\t")
        self.assertIn("parked.example.\tNS\tns1.host.example.\n", self.cli("dns", "--info", "parked.example")["stdout"])


class Gate(PanelTest):
    def test_commands_and_reference(self) -> None:                       # [4, 15.16]
        _, names = self.rest("GET", "/cli/commands")
        self.assertLessEqual({"mail", "dns", "mailserver", "server_pref", "settings", "domain_pref", "scheduler",
                              "extension"}, set(names))
        _, ref = self.rest("GET", "/cli/domain_pref/ref")
        self.assertIn("--update", ref["allowed_commands"])
        self.assertIn("-sign_outgoing_mail", ref["allowed_options"])
        self.switch(dkim_option="sign-outgoing-mail", ref_shape="bare")
        self.assertIn("sign-outgoing-mail", self.rest("GET", "/cli/domain_pref/ref")[1]["allowed_options"])
        self.switch(dkim_option="")
        self.assertEqual(self.rest("GET", "/cli/domain_pref/ref")[0], 404)

    def test_unknown_things_fail(self) -> None:
        self.assertEqual(self.rest("POST", "/cli/db/call", {"params": ["-e", "select 1"]})[0], 404)
        for utility, params in (("mail", ["--frobnicate"]), ("mail", ["--info"]), ("mail", ["--info", "info@cust.example", "-x", "1"]),
                                ("domain_pref", ["--update", "cust.example", "-sign-outgoing-mail", "true"]),
                                ("settings", ["--get", "NoSuchThing"]), ("mailserver", ["--set-outgoing-messages-mbox-limit", "many"])):
            answer = self.cli(utility, *params)
            self.assertEqual((answer["code"], bool(answer["stderr"])), (1, True), params)

    def test_params_are_an_argument_vector(self) -> None:                # [13.5]
        for body in ({"params": "--list -json"}, {"params": ["--list", 1]}, {"params": ["--list"], "env": {"A": 1}},
                     {"param": []}):
            self.assertEqual(self.rest("POST", "/cli/mail/call", body)[0], 400, body)
        status, _ = self.rest("POST", "/cli/mail/call", {"params": ["--info", "nobody@cust.example"], "fail_on_error": True})
        self.assertEqual(status, 422)

    def test_host_name(self) -> None:                                    # [8.1, 13.4]
        answer = self.cli("server_pref", "--update", "-hostname", "mail7.host.example")
        self.assertEqual(answer, {"code": 0, "stdout": "SUCCESS: Server preferences are successfully updated\n", "stderr": ""})
        self.assertEqual(self.rest("GET", "/server")[1]["hostname"], "mail7.host.example")
        self.assertEqual(self.cli("settings", "--get", "FullHostName")["stdout"], "mail7.host.example\n")
        self.assertEqual(self.xml("<packet><server><get><gen_info/></get></server></packet>").findtext(".//server_name"),
                         "mail7.host.example")
        for bad in ("nodots", "bad name.example", "-x.example", ""):
            self.assertEqual(self.cli("server_pref", "--update", "-hostname", bad)["code"], 1, bad)
        self.cli("server_pref", "--update", "-hostname", "srv1.host.example")

    def test_limits(self) -> None:                                       # [8.4]
        self.assertEqual(self.cli("mailserver", "--enable-outgoing-antispam")["code"], 0)
        for level in ("mbox", "domain", "subscription"):
            self.assertEqual(self.cli("mailserver", f"--set-outgoing-messages-{level}-limit", "77")["code"], 0)
        prefs = self.xml("<packet><server><get><prefs/></get></server></packet>").find(".//prefs")
        self.assertEqual(prefs.findtext("outgoing_antispam"), "true")
        self.assertEqual(prefs.findtext("outgoing_messages_subscription_limit"), "77")
        self.cli("mailserver", "--disable-outgoing-antispam")
        self.switch(server_mail_prefs=False)
        prefs = self.xml("<packet><server><get><prefs/></get></server></packet>").find(".//prefs")
        self.assertIsNone(prefs.find("outgoing_antispam"))

    def test_mail_list_and_info(self) -> None:                           # [5]
        entries = json.loads(self.cli("mail", "--list", "-json")["stdout"])
        self.assertIn({"type": "mailname", "name": "anna@cust.example"}, entries)
        self.assertIn({"type": "alias", "name": "postmaster@cust.example"}, entries)
        text = self.cli("mail", "--info", "sales@forwards.example")["stdout"]
        self.assertIn("Mailgroup:          true\nGroup member(s):    eva.sales@gmail.com \n", text)
        self.assertTrue(text.endswith("\nSUCCESS: Gathering information for 'sales@forwards.example' complete\n"))
        self.assertIn("Alias(es):          postmaster, abuse, webmaster\n", self.cli("mail", "-i", "anna@cust.example")["stdout"])
        answer = self.cli("mail", "--info", "nobody@cust.example")
        self.assertEqual((answer["code"], "does not exist" in answer["stderr"]), (1, True))

    def test_mail_accounts(self) -> None:                                # [9]
        new = "postmaster@nodmarc.example"
        weak = self.cli("mail", "--create", new, "-mailbox", "true", "-passwd", "", env={"PSA_PASSWORD": "secret"})
        self.assertEqual((weak["code"], "complex" in weak["stderr"]), (1, True))
        self.assertEqual(self.cli("mail", "--create", new, "-mailbox", "true", "-passwd", "",
                                  env={"PSA_PASSWORD": "Generated-Long-Secret-1!"})["code"], 0)
        self.assertEqual(self.cli("mail", "--create", new, "-mailbox", "false")["code"], 1)         # exists
        self.assertEqual(self.cli("mail", "--create", "abuse@nodmarc.example", "-mailbox", "false", "-forwarding", "true",
                                  "-forwarding-addresses", new)["code"], 1)              # set: is missing
        self.assertEqual(self.cli("mail", "--create", "abuse@nodmarc.example", "-mailbox", "false", "-forwarding", "true",
                                  "-forwarding-addresses", f"set:{new}")["code"], 0)
        self.assertEqual(self.cli("mail", "--update", "david@nodmarc.example", "-aliases", "add:webmaster")["code"], 0)
        self.assertEqual(self.cli("mail", "--update", "david@nodmarc.example", "-aliases", "add:abuse")["code"], 1)
        self.assertEqual(self.cli("mail", "--create", "x@parked.example", "-mailbox", "false")["code"], 1)    # mail is off
        self.assertEqual(self.cli("mail", "--create", "x@unknown.example", "-mailbox", "false")["code"], 1)
        self.assertEqual(self.cli("mail", "--update", new, "-outgoing-messages-mbox-limit", "0")["code"], 0)
        entries = [e["name"] for e in json.loads(self.cli("mail", "--list", "-json")["stdout"])]
        self.assertLessEqual({new, "abuse@nodmarc.example", "webmaster@nodmarc.example"}, set(entries))
        journal = DEMO.control("GET", "/journal")
        self.assertNotIn("Generated-Long-Secret-1!", json.dumps(journal))
        for address in (new, "abuse@nodmarc.example"):
            self.assertEqual(self.cli("mail", "--remove", address)["code"], 0)
        self.cli("mail", "--update", "david@nodmarc.example", "-aliases", "del:webmaster")

    def test_catch_all(self) -> None:                                    # [6.2, 9]
        def now() -> str:
            id = self.domain("catchall.example")["id"]
            packet = self.xml(f"<packet><mail><get_prefs><filter><site-id>{id}</site-id></filter></get_prefs></mail></packet>")
            kind = packet.find(".//nonexistent-user")[0]
            return kind.tag + ":" + (kind.text or "")
        self.assertEqual(now(), "forward:eva.everything@gmail.com")
        self.assertEqual(self.cli("domain_pref", "--update", "catchall.example", "-no_usr", "reject")["code"], 0)
        self.assertEqual(now(), "reject:")
        self.cli("domain_pref", "--update", "catchall.example", "-no_usr", "eva.everything@gmail.com")
        self.assertEqual(now(), "forward:eva.everything@gmail.com")

    def test_lists_and_domain_info(self) -> None:                        # [5]
        names = self.cli("domain", "--list")["stdout"].splitlines()
        self.assertIn("xn--corazn-fxa.example", names)
        self.assertNotIn("nospf.example", self.cli("subscription", "--list")["stdout"].splitlines())
        text = self.cli("domain", "--info", "cust.example")["stdout"]
        self.assertIn("Owner's contact name:                   Anna Arquer (anna)\n", text)
        self.assertIn("Total size of backup files in local storage:0 B\n", text)         # a long key touches its value
        self.assertIn("IP Address:                             203.0.113.11\n", self.cli("domain", "--info", "dedicated.example")["stdout"])

    def test_scheduler(self) -> None:                                    # [4.2]
        DEMO.control("POST", "/change", {"op": "set", "path": ["root_commands"], "value": {"postqueue -j": {"stdout": "{}\n"}}})
        answer = self.cli("scheduler", "--create", "-json", "-user", "root", "-active", "false", "-type", "exec", "-notify",
                          "ignore", "-schedule", "0 0 1 1 *", "-description", "x", "-command", "postqueue -j")
        id = str(json.loads(answer["stdout"])["id"])
        self.assertEqual(self.cli("scheduler", "--run", id)["stdout"], "{}\n")
        self.assertEqual(self.cli("scheduler", "--delete", id)["code"], 0)
        self.assertEqual(self.cli("scheduler", "--run", id)["code"], 1)

    def test_wp_toolkit_by_command(self) -> None:                        # [5]
        answer = self.cli("extension", "--call", "wp-toolkit", "--list", "-format", "json")
        self.assertLessEqual({"id", "siteUrl", "fullPath", "infected", "broken"}, set(json.loads(answer["stdout"])[0]))
        self.switch(wp_command=False)
        self.assertEqual(self.cli("extension", "--call", "wp-toolkit", "--list", "-format", "json")["code"], 1)


class Dkim(PanelTest):
    def prefs(self, name: str, value: str | None = None) -> ET.Element:
        id = self.domain(name)["id"]
        if value is None:
            return self.xml(f"<packet><mail><get_prefs><filter><site-id>{id}</site-id></filter></get_prefs></mail></packet>")
        return self.xml(f"<packet><mail><set_prefs><filter><site-id>{id}</site-id></filter><prefs><spam-protect-sign>{value}"
                        "</spam-protect-sign></prefs></set_prefs></mail></packet>")

    def wait(self, name: str, wanted: int) -> list[str]:
        for _ in range(100):
            found = self.public("default._domainkey." + name)
            if len(found) == wanted:
                break
            time.sleep(0.05)
        return found

    def test_enable_makes_a_key_and_two_records(self) -> None:           # [8.2, 13.4]
        self.switch(dkim_delay_s=0.3)
        self.assertEqual(self.prefs("nodkim.example").findtext(".//spam-protect-sign"), "false")
        self.assertEqual(self.prefs("nodkim.example", "true").findtext(".//status"), "ok")
        self.assertEqual(self.public("default._domainkey.nodkim.example"), [])           # not at once
        found = self.wait("nodkim.example", 1)
        key = base64.b64decode(re.search(r"p=([^;]+);", found[0]).group(1))
        done = subprocess.run(["openssl", "pkey", "-pubin", "-inform", "DER", "-noout", "-text"], input=key, capture_output=True)
        self.assertIn(b"2048 bit", done.stdout)
        self.assertEqual(self.public("_domainkey.nodkim.example"), ["o=-"])
        self.assertEqual(self.prefs("nodkim.example").findtext(".//spam-protect-sign"), "true")
        self.assertEqual(self.cli("domain_pref", "--update", "nodkim.example", "-sign_outgoing_mail", "false")["code"], 0)
        self.assertEqual(self.wait("nodkim.example", 0), [])
        self.assertEqual(self.prefs("nodkim.example").findtext(".//spam-protect-sign"), "false")

    def test_server_switch_permits(self) -> None:                        # [8.2]
        self.switch(dkim_delay_s=0.1)
        self.cli("mailserver", "--sign-outgoing-mail", "false")
        self.prefs("nodkim.example", "true")
        time.sleep(0.4)
        self.assertEqual(self.public("default._domainkey.nodkim.example"), [])
        self.cli("mailserver", "--sign-outgoing-mail", "true")
        self.assertEqual(len(self.wait("nodkim.example", 1)), 1)
        self.prefs("nodkim.example", "false")
        self.wait("nodkim.example", 0)

    def test_published_cut_and_whole(self) -> None:
        whole = self.public("default._domainkey.cust.example")[0]
        self.assertGreater(len(whole), 400)
        self.assertEqual(len(self.public("default._domainkey.shortkey.example")[0]), 255)
        public = self.public("default._domainkey.cutkey.example", server="127.0.1.4")[0]
        panel = self.records("cutkey.example", host="default._domainkey.cutkey.example.")[0]["value"]
        self.assertEqual((len(public), panel.startswith(public), len(panel) > 400), (255, True, True))

    def test_children_that_may_be_absent(self) -> None:                  # [6.2]
        self.switch(spam_protect_sign=False)
        self.assertIsNone(self.prefs("cust.example").find(".//spam-protect-sign"))


class Xml(PanelTest):
    def test_accounts_of_a_site(self) -> None:                           # [6.5]
        def info(name: str, extra: str = "") -> ET.Element:
            id = self.domain(name)["id"]
            return self.xml(f"<packet><mail><get_info><filter><site-id>{id}</site-id>{extra}</filter><mailbox/><forwarding/>"
                            "<aliases/></get_info></mail></packet>")
        accounts = {m.findtext("name"): m for m in info("forwards.example").findall(".//mailname")}
        self.assertEqual([a.text for a in accounts["eva"].findall("alias")], ["postmaster", "abuse", "webmaster"])
        self.assertEqual((accounts["sales"].findtext("mailbox/enabled"), accounts["sales"].findtext("forwarding/enabled"),
                          accounts["sales"].findtext("forwarding/address")), ("false", "true", "eva.sales@gmail.com"))
        self.assertEqual(len(accounts["office"].findall("forwarding/address")), 2)
        empty = info("parked.example")                                   # no accounts: ok without mailname
        self.assertEqual((empty.findtext(".//status"), empty.find(".//mailname")), ("ok", None))
        unknown = info("cust.example", "<name>nobody</name>")
        self.assertEqual((self.code(unknown), unknown.findtext(".//errtext")), ("1013", "mail does not exist"))
        hostile = [m.findtext("name") for m in info("hostile.example").findall(".//mailname")]
        self.assertIn('"><img src=x onerror=alert(1)>', hostile)

    def test_order_of_elements_counts(self) -> None:                     # [6]
        id = self.domain("cust.example")["id"]
        for packet in (f"<packet><mail><set_prefs><prefs/><filter><site-id>{id}</site-id></filter></set_prefs></mail></packet>",
                       f"<packet><mail><set_prefs><filter><site-id>{id}</site-id></filter><prefs><mailservice>true</mailservice>"
                       "<spam-protect-sign>true</spam-protect-sign></prefs></set_prefs></mail></packet>",
                       "<packet><server><set><prefs><outgoing_antispam>true</outgoing_antispam>"
                       "<outgoing_email_mode>domain-ip</outgoing_email_mode></prefs></set></server></packet>",
                       "<packet><mail><get_dkim_key/></mail></packet>", "<packet><nonsense><get/></nonsense></packet>",
                       "<packet>", "<other/>"):
            self.assertEqual(self.code(self.xml(packet)), "1014", packet)

    def test_server_preferences(self) -> None:                           # [6.3, 8.3]
        packet = self.xml("<packet><server><set><prefs><outgoing_email_mode>explicit-ip</outgoing_email_mode>"
                          "<outgoing_email_mode_explicit_ipv4>203.0.113.10</outgoing_email_mode_explicit_ipv4></prefs></set></server></packet>")
        self.assertEqual(packet.findtext(".//status"), "ok")
        prefs = self.xml("<packet><server><get><prefs/></get></server></packet>").find(".//prefs")
        self.assertEqual([p.tag for p in prefs][2:5], ["outgoing_email_mode", "outgoing_email_mode_explicit_ipv4", "outgoing_antispam"])
        self.xml("<packet><server><set><prefs><outgoing_email_mode>domain-ip</outgoing_email_mode></prefs></set></server></packet>")
        self.assertEqual(self.code(self.xml("<packet><server><set><prefs><outgoing_email_mode>best</outgoing_email_mode></prefs></set></server></packet>")), "1014")
        self.switch(xml_old_prefs=True)                                  # [15.4a]
        self.assertEqual(self.code(self.xml("<packet><server><set><prefs><outgoing_antispam>true</outgoing_antispam></prefs></set></server></packet>")), "1014")

    def test_several_operations(self) -> None:                           # [6]
        ids = [self.domain(n)["id"] for n in ("cust.example", "elsewhere.example")]
        packet = "<packet><dns>" + "".join(f"<get><filter><site-id>{i}</site-id></filter></get>" for i in ids) + \
            "</dns><server><get><services_state/></get></server></packet>"
        answer = self.xml(packet)
        self.assertEqual([s.text for s in answer.findall(".//zone_status")], ["enabled", "disabled"])
        self.assertIn("dns", [s.text for s in answer.findall(".//srv/id")])
        self.switch(dns_component=False)
        self.assertNotIn("dns", [s.text for s in self.xml(packet).findall(".//srv/id")])

    def test_unknown_object(self) -> None:
        packet = self.xml("<packet><dns><get><filter><site-id>99999</site-id></filter></get></dns></packet>")
        self.assertEqual((packet.findtext(".//status"), self.code(packet)), ("error", "1013"))

    def test_subscriptions_and_customers(self) -> None:                  # [6.4, 6.6]
        packet = self.xml("<packet><webspace><get><filter/><dataset><gen_info/><mail/></dataset></get></webspace></packet>")
        by_name = {r.findtext("data/gen_info/ascii-name"): r for r in packet.findall(".//result")}
        self.assertEqual(by_name["cust.example"].findtext("data/gen_info/owner-login"), "anna")
        self.assertEqual(by_name["cust.example"].findtext("data/mail/outgoing-messages-domain-limit"), "default")
        self.assertNotIn("nospf.example", by_name)                       # no subscription of its own
        self.assertEqual(self.xml("<packet><site><get><filter/><dataset><gen_info/></dataset></get></site></packet>").findall(".//result"), [])
        packet = self.xml("<packet><customer><get><filter/><dataset><gen_info/></dataset></get></customer></packet>")
        owners = {g.findtext("login"): g.findtext("owner-login") for g in packet.findall(".//gen_info")}
        self.assertEqual((owners["anna"], owners["eva"]), ("rita", "admin"))

    def test_queue_and_absence(self) -> None:                            # [6.7, 13.3]
        self.assertEqual(self.xml("<packet><server><clean-mail-queue/></server></packet>").findtext(".//status"), "ok")
        self.switch(xml=False)
        self.assertEqual(self.call("POST", "/enterprise/control/agent.php", raw=b"<packet/>", headers={"KEY": DEMO.key})[0], 404)


class WpToolkit(PanelTest):
    def wp(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        status, text = self.call(method, "/api/modules/wp-toolkit" + path, body)
        return status, json.loads(text)

    def test_inventory_and_update(self) -> None:                         # [11]
        _, sites = self.wp("GET", "/v1/updates-checker?skipBrokenInstallations=true&skipInfectedInstallations=true&skipUnsupportedInstallations=true")
        old = next(s for s in sites if s["core"]["availableVersion"])
        self.assertEqual((old["plugins"][0]["slug"], old["plugins"][0]["availableVersion"]), ("contact-form-7", "6.1"))
        self.assertEqual(self.wp("GET", f"/v1/installations?installationsIds[]={old['id']}")[1][0]["domain"]["name"], "notauth.example")
        self.assertEqual(self.wp("GET", f"/v1/installations/{old['id']}/features/updates/settings")[1]["core"], "disabled")
        status, task = self.wp("POST", "/v1/updater", [{"installationId": old["id"], "core": {"update": True, "restorePoint": True},
                                                        "plugins": ["contact-form-7"], "themes": []}])
        self.assertEqual(status, 201)
        for _ in range(40):
            state = self.wp("GET", task["url"])[1]["status"]
            if state == "done":
                break
            time.sleep(0.05)
        self.assertEqual(state, "done")
        self.assertEqual(self.wp("GET", f"/v1/installations?installationsIds[]={old['id']}")[1][0]["version"], "6.8.3")

    def test_broken_site_needs_the_flag(self) -> None:
        DEMO.control("POST", "/change", {"op": "set", "path": ["wordpress", 0, "broken"], "value": True})
        self.assertEqual(self.wp("GET", "/v1/updates-checker"), (400, {"meta": {"status": 400, "message": "Bad Request"}}))
        self.assertEqual(self.wp("GET", "/v1/updates-checker?skipBrokenInstallations=true")[0], 200)
        DEMO.control("POST", "/change", {"op": "set", "path": ["wordpress", 0, "broken"], "value": False})

    def test_absent(self) -> None:
        self.switch(wp_toolkit=False)
        self.assertEqual(self.wp("GET", "/v1/installations")[0], 404)
        self.assertEqual(self.rest("GET", "/extensions/wp-toolkit")[0], 404)


class Faults(PanelTest):
    PUT = {"method": "PUT", "path": "/api/v2/dns/records/*"}

    def spf(self) -> dict[str, Any]:
        return self.records("cust.example")[0]

    def put(self, value: str) -> tuple[int, bytes]:
        record = self.spf()
        return self.call("PUT", f"/api/v2/dns/records/{record['id']}", {**record, "value": value})

    def back(self) -> None:
        DEMO.control("POST", "/change", {"op": "edit", "domain": "cust.example", "type": "TXT", "host": "cust.example.",
                                         "value": "v=spf1 mx ip4:203.0.113.10 ~all"})

    def test_nothing_done(self) -> None:
        self.fault("nothing", self.PUT)
        self.assertEqual(self.put("v=spf1 -all"), (200, b'{"status": "success"}'))
        self.assertEqual(self.spf()["value"], "v=spf1 mx ip4:203.0.113.10 ~all")
        self.assertEqual(self.public("cust.example"), ["v=spf1 mx ip4:203.0.113.10 ~all"])

    def test_done_without_an_answer(self) -> None:
        self.fault("reset", self.PUT)
        with self.assertRaises((OSError, urllib.error.URLError)):
            self.put("v=spf1 mx -all")
        self.assertEqual(self.public("cust.example"), ["v=spf1 mx -all"])
        self.back()

    def test_answer_cut(self) -> None:
        self.fault("truncate", {"path": "/api/v2/domains"})
        with self.assertRaises(Exception):
            self.call("GET", "/api/v2/domains")
        self.assertEqual(self.call("GET", "/api/v2/domains")[0], 200)    # once only

    def test_errors_and_pages(self) -> None:
        self.fault("500", self.PUT, times=2)
        self.assertEqual([self.put("x")[0], self.put("x")[0]], [500, 500])
        self.fault("html", {"path": "/api/v2/server"})
        status, body = self.call("GET", "/api/v2/server")
        self.assertEqual((status, body[:9]), (200, b"<!doctype"))
        self.fault("503", {"path": "/api/v2/server"}, after=1)
        self.assertEqual([self.call("GET", "/api/v2/server")[0] for _ in range(3)], [200, 503, 200])

    def test_slow(self) -> None:
        self.fault("slow", {"path": "/api/v2/server"}, seconds=0.4)
        start = time.monotonic()
        self.call("GET", "/api/v2/server")
        self.assertGreater(time.monotonic() - start, 0.4)

    def test_half(self) -> None:
        self.fault("half", {"utility": "mail", "command": "--create"})
        answer = self.cli("mail", "--create", "half@cust.example", "-mailbox", "false", "-forwarding", "true",
                          "-forwarding-addresses", "set:anna@cust.example")
        self.assertEqual(answer["code"], 1)
        self.assertIn("Mailgroup:          false", self.cli("mail", "--info", "half@cust.example")["stdout"])
        self.cli("mail", "--remove", "half@cust.example")

    def test_behind_our_back(self) -> None:
        self.fault("behind", self.PUT, change={"op": "add", "domain": "cust.example", "type": "TXT", "host": "cust.example.",
                                               "value": "somebody else was here"})
        self.put("v=spf1 mx -all")
        self.assertEqual(len(self.records("cust.example")), 2)
        DEMO.control("POST", "/change", {"op": "delete", "domain": "cust.example", "type": "TXT", "host": "cust.example.",
                                         "value": "somebody else was here"})
        self.back()

    def test_key_revoked(self) -> None:
        key = DEMO.control("POST", "/key", {})["key"]
        self.fault("revoke", {"path": "/api/v2/server"}, after=1)
        status = [self.call("GET", "/api/v2/server", headers={"X-API-Key": key})[0] for _ in range(3)]
        self.assertEqual(status, [200, 403, 403])

    def test_journal(self) -> None:
        DEMO.control("DELETE", "/journal")
        self.cli("mail", "--list", "-json")
        self.xml("<packet><server><get><prefs/></get></server></packet>")
        calls = DEMO.control("GET", "/journal")
        self.assertEqual([(c["method"], c.get("utility"), c.get("packet"), c["login"]) for c in calls],
                         [("POST", "mail", None, "admin"), ("POST", None, ["server.get"], "admin")])
        self.assertNotIn(DEMO.key, json.dumps(calls))
        self.assertEqual(DEMO.control("GET", "/count")["count"], 2)

    def test_state_is_a_file(self) -> None:
        self.put("v=spf1 mx ?all")
        time.sleep(0.5)
        state = json.loads((DEMO.panel_dir / "world.json").read_text())
        records = next(d for d in state["domains"] if d["name"] == "cust.example")["zone"]["records"]
        self.assertIn("v=spf1 mx ?all", [r["value"] for r in records])
        self.back()


class World(unittest.TestCase):
    """What the resolver says about the world of the demonstration."""

    def ask(self, name: str, kind: str) -> list[str]:
        return dnsq.ask(name, kind, "127.0.0.1", DEMO.resolver_port).values

    def test_cases(self) -> None:
        spf = {name: [v for v in self.ask(name + ".example", "TXT") if v.startswith("v=spf1")]
               for name in ("cust", "nospf", "twospf", "elsewhere", "gigasdns", "parked")}
        self.assertEqual([len(spf[n]) for n in ("cust", "nospf", "twospf", "elsewhere", "gigasdns", "parked")], [1, 0, 2, 0, 1, 0])
        self.assertEqual(spf["twospf"], ["v=spf1 a mx ~all", "v=spf1 include:_spf.relay.example -all"])
        self.assertEqual(self.ask("elsewhere.example", "NS"), ["ns1.otherdns.example.", "ns2.otherdns.example."])
        self.assertEqual(self.ask("gigasdns.example", "NS"), [f"dns0{n}.gigas.com." for n in (1, 2, 3, 4)])
        self.assertEqual(self.ask("_dmarc.nodmarc.example", "TXT"), [])
        self.assertEqual(self.ask("parked.example", "MX"), [])
        self.assertEqual(self.ask("host.example", "MX"), ["0 ."])

    def test_reverse_and_forward(self) -> None:
        self.assertEqual(self.ask("10.113.0.203.in-addr.arpa", "PTR"), ["srv1.host.example."])
        self.assertEqual(self.ask("srv1.host.example", "A"), ["203.0.113.10"])
        self.assertEqual(self.ask("11.113.0.203.in-addr.arpa", "PTR"), [])

    def test_nothing_else_exists(self) -> None:
        self.assertEqual(dnsq.ask("www.debian.org", "A", "127.0.0.1", DEMO.resolver_port).rcode, "NXDOMAIN")

    def test_lists_pass_their_self_test_and_list_nobody(self) -> None:      # RFC 5782 5
        for zone in ("zen.spamhaus.org", "bl.spamcop.net", "b.barracudacentral.org"):
            self.assertTrue(self.ask("2.0.0.127." + zone, "A")[0].startswith("127.0.0."), zone)
            self.assertEqual(self.ask("1.0.0.127." + zone, "A"), [], zone)
            self.assertEqual(self.ask("10.113.0.203." + zone, "A"), [], zone)
        self.assertTrue(self.ask("dbltest.com.dbl.spamhaus.org", "A"))

    def test_senders_are_served_here(self) -> None:
        for name in ("_spf.google.com", "spf.protection.outlook.com", "_spf.relay.example", "sendgrid.net", "mailgun.org"):
            self.assertTrue(self.ask(name, "TXT"), name)


class Life(unittest.TestCase):
    """Two at a time, twice in a row, and nothing left behind."""

    def children(self) -> set[str]:
        text = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True).stdout
        return {line.strip() for line in text.splitlines() if str(self.run_dir) in line and " ps " not in line}

    def test_second_demonstration(self) -> None:
        self.run_dir = Path(tempfile.mkdtemp(prefix="asg-two-"))
        try:
            for _ in range(2):
                with Demo(self.run_dir, variants=["helo", "one-address", "listed", "refused"], fleet=30, with_web=False) as other:
                    self.assertNotEqual(other.dns_port, DEMO.dns_port)
                    self.assertEqual(dnsq.ask("shop00030.example", "TXT", "127.0.0.1", other.resolver_port).values, ["v=spf1 mx ~all"])
                    state = other.control("GET", "/state")
                    self.assertEqual((state["server"]["hostname"], len(state["server"]["ips"])), ("localhost.localdomain", 1))
                    self.assertTrue(self.children())
                    lists = [dnsq.ask("10.113.0.203." + zone, "A", "127.0.0.1", other.resolver_port).values
                             for zone in ("zen.spamhaus.org", "bl.spamcop.net")]
                    self.assertEqual(lists, [["127.255.255.254"], ["127.0.0.2"]])
                self.assertEqual(self.children(), set())
        finally:
            shutil.rmtree(self.run_dir, ignore_errors=True)

    def test_program_is_killed(self) -> None:
        self.run_dir = Path(tempfile.mkdtemp(prefix="asg-kill-"))
        demo = subprocess.Popen([sys.executable, str(TOP / "tests/live/demo.py"), "--no-backend", "--run-dir", str(self.run_dir)],
                                stdout=subprocess.PIPE, text=True)
        try:
            while "Ctrl-C" not in demo.stdout.readline():
                self.assertIsNone(demo.poll())
            self.assertGreater(len(self.children()), 5)
            demo.kill()
            demo.wait()
            for _ in range(60):
                if not self.children():
                    break
                time.sleep(0.1)
            self.assertEqual(self.children(), set())
        finally:
            demo.kill()
            demo.stdout.close()
            shutil.rmtree(self.run_dir, ignore_errors=True)


def main() -> int:
    result = unittest.main(exit=False, verbosity=1).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
