"""What is in the panel's database, and who owns it."""

from __future__ import annotations

import uuid
from typing import Any, Iterator

from ..common.state import Store, to_ascii


class State(Store):
    @property
    def server(self) -> dict[str, Any]:
        return self.world["server"]

    @property
    def clients(self) -> list[dict[str, Any]]:
        return self.world["clients"]

    @property
    def domains(self) -> list[dict[str, Any]]:
        return self.world["domains"]

    def client(self, *, id: int | None = None, login: str | None = None) -> dict[str, Any] | None:
        return next((c for c in self.clients if c["id"] == id or (login is not None and c["login"] == login)), None)

    def domain(self, *, id: int | None = None, name: str | None = None) -> dict[str, Any] | None:
        if id is not None:
            return next((d for d in self.domains if d["id"] == id), None)
        ascii_name = to_ascii(name or "")
        return next((d for d in self.domains if d["ascii_name"] == ascii_name), None)

    def domain_of_alias(self, name: str) -> dict[str, Any] | None:
        ascii_name = to_ascii(name)
        return next((d for d in self.domains for a in d["aliases"] if a["ascii_name"] == ascii_name), None)

    def zone(self, name: str) -> tuple[str, dict[str, Any]] | None:
        """A domain's or an alias's zone, with its name [3.4]."""
        ascii_name = to_ascii(name)
        for domain in self.domains:
            if domain["ascii_name"] == ascii_name:
                return ascii_name, domain["zone"]
            for alias in domain["aliases"]:
                if alias["ascii_name"] == ascii_name and "zone" in alias:
                    return ascii_name, alias["zone"]
        return None

    def zones(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for domain in self.domains:
            yield domain["ascii_name"], domain["zone"]
            for alias in domain["aliases"]:
                if "zone" in alias:
                    yield alias["ascii_name"], alias["zone"]

    def record(self, id: int) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        for name, zone in self.zones():
            for record in zone["records"]:
                if record["id"] == id:
                    return name, zone, record
        return None

    def mailname(self, address: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        local, _, host = address.rpartition("@")
        domain = self.domain(name=host)
        if domain is None:
            return None
        for mailname in domain["mailnames"]:
            if mailname["name"].lower() == local.lower():
                return domain, mailname
        return None

    def alias_of(self, domain: dict[str, Any], local: str) -> dict[str, Any] | None:
        return next((m for m in domain["mailnames"] if local.lower() in [a.lower() for a in m["aliases"]]), None)

    def owns(self, client: dict[str, Any], domain: dict[str, Any]) -> bool:
        """Own domains; a reseller also those of his customers; the administrator all [7.4]."""
        if client["type"] == "admin" or domain["client_id"] == client["id"]:
            return True
        owner = self.client(id=domain["client_id"])
        return client["type"] == "reseller" and owner is not None and owner["owner_login"] == client["login"]


def new_guid() -> str:
    return str(uuid.uuid4())
