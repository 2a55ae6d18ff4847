"""What the world sees, which the validators compare with [12.6]: the name servers that a zone is delegated to."""

from __future__ import annotations

import ipaddress
from typing import Any

from servers import dnsq

from .state import State


class Silent(Exception):
    """The servers did not answer, or not with an answer."""


class Public:
    def __init__(self, state: State, port: int):
        self.state, self.port = state, port
        self.answers: dict[tuple[str, str], dnsq.Answer] = {}        # of the call that is being answered

    def servers(self, name: str) -> tuple[str, list[str]] | None:
        """The zone that holds a name and the addresses that serve it."""
        labels = name.rstrip(".").lower().split(".")
        for at in range(len(labels)):
            zone = ".".join(labels[at:])
            if zone in self.state.world["delegations"]:
                return zone, self.state.world["delegations"][zone]
        return None

    def ask(self, name: str, kind: str) -> list[str]:
        """Values; none when there are none.  A CNAME is followed."""
        for _ in range(8):
            found = self.servers(name)
            if found is None:
                return []
            answer = self.one(found[1], name, kind)
            if answer.values or kind == "CNAME":
                return answer.values
            target = self.one(found[1], name, "CNAME").values
            if not target:
                return []
            name = target[0]
        return []

    def forget(self) -> None:
        self.answers.clear()

    def one(self, addresses: list[str], name: str, kind: str) -> dnsq.Answer:
        if (name, kind) not in self.answers:
            self.answers[name, kind] = self.fetch(addresses, name, kind)
        return self.answers[name, kind]

    def fetch(self, addresses: list[str], name: str, kind: str) -> dnsq.Answer:
        for address in addresses:
            try:
                answer = dnsq.ask(name, kind, address, self.port, 1.0)
            except OSError:
                continue
            if answer.rcode in ("NOERROR", "NXDOMAIN"):
                return answer
        raise Silent(name)

    def txt(self, name: str) -> list[str]:
        return self.ask(name, "TXT")

    def addresses(self, name: str) -> list[str]:
        return [a for kind in ("A", "AAAA") for a in self.ask(name, kind)]

    def ptr(self, address: str) -> list[str]:
        return [name.rstrip(".") for name in self.ask(reverse(address), "PTR")]

    def name_servers(self, name: str) -> list[str]:
        found = self.servers(name)
        if found is None:
            return []
        return [n.rstrip(".") for n in self.one(found[1], found[0], "NS").values]

    def here(self, name: str) -> bool:
        """Is this server what the world asks?"""
        found = self.servers(name)
        return found is not None and bool(set(found[1]) & set(self.state.world["own_name_servers"]))


def reverse(address: str) -> str:
    return ipaddress.ip_address(address).reverse_pointer


# --- SPF, as much as a validator needs (RFC 7208 4.6)

def spf_result(public: Public, record: str, domain: str, address: str, depth: int = 0) -> str:
    if depth > 10:
        return "PERMERROR"
    ip = ipaddress.ip_address(address)
    redirect = None
    for term in record.split()[1:]:
        if "=" in term and ":" not in term.split("=")[0] and "/" not in term.split("=")[0]:
            if term.lower().startswith("redirect="):
                redirect = term[9:]
            continue
        qualifier = term[0] if term[0] in "+-~?" else "+"
        try:
            hit = spf_matches(public, term.lstrip("+-~?"), domain, ip, depth)
        except Silent:
            return "TEMPERROR"
        except ValueError:
            return "PERMERROR"
        if hit:
            return {"+": "PASS", "-": "FAIL", "~": "SOFTFAIL", "?": "NEUTRAL"}[qualifier]
    if redirect:
        return spf_of(public, redirect, address, depth + 1) or "PERMERROR"
    return "NEUTRAL"


def spf_of(public: Public, domain: str, address: str, depth: int) -> str | None:
    records = [r for r in public.txt(domain) if is_spf(r)]
    return spf_result(public, records[0], domain, address, depth) if len(records) == 1 else None


def spf_matches(public: Public, term: str, domain: str, ip: Any, depth: int) -> bool:
    word, _, rest = term.partition(":")
    word, slash, prefix = word.partition("/")
    if not rest and slash:
        rest = "/" + prefix
    target, _, prefix = rest.partition("/")
    word = word.lower()
    if word == "all":
        return True
    if word in ("ip4", "ip6"):
        network = ipaddress.ip_network(rest, strict=False)
        return ip.version == network.version and ip in network
    if word in ("a", "mx"):
        names = [target or domain] if word == "a" else \
            [value.split()[1].rstrip(".") for value in public.ask(target or domain, "MX")]
        return any(within(ip, a, prefix) for name in names if name for a in public.addresses(name))
    if word == "include":
        result = spf_of(public, target, str(ip), depth + 1)
        if result in (None, "PERMERROR"):
            raise ValueError(term)
        if result == "TEMPERROR":
            raise Silent(term)
        return result == "PASS"
    if word in ("exists", "ptr"):
        return False
    raise ValueError(term)


def within(ip: Any, address: str, prefix: str) -> bool:
    other = ipaddress.ip_address(address)
    bits = int(prefix) if prefix.isdigit() else other.max_prefixlen
    return ip.version == other.version and ip in ipaddress.ip_network(f"{address}/{bits}", strict=False)


def is_spf(value: str) -> bool:
    return value.lower() == "v=spf1" or value.lower().startswith("v=spf1 ")
