#!/usr/bin/env python3
"""The Postfix adapter on a real Postfix, through the real helper: facts, changes and their way back."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from servers import fetch, process                  # noqa: E402
from servers.postfix import Postfix                 # noqa: E402

RUN: Path
GROUP = process.Group()
POSTFIX: Postfix
ASK: subprocess.Popen[str]
HELPER = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide-helper"


def setUpModule() -> None:
    global RUN, POSTFIX, ASK
    RUN = Path(tempfile.mkdtemp(prefix="asg-postfix-"))
    try:
        POSTFIX = Postfix(RUN).start(GROUP, fetch.programs(["postfix", "postfix-sqlite"]))
        POSTFIX.postconf("myhostname = mail.host.example",
                         "mydestination = $myhostname, localhost.$mydomain, localhost, local.example",
                         "virtual_mailbox_domains = hash:/etc/postfix/vhosts, inline.example",
                         "virtual_alias_domains = /etc/postfix/alias_domains",
                         "virtual_mailbox_maps = hash:/etc/postfix/vmailbox",
                         "virtual_alias_maps = hash:/etc/postfix/virtual",
                         "default_transport = retry:no", "relay_transport = retry:no")
        POSTFIX.write("/etc/postfix/vhosts", "cust.example OK\nxn--mller-kva.example OK\n")
        POSTFIX.write("/etc/postfix/alias_domains", "# aliases\nalias.example\n")
        POSTFIX.write("/etc/postfix/vmailbox", "info@cust.example cust.example/info\nanna@cust.example cust.example/anna\n"
                                               "x@inline.example x\n")
        POSTFIX.write("/etc/postfix/virtual", "abuse@cust.example info@cust.example\n"
                                              "away@cust.example someone@provider.example, info@cust.example\n"
                                              "@alias.example anna@cust.example\n")
        for name in ("vhosts", "vmailbox", "virtual"):
            POSTFIX.run("postmap", f"/etc/postfix/{name}")
        POSTFIX.run("postfix", "reload")
        helper = GROUP.add(process.Process("helper", POSTFIX.argv(str(HELPER), "-s", "/room/helper.sock", "-u", "64893"),
                                           RUN / "helper.log"))
        helper.wait_ready(lambda: process.unix_connects(RUN / "helper.sock"))
        domains = [{"name": "mine.example", "owner": "anna"}, {"name": "cust.example", "owner": "bea"}]
        ASK = subprocess.Popen([live.program("panel_ask"), "-k", "postfix", "-H", str(RUN / "helper.sock"), "-D",
                                json.dumps(domains), "-A", "root"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True)
    except BaseException:
        GROUP.stop()
        raise


def tearDownModule() -> None:
    assert ASK.stdin is not None
    ASK.stdin.close()
    ended = ASK.wait(timeout=30)
    GROUP.stop()
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


def parameter(key: str, before: Any, after: Any) -> dict[str, Any]:
    return {"kind": "setting", "scope": "server", "object": "server", "key": key, "before": before, "after": after}


def greeting(want: str) -> str:
    """After a reload the old processes may take one more connection."""
    end, got = time.monotonic() + 5, ""
    while not got.startswith(want) and time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", POSTFIX.port), 2) as sock:
                got = sock.recv(200).decode()
        except OSError:
            pass
        time.sleep(0.1)
    return got


class Facts(unittest.TestCase):
    maxDiff = None

    def test_server(self) -> None:
        server = fact("server")
        self.assertEqual((server["kind"], server["hostname"]), ("postfix", "mail.host.example"))
        self.assertRegex(server["version"], r"^3\.")
        for row in server["addresses"]:
            self.assertFalse(row["address"].startswith("127."))

    def test_accounts(self) -> None:
        self.assertEqual([(a["login"], a["role"]) for a in fact("accounts")],
                         [("root", "admin"), ("anna", "customer"), ("bea", "customer")])

    def test_domains(self) -> None:
        """Configuration, tables, plain lists and names; never the host itself."""
        got = {d["ascii"]: d["owner"] for d in fact("domains")}
        self.assertEqual(got, {"mine.example": "anna", "cust.example": "bea", "xn--mller-kva.example": None,
                               "inline.example": None, "alias.example": None, "local.example": None})
        self.assertIn("müller.example", [d["name"] for d in fact("domains")])

    def test_all_at_once(self) -> None:
        """The facts of all domains are those of each."""
        mail, boxes = fact("domain_mail_all"), fact("mailboxes_all")
        names = [d["ascii"] for d in fact("domains")]
        self.assertEqual(mail, {n: fact("domain_mail", n) for n in names})
        self.assertEqual(boxes, {n: fact("mailboxes", n) for n in names if n != "local.example"})
        POSTFIX.postconf("smtpd_milters = unix:opendkim/opendkim.sock")     # then each key has to be read
        self.assertEqual(fact("domain_mail_all"), {})
        POSTFIX.postconf("smtpd_milters =")

    def test_database(self) -> None:
        """What a database has can be asked for but not listed; what nobody can tell is not known, never empty."""
        db = sqlite3.connect(RUN / "mail.db")
        db.executescript("""CREATE TABLE domain(name); CREATE TABLE box(address); CREATE TABLE alias(address, goto);
                            INSERT INTO domain VALUES('mine.example'); INSERT INTO box VALUES('info@mine.example');
                            INSERT INTO alias VALUES('@mine.example', 'info@mine.example');""")
        db.close()
        for name, query in (("d", "SELECT 'OK' FROM domain WHERE name = '%s'"),
                            ("b", "SELECT 'x/' FROM box WHERE address = '%s'"),
                            ("a", "SELECT goto FROM alias WHERE address = '%s'")):
            POSTFIX.write(f"/etc/postfix/{name}.cf", f"dbpath = /room/mail.db\nquery = {query}\n")
        before = ("virtual_mailbox_domains = hash:/etc/postfix/vhosts, inline.example",
                  "virtual_alias_domains = /etc/postfix/alias_domains", "virtual_mailbox_maps = hash:/etc/postfix/vmailbox",
                  "virtual_alias_maps = hash:/etc/postfix/virtual", "mydestination = $myhostname, localhost.$mydomain, "
                  "localhost, local.example")
        POSTFIX.postconf("virtual_mailbox_domains = proxy:sqlite:/etc/postfix/d.cf", "virtual_alias_domains =",
                         "virtual_mailbox_maps = sqlite:/etc/postfix/b.cf", "virtual_alias_maps = sqlite:/etc/postfix/a.cf",
                         "mydestination = localhost")
        try:
            self.assertEqual(fact("unlisted"), [f"sqlite:/etc/postfix/{n}.cf" for n in "dba"])
            self.assertEqual([d["ascii"] for d in fact("domains")], ["mine.example", "cust.example"])
            mail = fact("domain_mail", "mine.example")
            self.assertEqual((mail["service"], mail["routing"], mail["catch_all"]),
                             (True, "local", {"kind": "forward", "target": "info@mine.example"}))
            self.assertEqual(fact("domain_mail", "cust.example")["service"], False)
            self.assertEqual(fact("domain_mail_all"), {n: fact("domain_mail", n) for n in ("mine.example", "cust.example")})
            failed = ask("fact mailboxes mine.example")
            self.assertEqual(failed["failed"], "unlisted", failed)
            self.assertEqual(fact("mailboxes_all"), {})
            (RUN / "mail.db").rename(RUN / "gone.db")                # it cannot be asked now
            for mail in (fact("domain_mail", "mine.example"), fact("domain_mail_all")["mine.example"]):
                self.assertEqual((mail["service"], mail["routing"]), (None, None))
        finally:
            POSTFIX.postconf(*before)

    def test_every_kind_of_table(self) -> None:
        """A table that can be listed is; any other is named as one that cannot, and asked for what is known."""
        POSTFIX.write("/etc/postfix/t", "a1.example OK\nb1.example OK\n")
        POSTFIX.write("/etc/postfix/re", "/^mine\\.example$/ OK\n")
        own = ["mine.example", "cust.example"]
        # some are packages of their own
        kinds = [t for t in ("hash", "btree", "lmdb", "cdb") if "fatal" not in
                 POSTFIX.run("/bin/sh", "-c", f"cd /etc/postfix; cp t {t}; postmap {t}:/etc/postfix/{t} 2>&1 || :")]
        pcre = "fatal" not in POSTFIX.run("/bin/sh", "-c", "postmap -q x pcre:/etc/postfix/re 2>&1 || :")
        self.assertIn("hash", kinds)
        for table in [f"{kind}:/etc/postfix/{kind}" for kind in kinds] + ["texthash:/etc/postfix/t", "/etc/postfix/t",
                                                                     "proxy:hash:/etc/postfix/hash"]:
            POSTFIX.postconf(f"virtual_mailbox_domains = {table}")
            self.assertLessEqual({"a1.example", "b1.example"}, {d["ascii"] for d in fact("domains")}, table)
            self.assertEqual(fact("unlisted"), [], table)
        for table, mine in (("regexp:/etc/postfix/re", True), ("static:OK", True), ("inline:{ mine.example=OK, x.example=OK }", True),
                            ("inline:{{mine.example = OK}}", True), ("unionmap:{texthash:/etc/postfix/t, regexp:/etc/postfix/re}", True),
                            ("pipemap:{texthash:/etc/postfix/t,inline:{OK=OK}}", False), ("pcre:/etc/postfix/re", pcre or None),
                            ("mysql:/etc/postfix/gone.cf", None), ("proxy:pgsql:/etc/postfix/gone.cf", None),
                            ("ldap:/etc/postfix/gone.cf", None), ("memcache:/etc/postfix/gone.cf", None)):
            POSTFIX.postconf(f"virtual_mailbox_domains = {table}")
            with self.subTest(table):
                self.assertEqual(fact("unlisted"), [table.removeprefix("proxy:")])
                self.assertLessEqual(set(own), {d["ascii"] for d in fact("domains")})
                self.assertNotIn("x.example", {d["ascii"] for d in fact("domains")})
                self.assertEqual(fact("domain_mail", "mine.example")["service"], mine)
        POSTFIX.postconf("virtual_mailbox_domains = hash:/etc/postfix/vhosts, inline.example")

    def test_main_cf_forms(self) -> None:
        """$names, ${x?y}, lines that go on, remarks, another case, literal addresses."""
        POSTFIX.run("/bin/sh", "-c", "cp /etc/postfix/main.cf /etc/postfix/main.save; postconf -X mydestination")
        text = POSTFIX.run("cat", "/etc/postfix/main.cf")
        POSTFIX.write("/etc/postfix/main.cf", text + "\nextra = One.Example\nempty =\nmydestination = $myhostname,\n"
                      "# a remark\n   localhost, ${extra}\n\t${extra?two.example}, ${empty?never.example} ${empty:three.example}\n"
                      "  ${{$extra} == {x} ? {never.example} : {four.example}} [IPv6:2001:db8::1], [203.0.113.9] !not.example\n")
        try:
            names = {d["ascii"] for d in fact("domains")}
            self.assertLessEqual({"one.example", "two.example", "three.example", "four.example"}, names)
            self.assertFalse([n for n in names if n in ("never.example", "not.example") or "[" in n or "203" in n], names)
            self.assertEqual(fact("unlisted"), [])
        finally:
            POSTFIX.run("/bin/sh", "-c", "cat /etc/postfix/main.save >/etc/postfix/main.cf")

    def test_mailboxes(self) -> None:
        got = {m["address"]: (m["kind"], m["targets"]) for m in fact("mailboxes", "cust.example")}
        self.assertEqual(got, {"info@cust.example": ("mailbox", []), "anna@cust.example": ("mailbox", []),
                               "abuse@cust.example": ("alias", ["info@cust.example"]),
                               "away@cust.example": ("forward", ["someone@provider.example", "info@cust.example"])})
        self.assertEqual([(m["address"], m["kind"]) for m in fact("mailboxes", "alias.example")],
                         [("*@alias.example", "catch_all")])
        self.assertEqual(ask("fact mailboxes local.example")["failed"], "unsupported")

    def test_domain_mail(self) -> None:
        mail = fact("domain_mail", "cust.example")
        self.assertEqual((mail["service"], mail["routing"], mail["helo"]), (True, "local", "mail.host.example"))
        self.assertEqual(fact("domain_mail", "alias.example")["catch_all"],
                         {"kind": "forward", "target": "anna@cust.example"})
        self.assertEqual(fact("domain_mail", "mine.example")["service"], False)

    def test_mail_server(self) -> None:
        mail = fact("mail_server")
        self.assertEqual((mail["mta"], mail["helo"], mail["milter"], mail["policy"], mail["dkim_signing"], mail["relay"]),
                         ("postfix", "mail.host.example", "", None, False, None))
        for setting, want in (
                ("smtpd_end_of_data_restrictions = check_policy_service inet:127.0.0.1:10040", "postfwd"),
                ("smtpd_end_of_data_restrictions = check_policy_service unix:ratelimit/policy", "policyd-rate-limit"),
                ("smtpd_end_of_data_restrictions = check_policy_service { inet:127.0.0.1:10031, timeout=5s }",
                 "cluebringer"),
                ("smtpd_end_of_data_restrictions = check_policy_service inet:127.0.0.1:10023", None),
                ("smtpd_end_of_data_restrictions = check_policy_service inet:127.0.0.1:9", "inet:127.0.0.1:9"),
                ("smtpd_end_of_data_restrictions =", None)):
            POSTFIX.postconf(setting)
            self.assertEqual(fact("mail_server")["policy"], want)
        POSTFIX.postconf("smtpd_milters = inet:localhost:11332")
        self.assertIsNone(fact("mail_server")["dkim_signing"])
        POSTFIX.write("/etc/rspamd/local.d/dkim_signing.conf", "enabled = true;\n")
        POSTFIX.write("/etc/rspamd/local.d/ratelimit.conf", "rates {}\n")
        mail = fact("mail_server")
        self.assertEqual((mail["dkim_signing"], mail["policy"]), (True, "rspamd"))
        POSTFIX.run("rm", "-r", "/etc/rspamd")
        POSTFIX.postconf("smtpd_milters = unix:opendkim/opendkim.sock", "relayhost = [relay.example]:587")
        mail = fact("mail_server")
        self.assertEqual((mail["dkim_signing"], mail["relay"]), (True, "[relay.example]:587"))
        POSTFIX.postconf("smtpd_milters =", "relayhost =")

    def test_dkim_key(self) -> None:
        self.assertEqual(fact("dkim_key", "cust.example"), {"keys": []})
        POSTFIX.write("/etc/opendkim.conf", "KeyTable file:/etc/dkimkeys/KeyTable\n")
        POSTFIX.write("/etc/dkimkeys/KeyTable", "a cust.example:s1:/etc/dkimkeys/s1.private\n")
        POSTFIX.run("/bin/sh", "-c", "openssl genrsa -out /etc/dkimkeys/s1.private 2048 2>&1")
        key, = fact("dkim_key", "cust.example")["keys"]
        self.assertEqual(key["selector"], "s1")
        self.assertTrue(key["record"].startswith("v=DKIM1; k=rsa; p=MII"))
        POSTFIX.run("rm", "/etc/opendkim.conf", "/etc/dkimkeys/KeyTable")


class Changes(unittest.TestCase):
    def state(self, change: dict[str, Any]) -> Any:
        answer = ask("state " + json.dumps(change))
        self.assertIn("value", answer, answer)
        return answer["value"]

    def there_and_back(self, change: dict[str, Any]) -> None:
        back = {**change, "before": change["after"], "after": change["before"]}
        self.assertEqual(self.state(change), change["before"])
        for one in (change, back):
            answer = ask("change " + json.dumps(one))
            self.assertEqual(answer.get("step"), "done", answer)
            self.assertEqual(self.state(one), one["after"])

    def test_hostname(self) -> None:
        change = parameter("myhostname", "mail.host.example", "mx1.host.example")
        self.there_and_back(change)
        ask("change " + json.dumps(change))
        self.assertTrue(greeting("220 mx1.host.example ESMTP").startswith("220 mx1.host.example ESMTP"))
        ask("change " + json.dumps({**change, "before": change["after"], "after": change["before"]}))
        self.assertTrue(greeting("220 mail.host.example ESMTP").startswith("220 mail.host.example ESMTP"))

    def test_others(self) -> None:
        self.there_and_back(parameter("smtpd_banner", "$myhostname ESMTP $mail_name (Debian/GNU)", "$myhostname ESMTP"))
        self.there_and_back(parameter("smtp_address_preference", None, "ipv4"))
        self.there_and_back(parameter("smtpd_end_of_data_restrictions", None, "check_policy_service unix:ratelimit/policy"))

    def test_refused(self) -> None:
        for key, value in (("myhostname", "-x.example"), ("myhostname", "a b.example"), ("smtpd_banner", "$relayhost x"),
                           ("inet_protocols", "none")):
            answer = ask("change " + json.dumps(parameter(key, None, value)))
            self.assertEqual(answer["step"], "value", answer)

    def test_bad_configuration(self) -> None:
        """What `postfix check` refuses is put back and not taken up."""
        POSTFIX.run("/bin/sh", "-c", "mv /etc/postfix/master.cf /etc/postfix/master.off")
        try:
            answer = ask("change " + json.dumps(parameter("smtp_address_preference", None, "ipv6")))
            self.assertNotEqual(answer["step"], "done", answer)
        finally:
            POSTFIX.run("/bin/sh", "-c", "mv /etc/postfix/master.off /etc/postfix/master.cf")
        self.assertIsNone(self.state(parameter("smtp_address_preference", None, "ipv6")))

    def test_queue(self) -> None:
        for i in range(3):
            POSTFIX.run("/usr/sbin/sendmail", "-f", "" if i == 2 else "anna@cust.example", f"x{i}@refused.example",
                        text="From: a@cust.example\nX-Mailer: Test 1\nX-PHP-Originating-Script: 33:mailer.php\n"
                             "List-Unsubscribe: <mailto:x@cust.example>\n\nbody\n")
        end = time.monotonic() + 20
        while fact("queue")["deferred"] < 3 and time.monotonic() < end:
            time.sleep(0.2)
        queue = fact("queue")
        self.assertEqual((queue["total"], queue["deferred"], queue["read"]), (3, 3, 3))
        one = next(m for m in queue["messages"] if m["recipients"][0]["address"] == "x0@refused.example")
        self.assertEqual((one["sender"], one["script"], one["uid"], one["x_mailer"], one["list_unsubscribe"]),
                         ("anna@cust.example", "33:mailer.php", 0, "Test 1", True))
        self.assertEqual(one["recipients"][0]["reason"], "no")
        ids = [m["id"] for m in queue["messages"]]
        for action, state in (("hold", "hold"), ("release", "deferred")):
            change = {"kind": "queue", "action": action, "ids": ids[:2]}
            self.assertEqual(ask("change " + json.dumps(change)).get("step"), "done")
            got = {m["id"]: m["state"] for m in fact("queue")["messages"]}
            self.assertEqual(got[ids[0]] == "hold", state == "hold")
        self.assertEqual(ask("change " + json.dumps({"kind": "queue", "action": "delete", "ids": ids})).get("step"), "done")
        self.assertEqual(fact("queue")["total"], 0)
        answer = ask("change " + json.dumps({"kind": "queue", "action": "delete", "ids": ["ALL"]}))
        self.assertEqual(answer["step"], "value")


if __name__ == "__main__":
    live.run_in_room(__name__)
