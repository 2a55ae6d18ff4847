"""What is in the panel's database."""

from __future__ import annotations

from typing import Any, Iterator

from ..common.state import Store, to_ascii


class State(Store):
    @property
    def server(self) -> dict[str, Any]:
        return self.world["server"]

    @property
    def accounts(self) -> list[dict[str, Any]]:
        return self.world["accounts"]

    @property
    def domains(self) -> list[dict[str, Any]]:
        return self.world["domains"]

    def account(self, user: str | None) -> dict[str, Any] | None:
        return next((a for a in self.accounts if a["user"] == user), None)

    def domain(self, name: str) -> dict[str, Any] | None:
        ascii_name = to_ascii(name)
        return next((d for d in self.domains if d["name"] == ascii_name), None)

    def domains_of(self, user: str, *kinds: str) -> list[dict[str, Any]]:
        return [d for d in self.domains if d["user"] == user and (not kinds or d["type"] in kinds)]

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

