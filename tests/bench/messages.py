#!/usr/bin/env python3
"""Reports and hostile messages: `bounce explain` and `message score` beside Python's own MIME parser, which parses and
decodes the same files (and explains nothing).  Also alone: tests/bench/messages.py [LINES]
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(HERE))

from timed import timed                             # noqa: E402

PROGRAM = Path(os.environ.get("BUILD", TOP / "build")).resolve() / "antispam-guide"
PEER = """
import email, email.policy, sys
for line in sys.stdin:
    with open(line.strip(), 'rb') as f:
        m = email.message_from_binary_file(f)
    for part in m.walk():
        if not part.is_multipart():
            part.get_payload(decode=True)
print("ok")
"""
MIB = 1 << 20
HEAD = b"From: a@cust.example\r\nTo: b@other.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
CHARSETS = ("utf-8 us-ascii iso-8859-1 iso-8859-2 iso-8859-5 iso-8859-15 windows-1250 windows-1251 windows-1252 koi8-r "
            "koi8-u big5 gb2312 gb18030 euc-jp iso-2022-jp shift_jis euc-kr utf-7 utf-16 utf-16le utf-32 x-unknown").split()


def nested(depth: int) -> bytes:
    out = [HEAD]
    for i in range(depth):
        out.append(f"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n".encode())
    out.append(b"Content-Type: text/plain\r\n\r\nhello\r\n")
    out += [f"--b{i}--\r\n".encode() for i in reversed(range(depth))]
    return b"".join(out)


def multipart(parts: list[bytes]) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + b"\r\n--b\r\n".join(parts) + b"\r\n--b--\r\n"


def hostile() -> list[tuple[str, bytes]]:
    line = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\r\n"
    room = 50 * MIB - 4096
    coded = [f"Content-Type: text/plain; charset={c}\r\nContent-Transfer-Encoding: {e}\r\n\r\n".encode() + random.randbytes(2000)
             for c in CHARSETS for e in ("7bit", "8bit", "binary", "base64", "quoted-printable", "uuencode")]
    return [
        ("10,000 multiparts in each other", nested(10000)),
        ("50 MiB of base64", HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + line * (room // len(line))),
        ("50 MiB of one header field", HEAD + b"X-Long: " + b"x" * room + b"\r\n\r\nhello\r\n"),
        ("50 MiB of folded header", HEAD + b"X-Long: a\r\n" + b" folded line of the header\r\n" * (room // 28) + b"\r\nhello\r\n"),
        ("1,000,000 parts", multipart([b"\r\nx"] * 1000000)),
        ("50 MiB of NUL", HEAD + b"\r\n" + b"\0" * room),
        ("every charset in every encoding", multipart(coded)),
        ("300,000 boundaries that never end", HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bb\r\n--b \r\n--\r\n" * 300000),
        ("50 MiB of recipients", HEAD + b"Subject: failure notice\r\n\r\n" + b"<bob@remote.example>:\r\n550 5.1.1 no such user\r\n\r\n" *
         (room // 49)),
    ]


def batch(folder: Path, count: int, say: Callable[[str], None]) -> None:
    files = sorted(TOP.glob("tests/bounces/**/*.eml"))
    say("| | reports | wall s | CPU s | reports/s | of Python's parser | peak MiB |\n|---|---|---|---|---|---|---|")
    for n in (count // 100, count // 10, count):
        names = folder / "names"
        names.write_text("".join(f"{files[i % len(files)]}\n" for i in range(n)))
        peer = timed([sys.executable, "-c", PEER], names)
        ours = timed([str(PROGRAM), "bounce", "explain", "--batch", str(names), "--json"])
        for name, (wall, cpu, peak, _) in (("Python's `email`: parsed, decoded", peer), ("`bounce explain --batch`", ours)):
            say(f"| {name} | {n:,} | {wall:.2f} | {cpu:.2f} | {n / cpu:,.0f} | {peer[1] / cpu:.2f} | {peak / 1024:.0f} |")
    say("")


def hostiles(folder: Path, say: Callable[[str], None]) -> None:
    say("| | MiB | Python's `email`, CPU s | peak MiB | `bounce explain`, CPU s | peak MiB | `message score`, CPU s | peak MiB |\n"
        "|---|---|---|---|---|---|---|---|")
    for name, text in hostile():
        file, names = folder / "message", folder / "names"
        file.write_bytes(text)
        names.write_text(f"{file}\n")
        cells = []
        for argv in ([sys.executable, "-c", PEER], [str(PROGRAM), "bounce", "explain", str(file), "--json"],
                     [str(PROGRAM), "message", "score", str(file), "--json", "--resolver", "127.0.0.1:1"]):
            _, cpu, peak, answer = timed(argv, names)
            cells.append(f"{cpu:.2f}{'' if answer else ' (fails)'} | {peak / 1024:.0f}")
        say(f"| {name} | {len(text) / MIB:.1f} | {' | '.join(cells)} |")
    say("")


def measure(folder: Path, count: int, say: Callable[[str], None]) -> None:
    say("## Reports and messages\n")
    say(f"`tests/bench/messages.py {count}`: the reports of tests/bounces over and over.  Rates are by CPU time.\n")
    batch(folder, count, say)
    say("Hostile ones, each a process of its own; the peak of ours holds the message itself.\n")
    hostiles(folder, say)


if __name__ == "__main__":
    random.seed(1)
    with tempfile.TemporaryDirectory(prefix="bench-messages-") as d:
        measure(Path(d), int(sys.argv[1]) if len(sys.argv) > 1 else 20000, lambda t="": print(t, flush=True))
