"""The simulated server as a whole: its state, its name server, its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from servers.nsd import Nsd

from ..common.faults import Faults, Journal
from . import access, dns
from .change import change
from .dkim import Dkim
from .faults import SWITCHES
from .publish import Publisher
from .state import State


class Panel:
    def __init__(self, state: State, nsd: Nsd | None, keys: Path):
        self.state = state
        self.switches: dict[str, Any] = {**SWITCHES, **state.world.get("switches", {})}
        self.faults = Faults()
        self.journal = Journal()
        self.publisher = Publisher(state, nsd, self.switches)
        self.dkim = Dkim(state, self.publisher, keys, self.switches)
        self.routes = {("POST", "/key"): self.new_key, ("DELETE", "/key"): self.revoke_keys}
        self.refusals = dns.Refused

    def extensions(self) -> list[dict[str, Any]]:
        return [e for e in self.state.world["extensions"] if e["id"] != "wp-toolkit" or self.switches["wp_toolkit"]]

    def wp_whose(self, site: dict[str, Any]) -> dict[str, Any]:
        domain = self.state.domain(id=site["domain_id"])
        owner = self.state.client(id=domain["client_id"]) if domain else None
        return {"domain": {"id": site["domain_id"], "name": domain["name"] if domain else ""},
                "owner": {"login": owner["login"] if owner else ""}}

    def change(self, what: dict[str, Any]) -> Any:
        return change(self, what)

    def new_key(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"key": access.create_key(self.state, body.get("login", "admin"), body.get("ips", []), "control")}

    def revoke_keys(self, body: Any) -> dict[str, Any]:
        self.state.world["keys"] = []
        self.state.changed()
        return {}
