#!/usr/bin/env python3
"""The privileged helper: what it refuses, hostile files and words, and every verb on a real Postfix."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
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
HELPER = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide-helper"

HOSTILE = ["", "-", "-d", "--help", "-ALL", "ALL", "all", "..", "../", "../../etc/shadow", "/etc/shadow", "a/../b",
           "x\ny", "x\ry", "a\tb", "x y", ";id", "$(id)", "`id`", "|id", "a&b", "a>b", "a<b", "'", '"', "\\", "*", "?",
           "~root", "!x", "#x", "%n%n", "{a,b}", "é", "\u202ex", "\x7f", "x" * 5000, "a.b.", ".a.b", "a..b", "-a.b",
           "a.b-", "a_b;c.d", "a.b/../c", "ａ.example", "xn--", "0", "1234567;", "ABCDEF\nALL", "ABCDEF -d",
           "hash:/etc/../etc/shadow", "texthash:/etc/shadow", "pipe:/bin/sh", "tcp:127.0.0.1:1", "static:x", "regexp:/etc/passwd",
           "hash:etc/passwd", "myhostname", "myhostname=", "alias_maps=hash:/etc/x", "content_filter=x:"]


def setUpModule() -> None:
    global RUN, POSTFIX
    RUN = Path(tempfile.mkdtemp(prefix="asg-helper-"))
    RUN.chmod(0o755)
    try:
        POSTFIX = Postfix(RUN / "postfix").start(GROUP, fetch.programs(["postfix"]))
        start(POSTFIX.argv(str(HELPER), "-s", "/room/helper.sock", "-u", "64893"), RUN / "postfix" / "helper.sock")
    except BaseException:
        tearDownModule()
        raise


def tearDownModule() -> None:
    GROUP.stop()
    shutil.rmtree(RUN, ignore_errors=True)


def start(argv: list[str], path: Path) -> None:
    helper = GROUP.add(process.Process("helper", argv, RUN / "helper.log"))
    helper.wait_ready(lambda: process.unix_connects(path))


def talk(path: Path, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(60)
        sock.connect(str(path))
        sock.sendall(data)
        answer = b""
        while part := sock.recv(1 << 16):
            answer += part
    return answer


def ask_at(path: Path, verb: str, *args: str, text: str | None = None) -> dict[str, Any]:
    request: dict[str, Any] = {"verb": verb, "args": list(args)}
    if text is not None:
        request["input"] = base64.b64encode(text.encode()).decode()
    reply = json.loads(talk(path, json.dumps(request).encode() + b"\n"))
    for key in ("out", "err"):
        if key in reply:
            reply[key] = base64.b64decode(reply[key]).decode(errors="replace")
    return reply


def ask(verb: str, *args: str, text: str | None = None) -> dict[str, Any]:
    return ask_at(RUN / "postfix" / "helper.sock", verb, *args, text=text)


def lines(reply: dict[str, Any]) -> list[Any]:
    return [json.loads(line) for line in reply["out"].splitlines()]


class Door(unittest.TestCase):
    def test_hostile_words(self) -> None:
        """No argument of these runs anything, whatever the verb."""
        before = POSTFIX.run("cat", "/etc/postfix/main.cf")
        fine = {"postconf-get": ["myhostname"], "postconf-explicit": ["myhostname"], "postconf-unset": ["myhostname"]}
        for verb in ("postconf-get", "postconf-explicit", "postconf-set", "postconf-unset", "queue-show",
                     "dkim-key", "postmap-list", "mail-log-read", "script-log-read"):
            for word in HOSTILE:
                if word not in fine.get(verb, []):
                    reply = ask(verb, word)
                    self.assertEqual(reply.get("error"), "value", (verb, word, reply))
        for word in HOSTILE:
            if word not in ("all", "myhostname", "0"):
                self.assertEqual(ask("dkim-key", "cust.example", word).get("error"), "value", word)
            reply = ask("queue-delete", text=word + "\n")
            self.assertEqual(reply.get("error"), "value", (word, reply))
        self.assertEqual(POSTFIX.run("cat", "/etc/postfix/main.cf"), before)

    def test_requests(self) -> None:
        path = RUN / "postfix" / "helper.sock"
        for data, want in ((b"\n", "syntax"), (b"[]\n", "syntax"), (b"{}\n", "value"), (b'{"verb":1}\n', "value"),
                           (b'{"verb":"sh","args":["-c","id"]}\n', "unsupported"),
                           (b'{"verb":"queue-list","args":["x"]}\n', "value"),
                           (b'{"verb":"queue-list","input":"eA=="}\n', "value"),
                           (b'{"verb":"queue-list"}\n{"verb":"queue-list"}\n', "syntax"),
                           (b'{"verb":"queue-list"' + b" " * (5 << 20), "limit")):
            try:
                reply = json.loads(talk(path, data))
            except (BrokenPipeError, ConnectionResetError):
                self.assertEqual(want, "limit")
                continue
            self.assertEqual(reply["error"], want, data[:60])

    def test_peer(self) -> None:
        """Only the backend's user and root."""
        path = RUN / "postfix" / "helper.sock"
        path.chmod(0o666)
        os.chmod(RUN / "postfix", 0o755)
        program = ("import socket,sys,os;os.setuid(int(sys.argv[1]));s=socket.socket(socket.AF_UNIX);"
                   "s.connect(sys.argv[2]);s.sendall(b'{\"verb\":\"os-release\"}\\n');print(s.recv(99999).decode())")
        for uid, heard in ((64893, True), (65534, False), (33, False), (0, True)):
            out = subprocess.run([sys.executable, "-c", program, str(uid), str(path)], capture_output=True, text=True)
            self.assertEqual("error" not in json.loads(out.stdout), heard, (uid, out))
        path.chmod(0o600)

    def test_waiting_peer(self) -> None:
        """Whoever says nothing holds nobody up."""
        held = []
        for _ in range(5):
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(str(RUN / "postfix" / "helper.sock"))
            held.append(sock)
        began = time.monotonic()
        self.assertEqual(ask("os-release")["status"], 0)
        self.assertLess(time.monotonic() - began, 3)
        for sock in held:
            sock.close()


class Files(unittest.TestCase):
    """Below -R: links, FIFOs, second names, a racing exchange."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.root = RUN / "files"
        cls.keys = cls.root / "etc" / "domainkeys" / "cust.example"
        cls.keys.mkdir(parents=True)
        cls.path = RUN / "files.sock"
        subprocess.run(["openssl", "genrsa", "-out", str(cls.keys / "default"), "2048"], check=True,
                       capture_output=True)
        cls.secret = RUN / "secret.pem"
        shutil.copy(cls.keys / "default", cls.secret)
        start([str(HELPER), "-s", str(cls.path), "-u", "0", "-R", str(cls.root)], cls.path)

    def record(self, selector: str) -> str | None:
        rows = lines(ask_at(self.path, "dkim-key", "cust.example", selector))
        return rows[0]["record"] if rows else "none"

    def test_key(self) -> None:
        record = self.record("default")
        assert record is not None
        self.assertTrue(record.startswith("v=DKIM1; k=rsa; p=MII"))
        self.assertNotIn("PRIVATE", json.dumps(ask_at(self.path, "dkim-key", "cust.example")))
        self.assertEqual(self.record("other"), "none")

    def test_forms_of_signers(self) -> None:
        """What OpenDKIM's and Rspamd's files say of two.example; "?": there may be a key that cannot be looked for."""
        keys, opendkim, rspamd = "/etc/dkimkeys", "etc/opendkim.conf", "etc/rspamd/local.d/dkim_signing.conf"
        tables = f"KeyTable {keys}/KT\nSigningTable %s{keys}/ST\n"
        row = f"two.example:s1:{keys}/two.example/s1"
        cases: list[tuple[dict[str, str], list[str]]] = [
            ({}, []),
            ({opendkim: f"Domain two.example\nSelector s1\nKeyFile {keys}/s1\n"}, ["s1"]),
            ({opendkim: f"domain  one.example, two.example # ours\nselector s1\nkeyfile {keys}/s1\n"}, ["s1"]),
            ({opendkim: f"Domain *\nSelector s1\nKeyFile {keys}/s1\n"}, ["s1"]),
            ({opendkim: f"Domain one.example\nSelector s1\nKeyFile {keys}/s1\n"}, []),
            ({opendkim: f"Domain file:{keys}/domains\nSelector s1\nKeyFile {keys}/s1\n"}, ["?"]),
            ({opendkim: "KeyTable dsn:mysql://u:p@db/opendkim/table=keys\n"}, ["?"]),
            ({opendkim: f"KeyTable {keys}/gone\n"}, ["?"]),
            ({opendkim: f"KeyTable {keys}/KT\n", "etc/dkimkeys/KT": f"k {row} # remark\n"}, ["s1"]),
            ({opendkim: f"KeyTable refile:{keys}/KT\n", "etc/dkimkeys/KT": f"#k {row}\n"}, []),
            ({opendkim: f"KeyTable {keys}/KT\n", "etc/dkimkeys/KT": f"k %:s1:{keys}/%/s1\n"}, ["s1"]),
            ({opendkim: f"KeyTable {keys}/KT\n", "etc/dkimkeys/KT": "k two.example:s1:MIIEowIBAAKCAQEA\n"}, ["?"]),
            ({opendkim: tables % "refile:", "etc/dkimkeys/KT": f"a {row}\nb two.example:s2:{keys}/s1\n",
              "etc/dkimkeys/ST": "*@one.example a\n*@two.example b\n"}, ["s2"]),
            ({opendkim: tables % "refile:", "etc/dkimkeys/KT": f"a {row}\n", "etc/dkimkeys/ST": "*@*two.example a\n"}, ["s1"]),
            ({opendkim: tables % "refile:", "etc/dkimkeys/KT": f"a {row}\n", "etc/dkimkeys/ST": "* a\n"}, ["s1"]),
            ({opendkim: tables % "file:", "etc/dkimkeys/KT": f"a {row}\n", "etc/dkimkeys/ST": "two.example a\n"}, ["s1"]),
            ({opendkim: tables % "", "etc/dkimkeys/KT": f"two.example {row}\n", "etc/dkimkeys/ST": "*@two.example %\n"}, ["s1"]),
            ({opendkim: tables % "", "etc/dkimkeys/KT": f"a {row}\n", "etc/dkimkeys/ST": "one.example a\n"}, []),
            ({opendkim: tables % "ldap:", "etc/dkimkeys/KT": f"a {row}\n"}, ["s1"]),
            ({opendkim: f"KeyTable {keys}/KT\n", "etc/dkimkeys/KT": "k two.example:s1:/etc/shadow\n"}, []),
            ({rspamd: 'path = "/var/lib/rspamd/dkim/$domain.$selector.key";\nselector = "s1";\n'}, ["s1"]),
            ({rspamd: 'domain {\n two.example { path = "/var/lib/rspamd/mine.key"; selector = "s5"; }\n}\n'}, ["s1", "s5"]),
            ({rspamd: 'path: "/var/lib/rspamd/$domain-$selector.key"\nselector: s1\ndomain { one.example { selector = s6 } '
                      "'two.example' { selector = s7 } }"}, ["s1", "s7"]),
            ({rspamd: "domain { two.example { selectors [ { path = /var/lib/rspamd/a; selector = s8; },\n"
                      "{ path = /var/lib/rspamd/b; selector = s9 } ] } }"}, ["s1", "s8", "s9"]),
            ({rspamd: "# domain { two.example { path = /etc/shadow; selector = x } }\nuse_redis = true;\n"}, ["s1"]),
            ({rspamd: "use_vault = true;", "-": "two.example.s1.key"}, ["?"]),
            ({rspamd: "use_redis = false;", "-": "two.example.s1.key"}, []),
            ({rspamd: "domain { two.example { path = /etc/shadow; selector = x } }", "-": "two.example.s1.key"}, ["?"]),
            ({rspamd: "domain {" * 5000 + "} ] = ; ' \"", "-": "two.example.s1.key"}, []),
        ]
        good = (self.keys / "default").read_bytes()
        for files, wanted in cases:
            for folder in ("dkimkeys", "rspamd"):
                shutil.rmtree(self.root / "etc" / folder, ignore_errors=True)
            for name in (opendkim, rspamd):
                (self.root / name).unlink(missing_ok=True)
            shutil.rmtree(self.root / "var/lib/rspamd", ignore_errors=True)
            for name in ("etc/dkimkeys/s1", "etc/dkimkeys/two.example/s1", *(["var/lib/rspamd/dkim/two.example.s1.key"]
                         if rspamd in files and "-" not in files else [])):
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                (self.root / name).write_bytes(good)
            for name, text in files.items():
                if name != "-":
                    (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                    (self.root / name).write_text(text)
            rows = lines(ask_at(self.path, "dkim-key", "two.example"))
            with self.subTest(files=files):
                self.assertEqual(sorted(r["selector"] or "?" for r in rows), wanted)

    def test_hostile_files(self) -> None:
        os.symlink(self.secret, self.keys / "link")
        os.symlink("default", self.keys / "inside")
        os.symlink("loop", self.keys / "loop")
        os.link(self.secret, self.keys / "hard")
        os.mkfifo(self.keys / "fifo")
        (self.keys / "folder").mkdir()
        (self.keys / "big").write_bytes(b"x" * (1 << 20))
        (self.keys / "line\nname").write_bytes(b"x")
        began = time.monotonic()
        for name in ("link", "inside", "loop", "hard", "fifo", "folder", "big"):
            self.assertIsNone(self.record(name), name)
        self.assertLess(time.monotonic() - began, 5)
        self.assertNotIn("line\nname", [r["selector"] for r in lines(ask_at(self.path, "dkim-key", "cust.example"))])
        other = self.root / "etc" / "domainkeys" / "linked.example"
        os.symlink(self.keys, other)
        self.assertEqual(lines(ask_at(self.path, "dkim-key", "linked.example")), [])

    def test_exchange(self) -> None:
        """A key that is exchanged for a link while it is read: never what the link leads to."""
        foreign = RUN / "foreign.pem"
        subprocess.run(["openssl", "genrsa", "-out", str(foreign), "1024"], check=True, capture_output=True)
        key = self.keys / "race"
        stop = threading.Event()

        def exchange() -> None:
            while not stop.is_set():
                shutil.copy(self.keys / "default", RUN / "race.a")
                os.symlink(foreign, RUN / "race.b")
                os.rename(RUN / "race.a", key)
                os.rename(RUN / "race.b", key)

        thread = threading.Thread(target=exchange)
        thread.start()
        try:
            good = self.record("default")
            for _ in range(150):
                self.assertIn(self.record("race"), (good, None, "none"))
        finally:
            stop.set()
            thread.join()

    def test_mail_log(self) -> None:
        log = self.root / "var" / "log" / "mail.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("one\ntwo\n")
        head, = lines(ask_at(self.path, "mail-log-read"))
        self.assertEqual(head["offset"], 8)

        def read(head: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
            first, *rest = ask_at(self.path, "mail-log-read", head["file"], str(head["offset"]))["out"].splitlines()
            return json.loads(first), rest

        with log.open("a") as file:
            file.write("three\nnot whole")
        head, rest = read(head)
        self.assertEqual((rest, head["more"]), (["three"], False))
        os.rename(log, log.with_suffix(".log.1"))
        with log.with_suffix(".log.1").open("a") as file:
            file.write(" now\n")
        log.write_text("four\n")
        head, rest = read(head)
        self.assertEqual((rest, head["more"], head["lost"]), (["not whole now"], True, False))
        head, rest = read(head)
        self.assertEqual((rest, head["more"], head["lost"]), (["four"], False, False))
        log.write_text("")
        log.write_text("x\n")
        head, rest = read(head)
        self.assertEqual((rest, head["lost"]), (["x"], True))
        system = log.with_name("syslog")
        system.write_text("Nov 23 08:00:01 s sshd[1]: secret of root\nNov 23 08:00:01 s php: mail() on [/srv/x.php:1]: To: a@b.example\n")
        first, *rest = ask_at(self.path, "script-log-read", "oldest", "0")["out"].splitlines()
        self.assertEqual((len(rest), json.loads(first)["offset"]), (1, system.stat().st_size))
        self.assertIn("/srv/x.php", rest[0])
        log.unlink()
        os.mkfifo(log)
        self.assertEqual(ask_at(self.path, "mail-log-read")["error"], "denied")
        log.unlink()
        self.assertEqual(ask_at(self.path, "mail-log-read")["error"], "not_found")

    def test_php(self) -> None:
        conf = self.root / "etc" / "php" / "8.2" / "fpm" / "conf.d"
        conf.mkdir(parents=True)
        (conf.parent / "php.ini").write_text(";mail.log =\nmail.add_x_header = Off\n")
        (self.root / "etc" / "php" / "..x").mkdir()
        row, = lines(ask_at(self.path, "php-mail-log-get"))
        self.assertEqual(row, {"path": "/etc/php/8.2/fpm", "log": None, "header": False, "ours": False})
        row, = lines(ask_at(self.path, "php-mail-log-enable"))
        self.assertEqual((row["log"], row["header"], row["ours"]), ("syslog", True, True))
        self.assertEqual((conf / "zz-antispam-guide.ini").stat().st_mode & 0o777, 0o644)
        row, = lines(ask_at(self.path, "php-mail-log-disable"))
        self.assertEqual((row["log"], row["ours"]), (None, False))
        self.assertEqual(list(conf.iterdir()), [])


class Verbs(unittest.TestCase):
    def send(self, sender: str, to: str = "x@refused.example") -> None:
        POSTFIX.run("/usr/sbin/sendmail", "-f", sender, to,
                    text="From: a@cust.example\nSubject: t\nX-PHP-Originating-Script: 33:mailer.php\n\nthe body\n")

    def queue(self) -> list[Any]:
        return lines(ask("queue-list"))

    def test_parameters(self) -> None:
        get = ask("postconf-get", "myhostname", "smtpd_banner")
        self.assertEqual(get["status"], 0)
        self.assertRegex(get["out"], r"(?m)^smtpd_banner = \S+ ESMTP Postfix \(Debian/GNU\)$")
        self.assertEqual(ask("postconf-explicit", "myhostname")["out"], "")
        self.assertEqual(ask("postconf-set", "myhostname=mail.host.example")["status"], 0)
        self.assertEqual(ask("postconf-explicit", "myhostname")["out"], "myhostname = mail.host.example\n")
        self.assertEqual(ask("postfix-reload")["status"], 0)
        end, greeting = time.monotonic() + 5, b""
        while not greeting.startswith(b"220 mail.host.example ESMTP") and time.monotonic() < end:
            with socket.create_connection(("127.0.0.1", POSTFIX.port)) as sock:
                greeting = sock.recv(200)
            time.sleep(0.1)
        self.assertTrue(greeting.startswith(b"220 mail.host.example ESMTP"), greeting)
        self.assertEqual(POSTFIX.run("stat", "-c", "%a %U", "/etc/postfix/main.cf").strip(), "644 root")
        self.assertEqual(ask("postconf-unset", "myhostname")["status"], 0)
        self.assertEqual(ask("postconf-explicit", "myhostname")["out"], "")
        for word in ("smtpd_banner=$myhostname $smtp_sasl_password_maps", "smtpd_banner=",
                     "smtpd_banner=$myhostname_x", "smtpd_banner=${myhostname", "smtpd_banner=x\u00e9", "inet_protocols=ipv5",
                     "myhostname=-x.example", "myhostname=a b", "myhostname=$relayhost", "myhostname=", "smtpd_relay_restrictions=permit",
                     "smtpd_recipient_restrictions=permit", "mynetworks=0.0.0.0/0",
                     "smtpd_recipient_restrictions=check_policy_service inet:192.0.2.1:10040",
                     "smtpd_recipient_restrictions=check_policy_service unix:../../x"):
            self.assertEqual(ask("postconf-set", word)["error"], "value", word)
        # What a person may have had there: an undo brings exactly that back.
        for word in ("myhostname=Server1", "myhostname=mail.$mydomain", "smtpd_banner=mail.host.example ESMTP hello",
                     "smtpd_banner=${myhostname} ESMTP", "inet_protocols=ipv4,ipv6", "smtp_helo_name=${myhostname}"):
            self.assertEqual(ask("postconf-set", word)["status"], 0, word)
            name, _, value = word.partition("=")
            self.assertEqual(ask("postconf-explicit", name)["out"], f"{name} = {value}\n")
            self.assertEqual(ask("postconf-unset", name)["status"], 0, word)
        word = "smtpd_end_of_data_restrictions=check_policy_service inet:127.0.0.1:10040"
        self.assertEqual(ask("postconf-set", word)["status"], 0)
        self.assertEqual(ask("postconf-set", "smtpd_end_of_data_restrictions=")["status"], 0)

    def test_restart(self) -> None:
        self.assertEqual(ask("postconf-set", "inet_protocols=ipv4")["status"], 0)
        self.assertEqual(ask("postfix-reload")["status"], 0)
        self.assertEqual(ask("postconf-get", "inet_protocols")["out"], "inet_protocols = ipv4\n")

    def test_queue(self) -> None:
        POSTFIX.postconf("default_transport = retry:no", "relay_transport = retry:no")
        self.assertEqual(ask("postfix-reload")["status"], 0)
        for sender in ("anna@cust.example", "bob@cust.example"):
            self.send(sender)
        end = time.monotonic() + 20
        while sum(m["queue_name"] == "deferred" for m in self.queue()) < 2 and time.monotonic() < end:
            time.sleep(0.1)
        messages = {m["sender"]: m for m in self.queue()}
        anna = messages["anna@cust.example"]["queue_id"]
        bob = messages["bob@cust.example"]["queue_id"]
        shown = ask("queue-show", anna, "0123456789")
        self.assertEqual(shown["status"], 0)
        self.assertIn("X-PHP-Originating-Script: 33:mailer.php", shown["out"])
        self.assertIn(f"=== MESSAGE {anna} ===", shown["out"])
        self.assertNotIn("the body", shown["out"])
        shown = ask("queue-show", "9876543210", bob, "0123456789", anna, "ABCDEF0123")
        marks = [line for line in shown["out"].splitlines() if line.startswith("=== ")]
        self.assertEqual(marks, [f"=== MESSAGE {bob} ===", f"=== MESSAGE {anna} ==="])      # none hides the others
        self.assertEqual(ask("queue-hold", text=anna + "\n")["status"], 0)
        self.assertEqual({m["queue_id"]: m["queue_name"] for m in self.queue()}[anna], "hold")
        self.assertEqual(ask("queue-release", text=anna + "\n")["status"], 0)
        self.assertNotEqual({m["queue_id"]: m["queue_name"] for m in self.queue()}[anna], "hold")
        self.assertEqual(ask("queue-delete", text=bob + "\n")["status"], 0)
        self.assertEqual([m["queue_id"] for m in self.queue()], [anna])
        self.assertEqual(ask("queue-delete", text=anna + "\n")["status"], 0)

    def test_query(self) -> None:
        """Only tables that main.cf names are asked, only for keys, and what a database says goes wrong stays here."""
        POSTFIX.postconf("virtual_alias_maps = regexp:/etc/postfix/ask, proxy:pcre:/etc/postfix/none")
        POSTFIX.write("/etc/postfix/ask", "/^anna@/ bea@cust.example\n/^bob@/ secret:word\n")
        got = ask("postmap-query", "regexp:/etc/postfix/ask", text="anna@x.example\nbob@x.example\neve@x.example\n")
        self.assertEqual((got["status"], got["out"]), (0, "anna@x.example\tbea@cust.example\nbob@x.example\n"))
        self.assertEqual(ask("postmap-query", "regexp:/etc/postfix/ask", text="eve@x.example\n")["out"], "")
        for table in ("texthash:/etc/shadow", "sqlite:/etc/shadow", "regexp:/etc/postfix/other", "regexp:../ask", "static:x"):
            self.assertEqual(ask("postmap-query", table, text="root\n")["error"], "value", table)
        for keys in ("a b\n", "\n", "\u00e9\n", "x" * 400):
            self.assertEqual(ask("postmap-query", "regexp:/etc/postfix/ask", text=keys)["error"], "value", keys)
        POSTFIX.run("rm", "/etc/postfix/ask")
        got = ask("postmap-query", "regexp:/etc/postfix/ask", text="anna@x.example\n")
        self.assertEqual(got["error"], "io")
        self.assertNotIn("/etc/postfix", json.dumps(got))
        POSTFIX.postconf("virtual_alias_maps =")

    def test_users(self) -> None:
        """Whose is a user id: as /etc/passwd has it, and nothing of anybody who was not asked for."""
        rows = {r["uid"]: (r["name"], r["home"]) for r in lines(ask("users", "64893", "64894", "4000000"))}
        self.assertEqual(rows, {64893: ("antispam-guide", "/var/lib/antispam-guide"), 64894: ("vmail", "/var/mail")})
        for word in ("root", "-1", "0x0", "64893 ", "99999999999", ""):
            self.assertEqual(ask("users", word)["error"], "value", word)

    def test_tables(self) -> None:
        POSTFIX.write("/etc/postfix/vhosts", "cust.example OK\nother.example OK\n")
        POSTFIX.write("/etc/postfix/valias", "info@cust.example anna@cust.example\nx@cust.example /secret\n")
        for name in ("vhosts", "valias"):
            POSTFIX.run("postmap", f"/etc/postfix/{name}")
        self.assertEqual(sorted(ask("postmap-list", "hash:/etc/postfix/vhosts")["out"].split()),
                         ["cust.example", "other.example"])
        self.assertEqual(sorted(ask("postmap-list", "hash:/etc/postfix/valias")["out"].splitlines()),
                         ["info@cust.example\tanna@cust.example", "x@cust.example"])

    def test_table_exchanged_for_a_link(self) -> None:
        """A table in a customer's folder that becomes a link between the look at it and postmap's own reading."""
        POSTFIX.write("/etc/postfix/relay_secret", "relay.example secret@relay.example\n")
        POSTFIX.run("/bin/sh", "-c", "chmod 600 /etc/postfix/relay_secret; mkdir -p /home/eve; cd /home/eve; "
                    "echo 'own.example eve@own.example' >own; chmod 644 own; chown -R 64894 .; : >go")
        swap = subprocess.Popen(POSTFIX.argv("/bin/sh", "-c", "cd /home/eve; while [ -e go ]; do cp own a; mv -T a t; "
                                             "ln -s /etc/postfix/relay_secret b; mv -T b t; done"))
        try:
            said = set()
            for _ in range(60):
                reply = ask("postmap-list", "texthash:/home/eve/t")
                said.add(reply.get("error") or reply["out"].strip() or "nothing")
                self.assertNotIn("secret@", reply.get("out", ""))
        finally:
            POSTFIX.run("rm", "/home/eve/go")
            swap.wait()
        self.assertIn("denied", said)

    def test_log_and_release(self) -> None:
        self.assertIn("bookworm", ask("os-release")["out"])
        head = lines(ask("mail-log-read"))[0]
        self.send("log@cust.example")
        end = time.monotonic() + 10
        found = ""
        while "log@cust.example" not in found and time.monotonic() < end:
            found = ask("mail-log-read", head["file"], str(head["offset"]))["out"]
        self.assertIn("from=<log@cust.example>", found)

    def test_services(self) -> None:
        POSTFIX.write("/etc/opendkim.conf", "Domain cust.example\nSelector s1\nKeyFile /etc/dkimkeys/s1.private\n")
        POSTFIX.run("/bin/sh", "-c", "mkdir -p /etc/dkimkeys; openssl genrsa -out /etc/dkimkeys/s1.private 2048 2>&1")
        self.assertIn({"name": "opendkim", "path": "/etc/opendkim.conf"}, lines(ask("services")))
        row, = lines(ask("dkim-key", "cust.example"))
        self.assertEqual((row["selector"], row["signer"]), ("s1", "opendkim"))
        self.assertTrue(row["record"].startswith("v=DKIM1; k=rsa; p="))
        POSTFIX.write("/etc/opendkim.conf", "Domain cust.example\nSelector s1\nKeyFile /etc/shadow\n")
        self.assertEqual(lines(ask("dkim-key", "cust.example")), [])


if __name__ == "__main__":
    live.run_in_room(__name__)
