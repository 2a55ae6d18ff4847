"""A fleet of synthetic domains behind one nsd and one unbound, for tests and measurements of bulk runs.

Domain i lives on server i // 100 and uses provider i % 20, so that mail hosts, name servers and SPF
includes are shared as they are in the world.  Every 50th domain has the fault that its number names; which
findings that makes is written beside it.  One more address delays or loses what goes through it.
"""

from __future__ import annotations

from pathlib import Path

from servers import process
from servers.unbound import Unbound

SENDING = "203.0.113.10"
NS = ["127.0.50.1", "127.0.50.2"]
PROVIDERS, PER_SERVER, EVERY = 20, 100, 50
KEY = ("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmz13QlsVve/n6Ndnwe3Yp5lpKPxj3wVLM/iJ8jZQfWjPVsRmgmGSaTNv"
       "IvgenaHz3qIVrzMHpIOuj/HZL03x0CWB0KZWUwkDAeHn1v0j7nw8AgAjKSUkbA4byYLWJlBN7i57XHbm8V4k3xNBUSJZ7SkBcX3a"
       "MGgV19zSmW9oh+8VnYl3QU1wCl+u7ydKwSdus3Uz4ZgOPJ2hOYwa+UedZKtR1IUW7zIIAxZdXJAIBN3rKcRPeZvU15v7mu/sJFn7"
       "X87C5E6O8HeYkXgNf8bKGmBQjGPbfUW4BEuGHmmiqvSegpINt4kax91aX6IUH2TZFlLkrX3nO3e18DF7tzjiPQIDAQAB")

WELL = {"dkim.ok", "dmarc.ok", "dmarc.monitoring", "spf.ok", "mail_routing.ok"}
# what stands instead of the right record (None: nothing), and what is found instead of the right finding
FAULTS: dict[int, tuple[dict[str, list[str]], set[str], set[str]]] = {
    1: ({"spf": []}, {"spf.ok"}, {"spf.missing"}),
    2: ({"spf": ["@ TXT \"v=spf1 ip4:203.0.113.10 ~all\"", "@ TXT \"v=spf1 mx ~all\""]}, {"spf.ok"}, {"spf.multiple"}),
    3: ({"dmarc": []}, {"dmarc.ok", "dmarc.monitoring"}, {"dmarc.missing"}),
    4: ({"dmarc": ["_dmarc TXT \"v=DMARC1; p=none\"", "_dmarc TXT \"v=DMARC1; p=reject\""]},
        {"dmarc.ok", "dmarc.monitoring"}, {"dmarc.multiple"}),
    5: ({"dkim": []}, {"dkim.ok"}, {"dkim.unknown"}),
    6: ({"dkim": ["default._domainkey TXT \"v=DKIM1; p=\""]}, {"dkim.ok"}, {"dkim.key_revoked"}),
    7: ({"mx": [], "a": []}, {"dkim.ok"}, {"dkim.not_applicable", "mail_routing.parked"}),
    8: ({"spf": ["@ TXT \"v=spf1 include:nowhere.host.example ~all\""]}, {"spf.ok"}, {"spf.syntax"}),
    9: ({"spf": ["@ TXT \"v=spf1 ip4:192.0.2.77 -all\""]}, {"spf.ok"}, {"spf.not_authorised"}),
    10: ({"spf": ["@ TXT \"v=spf1 ip4:203.0.113.10 +all\""]}, {"spf.ok"}, {"spf.too_open"}),
    11: ({"spf": ["@ TXT \"v=spf1 include:_many.host.example ip4:203.0.113.10 ~all\""]}, {"spf.ok"}, {"spf.lookup_limit"}),
    12: ({"dkim": ["default._domainkey TXT \"v=DKIM1; k=rsa; p=thisisnokey!\""]}, {"dkim.ok"}, {"dkim.key_invalid"}),
    13: ({"dmarc": ["_dmarc TXT \"v=DMARC1 p=none\""]}, {"dmarc.ok", "dmarc.monitoring"}, {"dmarc.syntax"}),
    14: ({"spf": ["@ TXT \"v=spf1 ip4:203.0.113.10 ?all\""]}, {"spf.ok"}, {"spf.neutral"}),
    15: ({"dkim": ["default._domainkey TXT \"v=DKIM1; k=rsb; p=AAAA\""]}, {"dkim.ok"}, {"dkim.key_unsupported"}),
    16: ({"dmarc": ["_dmarc TXT \"v=DMARC1; p=none; aspf=x\""]}, {"dmarc.ok", "dmarc.monitoring"}, {"dmarc.bad_tag"}),
}
GONE = 17                               # delegated, but nobody serves it: nothing can be decided


# what is told by the way: mail arrives at another server than it leaves from, an include belongs to others
ASIDE = {"mail_routing.elsewhere", "spf.other_senders"}


def name(i: int) -> str:
    return f"d{i:06d}.example"


def expected(i: int) -> set[str] | None:
    """The findings of spf, dkim, dmarc and mail_routing; None: all unknown."""
    if i % EVERY == GONE:
        return None
    _, without, instead = FAULTS.get(i % EVERY, ({}, set(), set()))
    return WELL - without | instead


def found(report: dict) -> set[str] | None:
    """The same of a report."""
    ids = {f["id"] for f in report["findings"] if f["check"] in ("spf", "dkim", "dmarc", "mail_routing")} - ASIDE
    return None if all(i.endswith(".unknown") for i in ids) else ids


def zone(i: int) -> str:
    p, s = i % PROVIDERS, i // PER_SERVER
    kinds = {
        "a": [f"@ A 198.51.100.{s % 250 + 1}", f"www A 198.51.100.{s % 250 + 1}"],
        "mx": [f"@ MX 10 srv{s}.host.example.", "@ MX 20 backup.host.example."],
        "spf": [f"@ TXT \"v=spf1 include:_spf.p{p}.host.example ip4:{SENDING} ~all\""],
        "dkim": [f"default._domainkey TXT \"v=DKIM1; k=rsa; p={KEY[:200]}\" \"{KEY[200:]}\""],
        "dmarc": ["_dmarc TXT \"v=DMARC1; p=none\""],
    }
    kinds.update(FAULTS.get(i % EVERY, ({}, set(), set()))[0])
    return head() + "".join(
        record + "\n" for records in kinds.values() for record in records)


def head() -> str:
    return ("$TTL 3600\n@ SOA ns1.host.example. hostmaster.host.example. 1 10800 3600 604800 300\n"
            "@ NS ns1.host.example.\n@ NS ns2.host.example.\n")


def host_zone(count: int) -> str:
    out = head() + f"ns1 A {NS[0]}\nns2 A {NS[1]}\nbackup A 198.51.100.251\n"
    out += "".join(f"srv{s} A 198.51.100.{s % 250 + 1}\n" for s in range(count // PER_SERVER + 1))
    for p in range(PROVIDERS):
        out += f"_spf.p{p} TXT \"v=spf1 include:_spf2.p{p}.host.example ip4:192.0.2.{p} ~all\"\n"
        out += f"_spf2.p{p} TXT \"v=spf1 ip4:192.0.2.{p + 100} ~all\"\n"
    out += "_many TXT \"v=spf1 " + " ".join(f"include:_m{n}.host.example" for n in range(6)) + "\" \" " + \
        " ".join(f"include:_m{n}.host.example" for n in range(6, 11)) + " ~all\"\n"
    return out + "".join(f"_m{n} TXT \"v=spf1 ip4:192.0.2.{n} ~all\"\n" for n in range(11))


class Fleet:
    """The servers, started in the group; `resolver` answers from them, `config` leads the program to them."""

    def __init__(self, folder: Path, count: int, group: process.Group, have, through: tuple[str, int] | None = None):
        """through: what unbound asks instead of nsd, an address and a port that lead there."""
        self.folder, self.count = folder, count
        folder.mkdir(parents=True, exist_ok=True)
        self.port = process.free_port(NS, udp=True)
        self.start_nsd(group, have)
        self.resolver_port = process.free_port(udp=True)
        self.resolver = f"127.0.0.1:{self.resolver_port}"
        self.unbound = Forwarder(folder / "unbound", self.resolver_port, through or (NS[0], self.port))
        self.unbound.start(group, have)
        self.names = [name(i) for i in range(count)]
        self.list = folder / "names.txt"
        self.list.write_text("\n".join(self.names) + "\n")
        self.config = folder / "config.yaml"
        self.config.write_text(f"panel: {{kind: none}}\ndns: {{authoritative_port: {self.port}, allow_private: true}}\n"
                               f"store: {folder}/state.db\nblacklists: {{enabled: false}}\nserver: {{smtp_probe: false}}\n")

    def start_nsd(self, group: process.Group, have) -> None:
        zones = self.folder / "zones"
        zones.mkdir(exist_ok=True)
        texts = {name(i): zone(i) for i in range(self.count) if i % EVERY != GONE}
        texts["host.example"] = host_zone(self.count)
        texts["113.0.203.in-addr.arpa"] = head() + "10 PTR srv0.host.example.\n"
        texts["example"] = head() + "".join(f"d{i:06d} NS ns1.host.example.\nd{i:06d} NS ns2.host.example.\n"
                                            for i in range(self.count))
        texts["."] = head()
        for zone_name, text in texts.items():
            (zones / (zone_name if zone_name != "." else "root.zone")).write_text(f"$ORIGIN {zone_name.rstrip('.')}.\n{text}")
        conf = self.folder / "nsd.conf"
        conf.write_text("server:\n" + "".join(f"    ip-address: {a}@{self.port}\n" for a in NS) + f"""
    username: ""
    chroot: ""
    server-count: 1
    database: ""
    zonesdir: "{zones}"
    pidfile: "{self.folder}/nsd.pid"
    xfrdfile: "{self.folder}/xfrd.state"
    xfrdir: "{self.folder}"
    zonelistfile: "{self.folder}/zone.list"
    minimal-responses: yes
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
""" + "".join(f"zone:\n    name: \"{z}\"\n    zonefile: \"{z if z != '.' else 'root.zone'}\"\n" for z in texts))
        argv = [have.find("nsd"), "-d", "-c", str(conf)]
        self.nsd = group.add(process.Process("nsd", argv, self.folder / "nsd.log", env=have.env()))
        self.nsd.wait_ready(lambda: process.connects(NS[0], self.port), 300)


class Forwarder(Unbound):
    """unbound that takes every answer from one place, so that no cached delegation leads to port 53."""

    def __init__(self, directory: Path, port: int, to: tuple[str, int]):
        super().__init__(directory, port, {}, 0)
        self.to = to

    def extra(self) -> str:
        return f"forward-zone:\n    name: \".\"\n    forward-addr: {self.to[0]}@{self.to[1]}\n"
