"""cpsrvd's ports: WHM's and cPanel's [2.1, 2.6]."""

from __future__ import annotations

import random
import re
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from ..common import serve, wptoolkit
from ..common.wire import Reply
from . import access, functions
from .panel import Panel
from .wire import Args, Call, Denied, access_denied, html, long, reply

SESSION = re.compile(r"^(/cpsess\d{10})(/.*)$")
TOOLKIT = {"whm": "/cgi/wpt/index.php", "cpanel": "/3rdparty/wpt/index.php"}
SECRETS = {"password", "password_hash", "key", "pem"}
LATENT = re.compile(r"validate_current_|has_local_authority")


def names_of(call: Call) -> list[str]:
    """Every function of a call, also those of a batch, as the journal and faults name them: gethostname,
    Email::list_pops."""
    found = re.fullmatch(r"/json-api/([\w.]+)", call.path)
    if call.path.startswith("/execute/"):
        return ["::".join(call.path.split("/")[2:4])]
    if found is None:
        return []
    return whm_names(found[1], call.form)


def whm_names(command: str, form: list[tuple[str, Any]]) -> list[str]:
    given = dict(form)
    if command == "uapi_cpanel":
        return [command, f"{given.get('cpanel.module')}::{given.get('cpanel.function')}"]
    if command == "cpanel":
        return [command, f"{given.get('cpanel_jsonapi_module')}::{given.get('cpanel_jsonapi_func')}"]
    if command == "batch":
        out = [command]
        for key, value in form:
            if re.fullmatch(r"command(-\d+)?", key):
                name, _, query = str(value).partition("?")
                out += whm_names(name, parse_qsl(query, keep_blank_values=True))
        return out
    return [command]


class Answerer(serve.Answerer):
    """door: "whm" (2087) or "cpanel" (2083)."""

    panel: Panel

    def __init__(self, panel: Panel, door: str):
        super().__init__(panel)
        self.door = door
        self.log = threading.Lock()

    def call(self, **given: Any) -> Call:
        call = Call(door=self.door, **given)
        call.read_form()
        self.access_log(call)
        return call

    def access_log(self, call: Call) -> None:
        """The whole request line is written: what is secret must not be in it [2.1]."""
        line = f"{call.path}?{call.raw_query}" if call.raw_query else call.path
        with self.log, open(self.panel.directory / "access_log", "a", encoding="utf-8", errors="replace") as file:
            file.write(f"{call.address} [{int(time.time())}] \"{call.method} {line}\"\n")

    def describe(self, call: Call) -> dict[str, Any]:
        names = names_of(call)
        shown = [[k, "***" if k in SECRETS or k == "command" and "password" in str(v) else v] for k, v in call.form
                 if not k.startswith("api.version")]
        return {"method": call.method, "door": self.door, "path": call.path, "call": names, "args": shown,
                "address": call.address, "secret_in_url": any(k in SECRETS for k, _ in call.query)}

    def latency(self, call: Call) -> None:
        low, high = self.panel.switches["latency_s"]
        wait = random.uniform(low, high) if high else 0.0
        if self.panel.switches["validator_s"] and any(LATENT.search(n) for n in names_of(call)):
            wait += self.panel.switches["validator_s"] * max(1, len(Args(call.form).list("domain")))
        if wait:
            time.sleep(wait)

    def error(self, kind: str) -> Reply:
        if kind == "html":
            return html(200, "WHM Login" if self.door == "whm" else "cPanel Login")
        return html(int(kind), "Internal Server Error" if kind == "500" else "Service Temporarily Unavailable")

    def revoke(self, call: Call) -> None:
        found = access.header_token(call.headers, self.door)
        if found:
            with self.panel.state.lock:
                access.revoke(self.panel.state, found[1])

    def answer(self, call: Call) -> tuple[Reply, str]:
        if time.monotonic() < self.panel.outage_until:          # services are being restarted
            return html(503, "Service Temporarily Unavailable"), "reset"
        made, spoil = super().answer(call)
        return made, "reset" if call.drop else spoil

    def normal(self, call: Call) -> Reply:
        done = super().normal(call)
        if call.later is not None:
            call.later()
        return done

    # --- dispatch

    def dispatch(self, call: Call) -> Reply:
        switches = self.panel.switches
        self.panel.public.forget()
        try:
            if not switches["licence"]:
                return html(403, "The license for this server has expired")
            call.caller = self.caller(call)
            call.login = call.caller.user
            if call.path.startswith(TOOLKIT[self.door] + "/"):
                return self.toolkit(call, call.caller)
            if self.door == "whm":
                return self.whm(call, call.caller)
            return self.cpanel(call, call.caller)
        except Denied as denied:
            return denied.reply

    def caller(self, call: Call) -> access.Caller:
        state, switches = self.panel.state, self.panel.switches
        failed, last = self.panel.failed_logins.get(call.address, (0, 0.0))
        if switches["cphulk_after"] and failed >= switches["cphulk_after"] and time.time() < last + switches["cphulk_s"]:
            raise Denied(html(switches["cphulk_status"], "This address is temporarily blocked"))
        session = SESSION.match(call.path)
        caller = None
        if session:
            call.path = session[2]
            caller = access.by_session(state, self.door, call.headers, session[1])
        elif found := access.header_token(call.headers, self.door):
            caller = access.by_token(state, self.door, *found, call.address)
        if caller is None:
            self.panel.failed_logins[call.address] = (failed + 1, time.time())
            if switches["unauthorised"] == "html":
                raise Denied(html(200, "WHM Login" if self.door == "whm" else "cPanel Login"))
            raise Denied(access_denied(switches, int(switches["unauthorised"])))
        return caller

    def toolkit(self, call: Call, caller: access.Caller) -> Reply:
        """WP Toolkit's REST API, the same as on other panels [10]."""
        if not self.panel.switches["wp_toolkit"]:
            return html(404, "Not Found")
        if self.door == "whm" and not caller.may("all"):
            return wptoolkit.error(403, "Access denied")
        sites = [s for s in self.panel.state.world["wordpress"] if self.door == "whm" or s["user"] == caller.user]
        return wptoolkit.answer(self.panel, call, call.path.removeprefix(TOOLKIT[self.door]), sites)

    def whm(self, call: Call, caller: access.Caller) -> Reply:
        found = re.fullmatch(r"/json-api/([\w.]+)", call.path)
        if found is None:                                       # also /execute/, which is not here [2.1]
            return html(404, "Function not found") if not call.path.startswith("/execute/") else \
                access_denied(self.panel.switches)
        command, args, switches = found[1], Args(call.form), self.panel.switches
        if command == "cpanel":
            return reply(functions.call_old(self.panel, call, caller, args), switches)
        if args.one("api.version") != "1":                      # the old shape [2.1]
            return self.version_zero(call, caller, command, args)
        envelope = functions.call_whm(self.panel, call, caller, command, args)
        if command == "version" and switches["version_envelope"] == "old":
            envelope = {"cpanelresult": {"apiversion": "2", "type": "text", "data": envelope["data"]}}
        forbidden = "permission" in envelope.get("metadata", {}).get("reason", "") and not envelope["metadata"]["result"]
        if forbidden and switches["acl_refusal"] == "403":
            return access_denied(switches)
        return reply(envelope, switches)

    def version_zero(self, call: Call, caller: access.Caller, command: str, args: Args) -> Reply:
        envelope = functions.call_whm(self.panel, call, caller, command, args)
        if "Unknown app requested" in envelope["metadata"]["reason"]:
            return reply({"error": f"Unknown App Requested: {command}"}, self.panel.switches)
        return reply({"status": envelope["metadata"]["result"], "statusmsg": envelope["metadata"]["reason"],
                      **(envelope.get("data") or {})}, self.panel.switches)

    def cpanel(self, call: Call, caller: access.Caller) -> Reply:
        account = self.panel.state.account(caller.user)
        if account is None:
            raise Denied(access_denied(self.panel.switches))
        if call.path == "/json-api/cpanel":
            return reply(functions.call_old(self.panel, call, caller, Args(call.form)), self.panel.switches)
        found = re.fullmatch(r"/execute/(\w+)/(\w+)", call.path)
        if found is None:
            return access_denied(self.panel.switches) if call.path.startswith("/json-api/") else html(404, "Function not found")
        answer = functions.call_uapi(self.panel, call, caller, account, found[1], found[2], Args(call.form))
        if self.panel.switches["execute_envelope"] == "long":
            answer = long(found[1], found[2], answer)
        return reply(answer, self.panel.switches)


def start(panel: Panel, directory: Path, control_port: int) -> None:
    ports = [(panel.ports[door], Answerer(panel, door)) for door in ("whm", "cpanel")]
    serve.start(panel, directory, ports, "cpsrvd", control_port)
