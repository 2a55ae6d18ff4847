"""The demonstration without a panel: a real Postfix with its tables and a queue, the real privileged helper, the
same name servers and resolver, and a web server that asks for the password itself.
"""

from __future__ import annotations

import os
import smtplib
import time
from pathlib import Path
from typing import Any

from demo import TOP, Demo
from servers import fetch, process
from servers.postfix import Postfix
from servers.process import Process
from sim.plesk.publish import zone_text
from sim.plesk.state import to_ascii

PASSWORD = "demo"


class PostfixDemo(Demo):
    hostname = "localhost.localdomain"          # what a server is called when nobody has named it

    def start(self) -> None:
        fetch.programs(["postfix"])
        super().start()

    def start_panel(self) -> None:
        self.panel_url, self.control_port = "https://127.0.0.1:1", 0
        self.ca_file = self.panel_dir / "none"
        self.postfix = Postfix(self.run / "postfix").start(self.group, fetch.programs(["postfix"]))
        self.fill()
        self.publish()
        self.start_helper()
        state = self.world.state
        owners = {c["id"]: c["login"] for c in state["clients"]}
        self.changes = {
            "panel": {"kind": "postfix"}, "admins": ["admin"],
            "domains": [{"name": d["ascii_name"], "owner": owners[d["client_id"]]} for d in state["domains"]
                        if owners.get(d["client_id"], "admin") != "admin"],
            "server": {"addresses": list(self.world.addresses), "smtp_probe": True,
                       "smtp_connect": f"127.0.0.1:{self.postfix.port}",
                       "smtp_probe_targets": [f"127.0.0.1:{self.postfix.port}"]},
            "services": {"helper": str(self.run / "postfix" / "helper.sock")}, **self.changes}

    def start_helper(self) -> None:
        helper = self.backend.parent if self.backend else TOP / os.environ.get("BUILD", "build")
        sock = self.run / "postfix" / "helper.sock"
        sock.unlink(missing_ok=True)
        self.helper = self.group.add(Process("helper", self.postfix.argv(
            str((helper / "antispam-guide-helper").resolve()), "-s", "/room/helper.sock", "-u", "0"), self.run / "helper.log"))
        self.helper.wait_ready(lambda: process.unix_connects(sock))

    def mail_log(self) -> None:
        """Its own, which the helper reads."""

    def publish(self) -> None:
        """Zones that a panel would feed; here somebody else's hand did."""
        for d in self.world.state["domains"]:
            zone = d.get("zone")
            if zone and zone["status"] == "enabled":
                primary = next((r["value"] for r in zone["records"] if r["type"] == "NS"), "localhost.")
                self.nsds["panel"].add(d["ascii_name"], zone_text(d["ascii_name"], zone, primary))

    def fill(self) -> None:
        """Virtual domains and mailboxes as in the world, and a few messages that nobody takes."""
        domains, boxes, aliases = [], [], []
        for d in self.world.state["domains"]:
            name = to_ascii(d["name"])
            domains.append(f"{name} OK")
            for box in d.get("mailboxes", []) or []:
                local = box["name"] if isinstance(box, dict) else str(box)
                boxes.append(f"{local.split('@')[0]}@{name} {name}/{local}")
        aliases.append("postmaster@cust.example anna@cust.example")
        for table, lines in (("vhosts", domains), ("vmailbox", boxes or ["anna@cust.example x"]), ("virtual", aliases)):
            self.postfix.write(f"/etc/postfix/{table}", "\n".join(lines) + "\n")
            self.postfix.run("postmap", f"/etc/postfix/{table}")
        self.postfix.postconf(f"myhostname = {self.hostname}", "mydestination = $myhostname, localhost",
                              "virtual_mailbox_domains = hash:/etc/postfix/vhosts",
                              "virtual_mailbox_maps = hash:/etc/postfix/vmailbox",
                              "virtual_alias_maps = hash:/etc/postfix/virtual",
                              "smtpd_authorized_xclient_hosts = 127.0.0.1",
                              "smtpd_sasl_authenticated_header = yes", "defer_transports = smtp")
        self.postfix.run("postfix", "reload")
        self.send("anna@cust.example", [f"friend{i}@provider.example" for i in range(6)])
        # Only now: smtpd itself refuses what would go to such a transport.
        self.postfix.postconf("default_transport = retry:4.7.0 host mx.provider.example said: 421 4.7.0 try again later",
                              "relay_transport = $default_transport", "defer_transports =")
        self.postfix.run("postfix", "reload")
        self.postfix.run("/usr/sbin/postqueue", "-f")

    def send(self, login: str, recipients: list[str]) -> None:
        """A message each, handed in over SMTP by somebody who logged in (XCLIENT stands for the password)."""
        with self.smtp() as smtp:
            smtp.docmd("XCLIENT", f"LOGIN={login}")
            smtp.ehlo()
            for to in recipients:
                smtp.sendmail(login, [to], f"From: {login}\r\nTo: {to}\r\nSubject: hello\r\n"
                              "X-PHP-Originating-Script: 1001:mailer.php\r\n\r\nhello\r\n")

    def smtp(self) -> smtplib.SMTP:
        """A reload does not wait for itself: an smtpd that does not offer XCLIENT is one of before."""
        for _ in range(100):
            smtp = smtplib.SMTP("127.0.0.1", self.postfix.port, local_hostname="laptop.provider.example")
            smtp.ehlo()
            if smtp.has_extn("xclient"):
                return smtp
            smtp.close()
            time.sleep(0.1)
        raise OSError("Postfix goes on without its new settings")

    def start_web(self) -> None:
        """lighttpd asks for the password; the backend is told REMOTE_USER."""
        directory = self.run / "web"
        directory.mkdir(exist_ok=True)
        modules = Path(self.programs.find("lighttpd")).parents[1] / "lib" / "lighttpd"
        port = self.web_port or process.free_port()
        (directory / "users").write_text("".join(f"{login}:{PASSWORD}\n" for login in ("admin", "anna", "rita")))
        (directory / "lighttpd.conf").write_text(f"""server.modules = ("mod_auth", "mod_authn_file", "mod_fastcgi")
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{directory}"
server.upload-dirs = ("{directory}")
auth.backend = "plain"
auth.backend.plain.userfile = "{directory}/users"
auth.require = ("/" => ("method" => "basic", "realm" => "Anti-Spam Guide", "require" => "valid-user"))
fastcgi.server = ("/" => (("socket" => "{self.socket}", "check-local" => "disable", "fix-root-scriptname" => "enable")))
server.errorlog = "{directory}/lighttpd.log"
""")
        argv = [self.programs.find("lighttpd"), "-D", "-f", str(directory / "lighttpd.conf"), "-m", str(modules)]
        web = self.group.add(Process("lighttpd", argv, directory / "lighttpd.out", env=self.programs.env()))
        web.wait_ready(lambda: process.connects("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{port}"

    def as_admin(self) -> dict[str, Any]:
        return {"params": {"REMOTE_USER": self.admin}}

    def announce(self) -> None:
        print(f"""
Anti-Spam Guide is running on this machine only, with a real Postfix and no panel.

    {self.url}/

Ways in (password {PASSWORD}): admin, anna, rita.

On the command line:
    build/antispam-guide check --server cust.example --config {self.config}
    build/antispam-guide fix plan hostname.set --target server --set hostname={self.world.hostname} --config {self.config}

Files and logs: {self.run}
Stop with Ctrl-C; nothing is left behind.
""", flush=True)

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "DEMO_HELPER": str(self.run / "postfix" / "helper.sock")}
