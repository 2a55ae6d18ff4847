"""Processes that never outlive the program that started them.

Each is started in the foreground in a process group of its own, with the
kernel's promise (PR_SET_PDEATHSIG) to end it when the starter dies, be it by
SIGKILL.  `Group.stop` ends all of them, last started first.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


class StartError(Exception):
    pass


def die_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    def __init__(self, name: str, argv: list[str], log: Path, *, env: dict[str, str] | None = None,
                 cwd: Path | None = None, stdin: int = subprocess.DEVNULL, pass_fds: tuple[int, ...] = ()):
        self.name, self.log = name, log
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)   # its orphans become ours, so that stop() can bury them
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(argv, env=env, cwd=cwd, stdin=stdin, stdout=out, stderr=out,
                                          start_new_session=True, preexec_fn=die_with_parent, pass_fds=pass_fds)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def alive(self) -> bool:
        return self.popen.poll() is None

    def signal_group(self, number: int) -> None:
        try:
            os.killpg(self.popen.pid, number)
        except (ProcessLookupError, PermissionError):
            pass

    def stop(self, grace_s: float = 3.0) -> None:
        if self.alive():
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(grace_s)
            except subprocess.TimeoutExpired:
                pass
        self.signal_group(signal.SIGKILL)       # also what it left behind in its group
        self.popen.wait()
        try:
            while True:
                os.waitpid(-self.popen.pid, 0)
        except ChildProcessError:
            pass

    def wait_ready(self, ready, timeout_s: float = 15.0) -> None:
        """Until ready() is true; says what the log ends with when it never is."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if not self.alive():
                break
            try:
                if ready():
                    return
            except OSError:
                pass
            time.sleep(0.03)
        state = "is not ready" if self.alive() else f"ended with status {self.popen.returncode}"
        tail = self.log.read_text(errors="replace")[-1500:] if self.log.exists() else ""
        raise StartError(f"{self.name} {state}; {self.log} ends with:\n{tail}")


class Group:
    """What was started, so that it can be stopped in the reverse order."""

    def __init__(self) -> None:
        self.processes: list[Process] = []

    def add(self, process: Process) -> Process:
        self.processes.append(process)
        return process

    def dead(self) -> Process | None:
        return next((p for p in self.processes if not p.alive()), None)

    def stop(self) -> None:
        while self.processes:
            self.processes.pop().stop()


def free_port(addresses: list[str] = ["127.0.0.1"], udp: bool = False) -> int:
    """A port that is free on every address, for TCP and, if asked, for UDP."""
    kinds = [socket.SOCK_STREAM] + ([socket.SOCK_DGRAM] if udp else [])
    for _ in range(500):
        port = random.randint(20000, 32000)     # below the ports the kernel hands out by itself
        held: list[socket.socket] = []
        try:
            for address in addresses:
                for kind in kinds:
                    sock = socket.socket(socket.AF_INET, kind)
                    held.append(sock)
                    sock.bind((address, port))
            return port
        except OSError:
            continue
        finally:
            for sock in held:
                sock.close()
    raise StartError("no free port")


def connects(address: str, port: int) -> bool:
    with socket.create_connection((address, port), 1):
        return True


def unix_connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(1)
        sock.connect(str(path))
        return True
