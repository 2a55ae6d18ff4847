"""DKIM as the panel does it: a real key per domain, two records in its zone [8.2]."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from ..common.keys import make_key, public_key
from .publish import Publisher
from .state import State


def record_value(path: Path) -> str:
    return f"v=DKIM1; p={public_key(path)};"


class Dkim:
    def __init__(self, state: State, publisher: Publisher, keys: Path, settings: dict[str, Any]):
        self.state, self.publisher, self.keys, self.settings = state, publisher, keys, settings

    def path(self, domain: dict[str, Any]) -> Path:
        """As /etc/domainkeys/D/SELECTOR."""
        return self.keys / domain["ascii_name"] / domain["mail"]["selector"]

    def set_domain(self, domain: dict[str, Any], on: bool) -> None:
        was = domain["mail"]["dkim"]
        domain["mail"]["dkim"] = on
        self.state.changed()
        if self.state.muted or on == was:
            return
        if on:
            self.publish_later(domain)
        else:
            self.withdraw(domain)

    def set_server(self, on: bool) -> None:
        """The server's switch only permits; domains that are on get their records when it comes on."""
        was = self.state.server["dkim_sign"]
        self.state.server["dkim_sign"] = on
        self.state.changed()
        if on and not was and not self.state.muted:
            for domain in self.state.domains:
                if domain["mail"]["dkim"]:
                    self.publish_later(domain)

    def publish_later(self, domain: dict[str, Any]) -> None:
        if self.state.server["dkim_sign"]:
            if not self.path(domain).exists():
                make_key(self.path(domain))
            threading.Timer(self.settings["dkim_delay_s"], self.publish, [domain["id"]]).start()

    def names(self, domain: dict[str, Any]) -> tuple[str, str]:
        apex = domain["ascii_name"] + "."
        return f"{domain['mail']['selector']}._domainkey.{apex}", f"_domainkey.{apex}"

    def publish(self, domain_id: int) -> None:
        """The two records, when the zone is on; a changed key record is put right."""
        with self.state.lock:
            domain = self.state.domain(id=domain_id)
            if domain is None or not domain["mail"]["dkim"] or domain["zone"]["status"] != "enabled":
                return
            key_name, policy_name = self.names(domain)
            value = record_value(self.path(domain))
            records = domain["zone"]["records"]
            if [r["value"] for r in records if r["host"] == key_name and r["type"] == "TXT"] != [value]:
                records[:] = [r for r in records if not (r["host"] == key_name and r["type"] == "TXT")]
                self.append(domain, key_name, value)
            if not any(r["host"] == policy_name for r in records):
                self.append(domain, policy_name, "o=-")
            self.state.changed(domain["ascii_name"])
        self.publisher.flush()

    def append(self, domain: dict[str, Any], host: str, value: str) -> None:
        zone = domain["zone"]
        zone["records"].append({"id": self.state.next_id(), "type": "TXT", "host": host, "value": value,
                                "opt": "", "ttl": zone["ttl"]})

    def withdraw(self, domain: dict[str, Any]) -> None:
        names = self.names(domain)
        records = domain["zone"]["records"]
        records[:] = [r for r in records if not (r["host"] in names and r["type"] == "TXT")]
        self.state.changed(domain["ascii_name"])
