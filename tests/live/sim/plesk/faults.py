"""Everything that can be set to make the simulator behave otherwise, and the journal of what it was asked."""

from __future__ import annotations

import fnmatch
import threading
import time
from dataclasses import dataclass, field
from typing import Any

# Points where real servers differ or nobody has confirmed the answer [13.3, 15].
SWITCHES: dict[str, Any] = {
    "unauthorised_status": 403,         # 401 or 403 for a missing or wrong key [13.2]
    "initialised": True,                # false: 503 [2]
    "api_enabled": True,                # panel.ini [api] enabled [2]
    "allowed_ips": [],                  # panel.ini [api] allowedIPs; empty: all
    "error_code": "http",               # "zero": {"code": 0} in error bodies [2.4]
    "owner_login": True,                # the field is in the answers [3.2]
    "aliases": True,                    # since 18.0.42 [3.3]
    "base_domain_id": "zero",           # of main domains: "zero", "null", "own" [15.9]
    "reseller_sees_customers": False,   # /clients/{reseller}/domains [15.8]
    "post_host": "absolute",            # "relative", "relative-strict": how POST reads `host` [15.1]
    "ttl_zero": False,                  # answers give ttl 0 where the zone's default applies [7.1]
    "txt_over_255": "whole",            # "cut", "quoted" [15.14]
    "dkim_option": "sign_outgoing_mail",  # or "sign-outgoing-mail", or "" (utility not in the gate) [15.2]
    "dkim_delay_s": 1.0,                # until the records of a newly enabled domain are there [8.2]
    "spam_protect_sign": True,          # the child is in get_prefs answers [6.2]
    "greylisting": False,               # that one too
    "dns_info_off_exit": 0,             # exit status of dns --info for a zone that is off [4.1]
    "separator": " ",                   # or "\t" in dns --info [15.12]
    "ref_shape": "keys",                # "list", "bare": shape of /cli/{id}/ref [15.16]
    "fullhostname": True,               # settings --get FullHostName works
    "white_list_readable": True,        # mailserver --info white-list [15.19]
    "xml": True,                        # false: 404
    "xml_old_prefs": False,             # server.set wants the complete list, else 1014 [15.4a]
    "server_mail_prefs": True,          # server.get prefs has the mail fields [15.4]
    "wp_toolkit": True,                 # the extension is there
    "wp_command": True,                 # extension --call wp-toolkit works [15.22]
    "dns_component": True,              # the DNS server is installed [7.3]
    "dns_wait": True,                   # a change is answered when the name server serves it
    "dns_delay_s": 0.0,                 # or the name server learns it so much later
    "latency_s": [0.0, 0.0],            # every call, at random between the two [13.6]
    "cli_latency_s": [0.0, 0.0],        # command gate, in addition
}

KINDS = {"slow", "500", "503", "html", "reset", "truncate", "half", "nothing", "behind", "revoke"}


@dataclass
class Fault:
    """What goes wrong with the calls it matches.

    kind     slow      answer after `seconds`
             500, 503  an error, nothing done
             html      a login page, nothing done
             reset     done, but the connection is reset instead of an answer
             truncate  done, but half of the answer arrives
             half      only the first part of a change is done, and the call fails
             nothing   success is answered, nothing was done
             behind    `change` (see control.py) happens just before the call; "when": "after" for just after
             revoke    the key that was used is deleted, from this call on
    match    method, path (shell pattern), utility, command, packet ("mail.set_prefs"): all that are given must fit
    after    so many fitting calls are left alone first; times: how many are hit (0: all)
    """

    kind: str
    match: dict[str, str] = field(default_factory=dict)
    after: int = 0
    times: int = 1
    seconds: float = 30.0
    when: str = "before"
    change: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def fits(self, call: dict[str, Any]) -> bool:
        return all(fnmatch.fnmatchcase(str(value), wanted) if not isinstance(value := call.get(key), list)
                   else any(fnmatch.fnmatchcase(v, wanted) for v in value)
                   for key, wanted in self.match.items())


class Faults:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.list: list[Fault] = []

    def add(self, body: dict[str, Any]) -> Fault:
        fault = Fault(**{k: v for k, v in body.items() if k not in ("seen", "hits")})
        if fault.kind not in KINDS:
            raise ValueError(f"no such fault: {fault.kind} (there are: {' '.join(sorted(KINDS))})")
        with self.lock:
            self.list.append(fault)
        return fault

    def clear(self) -> None:
        with self.lock:
            self.list.clear()

    def pick(self, call: dict[str, Any]) -> Fault | None:
        with self.lock:
            for fault in self.list:
                if not fault.fits(call):
                    continue
                fault.seen += 1
                if fault.seen <= fault.after or (fault.times and fault.hits >= fault.times):
                    continue
                fault.hits += 1
                return fault
        return None


class Journal:
    """Every call, in order.  Secrets are not in it: of `env` only the names, of headers only who was meant."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.calls: list[dict[str, Any]] = []
        self.count = 0
        self.in_flight = 0
        self.most_in_flight = 0

    def begin(self, call: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.count += 1
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            entry = {"n": self.count, "at": time.time(), **call}
            self.calls.append(entry)
            del self.calls[:-20000]
        return entry

    def end(self, entry: dict[str, Any], **more: Any) -> None:
        with self.lock:
            self.in_flight -= 1
            entry.update(more, seconds=round(time.time() - entry["at"], 4))

    def clear(self) -> None:
        with self.lock:
            self.calls.clear()
            self.count = 0
            self.most_in_flight = self.in_flight
