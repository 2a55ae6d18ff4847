#!/usr/bin/env python3
"""A batch whose writer waits for each answer before it writes the next line, and what is no batch."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                 # noqa: E402

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / os.environ.get("BUILD", "build") / "antispam-guide"
NOBODY = ["--resolver", "127.0.0.1:1", "--dns-timeout", "50", "--dns-tries", "1"]


def succeeds(test: Callable[[], None]) -> tuple[bool, str]:
    try:
        test()
    except AssertionError as e:
        return False, str(e)
    return True, ""


def line(n: int) -> bytes:
    # A name without a dot needs no DNS.
    return json.dumps({"id": n, "ip": "192.0.2.1", "helo": "h.example", "sender": "u@nodots"}).encode() + b"\n"


def answers_each_line_before_the_next() -> None:
    with subprocess.Popen([PROGRAM, "spf", "eval", "--batch", "-", "--json", *NOBODY], bufsize=0,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        assert p.stdin and p.stdout
        for n in range(3):
            p.stdin.write(line(n)[:20])
            p.stdin.write(line(n)[20:])
            readable, _, _ = select.select([p.stdout], [], [], 20)
            if not readable:
                p.kill()
            assert readable, f"no answer to line {n} before the next is written"
            assert json.loads(p.stdout.readline())["id"] == n
        p.stdin.write(b"\r\n" + line(3) + line(4).rstrip())      # a blank line; no end of the last
        p.stdin.close()
        assert [json.loads(l)["id"] for l in p.stdout] == [3, 4]
        assert p.wait() == 0


def ids_come_back_as_they_were_given() -> None:
    ids = [b"9007199254740993", b"-18446744073709551617", b"[9007199254740993,\"a b\"]", b'"x"', b"null", b"1.50"]
    good = b"".join(b'{"id":' + i + line(0)[8:] for i in ids)
    bad = b"".join(b'{"ip":"nowhere","helo":"","sender":"","id": ' + i + b" }\n" for i in ids)
    p = subprocess.run([PROGRAM, "spf", "eval", "--batch", "-", "--json", *NOBODY], capture_output=True,
                       input=good + bad)
    lines = p.stdout.splitlines()
    assert len(lines) == 2 * len(ids) and all("error" in json.loads(l) for l in lines[len(ids):]), p.stdout[:600]
    for wanted, answer in zip(ids + ids, lines):
        assert b'"id":' + wanted + b"," in answer.replace(b"}", b","), (wanted, answer)


def refuses(status: int, *argv: str) -> None:
    p = subprocess.run([PROGRAM, *argv], capture_output=True, stdin=subprocess.DEVNULL)
    live.check(f"{status} for {' '.join(argv[2:])}",
               (p.returncode, p.stdout, p.stderr.count(b"\n")) == (status, b"", 1), p)


def what_is_too_long_is_one_error() -> None:
    p = subprocess.run([PROGRAM, "spf", "eval", "--batch", "-", "--json", *NOBODY], capture_output=True,
                       input=b'{"id":"' + b"a" * 3_000_000 + b'"}\n' + line(1))
    assert ["error" in json.loads(l) for l in p.stdout.splitlines()] == [True, False], p.stdout[:300]


live.check("each line is answered before the next is written", *succeeds(answers_each_line_before_the_next))
live.check("a line that is too long is one error", *succeeds(what_is_too_long_is_one_error))
live.check("an id comes back digit for digit", *succeeds(ids_come_back_as_they_were_given))
with tempfile.TemporaryDirectory() as folder:
    refuses(1, "spf", "eval", "--json", "--batch", folder)
    refuses(1, "bounce", "explain", "--json", "--batch", folder)
refuses(2, "spf", "eval", "--json", "--batch", "-", "--ip", "192.0.2.1")
refuses(2, "spf", "eval", "--json", "--ip", "192.0.2.1", "--helo", "", "--sender", "", *NOBODY)
refuses(2, "spf", "eval", "--json", "--ip", "192.0.2.1", "--helo", "", "--sender", "<>", *NOBODY)
live.end()
