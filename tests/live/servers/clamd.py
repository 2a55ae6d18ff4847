"""ClamAV's daemon, unpacked and not installed, with a small database of our own: no freshclam, nothing from outside.

The date and number that VERSION tells come from the head of a daily database, here an unsigned one.
"""

from __future__ import annotations

import binascii
import hashlib
import io
import socket
import tarfile
import time
from pathlib import Path

from . import process
from .fetch import Programs

MARK = b"ASG-TEST-SIGNATURE-OF-OUR-OWN"         # what the database calls infected
NAME = "Asg.Test.Signature.UNOFFICIAL"


def database(path: Path, made_at: float, number: int) -> None:
    """A .cud: a head of 512 bytes, then a tar of COPYING, daily.info (the head again, and hashes) and the lists."""
    lists = {"daily.ndb": f"Asg.Test.Signature:0:*:{binascii.hexlify(MARK).decode()}\n".encode()}
    when = time.strftime("%d %b %Y %H-%M +0000", time.gmtime(made_at))
    head = f"ClamAV-VDB:{when}:{number}:1:90:{'0' * 32}:x:test:{int(made_at)}"
    info = head + "\n" + "".join(f"{n}:{len(d)}:{hashlib.sha256(d).hexdigest()}\n" for n, d in lists.items())
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in {"COPYING": b"x", "daily.info": info.encode(), **lists}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    path.write_bytes(head.ljust(512).encode() + buffer.getvalue())


class Clamd:
    def __init__(self, directory: Path, age_s: float = 3600, dated: bool = True):
        self.directory, self.age_s, self.dated = directory.resolve(), age_s, dated
        self.socket = self.directory / "clamd.sock"

    def start(self, group: process.Group, programs: Programs) -> "Clamd":
        base = self.directory / "db"
        base.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        if self.dated:
            database(base / "daily.cud", time.time() - self.age_s, 27800)
        else:
            (base / "own.ndb").write_text(f"Asg.Test.Signature:0:*:{binascii.hexlify(MARK).decode()}\n")
        conf = self.directory / "clamd.conf"
        conf.write_text(f"LocalSocket {self.socket}\nLocalSocketMode 666\nDatabaseDirectory {base}\n"
                        f"Foreground yes\nMaxThreads 2\nSelfCheck 0\nTemporaryDirectory {self.directory}\n"
                        f"LogFile {self.directory / 'clamd.log'}\n")
        self.process = group.add(process.Process("clamd", [programs.find("clamd"), "-c", str(conf)],
                                                 self.directory / "log", env=programs.env(TZ="UTC")))
        self.process.wait_ready(lambda: self.say(b"PING") == b"PONG", 30)
        return self

    def say(self, word: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(5)
            sock.connect(str(self.socket))
            sock.sendall(b"z" + word + b"\0")
            answer = b""
            while part := sock.recv(4096):
                answer += part
        return answer.rstrip(b"\0")
