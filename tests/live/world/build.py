"""From provider.yaml to the panel's state and every zone of the world."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sim.plesk import dkim
from sim.plesk.state import to_ascii

from . import outside, zonefile

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[2]
DATA = TOP / "templates" / "data"
KEYS = TOP / os.environ.get("BUILD", "build") / "keys"
TTL = 3600
CREATED = "2024-03-01"
ROLES = ["postmaster", "abuse", "webmaster"]


@dataclass
class World:
    state: dict[str, Any]                                   # of the simulated panel
    zones: dict[str, dict[str, str]] = field(default_factory=dict)      # operator to zone name to file
    stubs: dict[str, list[str]] = field(default_factory=dict)           # zone name to addresses that serve it
    operators: dict[str, dict[str, Any]] = field(default_factory=dict)
    hostname: str = ""
    addresses: list[str] = field(default_factory=list)
    password: str = ""                                      # of every panel account


def guid(*words: str) -> str:
    return str(uuid.UUID(bytes=hashlib.md5("/".join(words).encode()).digest(), version=4))


class Builder:
    def __init__(self, directory: Path, variants: list[str], fleet: int, source: Path):
        self.plan = yaml.load(source.read_text(), outside.LOADER)
        self.directory = directory
        self.serial = int(time.time())
        self.id = 100
        self.host = dict(self.plan["server"])
        self.limits, self.dkim_sign = False, True
        self.listed: dict[str, list[str]] = {}
        self.refused: list[str] = []
        for name in variants:
            self.vary(self.plan["variants"][name])
        if fleet:
            self.plan["domains"] += fleet_domains(fleet)
        self.world = World({}, operators=self.plan["operators"])

    def vary(self, change: dict[str, Any]) -> None:
        self.host["hostname"] = change.get("hostname", self.host["hostname"])
        self.limits = change.get("limits", self.limits)
        self.dkim_sign = change.get("dkim_sign", self.dkim_sign)
        self.listed.update(change.get("listed", {}))
        self.refused += change.get("lists_refuse", [])
        if "drop_address" in change:
            gone = change["drop_address"]
            self.host["addresses"] = [a for a in self.host["addresses"] if a["address"] != gone]
            self.plan["domains"] = [d for d in self.plan["domains"] if d.get("address") != gone]

    def next_id(self) -> int:
        self.id += 1
        return self.id

    # --- keys: made once and kept below build, since they are nobody's; a fleet shares one

    def make_keys(self) -> None:
        names = {to_ascii(d["name"]): "fleet" if d.get("fleet") else to_ascii(d["name"])
                 for d in self.plan["domains"] if d.get("dkim", True)}
        kinds = sorted(set(names.values()))
        with ThreadPoolExecutor(4) as pool:
            made = dict(zip(kinds, pool.map(self.key, kinds)))
        self.keys = {}
        for name, kind in names.items():
            path, self.keys[name] = made[kind]
            own = self.directory / "domainkeys" / name / "default"
            own.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, own)

    def key(self, kind: str) -> tuple[Path, str]:
        """The private key's file and the record it is published as."""
        path = KEYS / f"{kind}.pem"
        if not path.exists():
            new = path.with_suffix(f".{os.getpid()}")
            dkim.make_key(new)
            new.replace(path)
        return path, self.record_value(path)

    def record_value(self, path: Path) -> str:
        return dkim.record_value(path)

    # --- the panel

    def client(self, given: dict[str, Any], number: int) -> dict[str, Any]:
        owner = given.get("owner", "" if given["type"] == "admin" else "admin")
        return {"id": number, "created": CREATED, "name": given["name"], "company": given["company"],
                "login": given["login"], "status": 0, "email": given["email"],
                "locale": given.get("locale", "en-US"), "guid": guid("client", given["login"]), "owner_login": owner,
                "external_id": "", "description": "", "type": given["type"], "password": self.world.password}

    def default_records(self, domain: dict[str, Any], address: str) -> list[str]:
        """The zone template of a new domain."""
        servers = [f"@ NS {name}." for name in self.host["name_servers"]]
        rest = [f"@ A {address}", f"mail A {address}", "@ MX 10 mail", "@ TXT v=spf1 mx ~all",
                "_dmarc TXT v=DMARC1; p=none"]
        replaced = {tuple(line.split(None, 2)[:2]) for line in domain.get("records", [])}
        kept = [line for line in rest if tuple(line.split(None, 2)[:2]) not in replaced]
        return servers + kept + [line for line in domain.get("records", []) if not line.endswith(" -")]

    def record(self, zone: str, text: str) -> dict[str, Any]:
        host, kind, value = zonefile.parse(text)
        opt = ""
        if kind == "MX":
            opt, value = value.split()
        if kind in ("NS", "MX", "CNAME") and value != ".":
            value = zonefile.absolute(value, zone)
        return {"id": self.next_id(), "type": kind, "host": zonefile.absolute(host, zone).lower(), "value": value,
                "opt": opt, "ttl": TTL}

    def panel_zone(self, domain: dict[str, Any], name: str, address: str) -> dict[str, Any]:
        records = [self.record(name, text) for text in self.default_records(domain, address)]
        zone = {"type": "master", "status": domain.get("zone", "enabled"), "ttl": TTL, "serial": self.serial,
                "records": records}
        if domain.get("dkim", True) and zone["status"] == "enabled":
            value = self.keys[name]
            if domain.get("dkim_record") == "cut":
                value = value[:255]
            records.append(self.record(name, f"default._domainkey TXT {value}"))
            records.append(self.record(name, "_domainkey TXT o=-"))
        return zone

    def mailname(self, name: str, **more: Any) -> dict[str, Any]:
        return {"id": self.next_id(), "name": name, "mailbox": True, "password": "As-it-was-1", "quota": -1,
                "aliases": [], "forwarding": False, "addresses": [], "limit": "default", "description": "", **more}

    def mailnames(self, domain: dict[str, Any]) -> list[dict[str, Any]]:
        names = [self.mailname(name) for name in domain.get("mailboxes", [])]
        if domain.get("roles") and names:
            names[0]["aliases"] = list(ROLES)
        for forward in domain.get("forwards", []):
            names.append(self.mailname(forward["name"], mailbox=forward.get("mailbox", False), forwarding=True,
                                       addresses=forward["to"]))
        return names

    def domain(self, given: dict[str, Any], ids: dict[str, int]) -> dict[str, Any]:
        name = to_ascii(given["name"])
        address = given.get("address", self.host["addresses"][0]["address"])
        owner = next(c for c in self.world.state["clients"] if c["login"] == given["owner"])
        catch_all = given.get("catch_all")
        id = self.next_id()
        ids[name] = id
        parent = ids[to_ascii(given["parent"])] if "parent" in given else 0
        hosting = given.get("hosting", "virtual")
        return {"id": id, "name": given["name"], "ascii_name": name, "hosting_type": hosting,
                "base_domain_id": parent, "www_root": f"/var/www/vhosts/{name}/httpdocs" if hosting == "virtual" else "",
                "guid": guid("domain", name), "created": CREATED,
                "aliases": [self.alias(given, alias, address) for alias in given.get("aliases", [])],
                "client_id": owner["id"], "status": given.get("status", "active"), "ip": address,
                "zone": self.panel_zone(given, name, address),
                "mail": {"service": given.get("mail", True), "dkim": given.get("dkim", True), "selector": "default",
                         "webmail": "roundcube", "greylisting": False,
                         "nonexistent": {"kind": "forward" if catch_all else "reject", "text": catch_all or ""}},
                "mailnames": self.mailnames(given),
                "limits": {"mbox": "default", "domain": "default", "subscription": "default", "sendmail": "default",
                           "percent": 10}}

    def alias(self, given: dict[str, Any], alias: str, address: str) -> dict[str, Any]:
        name = to_ascii(alias)
        plain = {k: v for k, v in given.items() if k not in ("records", "zone", "dkim_record")}
        return {"id": self.next_id(), "name": alias, "ascii_name": name, "web": True, "dns": True, "mail": True,
                "seo_redirect": True, "zone": self.panel_zone({**plain, "dkim": False}, name, address)}

    def wordpress(self, given: dict[str, Any], domains: list[dict[str, Any]]) -> dict[str, Any]:
        domain = next(d for d in domains if d["ascii_name"] == to_ascii(given["domain"]))
        site = {"id": self.next_id(), "domain_id": domain["id"], "url": f"https://{domain['name']}", "path": "/httpdocs",
                "full_path": domain["www_root"], "title": f"Site of {domain['name']}", "version": given["version"],
                "auto_update": given["auto_update"], "plugins": given["plugins"], "themes": [], "broken": False,
                "infected": False, "checked": self.serial}
        if "available" in given:
            site["available"] = given["available"]
        return site

    def server(self) -> dict[str, Any]:
        limits = {"outgoing_antispam": self.limits, "outgoing_messages_mbox_limit": 100 if self.limits else -1,
                  "outgoing_messages_domain_limit": 500 if self.limits else -1,
                  "outgoing_messages_subscription_limit": 1000 if self.limits else -1}
        return {"platform": "Unix", "hostname": self.host["hostname"], "guid": guid("server"), "panel_version": "18.0.76",
                "panel_revision": hashlib.sha1(b"world").hexdigest(), "panel_build_date": "2026-03-10",
                "panel_update_version": "2", "extension_version": "2.9.0", "extension_release": "1",
                "ips": [{"ipv4": a["address"], "netmask": "255.255.255.0", "interface": "eth0", "type": a["type"]}
                        for a in self.host["addresses"]],
                "public_ips": {}, "dkim_sign": self.dkim_sign, "dkim_verify": True,
                "prefs": {"max_connections": 40, "max_connections_per_ip": 4, "outgoing_email_mode": "domain-ip",
                          **limits, "enable_sendmail": True, "stat_ttl": 3, "traffic_accounting": 2,
                          "restart_apache_interval": 0},
                "white_list": [], "black_list": [],
                "services": [{"id": id, "title": title, "state": "running"} for id, title in (
                    ("web", "Web Server (Apache)"), ("smtp", "SMTP Server (Postfix)"),
                    ("imap-pop3", "IMAP/POP3 Server (Dovecot)"), ("dns", "DNS Server (BIND)"))]}

    # --- zones that are not the panel's

    def serve(self, operator: str, zone: str, text: str) -> None:
        self.world.zones.setdefault(operator, {})[zone] = text
        self.world.stubs[zone] = self.plan["operators"][operator]["addresses"]

    def public_zone(self, given: dict[str, Any]) -> None:
        """The zone that another operator serves for a domain of the panel."""
        name, public = to_ascii(given["name"]), given["public"]
        lines = list(public["records"])
        if public.get("dkim"):
            value = self.keys[name]
            lines.append(f"default._domainkey TXT {value[:255] if public['dkim'] == 'cut' else value}")
        servers = self.plan["operators"][public["at"]]["name_servers"]
        self.serve(public["at"], name, zonefile.from_lines(name, self.serial, servers, lines, TTL))

    def foreign_zone(self, name: str, given: dict[str, Any]) -> None:
        lines = list(given["records"])
        if "reverse_of" in given:
            lines += [f"{a['address'].rpartition('.')[2]} PTR {a['ptr']}." for a in self.host["addresses"] if a["ptr"]]
        servers = self.plan["operators"][given["at"]]["name_servers"]
        self.serve(given["at"], name, zonefile.from_lines(name, self.serial, servers, lines, TTL))

    def outside_zones(self) -> None:
        taken = {name: given["records"] for name, given in self.plan["foreign"].items()}
        for name, lines in outside.zones(DATA, taken, self.listed, self.refused).items():
            if name in taken:
                self.plan["foreign"][name]["records"] = taken[name] + lines
            else:
                self.plan["foreign"][name] = {"at": "provider", "records": lines}

    def delegations(self) -> None:
        """The root and the top-level domains, with a delegation of every zone."""
        glue = {name: address for operator in self.plan["operators"].values()
                for name, address in zip(operator["name_servers"], operator["addresses"] * 4)}
        servers_of = {tuple(o["addresses"]): o["name_servers"] for o in self.plan["operators"].values()}
        root = self.plan["operators"]["root"]["name_servers"]
        tops: dict[str, list[str]] = {}
        for zone, addresses in list(self.world.stubs.items()):
            top = "arpa" if zone.endswith(".arpa") else zone.rpartition(".")[2]
            tops.setdefault(top, []).extend(f"{zone}. NS {server}." for server in servers_of[tuple(addresses)])
        for operator in self.plan["operators"].values():        # a place for each name server's address
            for name in operator["name_servers"]:
                tops.setdefault(name.rpartition(".")[2], [])
        for top in sorted(tops):
            lines = tops[top] + [f"{name}. A {address}" for name, address in glue.items()
                                         if name.endswith("." + top)]
            self.serve("root", top, zonefile.from_lines(top, self.serial, root, lines, TTL))
        lines = [f"{top}. NS {root[0]}." for top in sorted(tops)]
        self.serve("root", ".", zonefile.from_lines(".", self.serial, root,
                                                    [*lines, f"{root[0]}. A {glue[root[0]]}"], TTL))

    def panel_state(self) -> None:
        """world.state and the names that the panel serves."""
        world, state = self.world, self.world.state
        state["clients"] = [self.client(c, n) for n, c in enumerate(self.plan["clients"], 1)]
        ids: dict[str, int] = {}
        state["domains"] = [self.domain(d, ids) for d in self.plan["domains"]]
        state["server"] = self.server()
        state["wordpress"] = [self.wordpress(w, state["domains"]) for w in self.plan["wordpress"]]
        state["extensions"] = [
            {"id": "wp-toolkit", "name": "WP Toolkit", "version": "6.10.0", "release": "10201", "active": True},
            {"id": "antispam-guide", "name": "Anti-Spam Guide", "version": "0.1.0", "release": "1", "active": True}]
        state.update(keys=[], tasks=[], wp_tasks=[], root_commands={}, certificate_name="srv1.host.example")
        panel = self.plan["operators"]["panel"]["addresses"]
        for domain in state["domains"]:
            world.stubs[domain["ascii_name"]] = panel
            for alias in domain["aliases"]:
                world.stubs[alias["ascii_name"]] = panel

    def build(self) -> World:
        self.make_keys()
        world = self.world
        world.hostname = self.host["hostname"]
        world.addresses = [a["address"] for a in self.host["addresses"]]
        world.password = "demo-" + hashlib.sha256(str(self.directory).encode()).hexdigest()[:12]
        self.panel_state()
        for given in self.plan["domains"]:
            if "public" in given:
                self.public_zone(given)
        self.outside_zones()
        for name, given in self.plan["foreign"].items():
            self.foreign_zone(name, given)
        self.delegations()
        world.state["next_id"] = self.id
        return world


def fleet_domains(count: int) -> list[dict[str, Any]]:
    """Many domains of one reseller; every tenth has no SPF record, every tenth two."""
    out = []
    for n in range(1, count + 1):
        given: dict[str, Any] = {"name": f"shop{n:05d}.example", "owner": "rita", "fleet": True, "roles": True,
                                 "mailboxes": ["info"]}
        if n % 10 == 3:
            given["records"] = ["@ TXT -"]
        elif n % 10 == 7:
            given["records"] = ["@ TXT v=spf1 a mx ~all", "@ TXT v=spf1 include:_spf.relay.example -all"]
        elif n % 10 == 9:
            given["dkim"] = False
        out.append(given)
    return out


def build(directory: Path, variants: list[str] = [], fleet: int = 0, source: Path = HERE / "provider.yaml") -> World:
    """directory: the panel's; its keys are kept there."""
    return Builder(directory, variants, fleet, source).build()
