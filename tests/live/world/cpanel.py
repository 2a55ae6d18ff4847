"""The same world on cPanel & WHM: every customer is an account, his first domain its main domain, the others
addon domains; aliases are parked domains.  rita is a reseller without an account of her own; the provider's
own name belongs to an account of root's.
"""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import Any

from sim.cpanel import emailauth, tweak, zones
from sim.cpanel.change import message_id
from sim.cpanel.uapi_email import LOCAL, NOT_FOUND, new_pop
from sim.cpanel.uapi_account import FEATURES
from sim.common.state import to_ascii

from . import zonefile
from .build import HERE, ROLES, Builder, World

TTL = 14400
STARTED = 1709251200                        # 2024-03-01
ADMIN = "root"
HOST_ACCOUNT = "hostexam"                   # whose domain the provider's own name is
PLUGIN_ACL = "software-AntiSpamGuide"
RESELLER_ACLS = ["list-accts", "acct-summary", "edit-account", "suspend-acct", "edit-dns", "manage-dns-records",
                 "cpanel-api", "track-email", "basic-system-info", "basic-whm-functions", "list-pkgs"]


class CpanelBuilder(Builder):
    def record_value(self, path: Path) -> str:
        return emailauth.record_value(path)

    def make_keys(self) -> None:
        """A parked domain has a key too: its own file, the same key."""
        super().make_keys()
        for given in self.plan["domains"]:
            for alias in given.get("aliases", []):
                name, of = to_ascii(alias), to_ascii(given["name"])
                self.keys[name] = self.keys[of]
                shutil.copytree(self.directory / "domainkeys" / of, self.directory / "domainkeys" / name, dirs_exist_ok=True)

    def owner_of(self, login: str) -> str:
        """A domain's account: the administrator's belong to one of root's, a fleet's have one each."""
        return HOST_ACCOUNT if login == "admin" else login

    def account(self, user: str, main: str, owner: str, ip: str, number: int, email: str, locale: str) -> dict[str, Any]:
        return {"user": user, "domain": main, "owner": owner, "plan": "default", "ip": ip, "ipv6": [], "email": email,
                "suspended": 0, "suspendreason": "not suspended", "suspendtime": None, "is_locked": 0,
                "outgoing_mail_suspended": 0, "outgoing_mail_hold": 0, "max_email_per_hour": "unlimited",
                "max_defer_fail_percentage": "unlimited", "maxpop": "unlimited", "unix_startdate": STARTED + number,
                "uid": 1000 + number, "shell": "/usr/local/cpanel/bin/noshell", "theme": "jupiter", "partition": "home",
                "mailbox_format": "maildir", "hasdkim": 1, "hasspf": 1, "hasdmarc": 1, "locale": locale,
                "features": {}, "filters": []}

    def accounts(self) -> list[dict[str, Any]]:
        clients = {c["login"]: c for c in self.plan["clients"]}
        main_ip = self.host["addresses"][0]["address"]
        out: dict[str, dict[str, Any]] = {}
        for given in self.plan["domains"]:
            user = self.user(given)
            if user in out:
                continue
            client = clients[given["owner"]]
            owner = given["owner"] if given.get("fleet") else client.get("owner", "")
            if client["type"] == "reseller" and not given.get("fleet"):
                owner = client["login"]                     # a reseller's account is his own
            out[user] = self.account(user, to_ascii(given["name"]), "root" if owner in ("", "admin") else owner,
                                     given.get("address", main_ip), len(out) + 1, client["email"],
                                     client.get("locale", "en")[:2])
        return list(out.values())

    def user(self, given: dict[str, Any]) -> str:
        return given["name"].partition(".")[0] if given.get("fleet") else self.owner_of(given["owner"])

    # --- domains

    def pops(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        """Only names that the panel would take."""
        names = [n for n in given.get("mailboxes", []) if LOCAL.match(n)]
        names += [f["name"] for f in given.get("forwards", []) if f.get("mailbox")]
        return [new_pop(name, "As-it-was-1") for name in names]

    def forwarders(self, given: dict[str, Any], name: str) -> list[dict[str, str]]:
        first = next(iter(given.get("mailboxes", [])), None)
        out = []
        if given.get("roles") and first:
            out += [{"dest": f"{role}@{name}", "forward": f"{first}@{name}"} for role in ROLES]
        for forward in given.get("forwards", []):
            out += [{"dest": f"{forward['name']}@{name}", "forward": to} for to in forward["to"]
                    if not (forward.get("mailbox") and to == f"{forward['name']}@{name}")]
        for box in given.get("mailboxes", []):              # what cannot be a mailbox can be a forwarder's text
            if not LOCAL.match(box):
                out.append({"dest": f"odd@{name}", "forward": f":fail: {box}"})
        return out

    def domain(self, given: dict[str, Any], account: dict[str, Any], kind: str) -> dict[str, Any]:     # type: ignore[override]
        name = to_ascii(given["name"])
        root = f"/home/{account['user']}/public_html"
        return {"name": name, "shown": given["name"], "user": account["user"], "type": kind,
                "docroot": root if kind != "addon" else f"/home/{account['user']}/{name}",
                "routing": "auto" if given.get("mail", True) else "remote", "pops": self.pops(given),
                "forwarders": self.forwarders(given, name), "forward_domain": "", "auto_responders": [],
                "default_address": given.get("catch_all", NOT_FOUND)}

    def plain(self, name: str, account: dict[str, Any], kind: str, **more: Any) -> dict[str, Any]:
        return {**self.domain({"name": name}, account, kind), **more}

    def all_domains(self, accounts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        by_user = {a["user"]: a for a in accounts}
        out: list[dict[str, Any]] = []
        for given in self.plan["domains"]:
            account = by_user[self.user(given)]
            name = to_ascii(given["name"])
            kind = "main" if name == account["domain"] else "addon"
            out.append(self.domain(given, account, kind))
            self.world.state["zones"][name] = self.zone(name, self.lines(given, name, account["ip"]))
            if kind == "addon":                             # with its technical subdomain
                label = name.partition(".")[0]
                sub = f"{label}.{account['domain']}"
                out.append(self.plain(sub, account, "sub", docroot=f"/home/{account['user']}/{name}"))
                self.world.state["zones"][account["domain"]]["lines"] += [
                    zones.record(f"{prefix}{sub}.", "A", [account["ip"]], TTL) for prefix in ("", "www.")]
            for alias in given.get("aliases", []):
                alias_name = to_ascii(alias)
                plain = {k: v for k, v in given.items() if k not in ("records", "dkim_record")}
                out.append(self.plain(alias, account, "parked", forward_domain=name))
                self.world.state["zones"][alias_name] = self.zone(alias_name, self.lines(plain, alias_name, account["ip"]))
        return out

    # --- zones

    def zone(self, name: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
        servers = self.host["name_servers"]
        head = [{"type": "comment", "text": f"; cPanel first:11.110.0.131 (update_time):{STARTED} Cpanel::ZoneFile::VERSION:1.3 "
                                            f"hostname:{self.host['hostname']} latest:11.138.0.19"},
                {"type": "comment", "text": f"; Zone file for {name}"}, {"type": "control", "text": f"$TTL {TTL}"},
                zones.record(name + ".", "SOA", [servers[0] + ".", "hostmaster.host.example.", "0", "3600", "1800", "1209600",
                                                 "300"], 86400)]
        return {"serial": int(time.strftime("%Y%m%d", time.gmtime())) * 100 + 1, "ttl": TTL, "lines": head + lines}

    def lines(self, given: dict[str, Any], name: str, ip: str) -> list[dict[str, Any]]:
        """The template of a new account, and what the world's file puts in its place."""
        servers = [f"@ NS {server}." for server in self.host["name_servers"]]
        rest = [f"@ A {ip}", "@ MX 0 @", "mail CNAME @", "www CNAME @", f"@ TXT v=spf1 +a +mx +ip4:{ip} ~all",
                "_dmarc TXT v=DMARC1; p=none;"]
        own = given.get("records", [])
        replaced = {tuple(line.split(None, 2)[:2]) for line in own}
        hosts = {line.split()[0] for line in own if line.split()[1] in ("A", "AAAA", "CNAME")}
        kept = [line for line in rest if tuple(line.split(None, 2)[:2]) not in replaced
                and not (line.split()[1] == "CNAME" and line.split()[0] in hosts)]
        if given.get("mail", True) is False and "@ MX -" in own:
            kept = [line for line in kept if not line.startswith("mail ")]
        out = [self.line(name, text) for text in servers + kept + [t for t in own if not t.endswith(" -")]]
        if given.get("dkim", True):
            value = self.keys[name]
            out.append(zones.record(f"default._domainkey.{name}.", "TXT",
                                    zones.txt(value[:255] if given.get("dkim_record") == "cut" else value), TTL))
        return out

    def line(self, zone: str, text: str) -> dict[str, Any]:
        host, kind, value = zonefile.parse(text)
        data = zones.txt(value) if kind == "TXT" else value.split()
        if kind in ("NS", "MX", "CNAME") and data[-1] != ".":
            data[-1] = zonefile.absolute(data[-1], zone)
        return zones.record(zonefile.absolute(host, zone).lower(), kind, data, TTL)

    # --- the server

    def server(self) -> dict[str, Any]:
        settings = tweak.defaults()
        if self.limits:
            settings |= {"maxemailsperhour": "500", "email_send_limits_max_defer_fail_percentage": "30"}
        main = self.host["addresses"][0]["address"]
        others = {to_ascii(d["name"]): d["address"] for d in self.plan["domains"] if d.get("address", main) != main}
        named = bool(re.fullmatch(r"[a-z0-9.-]+", self.host["hostname"])) and self.host["hostname"].count(".") > 1
        return {"hostname": self.host["hostname"], "tweak": settings, "applied": dict(settings),
                "ips": [{"ip": a["address"], "public_ip": a["address"], "mainaddr": int(n == 0), "active": 1,
                         "dedicated": int(n > 0), "used": 1, "removable": int(n > 0), "if": "eth0" if n == 0 else f"eth0:cp{n}",
                         "netmask": "255.255.255.0", "network": "203.0.113.0"}
                        for n, a in enumerate(self.host["addresses"])],
                # with a host name that is none the demonstration wants it to be seen
                "exim": {"use_rdns_for_helo": int(named), "per_domain_mailips": 1, "custom_mailips": 0, "custom_mailhelo": 0,
                         "mailips": {"*": main, **others}, "mailhelo": {"*": self.host["hostname"]}}}

    def queue(self) -> list[dict[str, Any]]:
        """A few messages that wait: of somebody who logged in, of a script, and a bounce."""
        limit = "421 RP-001 The mail server IP connecting to Outlook.com server has exceeded the rate limit allowed."
        script = ["X-PHP-Script: notauth.example/wp-content/plugins/contact-form-7/send.php for 198.51.100.66",
                  "X-Source-Dir: notauth.example:/wp-content/plugins/contact-form-7"]
        return [self.waiting("anna@cust.example", "friend@provider.example", 600, user="anna", auth="anna@cust.example",
                             reason="421 4.7.0 Try again later"),
                self.waiting("sales@notauth.example", "someone@hotmail.com", 1200, user="ben", local=1, headers=script,
                             reason=limit),
                self.waiting("", "nobody@lookups.example", 80000, user=None, frozen=1, short=True)]

    def waiting(self, sender: str, to: str, age: int, *, short: bool = False, **more: Any) -> dict[str, Any]:
        uid = next((a["uid"] for a in self.world.state["accounts"] if a["user"] == more["user"]), 47)
        return {"msgid": message_id(short), "sender": sender, "recipients": [to], "size": 2048 + age, "time": self.serial - age,
                "frozen": 0, "uid": uid, "local": 0, "auth": "", "headers": [], "reason": "", "subject": "hello", **more}

    def sent(self) -> list[dict[str, Any]]:
        """The last days of the delivery database."""
        out: list[dict[str, Any]] = []
        for user, domain, count in (("anna", "cust.example", 12), ("ben", "lookups.example", 40), ("eva", "forwards.example", 8)):
            for n in range(count):
                out.append(self.delivery(user, f"{user}@{domain}", n, "success", "250 2.0.0 OK"))
        for n in range(3):
            out.append(self.delivery("ben", "sales@notauth.example", n, "defer", "421 4.7.0 Try again later"))
        out.append(self.delivery("ben", "sales@notauth.example", 5, "failure",
                                 "SMTP error from remote mail server after pipelined MAIL FROM: 550 5.7.1 Unfortunately, messages "
                                 "from [203.0.113.10] weren't sent. Please contact your Internet service provider since part of "
                                 "their network is on our block list (S3150)."))
        return out

    def delivery(self, user: str, sender: str, n: int, kind: str, message: str) -> dict[str, Any]:
        at = self.serial - 3600 - n * 1777
        return {"msgid": message_id(), "type": kind, "sendunixtime": at, "actionunixtime": at + 4,
                "actiontime": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at + 4)), "sender": sender, "user": user,
                "domain": sender.rpartition("@")[2], "senderauth": "dovecot_login", "senderhost": "", "senderip": "198.51.100.9",
                "recipient": f"friend{n}@provider.example", "deliveredto": None, "deliveryuser": None, "deliverydomain": "",
                "host": "mx.provider.example", "ip": "192.0.2.25", "router": "dkim_lookuphost", "transport": "dkim_remote_smtp",
                "transport_is_remote": 1, "size": 2048, "spamscore": None, "message": message}

    def site(self, given: dict[str, Any]) -> dict[str, Any]:
        domain = next(d for d in self.world.state["domains"] if d["name"] == to_ascii(given["domain"]))
        site = {"id": self.next_id(), "domain_id": self.next_id(), "domain": domain["name"], "user": domain["user"],
                "url": f"https://{domain['shown']}", "path": "/" + domain["docroot"].split("/", 3)[3],
                "full_path": domain["docroot"], "title": f"Site of {domain['shown']}", "installed": given["version"],
                "version": given["version"], "auto_update": given["auto_update"], "plugins": given["plugins"], "themes": [],
                "broken": False, "infected": False, "checked": self.serial,
                "constants": {"WP_AUTO_UPDATE_CORE": False} if given["auto_update"] == "disabled" else {}}      # of wp-config.php
        return {**site, **({"available": given["available"]} if "available" in given else {})}

    def panel_state(self) -> None:
        state = self.world.state
        panel = self.plan["operators"]["panel"]["addresses"]
        state.update(zones={}, tokens=[], wp_tasks=[], sessions=[], hooks=[], dkim_valid=[], clam={}, infected=[],
                     custom_acls=[PLUGIN_ACL], plugin_features=list(FEATURES), own_name_servers=panel,
                     certificate_name="srv1.host.example", eximstats=self.sent(),
                     packages={"default": {"MAX_EMAIL_PER_HOUR": "unlimited", "MAX_DEFER_FAIL_PERCENTAGE": "unlimited"},
                               "rita_small": {"MAX_EMAIL_PER_HOUR": "100", "MAX_DEFER_FAIL_PERCENTAGE": "25"}})
        state["accounts"] = self.accounts()
        state["queue"] = self.queue()
        state["domains"] = self.all_domains(state["accounts"])
        state["server"] = self.server()
        resellers = [c["login"] for c in self.plan["clients"] if c["type"] == "reseller"]
        # one may use the plugin's pages, the other has not been given its ACL
        state["resellers"] = {login: {"acls": RESELLER_ACLS + ([PLUGIN_ACL] if login == "rita" else [])} for login in resellers}
        state["wordpress"] = [self.site(w) for w in self.plan["wordpress"]]
        state["dkim_valid"] = [to_ascii(name) for d in self.plan["domains"] for name in (d["name"], *d.get("aliases", []))
                               if d.get("dkim", True) and "public" not in d and not d.get("dkim_record")]
        for name in state["zones"]:
            self.world.stubs[name] = panel

    def build(self) -> World:
        world = super().build()
        world.state["delegations"] = dict(world.stubs)
        return world


def build(directory: Path, variants: list[str] = [], fleet: int = 0, source: Path = HERE / "provider.yaml") -> World:
    """directory: the panel's; its keys are kept there."""
    return CpanelBuilder(directory, variants, fleet, source).build()
