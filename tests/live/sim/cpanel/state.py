"""What is in the panel's database."""

from __future__ import annotations

from typing import Any, Iterator

from ..common.state import Store, to_ascii


class Index:
    def __init__(self, state: "State"):
        self.lists = (state.accounts, state.domains)
        self.sizes = (len(state.accounts), len(state.domains))
        self.accounts = {a["user"]: a for a in state.accounts}
        self.domains = {d["name"]: d for d in state.domains}
        self.of: dict[str, list[dict[str, Any]]] = {}
        for domain in state.domains:
            self.of.setdefault(domain["user"], []).append(domain)

    def holds(self, state: "State") -> bool:
        return self.lists[0] is state.accounts and self.lists[1] is state.domains and \
            self.sizes == (len(state.accounts), len(state.domains))


class State(Store):
    indexed: Index | None = None

    @property
    def server(self) -> dict[str, Any]:
        return self.world["server"]

    @property
    def accounts(self) -> list[dict[str, Any]]:
        return self.world["accounts"]

    @property
    def domains(self) -> list[dict[str, Any]]:
        return self.world["domains"]

    def index(self) -> "Index":
        """Of thousands of domains; made again when the lists are others."""
        if self.indexed is None or not self.indexed.holds(self):
            self.indexed = Index(self)
        return self.indexed

    def account(self, user: str | None) -> dict[str, Any] | None:
        return self.index().accounts.get(user or "")

    def domain(self, name: str) -> dict[str, Any] | None:
        return self.index().domains.get(to_ascii(name))

    def domains_of(self, user: str, *kinds: str) -> list[dict[str, Any]]:
        return [d for d in self.index().of.get(user, []) if not kinds or d["type"] in kinds]

    def mail_domains(self, user: str) -> list[dict[str, Any]]:
        """main, addon and parked, as the panel lists them; subdomains only when somebody has a mailbox there [3.3]."""
        return [d for d in self.domains_of(user) if d["type"] != "sub" or d["pops"]]

    def zone(self, name: str) -> dict[str, Any] | None:
        return self.world["zones"].get(to_ascii(name))

    def zones(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield from self.world["zones"].items()

    def zone_of(self, name: str) -> str | None:
        """The local zone that holds a name."""
        labels = to_ascii(name).split(".")
        for at in range(len(labels)):
            if ".".join(labels[at:]) in self.world["zones"]:
                return ".".join(labels[at:])
        return None

    def pop(self, address: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        local, _, host = address.rpartition("@")
        domain = self.domain(host)
        if domain is None:
            return None
        return next(((domain, p) for p in domain["pops"] if p["user"].lower() == local.lower()), None)

