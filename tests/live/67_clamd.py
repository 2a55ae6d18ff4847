#!/usr/bin/env python3
"""ClamAV: a real clamd with signatures of our own, its age and its silence; scans on request, as the customer."""

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
import urllib.parse
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from servers import fcgi, fetch, process            # noqa: E402
from servers.clamd import MARK, NAME, Clamd         # noqa: E402

BUILD = Path(live.ROOT) / os.environ.get("BUILD", "build")
PROGRAM, HELPER = BUILD / "antispam-guide", BUILD / "antispam-guide-helper"
ANNA, BEN = 64901, 64902
GROUP = process.Group()
RUN: Path


def setUpModule() -> None:
    global RUN
    RUN = Path(tempfile.mkdtemp(prefix="asg-clamd-"))
    RUN.chmod(0o755)


def tearDownModule() -> None:
    GROUP.stop()
    subprocess.run(["rm", "-rf", str(RUN)], check=False)


DOMAINS = [{"name": "cust.example", "owner": "anna"}]


def run(clamd: str, *words: str, helper: str = "", domains: Any = None, status: int = 0) -> Any:
    config = RUN / "config.yaml"
    config.write_text(json.dumps({
        "panel": {"kind": "postfix"}, "domains": domains or DOMAINS,
        "services": {"clamd": clamd, "helper": helper or str(RUN / "no.sock")}, "store": str(RUN / "state.db"),
        "server": {"addresses": ["203.0.113.10"], "smtp_probe": False}, "dns": {"resolvers": ["127.0.0.1:1"]}}))
    done = subprocess.run([str(PROGRAM), *words, "--config", str(config), "--json"], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == status, (words, done.returncode, done.stderr, done.stdout)
    return json.loads(done.stdout) if status == 0 else done.stderr


def findings(clamd: str) -> dict[str, Any]:
    report = run(clamd, "check", "--server", "--only", "antivirus")["reports"][0]
    return {f["id"]: f for f in report["findings"]}


class Version(unittest.TestCase):
    def clamd(self, name: str, **more: Any) -> Clamd:
        return Clamd(RUN / name, **more).start(GROUP, fetch.programs(["clamd"]))

    def test_fresh(self) -> None:
        found = findings(str(self.clamd("fresh").socket))
        self.assertEqual(set(found), {"antivirus.ok"})
        data = found["antivirus.ok"]["data"]
        self.assertEqual((data["product"], data["scanned"]), ("clamav", False))
        self.assertRegex(data["version"], r"^\d+\.\d+")

    def test_stale(self) -> None:
        found = findings(str(self.clamd("stale", age_s=5 * 86400).socket))
        self.assertEqual(set(found), {"antivirus.outdated"})
        self.assertIn("5 days", found["antivirus.outdated"]["text"])

    def test_without_a_date(self) -> None:
        """Signatures whose age nobody knows are not called fresh."""
        self.assertEqual(set(findings(str(self.clamd("dateless", dated=False).socket))), {"antivirus.unknown"})

    def test_nobody_there(self) -> None:
        found = findings(str(RUN / "none.sock"))
        self.assertEqual(set(found), {"antivirus.missing"})
        self.assertIn("does not run", found["antivirus.missing"]["text"])

    def test_port(self) -> None:
        self.assertEqual(set(findings("127.0.0.1:%d" % process.free_port())), {"antivirus.missing"})


class Hostile(unittest.TestCase):
    """Something that listens where clamd should: never a verdict."""

    def answer(self, data: bytes, hold: bool = False) -> set[str]:
        path = RUN / "hostile.sock"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(str(path))
            door.listen(4)
            held: list[socket.socket] = []

            def serve() -> None:
                sock, _ = door.accept()
                held.append(sock)
                sock.recv(100)
                try:
                    sock.sendall(data)
                except OSError:
                    pass
                if not hold:
                    sock.close()

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            found = set(findings(str(path)))
            thread.join(5)
            for sock in held:
                sock.close()
        return found

    def test_answers(self) -> None:
        for data in (b"", b"\0", b"UNKNOWN COMMAND\0", b"PONG\0", b"HTTP/1.0 200 OK\r\n\r\nClamAV 1.4\0", b"ClamAV \0",
                     b"\xff\xfe\x00" * 50, b"x" * 600_000):
            self.assertEqual(self.answer(data), {"antivirus.unknown"}, data[:40])
        self.assertEqual(self.answer(b"ClamAV 1.4.3/99999999999/Xxx Yyy 99 99:99:99 9999\0"), {"antivirus.unknown"})

    def test_silence(self) -> None:
        self.assertEqual(self.answer(b"ClamAV 1.4", hold=True), {"antivirus.unknown"})


@unittest.skipIf(os.geteuid() != 0, "needs root")
class Scan(unittest.TestCase):
    """Files of customers to the daemon, by the helper."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.root = RUN / "root"
        (cls.root / "var/www").mkdir(parents=True)
        cls.clamd = Clamd(RUN / "scanner").start(GROUP, fetch.programs(["clamd"]))
        cls.sock = cls.helper("helper", cls.clamd.socket)

    @classmethod
    def helper(cls, name: str, clamd: Path) -> Path:
        sock = RUN / f"{name}.sock"
        one = GROUP.add(process.Process(name, [str(HELPER), "-s", str(sock), "-u", "0", "-R", str(cls.root), "-c",
                                               str(clamd)], RUN / f"{name}.log"))
        one.wait_ready(lambda: process.unix_connects(sock))
        return sock

    def tree(self, name: str, files: dict[str, bytes], uid: int = ANNA) -> Path:
        top = self.root / "var/www" / name
        for path, data in files.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_bytes(data)
        top.mkdir(exist_ok=True)
        subprocess.run(["chown", "-hR", f"{uid}:{uid}", str(top)], check=True)
        return top

    def ask(self, *args: str, sock: Path | None = None) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(60)
            one.connect(str(sock or self.sock))
            one.sendall(json.dumps({"verb": "clamd-scan", "args": list(args)}).encode() + b"\n")
            answer = b""
            while part := one.recv(1 << 16):
                answer += part
        reply = json.loads(answer)
        reply["rows"] = [json.loads(line) for line in base64.b64decode(reply.get("out", "")).splitlines()]
        return reply

    def domains(self, *names: str) -> list[dict[str, str]]:
        return [{"name": n, "owner": "ben" if n.startswith("ben") else "anna", "document_root": f"/var/www/{n}"} for n in names]

    def scan(self, name: str, **more: Any) -> dict[str, Any]:
        answer = run(str(self.clamd.socket), "antivirus", "scan", name, helper=more.pop("helper", str(self.sock)),
                     domains=self.domains(name), **more)
        one, = answer["scans"]
        return one

    def test_clean_and_infected(self) -> None:
        self.tree("clean.example", {"index.html": b"x", "a/b/c.php": b"<?php", "empty": b""})
        one = self.scan("clean.example")
        self.assertEqual((one["state"], one["reason"], one["files"], one["by"]), ("clean", None, 3, "admin"))
        evil = "a/\u202enew\nline<b>.php"
        self.tree("bad.example", {"x.php": MARK, evil: b"<?php " + MARK, "good": b"y"})
        one = self.scan("bad.example")
        self.assertEqual((one["state"], one["infected_count"]), ("infected", 2))
        self.assertEqual(one["infected"], [{"path": "/var/www/bad.example/" + evil, "name": NAME},
                                           {"path": "/var/www/bad.example/x.php", "name": NAME}])
        words = ("check", "--server", "--only", "antivirus")
        report = run(str(self.clamd.socket), *words, domains=self.domains("bad.example"))["reports"][0]
        found, = [f for f in report["findings"] if f["id"] == "antivirus.infected"]
        self.assertEqual((found["subject"], found["data"]["owner"], found["data"]["count"]), ("bad.example", "anna", 2))
        self.tree("bad.example", {"x.php": b"", evil: b""})
        self.assertEqual(self.scan("bad.example")["state"], "clean")
        report = run(str(self.clamd.socket), *words, domains=self.domains("bad.example"))["reports"][0]
        self.assertEqual([f["id"] for f in report["findings"]], ["antivirus.ok"])
        self.assertTrue(report["findings"][0]["data"]["scanned"])

    def test_whose(self) -> None:
        """Each his own, and nobody learns that there are others."""
        for name in ("anna.example", "ben.example"):
            self.tree(name, {"x": b"y"})
        both, sock = self.domains("anna.example", "ben.example"), str(self.sock)
        run(str(self.clamd.socket), "antivirus", "scan", "--all", helper=sock, domains=both)
        for login, names in (("anna", ["anna.example"]), ("ben", ["ben.example"])):
            answer = run(str(self.clamd.socket), "antivirus", "status", "--as", login, helper=sock, domains=both)
            self.assertEqual([s["target"] for s in answer["scans"]], names)
        for words in (("scan", "ben.example"), ("scan", "nobody.example")):
            said = run(str(self.clamd.socket), "antivirus", *words, "--as", "anna", helper=sock, domains=both, status=1)
            self.assertIn("not found", said)
        answer = run(str(self.clamd.socket), "antivirus", "status", "ben.example", "--as", "anna", helper=sock, domains=both)
        self.assertEqual(answer["scans"], [])

    def test_links(self) -> None:
        """Not through a link, whatever it is called, nor with more than the customer's rights."""
        foreign = self.tree("foreign", {"secret": MARK}, BEN)
        os.chmod(foreign / "secret", 0o600)
        top = self.tree("links.example", {"a": b"x"})
        os.symlink(foreign, top / "folder")
        os.symlink(foreign / "secret", top / "file.php")
        os.symlink("/etc/shadow", top / "shadow")
        os.symlink(".", top / "loop")
        os.mkfifo(top / "fifo")
        os.mknod(top / "zero", 0o644 | 0o020000, os.makedev(1, 5))
        one = self.scan("links.example")
        self.assertEqual((one["state"], one["files"], one["infected_count"]), ("clean", 1, 0))
        os.link(foreign / "secret", top / "hard")
        one = self.scan("links.example")
        self.assertEqual((one["state"], one["reason"], one["unread"]), ("incomplete", "unread", 1))
        shutil.rmtree(top)
        os.symlink(foreign, top)
        one = self.scan("links.example")
        self.assertEqual((one["state"], one["reason"]), ("unknown", "denied"))

    def test_too_large(self) -> None:
        top = self.tree("large.example", {"a": b"x"})
        with open(top / "big", "wb") as file:
            file.truncate(60 << 20)
        one = self.scan("large.example")
        self.assertEqual((one["state"], one["reason"], one["too_large"]), ("incomplete", "too_large", 1))

    def test_parts(self) -> None:
        """More than one part holds: it goes on behind the last file, and nothing is left out."""
        top = self.tree("parts.example", {"m/0-first": MARK})
        for i in range(5200):
            (top / f"m/{i}").write_bytes(b"x")
        for path in ("m.", "m/5199x", "z", "m/5199y/deep"):
            (top / path).parent.mkdir(exist_ok=True)
            (top / path).write_bytes(MARK)
        subprocess.run(["chown", "-hR", f"{ANNA}:{ANNA}", str(top)], check=True)
        rows, cursor, files, parts = [], [], 0, 0
        while True:
            reply = self.ask("/var/www/parts.example", *cursor)
            rows += [r["file"] for r in reply["rows"][:-1]]
            files, parts = files + reply["rows"][-1]["files"], parts + 1
            if reply["rows"][-1]["cursor"] is None:
                break
            cursor = [reply["rows"][-1]["cursor"]]
        self.assertEqual((files, sorted(rows)), (5205, sorted(["m/0-first", "m.", "m/5199x", "z", "m/5199y/deep"])))
        self.assertGreaterEqual(parts, 2)
        one = self.scan("parts.example")
        self.assertEqual((one["state"], one["files"], one["infected_count"]), ("infected", 5205, 5))

    def test_words(self) -> None:
        self.tree("words.example", {"a": b"x"})
        for args in ((), ("/etc",), ("/var/www/words.example/../../../etc",), ("/var/www/words.example", "zz"),
                     ("/var/www/words.example", "612"), ("/var/www/words.example", "61" * 2000),
                     ("/var/www/words.example", "6100"), ("-x",)):
            self.assertEqual(self.ask(*args).get("error"), "value", args)

    def test_cut(self) -> None:
        """The daemon goes, is not there, or talks nonsense: unknown, and never clean."""
        self.tree("cut.example", {str(i): b"x" for i in range(20)})
        nobody = self.helper("nobody", RUN / "nobody-there.sock")
        one = self.scan("cut.example", helper=str(nobody))
        self.assertEqual((one["state"], one["reason"]), ("unknown", "unreachable"))
        path = RUN / "liar.sock"
        for answers in ([b"1: fd[9]: OK\0", b""], [b"OK\0"], [b"1: fd[9]: OK"], [b"x" * 5000], [b"1: fd[9]: OK\0" * 40]):
            path.unlink(missing_ok=True)
            with socket.socket(socket.AF_UNIX) as door:
                door.bind(str(path))
                door.listen(1)

                def serve() -> None:
                    sock, _ = door.accept()
                    with sock:
                        for data in answers:
                            sock.recv(1000)
                            sock.sendall(data)

                thread = threading.Thread(target=serve, daemon=True)
                thread.start()
                reply = self.ask("/var/www/cut.example", sock=self.helper(f"liar-{len(answers[0])}", path))
                thread.join(5)
            self.assertIn(reply.get("error"), ("unreachable", "protocol"), answers)

    def test_page(self) -> None:
        """Asked for on a page by the customer, made by the backend by itself, told to him and to nobody else."""
        self.tree("page.example", {"x.php": MARK})
        self.tree("ben.page.example", {"x": b"y"})
        key, door, config = b"k" * 32, RUN / "panel.sock", RUN / "serve.yaml"
        (RUN / "identity.key").write_bytes(key)
        (RUN / "identity.key").chmod(0o640)
        config.write_text(json.dumps({
            "panel": {"kind": "postfix"}, "domains": self.domains("page.example", "ben.page.example"), "admins": ["admin"],
            "services": {"clamd": str(self.clamd.socket), "helper": str(self.sock)}, "store": str(RUN / "serve.db"),
            "server": {"addresses": ["203.0.113.10"], "smtp_probe": False}, "identity_key_file": str(RUN / "identity.key"),
            "listen": {"panel": str(door)}, "dns": {"resolvers": ["127.0.0.1:1"], "timeout_ms": 50, "tries": 1}}))
        serve = GROUP.add(process.Process("serve", [str(PROGRAM), "serve", "--config", str(config)], RUN / "serve.log"))
        serve.wait_ready(lambda: process.unix_connects(door))

        def ask(login: str, method: str, path: str, accept: str = "application/json", **fields: str) -> tuple[int, Any]:
            token = fcgi.identity(key, login, "customer")
            status, _, body = fcgi.request(door, method, path, token=token, accept=accept,
                                           content_type="application/x-www-form-urlencoded",
                                           body=urllib.parse.urlencode(fields).encode() if fields else b"")
            return status, json.loads(body) if accept == "application/json" and body and status != 303 else body.decode()

        csrf = ask("anna", "GET", "/antivirus")[1]["csrf"]
        self.assertEqual(ask("anna", "POST", "/antivirus/scan", target="page.example", csrf="x")[0], 403)
        for foreign in ("ben.page.example", "nobody.example"):
            self.assertEqual(ask("anna", "POST", "/antivirus/scan", target=foreign, csrf=csrf)[0], 404)
        self.assertEqual(ask("anna", "POST", "/antivirus/scan", target="page.example", csrf=csrf)[0], 303)
        end, scans = time.monotonic() + 25, []
        while not (scans and scans[0]["state"]) and time.monotonic() < end:
            time.sleep(0.3)
            scans = ask("anna", "GET", "/antivirus")[1]["scans"]
        self.assertEqual([(s["target"], s["state"], s["by"]) for s in scans], [("page.example", "infected", "anna")])
        self.assertIn("/var/www/page.example/x.php", ask("anna", "GET", "/antivirus", "text/html")[1])
        self.assertEqual(ask("ben", "GET", "/antivirus")[1]["scans"], [])
        self.assertNotIn("page.example/x.php", ask("ben", "GET", "/antivirus", "text/html")[1])

    def test_interrupted(self) -> None:
        """What was begun and left is told as such, and goes on from there."""
        top = self.tree("later.example", {str(i): b"x" for i in range(9)})
        (top / "9").write_bytes(MARK)
        run(str(self.clamd.socket), "antivirus", "scan", "later.example", helper=str(self.sock),
            domains=self.domains("later.example"))
        import sqlite3
        work = {"started_at": 1, "folder": "/var/www/later.example", "cursor": "35", "whole": True, "files": 6, "bytes": 6,
                "unread": 0, "too_large": 0, "infected_count": 0, "infected": []}
        with sqlite3.connect(RUN / "state.db") as base:
            base.execute("UPDATE scans SET state = 'running', work = ?, result = NULL WHERE domain = 'later.example'",
                         (json.dumps(work | {"started_at": int(time.time())}),))
        before = run(str(self.clamd.socket), "antivirus", "status", "later.example", domains=self.domains("later.example"))
        self.assertEqual((before["scans"][0]["state"], before["scans"][0]["running"]["files"]), (None, 6))
        one = self.scan("later.example")
        self.assertEqual((one["state"], one["files"], one["infected_count"]), ("infected", 10, 1))


if __name__ == "__main__":
    loaded = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(loaded)
    bad = len(result.failures) + len(result.errors)
    print("%d passed, %d failed" % (result.testsRun - bad, bad))
    sys.exit(bad > 0)
