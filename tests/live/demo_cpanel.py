"""The demonstration on cPanel & WHM: the simulated panel with the same customers, the same name servers and
resolver, the real backend.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any

import live
from demo import TOP, Demo
from servers import cpanel_room, cpsrvd, fetch, process
from servers.exim import Exim
from servers.process import Process
from sim.cpanel.access import ALPHABET, digest
from world.cpanel import ADMIN, build


class CpanelDemo(Demo):
    panel = "cpanel"
    title = "a simulated cPanel & WHM"
    admin = ADMIN
    servers = ["nsd", "unbound"]

    def __init__(self, run: Path, *, machine: bool | None = None, by_command: bool = False, **more: Any):
        """machine: the server itself as well, a real Exim with the privileged helper beside it (as root); default:
        where the pages are shown.
        by_command: the backend has no token and asks by whmapi1 and uapi through that helper."""
        super().__init__(run, **more)
        shown = self.with_web and cpanel_room.inside()
        self.machine, self.by_command = by_command or (shown if machine is None else machine), by_command

    def build_world(self) -> Any:
        return build(self.panel_dir, self.variants, self.fleet)

    def panel_key(self) -> str:
        """A root token of WHM."""
        key = "".join(secrets.choice(ALPHABET) for _ in range(32))
        self.world.state["tokens"] = [{"user": "root", "name": "antispam-guide", "kind": "whm", "sha256": digest(key),
                                       "acls": None, "expires_at": None, "create_time": 0, "addresses": []}]
        return key

    def panel_argv(self) -> list[str]:
        self.cpanel_port = process.free_port()
        self.cpanel_url = f"https://127.0.0.1:{self.cpanel_port}"
        self.smtp_port = process.free_port()
        return ["-m", "sim.cpanel", "--cpanel-port", str(self.cpanel_port), "--smtp", str(self.smtp_port)]

    def start_panel(self) -> None:
        super().start_panel()
        if self.machine:
            self.start_machine()

    def start_machine(self) -> None:
        self.exim = Exim(self.run).start(self.group, fetch.programs(["exim"]))
        self.fill_queue()
        program = (self.backend.parent if self.backend else TOP / os.environ.get("BUILD", "build")) / "antispam-guide-helper"
        self.helper_socket = self.run / "helper.sock"
        self.helper = self.group.add(Process("helper", self.exim.argv(str(program.resolve()), "-s", "/room/helper.sock", "-u", "0"),
                                             self.run / "helper.log"))
        self.helper.wait_ready(lambda: process.unix_connects(self.helper_socket))
        self.changes = {"services": {"helper": str(self.helper_socket)}, **self.changes}

    def fill_queue(self) -> None:
        """Of somebody who logged in, of a site's script, and a bounce."""
        self.exim.hand_in("anna@cust.example", ["friend@provider.example"], "From: anna@cust.example\nSubject: hello\n\nhello\n",
                          "anna@cust.example")
        for n in range(6):
            self.exim.script("ben", "sales@notauth.example", f"someone{n}@hotmail.com", "Subject: offer\n"
                             "X-PHP-Script: notauth.example/wp-content/plugins/contact-form-7/send.php for 198.51.100.66\n\nbuy\n")
        self.exim.hand_in("", ["nobody@lookups.example"], "Subject: Mail delivery failed\n\nhello\n")

    def panel_config(self) -> dict[str, Any]:
        """WHM's door, as root; or none, where the panel's own commands are at hand."""
        if self.by_command:
            return {"kind": "cpanel"}
        return {"kind": "cpanel", "url": self.panel_url, "user": "root", "key_file": str(self.key_file),
                "ca_file": str(self.ca_file)}

    def listen(self) -> dict[str, str]:
        """Signed identities for tests; the account's own uid; WHM's program as root."""
        place = Path("/run/antispam-guide-user") if cpanel_room.inside() else self.run / "user"
        self.user_socket, self.admin_socket = place / "user.sock", self.run / "admin.sock"
        self.user_socket.parent.mkdir(exist_ok=True)
        return {"panel": str(self.socket), "user": str(self.user_socket), "admin": str(self.admin_socket)}

    def start_web(self) -> None:
        self.start_cpsrvd()

    @staticmethod
    def prepare() -> None:
        """The accounts are users of the system and the plugin has fixed places: all of it in a room of its own."""
        if cpanel_room.inside():
            return
        if why := live.no_room():
            print(f"Without accounts of the system ({why}): the relay and WHM's program are played.", file=sys.stderr)
            return
        cpsrvd.plugin()
        cpanel_room.enter(network=False)

    cpsrvd_server: cpsrvd.Cpsrvd

    def start_cpsrvd(self) -> None:
        """The panel's pages, in a room (prepare) with the plugin set up there."""
        self.url = cpsrvd.start(self)

    def way_in(self, login: str) -> str:
        return cpsrvd.way_in(self, login)

    def environment(self) -> dict[str, str]:
        whm = self.cpsrvd_server.url("whm") if self.with_web else ""
        return {**super().environment(), "DEMO_CPANEL": self.cpanel_url, "DEMO_SMTP": f"127.0.0.1:{self.smtp_port}",
                "DEMO_WHM": whm}
