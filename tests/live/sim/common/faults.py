"""Calls that go wrong on purpose, and the journal of what the simulator was asked."""

from __future__ import annotations

import fnmatch
import threading
import time
from dataclasses import dataclass, field
from typing import Any

KINDS = {"slow", "500", "502", "503", "504", "html", "reset", "truncate", "late", "half", "nothing", "behind", "revoke"}


@dataclass
class Fault:
    """What goes wrong with the calls it matches.

    kind     slow      answer after `seconds`
             500, 503  an error, nothing done
             502, 504  the web server in front gives up; 504: the call is done all the same
             html      a login page, nothing done
             reset     done, but the connection is reset instead of an answer
             late      the connection is reset, and it is done `seconds` later
             truncate  done, but half of the answer arrives
             half      only the first part of a change is done, and the call fails
             nothing   success is answered, nothing was done
             behind    `change` (see the panel's change.py) happens just before the call; "when": "after" for just after
             revoke    the key that was used is deleted, from this call on
    match    what the panel's journal has of a call (method, path, command, ...), shell patterns: all that are given
             must fit
    after    so many fitting calls are left alone first; times: how many are hit (0: all)
    """

    kind: str
    match: dict[str, str] = field(default_factory=dict)
    after: int = 0
    times: int = 1
    seconds: float = 30.0
    when: str = "before"
    change: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def fits(self, call: dict[str, Any]) -> bool:
        return all(fnmatch.fnmatchcase(str(value), wanted) if not isinstance(value := call.get(key), list)
                   else any(fnmatch.fnmatchcase(v, wanted) for v in value)
                   for key, wanted in self.match.items())


class Faults:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.list: list[Fault] = []

    def add(self, body: dict[str, Any]) -> Fault:
        fault = Fault(**{k: v for k, v in body.items() if k not in ("seen", "hits")})
        if fault.kind not in KINDS:
            raise ValueError(f"no such fault: {fault.kind} (there are: {' '.join(sorted(KINDS))})")
        with self.lock:
            self.list.append(fault)
        return fault

    def clear(self) -> None:
        with self.lock:
            self.list.clear()

    def pick(self, call: dict[str, Any]) -> Fault | None:
        with self.lock:
            for fault in self.list:
                if not fault.fits(call):
                    continue
                fault.seen += 1
                if fault.seen <= fault.after or (fault.times and fault.hits >= fault.times):
                    continue
                fault.hits += 1
                return fault
        return None


class Journal:
    """Every call, in order.  Secrets are not in it: of `env` only the names, of headers only who was meant."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.calls: list[dict[str, Any]] = []
        self.count = 0
        self.in_flight = 0
        self.most_in_flight = 0

    def begin(self, call: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.count += 1
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            entry = {"n": self.count, "at": time.time(), **call}
            self.calls.append(entry)
            del self.calls[:-20000]
        return entry

    def end(self, entry: dict[str, Any], **more: Any) -> None:
        with self.lock:
            self.in_flight -= 1
            entry.update(more, seconds=round(time.time() - entry["at"], 4))

    def clear(self) -> None:
        with self.lock:
            self.calls.clear()
            self.count = 0
            self.most_in_flight = self.in_flight
