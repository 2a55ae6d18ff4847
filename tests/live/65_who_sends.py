#!/usr/bin/env python3
"""Who sends: the mail log read on over rotation, cuts, kills and two readers at once, and what comes of it: counts, limits, the
page.  Last a real Postfix's own log through the real helper, and systemd's journal.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from demo import Demo                               # noqa: E402
from servers import fetch, process                  # noqa: E402
from world import maillog                           # noqa: E402

PROGRAM = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide"
RUN: Path
NOW = time.time()
HOUR = int(NOW) // 3600 * 3600
HOSTILE = "\"<img/src=x/onerror=alert(1)>{{csrf}}../../etc\u202egpj\"@cust.example"


def setUpModule() -> None:
    global RUN
    RUN = Path(tempfile.mkdtemp(prefix="asg-senders-"))


def tearDownModule() -> None:
    shutil.rmtree(RUN, ignore_errors=True)


def counted(text: str) -> Counter[str]:
    """What a person would count with grep."""
    return Counter(m.lower() for m in re.findall(r": [0-9A-F]{6}: client=.*sasl_username=(\S+)", text))


def active_hours(text: str) -> list[int]:
    """Messages of each mailbox in each hour in which it sent, fewest first."""
    return sorted(Counter((at[:13], who) for at, who in re.findall(
        r"^(\S+) srv1 postfix/submission.*sasl_username=(\S+)", text, re.M)).values())


class Place:
    """A log, a configuration and a store of their own."""

    def __init__(self, name: str, **more: Any):
        self.dir = RUN / name
        self.dir.mkdir()
        self.log = self.dir / "mail.log"
        self.config = self.dir / "config.yaml"
        config = {"panel": {"kind": "postfix"}, "domains": [{"name": "cust.example", "owner": "anna"},
                  {"name": "nospf.example", "owner": "anna"}, {"name": "lookups.example", "owner": "ben"},
                  {"name": "forwards.example", "owner": "eva"}],
                  "logs": {"mail": str(self.log)}, "store": str(self.dir / "state.db"),
                  "dns": {"resolvers": ["127.0.0.1:1"], "timeout_ms": 50, "tries": 1}, "server": {"smtp_probe": False}, **more}
        self.config.write_text(json.dumps(config))

    def argv(self, *words: str) -> list[str]:
        return [str(PROGRAM), *words, "--config", str(self.config), "--json"]

    def run(self, *words: str) -> Any:
        done = subprocess.run(self.argv(*words), capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"{words}: {done.returncode} {done.stderr}")
        return json.loads(done.stdout)

    def senders(self, *words: str) -> Any:
        return self.run("senders", *words)

    def messages(self) -> dict[str, int]:
        return {s["name"]: s["messages"] for s in self.senders()["senders"] if s["messages"] > 0}

    def add(self, count: int, who: str = "info@cust.example", file: Path | None = None, at: float = NOW) -> None:
        with (file or self.log).open("a") as out:
            for i in range(count):
                out.write(maillog.sent(at - 600 + i / 10, who, "203.0.113.7", i))


class Reading(unittest.TestCase):
    def test_a_month(self) -> None:
        """Against an independent count; by domain, by hour; a customer has his own and no number of another's."""
        p = Place("month")
        text = maillog.write(p.log, NOW).read_text()
        want = counted(text)
        got = p.senders()
        self.assertEqual({s["name"]: s["messages"] for s in got["senders"]}, dict(want))
        self.assertEqual(got["total"]["messages"], sum(want.values()) + text.count("/pickup["))
        self.assertEqual(got["total"]["failed_logins"], text.count("authentication failed"))
        self.assertEqual(got["lines"], text.count("\n"))
        hours = Counter(m[:13] for m in re.findall(r"^(\S+) srv1 postfix/submission", text, re.M))
        self.assertEqual({h["hour"][:13]: h["messages"] for h in got["hours"] if h["messages"]}, dict(hours))
        active = active_hours(text)
        use = got["use"]["mailbox"]
        self.assertEqual((use["busiest"], use["busiest_name"]), (active[-1], "info@lookups.example"))
        for percent in (50, 95, 99):
            self.assertEqual(use[f"p{percent}"], active[-(-len(active) * percent // 100) - 1], percent)
        stolen = next(s for s in got["senders"] if s["name"] == "info@lookups.example")
        self.assertEqual((stolen["limited"], stolen["owner"]), (160, "ben"))
        self.assertGreater(stolen["networks"], 100)
        one = p.senders("info@lookups.example")
        self.assertEqual(one["networks"][0]["network"], "20.4.0.0/16")
        self.assertEqual(one["signs"], ["burst", "networks", "limited"])
        self.assertEqual(one["burst"]["since"], time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime(HOUR - 53 * 3600)))
        self.assertTrue(800 <= one["burst"]["messages"] < 830, one["burst"])
        self.assertEqual((p.senders("anna@cust.example")["signs"], got["signs"]), ([], []))
        sent_on = p.run("forwarding")
        taken, refused = (text.count(f"orig_to=<office@forwards.example>, relay=hotmail-com.olc.protection.outlook.com[198.51.100.25]:25, "
                                     f"delay=0.6, dsn={dsn}") for dsn in ("2.0.0", "5.7.1"))
        self.assertEqual([(f["address"], f["to"], f["provider"], f["domain"], f["messages"], f["rejected"])
                          for f in sent_on["forwards"]],
                         [("office@forwards.example", "hotmail.com", "outlook_com", "forwards.example", taken, refused)])
        self.assertEqual(sent_on["domains"], [{"domain": "forwards.example", "received": taken + refused, "forwarded": taken,
                                               "share": taken * 100 // (taken + refused)}])
        self.assertEqual(p.run("forwarding", "--as", "anna")["forwards"], [])
        anna = p.senders("--as", "anna")
        self.assertEqual({s["name"] for s in anna["senders"]}, {n for n in want if n.endswith(("@cust.example", "@nospf.example"))})
        self.assertEqual(anna["total"], {"messages": sum(n for w, n in want.items() if "lookups" not in w and w.endswith(
            ("cust.example", "nospf.example"))), "rejected": 0, "limited": 0, "failed_logins": None})
        self.assertIsNone(anna["use"])
        self.assertIsNone(anna["lines"])
        self.assertEqual(p.senders("--as", "anna", "info@lookups.example")["senders"], [])
        self.assertEqual(p.senders("--as", "anna", "info@lookups.example")["networks"], [])
        scripts = p.senders("--by", "script")["senders"]
        self.assertEqual([(s["name"], s["messages"]) for s in scripts],
                         [("/var/www/vhosts/cust.example/httpdocs/wp/mail.php", text.count("mail() on"))])
        domains = {s["name"]: s["messages"] for s in p.senders("--by", "domain")["senders"]}
        self.assertEqual(set(domains), {"cust.example", "nospf.example", "lookups.example", "forwards.example"})

    def test_read_on(self) -> None:
        """Again and again: only what is new; half a line waits for its end."""
        p = Place("on")
        p.add(3)
        self.assertEqual(p.messages(), {"info@cust.example": 3})
        self.assertEqual(p.messages(), {"info@cust.example": 3})
        line = maillog.sent(NOW - 60, "info@cust.example", "203.0.113.7", 77)
        with p.log.open("a") as out:
            out.write(line[:60])
        self.assertEqual(p.messages(), {"info@cust.example": 3})
        with p.log.open("a") as out:
            out.write(line[60:])
        self.assertEqual(p.messages(), {"info@cust.example": 4})

    def test_rotation(self) -> None:
        """Renamed, with late lines behind; several times between two readings; by date; an empty new one."""
        p = Place("rotation")
        p.add(2, file=p.dir / "mail.log.3")
        p.add(2, file=p.dir / "mail.log.2", who="anna@cust.example")
        p.add(5)
        old = NOW - 40 * 86400
        p.add(9, file=p.dir / "mail.log.4", who="old@cust.example", at=old)
        for i in (4, 3, 2):
            os.utime(p.dir / f"mail.log.{i}", (old if i == 4 else NOW - i * 1000,) * 2)
        self.assertEqual(p.messages(), {"info@cust.example": 7, "anna@cust.example": 2}, "the first time: what was rotated too")

        def rotate() -> None:
            for i in range(8, 0, -1):
                if (p.dir / f"mail.log.{i}").exists():
                    os.rename(p.dir / f"mail.log.{i}", p.dir / f"mail.log.{i + 1}")
            os.rename(p.log, p.dir / "mail.log.1")

        rotate()
        p.log.write_text("")
        p.add(1, file=p.dir / "mail.log.1")
        self.assertEqual(p.messages()["info@cust.example"], 8, "its writer has not heard of it yet")
        p.add(1, file=p.dir / "mail.log.1")
        p.add(1)
        self.assertEqual(p.messages()["info@cust.example"], 10)
        for n in (2, 3, 4):
            rotate()
            p.add(n, who=f"r{n}@cust.example")
            time.sleep(.02)
        got = p.messages()
        self.assertEqual((got["info@cust.example"], got["r2@cust.example"], got["r3@cust.example"], got["r4@cust.example"]),
                         (10, 2, 3, 4))
        os.rename(p.log, p.dir / ("mail.log-" + time.strftime("%Y%m%d", time.gmtime())))
        p.add(6, who="dated@cust.example")
        self.assertEqual(p.messages()["dated@cust.example"], 6)
        self.assertIsNone(p.senders()["lost_at"])

    def test_cut(self) -> None:
        """copytruncate: the rest stands in the copy, though the log has grown beyond where we were; without a copy it is lost."""
        p = Place("cut")
        p.add(5)
        self.assertEqual(p.messages(), {"info@cust.example": 5})
        p.add(2)
        shutil.copy(p.log, p.dir / "mail.log.1")
        p.log.write_text("")
        p.add(40, who="anna@cust.example")
        self.assertEqual(p.messages(), {"info@cust.example": 7, "anna@cust.example": 40})
        self.assertIsNone(p.senders()["lost_at"])
        p.log.write_text("")
        (p.dir / "mail.log.1").unlink()
        p.add(1, who="office@cust.example")
        got = p.senders()
        self.assertEqual({s["name"]: s["messages"] for s in got["senders"]},
                         {"info@cust.example": 7, "anna@cust.example": 40, "office@cust.example": 1})
        self.assertIsNotNone(got["lost_at"])

    def test_bad_lines(self) -> None:
        """Whatever stands in a line, the next one counts."""
        p = Place("bad")
        good = maillog.sent(NOW - 60, "info@cust.example", "203.0.113.7", 1).encode()
        rnd = random.Random(3)
        bad = [bytes(rnd.randrange(256) for _ in range(300)).replace(b"\n", b"\0"), b"\0" * 1000, b"x" * 5_000_000, b"{", b"{\"MESSAGE\":",
               b"", b"\r", good[:40], "ä\u202e".encode() * 100, b"2026-11-26T25:99:99 x postfix/smtpd[1]: 4AAAAA: client=h[1.2.3.4]"]
        p.log.write_bytes(b"".join(b + b"\n" + good for b in bad))
        self.assertEqual(p.messages(), {"info@cust.example": len(bad)})

    def test_zone(self) -> None:
        """Lines without a zone are in this machine's."""
        p = Place("zone")
        at = HOUR - 7200 + 60
        line = maillog.sent(at + 3600, "info@cust.example", "203.0.113.7", 1, style="classic")
        p.log.write_text(line)
        done = subprocess.run(p.argv("senders"), capture_output=True, text=True, env={**os.environ, "TZ": "XXX-1"})
        self.assertEqual([h["hour"] for h in json.loads(done.stdout)["hours"]],
                         [time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime(at))])

    def test_exim(self) -> None:
        p = Place("exim")
        with p.log.open("w") as out:
            for i in range(20):
                out.write(maillog.sent(NOW - 900 + i, "info@cust.example", "203.0.113.7", i, style="exim"))
            t = maillog.stamp(NOW - 60, "exim")
            out.write(f"{t} cwd=/home/anna/cust.example/wp 3 args: /usr/sbin/sendmail -t -i\n"
                      f"{t} 1tAAAA-000001-1C <= anna@srv1.example U=anna P=local S=900 T=\"x A=dovecot_login:ben@lookups.example\"\n"
                      f"{t} 1tAAAB-000001-1C ** a@b.example R=enforce_mail_permissions: Domain nospf.example has exceeded the max "
                      "emails per hour (5/5 (100%)) allowed.  Message discarded.\n")
        self.assertEqual(p.messages(), {"info@cust.example": 20})
        self.assertEqual([(s["name"], s["messages"]) for s in p.senders("--by", "user")["senders"]], [("anna", 1)])
        script, = p.senders("--by", "script")["senders"]
        self.assertEqual((script["name"], script["domain"]), ("/home/anna/cust.example/wp", "cust.example"))
        cut, = (s for s in p.senders("--by", "domain")["senders"] if s["limited"])
        self.assertEqual((cut["name"], cut["limited"]), ("nospf.example", 1))

    def test_hostile_names(self) -> None:
        p = Place("names")
        p.log.write_bytes(b"".join(maillog.sent(NOW - 60, w, "203.0.113.7", i).encode() for i, w in enumerate(
            [HOSTILE, "x\x1b[31m@cust.example", "../../../etc/passwd", "a'--@cust.example"])) +
            maillog.sent(NOW - 60, "RAW@cust.example", "203.0.113.7", 9).encode().replace(b"RAW", b"\xff\xfe"))
        got = p.messages()
        self.assertEqual(len(got), 5, got)
        self.assertTrue(any("\\xff\\xfe@cust.example" in n for n in got), got)
        for name in got:
            self.assertEqual([s["name"] for s in p.senders(name)["senders"]], [name])
        text = subprocess.run([a for a in p.argv("senders") if a != "--json"], capture_output=True).stdout
        self.assertNotIn(b"\x1b", text)
        self.assertNotIn("\u202e".encode(), text)


class Surviving(unittest.TestCase):
    def test_killed(self) -> None:
        """Killed at random moments, then two at once: every message is counted once."""
        p = Place("killed")
        with p.log.open("w") as out:
            maillog.fill(out, 40_000_000, NOW)
        want = sum(counted(p.log.read_text()).values())
        rnd = random.Random(5)
        for _ in range(6):
            one = subprocess.Popen(p.argv("senders"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rnd.uniform(.05, .5))
            one.send_signal(signal.SIGKILL)
            one.wait()
        two = [subprocess.Popen(p.argv("senders"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
        for one in two:
            self.assertEqual(one.wait(60), 0)
        self.assertEqual(p.senders()["total"]["messages"], want)
        self.assertLess((p.dir / "state.db").stat().st_size, 12_000_000)


class Limits(unittest.TestCase):
    """With the simulated Plesk: the finding, the plan that says what it would have stopped, and the page."""

    @classmethod
    def setUpClass(cls) -> None:
        log = maillog.write(RUN / "plesk.log", NOW)
        cls.busiest = active_hours(log.read_text())[-1]
        with log.open("a") as out:
            out.write(maillog.sent(NOW - 60, HOSTILE, "203.0.113.7", 1))
            out.write(maillog.limited(NOW - 60, "info@cust.example", "203.0.113.7") * 3)
        cls.demo = Demo(RUN / "plesk", backend=PROGRAM, with_web=False, variants=["limits-on"], config={"logs": {"mail": str(log)}})
        cls.demo.__enter__()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.demo.__exit__(None, None, None)

    def cli(self, *words: str) -> Any:
        done = subprocess.run([str(PROGRAM), *words, "--config", str(self.demo.config), "--json"], capture_output=True, text=True,
                              timeout=60)
        return json.loads(done.stdout)

    def findings(self) -> dict[str, Any]:
        report, = self.cli("check", "--server", "--only", "limits")["reports"]
        return {f["id"]: f for f in report["findings"]}

    def test_findings_and_plan(self) -> None:
        """A limit far above the busiest hour is told, lowered, and told no more."""
        found = self.findings()
        self.assertEqual((found["limits.reached"]["subject"], found["limits.reached"]["data"]["count"]), ("info@cust.example", 3))
        self.cli("check", "--server")
        own, other = ({(f["id"], f["subject"]) for f in self.cli("check", name)["reports"][0]["findings"]}
                      for name in ("cust.example", "lookups.example"))
        self.assertIn(("limits.reached", "info@cust.example"), own)
        self.assertNotIn("limits.reached", {i for i, _ in other})
        plan = self.cli("fix", "plan", "limits.set", "--target", "server", "--set", "mailbox=99000")
        done = self.cli("fix", "apply", plan["plan"], "--hash", plan["hash"])
        self.assertEqual(done["state"], "verified")
        high = self.findings()["limits.too_high"]
        self.assertEqual((high["verdict"], high["severity"], high["data"]["level"], high["data"]["limit"], high["data"]["busiest"]),
                         ("warning", "low", "mailbox", 99000, self.busiest), high)
        self.assertIn("limits.set", [f["id"] for f in high["fixes"]])
        plan = self.cli("fix", "plan", "limits.set", "--target", "server")
        limit = plan["changes"][0]["after"]["mailbox"]
        self.assertTrue(20 <= limit < self.busiest, plan)
        note = plan["alternatives"][0]["description"]
        self.assertRegex(note, r"would have stopped \d+ messages in \d+ hours")
        self.assertIn(str(self.busiest), note)
        done = self.cli("fix", "apply", plan["plan"], "--hash", plan["hash"])
        self.assertEqual(done["state"], "verified")
        self.assertNotIn("limits.too_high", self.findings())

    def page(self, login: str, role: str, query: str = "", accept: str = "text/html") -> tuple[int, str]:
        status, _, body = self.demo.request("GET", "/senders" + query, accept=accept, token=self.demo.identity(login, role))
        return status, body.decode()

    def test_page(self) -> None:
        until = time.monotonic() + 20
        while (status := self.page("admin", "admin")) and "data-sender" not in status[1] and time.monotonic() < until:
            time.sleep(.2)
        for query in ("", "?days=1", "?days=30&by=domain", "?by=subscription", "?by=user", "?by=script", "?by=nonsense&days=x"):
            status, html = self.page("admin", "admin", query)
            self.assertEqual(status, 200, query)
            self.assertNotIn("<img/", html)
            self.assertNotIn("{{", html.replace("{{csrf}}", ""))
            self.assertNotIn("\u202e", html)
            self.assertNotIn("style=", html)
        self.assertIn("<svg ", self.page("admin", "admin")[1])
        _, html = self.page("anna", "customer", "?days=30")
        self.assertIn("info@cust.example", html)
        self.assertNotIn("lookups.example", html)
        self.assertEqual(self.page("anna", "customer", "?name=info%40lookups.example")[0], 404)
        self.assertEqual(self.page("anna", "customer", "?name=nobody%40lookups.example")[0], 404)
        self.assertEqual(self.page("ben", "customer", "?name=info%40lookups.example")[0], 200)
        _, html = self.page("ben", "customer", "?days=7&name=info%40lookups.example")
        self.assertIn('id="signs-title"', html)
        self.assertIn('value="mailbox.password"', html)
        steps = html[html.index('id="signs-title"'):]
        order = [steps.index(word) for word in ("/queue", "viruses-clients", "mailbox.password", "viruses-server", "/wordpress")]
        self.assertEqual(order, sorted(order))
        self.assertNotIn("signs-title", self.page("anna", "customer", "?days=30&name=anna%40cust.example")[1])
        status, text = self.page("admin", "admin", "?days=30&format=csv")
        self.assertTrue(text.startswith("by,name,domain,"), text[:80])
        answer = json.loads(self.page("anna", "customer", "?days=30", "application/json")[1])
        self.assertEqual({s["owner"] for s in answer["senders"]}, {"anna"})
        self.assertIn("csrf", answer)


class Machine(unittest.TestCase):
    """A real Postfix's own log and the journal, through the real helper."""

    @classmethod
    def setUpClass(cls) -> None:
        if why := live.no_room():
            raise unittest.SkipTest(why)
        from servers.postfix import Postfix
        cls.group = process.Group()
        try:
            cls.postfix = Postfix(RUN / "postfix").start(cls.group, fetch.programs(["postfix"]))
            helper = PROGRAM.parent / "antispam-guide-helper"
            sock = RUN / "postfix" / "helper.sock"
            cls.group.add(process.Process("helper", cls.postfix.argv(str(helper.resolve()), "-s", "/room/helper.sock", "-u", "0"),
                                          RUN / "helper.log")).wait_ready(lambda: process.unix_connects(sock))
        except BaseException:
            cls.group.stop()
            raise
        cls.place = Place("machine", services={"helper": str(sock)}, logs={})

    @classmethod
    def tearDownClass(cls) -> None:
        cls.group.stop()

    def send(self, login: str, count: int) -> None:
        import smtplib
        with smtplib.SMTP("127.0.0.1", self.postfix.port, local_hostname="laptop.far.example") as smtp:
            smtp.ehlo()
            smtp.docmd("XCLIENT", f"ADDR=203.0.113.{count} LOGIN={login}")
            smtp.ehlo()
            for i in range(count):
                smtp.sendmail(login, ["root@localhost"], f"From: {login}\r\nSubject: {i}\r\n\r\nx\r\n")

    def wait(self, want: dict[str, int]) -> None:
        until = time.monotonic() + 10
        while (got := self.place.messages()) != want and time.monotonic() < until:
            time.sleep(.2)
        self.assertEqual(got, want)

    def test_postfix_then_journal(self) -> None:
        self.postfix.postconf("smtpd_authorized_xclient_hosts = 127.0.0.1")
        until = time.monotonic() + 10                   # its master may still be writing down that it runs
        while True:
            try:
                self.postfix.run("postfix", "reload")
                break
            except process.StartError:
                if time.monotonic() > until:
                    raise
                time.sleep(.3)
        self.send("info@cust.example", 4)
        self.wait({"info@cust.example": 4})
        self.postfix.run("/bin/sh", "-c", "echo Subject: x | sendmail -f anna@cust.example root@localhost")
        until = time.monotonic() + 10
        while not (users := self.place.senders("--by", "user")["senders"]) and time.monotonic() < until:
            time.sleep(.2)
        self.assertEqual([(u["name"], u["messages"]) for u in users], [("root", 1)])
        script = maillog.by_script(NOW - 60, 0, "anna@cust.example", "/srv/cust.example/x.php", 1).splitlines()[0] + "\n"
        self.postfix.run("/bin/sh", "-c", "cat >>/var/log/syslog", text="Nov 23 08:00:01 s cron[1]: x\n" + script * 3)
        self.place.senders()
        self.postfix.run("/bin/sh", "-c", "mv /var/log/syslog /var/log/syslog.1; cat >/var/log/syslog", text=script)
        self.assertEqual([(s["name"], s["messages"], s["domain"]) for s in self.place.senders("--by", "script")["senders"]],
                         [("/srv/cust.example/x.php", 4, "cust.example")])
        self.postfix.run("postfix", "logrotate")        # compresses the old one: what was read of it is not read again
        self.send("anna@cust.example", 2)
        self.wait({"info@cust.example": 4, "anna@cust.example": 2})
        self.journal()

    def journal(self) -> None:
        """Where there is no log file; the same store goes on."""
        remote = fetch.programs(["journal"])
        program = next(p for p in remote.root.rglob("systemd-journal-remote") if p.is_file() and os.access(p, os.X_OK))
        machine = "0123456789abcdef0123456789abcdef"
        made = RUN / "system.journal"

        def write(count: int, first: int) -> None:
            text = "".join(f"__REALTIME_TIMESTAMP={int((NOW - 300 + i) * 1e6)}\n__MONOTONIC_TIMESTAMP={1000000 * (i + 1)}\n_BOOT_ID={machine}\n"
                           f"_MACHINE_ID={machine}\nSYSLOG_FACILITY=2\nSYSLOG_IDENTIFIER=postfix/smtpd\nMESSAGE=4AAA{i:02X}: "
                           f"client=h[203.0.113.9], sasl_method=PLAIN, sasl_username=journal@cust.example\n\n"
                           for i in range(first, first + count))
            subprocess.run([str(program), "-o", str(made), "-"], input=text.encode(), check=True, capture_output=True, env=remote.env())
            self.postfix.run("/bin/sh", "-c", f"echo {machine} >/etc/machine-id; mkdir -p /var/log/journal/{machine}")
            subprocess.run(self.postfix.argv("/bin/sh", "-c", f"cat >/var/log/journal/{machine}/system.journal"),
                           input=made.read_bytes(), check=True)

        write(5, 0)
        self.postfix.run("/bin/sh", "-c", "rm -f /var/log/mail.log*")
        self.wait({"info@cust.example": 4, "anna@cust.example": 2})     # what it holds may have stood in the file
        self.assertIsNotNone(self.place.senders()["lost_at"])
        write(3, 5)
        self.wait({"info@cust.example": 4, "anna@cust.example": 2, "journal@cust.example": 3})
        fresh = Place("journal", **json.loads((self.place.config).read_text()) | {"store": str(RUN / "journal.db")})
        self.assertEqual(fresh.messages(), {"journal@cust.example": 8})


if __name__ == "__main__":
    result = unittest.main(verbosity=1, exit=False).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
