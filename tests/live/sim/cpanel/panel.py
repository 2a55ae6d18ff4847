"""The simulated server as a whole: its state, its name server, its settings."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from servers.nsd import Nsd

from ..common.faults import Faults, Journal
from . import access
from .change import change
from .faults import SWITCHES
from .public import Public
from .publish import Publisher
from .state import State
from .tree import Tree
from .wire import Refused


class Panel:
    def __init__(self, state: State, nsd: Nsd | None, directory: Path, ports: dict[str, int], dns_port: int):
        self.state, self.directory, self.ports = state, directory, ports
        self.keys = directory / "domainkeys"
        self.switches: dict[str, Any] = {**SWITCHES, **state.world.get("switches", {})}
        self.faults = Faults()
        self.journal = Journal()
        self.publisher = Publisher(state, nsd, self.switches)
        self.public = Public(state, dns_port)
        self.tree = Tree(self, directory / "root")
        self.failed_logins: dict[str, tuple[int, float]] = {}        # by address: how many, and the last
        self.outage_until = 0.0
        self.refusals = Refused
        self.routes = {("POST", "/key"): self.new_key, ("DELETE", "/key"): self.revoke_keys,
                       ("POST", "/session"): self.new_session, ("POST", "/uapi"): self.uapi}

    # --- the panel's own doings

    def routing(self, domain: dict[str, Any]) -> str:
        self.tree.read_routing()
        return domain["routing"]

    def wp_whose(self, site: dict[str, Any]) -> dict[str, Any]:
        return {"domain": {"id": site["domain_id"], "name": site["domain"]}, "owner": {"login": site["user"]}}

    def change_hostname(self, name: str) -> None:
        """Services are restarted, half of the time before the name is changed and half after it [6]."""
        delay = self.switches["hostname_delay_s"]
        if self.switches["hostname_outage"]:
            self.outage_until = time.monotonic() + delay
        time.sleep(delay / 2)
        with self.state.lock:
            if not self.state.muted:
                self.state.server["hostname"] = name
                self.state.changed()
                self.hook("Whostmgr", "Hostname::change", {"hostname": name})
        if not self.switches["hostname_drop"]:
            time.sleep(delay / 2)

    def hook(self, category: str, event: str, args: dict[str, Any]) -> None:
        if not self.state.muted:
            self.state.world["hooks"].append({"category": category, "event": event, "args": args})
            del self.state.world["hooks"][:-1000]

    # --- the control endpoint's

    def change(self, what: dict[str, Any]) -> Any:
        return change(self, what)

    def new_key(self, body: dict[str, Any]) -> dict[str, Any]:
        """{"login", "kind": "whm" or "cpanel", "acls": [...] or null, "expires_at", "ips"}"""
        return {"key": access.create_token(self.state, body.get("login", "root"), kind=body.get("kind", "whm"),
                                           acls=body.get("acls"), expires=body.get("expires_at"),
                                           addresses=body.get("ips", []))}

    def revoke_keys(self, body: Any) -> dict[str, Any]:
        self.state.world["tokens"] = []
        self.state.changed()
        return {}

    def new_session(self, body: dict[str, Any]) -> dict[str, Any]:
        """{"user", "service": "cpaneld" or "whostmgrd"}: who has logged in with a browser."""
        return access.create_session(self.state, body["user"], body["service"])

    def uapi(self, body: dict[str, Any]) -> dict[str, Any]:
        """{"user", "module", "func", "args"}: as LiveAPI asks, in the long envelope."""
        from . import functions
        from .wire import Args, Call, long
        account = self.state.account(body["user"])
        if account is None:
            raise ValueError("no such account")
        call = Call("LIVE", "/live", [], {}, b"", "", door="live", login=body["user"])
        answer = functions.call_uapi(self, call, access.Caller(body["user"], set()), account, body["module"], body["func"],
                                     Args(body.get("args", {}).items()))
        return long(body["module"], body["func"], answer)
