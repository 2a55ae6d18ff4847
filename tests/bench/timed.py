"""What one process takes."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple


class Timed(NamedTuple):
    wall: float         # seconds
    cpu: float          # seconds
    peak: int           # KiB
    output: bytes


def timed(argv: list[Any], given: Path = Path(os.devnull)) -> Timed:
    """The peak is read while it runs: what wait4() tells is at least our own size, from before the process became
    another program."""
    with tempfile.TemporaryFile() as out, given.open("rb") as stdin:
        began, peak = time.monotonic(), 0
        with subprocess.Popen([str(a) for a in argv], stdin=stdin, stdout=out, stderr=subprocess.DEVNULL) as p:
            while True:
                done, status, usage = os.wait4(p.pid, os.WNOHANG)
                if done:
                    break
                try:
                    for line in Path(f"/proc/{p.pid}/status").read_text().splitlines():
                        if line.startswith("VmHWM"):
                            peak = max(peak, int(line.split()[1]))
                except OSError:
                    pass
                time.sleep(0.01)
            p.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        out.seek(0)
        return Timed(wall, usage.ru_utime + usage.ru_stime, peak, out.read())
