"""The simulated Plesk with a real queue behind it: a real Postfix in a room, the real privileged helper, and
messages of two customers and of nobody that wait there.  Needs root, see live.no_room.
"""

from __future__ import annotations

import json
import time

from demo import Demo
from demo_postfix import PostfixDemo
from servers import fetch, process
from servers.postfix import Postfix
from servers.process import Process

ANNA, BEN = "anna@cust.example", "ben@elsewhere.example"


class QueueDemo(PostfixDemo):
    def start(self) -> None:
        fetch.programs(["postfix"])
        Demo.start(self)

    def start_panel(self) -> None:
        Demo.start_panel(self)
        self.postfix = Postfix(self.run / "postfix").start(self.group, fetch.programs(["postfix"]))
        self.fill()
        assert self.backend is not None
        helper = self.backend.parent / "antispam-guide-helper"
        sock = self.run / "postfix" / "helper.sock"
        self.helper = self.group.add(Process("helper", self.postfix.argv(
            str(helper.resolve()), "-s", "/room/helper.sock", "-u", "0"), self.run / "helper.log"))
        self.helper.wait_ready(lambda: process.unix_connects(sock))
        self.changes = {"services": {"helper": str(sock)}, **self.changes}

    def send(self, login: str, recipients: list[str]) -> None:
        super().send(login, recipients)
        super().send(BEN, ["one@hotmail.com", "two@gmail.com"])

    def start_web(self) -> None:
        Demo.start_web(self)

    def announce(self) -> None:
        Demo.announce(self)

    def waiting(self, limit_s: float = 20.0) -> dict[str, str]:
        """id -> sender, when all of them have been tried."""
        until = time.monotonic() + limit_s
        while True:
            found = [m for m in self.postfix.run("/usr/sbin/postqueue", "-j").splitlines() if m.strip()]
            if len(found) >= 8 or time.monotonic() > until:
                return {m["queue_id"]: m["sender"] for m in map(json.loads, found)}
            time.sleep(0.2)
