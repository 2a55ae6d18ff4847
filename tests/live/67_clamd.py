#!/usr/bin/env python3
"""ClamAV: a real clamd with signatures of our own, its age and its silence."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from servers import fetch, process                  # noqa: E402
from servers.clamd import Clamd                     # noqa: E402

PROGRAM = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide"
GROUP = process.Group()
RUN: Path


def setUpModule() -> None:
    global RUN
    RUN = Path(tempfile.mkdtemp(prefix="asg-clamd-"))
    RUN.chmod(0o755)


def tearDownModule() -> None:
    GROUP.stop()
    subprocess.run(["rm", "-rf", str(RUN)], check=False)


def run(clamd: str, *words: str, helper: str = "") -> Any:
    config = RUN / "config.yaml"
    config.write_text(json.dumps({
        "panel": {"kind": "postfix"}, "domains": [{"name": "cust.example", "owner": "anna"}],
        "services": {"clamd": clamd, "helper": helper or str(RUN / "no.sock")}, "store": str(RUN / "state.db"),
        "server": {"addresses": ["203.0.113.10"], "smtp_probe": False}, "dns": {"resolvers": ["127.0.0.1:1"]}}))
    done = subprocess.run([str(PROGRAM), *words, "--config", str(config), "--json"], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, (words, done.returncode, done.stderr, done.stdout)
    return json.loads(done.stdout)


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


if __name__ == "__main__":
    loaded = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(loaded)
    bad = len(result.failures) + len(result.errors)
    print("%d passed, %d failed" % (result.testsRun - bad, bad))
    sys.exit(bad > 0)
