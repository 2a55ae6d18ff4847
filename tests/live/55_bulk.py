#!/usr/bin/env python3
"""A bulk run over a synthetic fleet: every planted fault is found and nothing else, no question is asked
twice, memory is bounded, Ctrl-C keeps what is done, and a network that loses nearly a third of everything in
each direction, or answers wrong, late and broken as often, makes no wrong verdict and leaves little undecided.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import random
import re
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                                 # noqa: E402
from servers import process                                 # noqa: E402
from servers.fetch import programs                          # noqa: E402
from world import fleet                                     # noqa: E402

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / os.environ.get("BUILD", "build") / "antispam-guide"
SANITIZED = "ASAN_OPTIONS" in os.environ
COUNT = int(os.environ.get("FLEET", "2000"))
LOSS, LOST_COUNT = 0.30, 200              # each way
ALARMING = set().union(*(found for _, _, found in fleet.FAULTS.values())) - {
    "dkim.unknown", "dkim.not_applicable", "mail_routing.parked"}


class Forwarder(threading.Thread):
    """UDP before the resolver: loses a share of what goes through it, each way, or spoils a share of the
    answers; and knows what was asked."""

    def __init__(self, to: int, loss: float = 0, spoilt: float = 0):
        super().__init__(daemon=True)
        self.to, self.loss, self.spoilt, self.dice = ("127.0.0.1", to), loss, spoilt, random.Random(7)
        self.spoils = 0
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.front.bind(("127.0.0.1", 0))
        self.port = self.front.getsockname()[1]
        self.asked = self.lost = 0
        self.questions: set[bytes] = set()

    def run(self) -> None:
        backs: dict[tuple, socket.socket] = {}
        clients: dict[int, tuple] = {}
        poll = selectors.DefaultSelector()
        poll.register(self.front, selectors.EVENT_READ)
        late: list[tuple[float, bytes, tuple]] = []
        while True:
            ready_ones = poll.select(max(0, late[0][0] - time.monotonic()) if late else None)
            while late and late[0][0] <= time.monotonic():
                self.front.sendto(*late.pop(0)[1:])
            for ready, _ in ready_ones:
                sock = ready.fileobj
                if sock is self.front:
                    packet, client = sock.recvfrom(4096)
                    self.asked += 1
                    self.questions.add(packet[12:packet.index(b"\0", 12) + 5].lower())
                    if self.dice.random() < self.loss:
                        self.lost += 1
                        continue
                    if client not in backs:
                        back = backs[client] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                        back.connect(self.to)
                        clients[back.fileno()] = client
                        poll.register(back, selectors.EVENT_READ)
                    backs[client].send(packet)
                else:
                    packet = sock.recv(65535)
                    if self.dice.random() < self.loss:
                        self.lost += 1
                        continue
                    client = clients[sock.fileno()]
                    if self.dice.random() < self.spoilt:
                        self.spoils += 1
                        packet = self.spoil(packet, client, late)
                    if packet:
                        self.front.sendto(packet, client)

    def spoil(self, packet: bytes, client: tuple, late: list) -> bytes:
        """What is sent instead of the answer; some of it is followed by the answer itself."""
        end = packet.index(b"\0", 12) + 5
        question, flags = packet[12:end], packet[2] & 0x79 | 0x80
        way = self.dice.randrange(8)
        forged = bytes([flags, 0x80]) + b"\0\1\0\0\0\0\0\0"       # there is none
        if way == 0:                                # a guess at the id, and the answer
            self.front.sendto(bytes([packet[0] ^ 0x55, packet[1]]) + forged + question, client)
            return packet
        if way == 1:                                # to another question
            self.front.sendto(packet[:2] + forged + b"\5other" + question, client)
            return packet
        if way == 2:                                # from another port
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar:
                liar.sendto(packet[:2] + forged + question, client)
            return packet
        if way == 3:                                # too long for a datagram, and nobody listens on TCP
            return packet[:2] + bytes([flags | 2, 0x80]) + forged[2:] + question
        if way == 4:                                # cut in the middle of a record
            return packet[:max(end, len(packet) - 17)] if packet[7] else packet[:end - 1]
        if way == 5:
            return packet[:2] + bytes([flags, 0x82]) + forged[2:] + question
        if way == 6 and packet[7]:                  # no such name, beside its data
            return packet[:3] + bytes([packet[3] & 0xf0 | 3]) + packet[4:]
        late.append((time.monotonic() + 2.3, packet, client))
        return b""


def argv(world: fleet.Fleet, names: Path, *more: str, resolver: str | None = None) -> list[str]:
    return [str(PROGRAM), "check", "--from", str(names), "--jsonl", "--panel", "none", "--address", fleet.SENDING,
            "--config", str(world.config), "--resolver", resolver or world.resolver, *more]


def run(words: list[str]) -> tuple[int, dict[str, dict], str, int]:
    """Exit status, reports by domain, stderr, peak KiB."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = subprocess.Popen(words, stdout=out, stderr=err, cwd=TOP)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        reports = {r["target"]["ascii"]: r for r in map(json.loads, out)}
        return child.returncode, reports, err.read(), usage.ru_maxrss


def first(world: fleet.Fleet, count: int) -> Path:
    path = world.folder / f"first{count}.txt"
    path.write_text("\n".join(world.names[:count]) + "\n")
    return path


def planted(world: fleet.Fleet) -> None:
    middle = Forwarder(world.resolver_port, 0)
    middle.start()
    began = time.monotonic()
    status, reports, errors, peak = run(argv(world, world.list, resolver=f"127.0.0.1:{middle.port}"))
    took, sent, distinct = time.monotonic() - began, middle.asked, len(middle.questions)
    live.check("exit status", status == 0, (status, errors[-500:]))
    live.check("a row for every domain", set(reports) == set(world.names), len(reports))
    wrong = {n: (sorted(fleet.found(r) or []), sorted(fleet.expected(i) or []))
             for i, n in enumerate(world.names) if (r := reports.get(n)) and fleet.found(r) != fleet.expected(i)}
    live.check("every planted fault is found, and nothing else", not wrong, list(wrong.items())[:3])
    live.check(f"no question twice: {sent} sent, {distinct} distinct", sent <= 1.05 * distinct, sent / distinct)
    if not SANITIZED:
        live.check(f"memory: {peak / 1024:.1f} MiB at the most", peak <= 36 * 1024, peak)
    print(f"   {len(world.names)} domains in {took:.1f} s, {sent / len(world.names):.2f} look-ups each")


def interrupted(world: fleet.Fleet) -> None:
    for form in ("--jsonl", "--json"):
        words = [w if w != "--jsonl" else form for w in argv(world, world.list)]
        child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=TOP)
        assert child.stdout
        head = os.read(child.stdout.fileno(), 4000).decode()
        child.send_signal(signal.SIGINT)
        rest, errors = child.communicate(timeout=60)
        text = head + rest
        try:
            rows = [json.loads(line) for line in text.splitlines()] if form == "--jsonl" else json.loads(text)["reports"]
        except ValueError as problem:
            rows = []
            live.check(f"Ctrl-C with {form}: what is out is whole", False, problem)
        live.check(f"Ctrl-C with {form}: rows so far", 0 < len(rows) < len(world.names), len(rows))
        live.check(f"Ctrl-C with {form}: status 130, and said", child.returncode == 130 and "interrupted" in errors,
                   (child.returncode, errors[-300:]))


def named_in_many_ways(world: fleet.Fleet) -> None:
    """One row a domain, however it was written; what is no name is said with its line before anything is asked."""
    names = world.names[:2]
    path = world.folder / "odd.txt"
    path.write_bytes(b"\xef\xbb\xbf" + f"{names[0]}\r\n\r\n# a comment\r\n  {names[1].upper()}. \r\n{names[0]}\nespa\u00f1a.example\n"
                     f"xn--espaa-rta.example\n{'.'.join(['a' * 63] * 3 + ['b' * 61])}\n{names[0].title()}".encode())
    done = subprocess.run(argv(world, path, names[1]), capture_output=True, text=True, cwd=TOP)
    rows = [json.loads(line)["target"]["ascii"] for line in done.stdout.splitlines()]
    live.check("odd spellings: one row each", done.returncode == 0 and len(rows) == 4 and
               {*names, "xn--espaa-rta.example"} <= set(rows), (done.returncode, done.stderr[-300:], rows))
    with path.open("ab") as file:
        file.write(b"\n" + b"a" * 64 + b".example\n")
    done = subprocess.run(argv(world, path), capture_output=True, text=True, cwd=TOP)
    live.check("what is no name: its line, and nothing is asked", (done.returncode, done.stdout) == (2, "") and
               "line 10 of" in done.stderr, (done.returncode, done.stderr[-300:]))


def on_a_terminal(world: fleet.Fleet, stop: bool) -> None:
    """The bar goes to the terminal, the rows to where they were sent; Ctrl-C as the terminal says it."""
    leader, follower = pty.openpty()
    with (world.folder / "rows.jsonl").open("w+") as rows:
        child = subprocess.Popen(argv(world, world.list), stdin=follower, stdout=rows, stderr=follower, cwd=TOP,
                                 start_new_session=True,
                                 preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(follower)
        seen = b""
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:                         # the last one has closed it
                break
            seen += part
            if stop and b"\r[" in seen:
                os.write(leader, b"\x03")
                stop = False
        status = child.wait()
        os.close(leader)
        rows.seek(0)
        names = {json.loads(line)["target"]["ascii"] for line in rows}
    bars = re.findall(rb"\r\[([# ]{40})\] (\d+) / (\d+)", seen)
    live.check("terminal: a bar, nothing else before the end", len(bars) > 0 and
               re.sub(rb"\r\[[# ]{40}\] \d+ / \d+", b"", seen).count(b"antispam-guide:") == (status != 0), seen[-300:])
    shown = [int(n) for _, n, _ in bars]
    live.check("terminal: it only grows", shown == sorted(shown) and {int(of) for _, _, of in bars} == {len(world.names)}, bars[-3:])
    live.check("terminal: its length is the share", all(len(bar.rstrip()) == 40 * int(n) // int(of) for bar, n, of in bars), bars[-3:])
    if status == 0:
        live.check("terminal: full at the end", shown[-1] == len(world.names) == len(names), (shown[-1], len(names)))
    else:
        live.check("terminal: Ctrl-C", status == 130 and 0 < len(names) < len(world.names) and b"interrupted, %d of" % len(names) in seen,
                   (status, len(names), seen[-300:]))
        kept = sqlite3.connect(world.folder / "state.db").execute("SELECT count(*) FROM reports WHERE kind = 'domain'").fetchone()[0]
        live.check("terminal: what is done is kept", kept >= len(names), (kept, len(names)))


def a_reader_that_leaves(world: fleet.Fleet) -> None:
    """check --jsonl | head -1"""
    child = subprocess.Popen(argv(world, world.list), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=TOP)
    assert child.stdout and child.stderr
    live.check("a reader that leaves: the first row is whole", "target" in json.loads(child.stdout.readline()))
    child.stdout.close()
    errors = child.stderr.read()
    live.check("a reader that leaves: it ends too, and says why", child.wait(30) == 1 and "cannot write" in errors,
               (child.returncode, errors[-300:]))


def decided(world: fleet.Fleet, what: str, count: int, middle: Forwarder) -> None:
    names = world.names[:count]
    middle.start()
    began = time.monotonic()
    status, reports, errors, _ = run(argv(world, first(world, count), resolver=f"127.0.0.1:{middle.port}"))
    live.check(f"{what}: exit status", status == 0, (status, errors[-500:]))
    live.check(f"{what}: {middle.lost} packets lost, {middle.spoils} spoilt of {middle.asked} questions",
               middle.lost + middle.spoils > 0.2 * middle.asked, middle.asked)
    live.check(f"{what}: a row for every domain", set(reports) == set(names), len(reports))
    right = total = 0
    wrong = {}
    for i, name in enumerate(names):
        want = fleet.expected(i)
        if want is None or name not in reports:
            continue
        got = {f["id"] for f in reports[name]["findings"]} - fleet.ASIDE
        alarms = {f["id"] for f in reports[name]["findings"] if f["verdict"] in ("problem", "warning")}
        checks = {w.split(".")[0] for w in want}
        total += len(checks)
        for check in checks:
            mine = {g for g in got if g.startswith(check + ".")}
            if mine == {w for w in want if w.startswith(check + ".")}:
                right += 1
            if mine & alarms - want or (check + ".ok" in mine and want & ALARMING and not mine & ALARMING
                                        and any(w.startswith(check + ".") for w in want & ALARMING)):
                wrong[name, check] = sorted(mine)
    live.check(f"{what}: no wrong verdict", not wrong, list(wrong.items())[:5])
    live.check(f"{what}: {right} of {total} decided", right >= 0.97 * total, right / max(total, 1))
    print(f"   {len(names)} domains in {time.monotonic() - began:.1f} s")


def main() -> None:
    group = process.Group()
    with tempfile.TemporaryDirectory(prefix="asg-bulk-") as folder:
        try:
            world = fleet.Fleet(Path(folder) / "fleet", COUNT, group, programs(["nsd", "unbound"]))
            planted(world)
            named_in_many_ways(world)
            interrupted(world)
            on_a_terminal(world, stop=True)
            on_a_terminal(world, stop=False)
            a_reader_that_leaves(world)
            decided(world, "loss", LOST_COUNT, Forwarder(world.resolver_port, loss=LOSS))
            decided(world, "loss, few domains", 20, Forwarder(world.resolver_port, loss=LOSS))
            decided(world, "liars", LOST_COUNT, Forwarder(world.resolver_port, spoilt=LOSS))
        finally:
            group.stop()
    live.end()


main()
