"""Calling a function of either API: who, in which account, what comes back [2.4 to 2.7]."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from . import access, lists, uapi, whm
from .access import Caller
from .panel import Panel
from .wire import Args, Call, Done, Function, Refused, long, short, xid

BATCH_MAX = 200


@dataclass
class Context:
    panel: Panel
    call: Call
    caller: Caller
    account: dict[str, Any] | None = None           # UAPI: whose functions these are

    @property
    def state(self) -> Any:
        return self.panel.state

    def own_domains(self, names: list[str]) -> list[str]:
        """As given, all of them the account's or the reseller's."""
        for name in names:
            if not self.owns_domain(name):
                raise Refused(f"You do not control a domain named “{name}”." if self.state.domain(name) or self.account
                              else f"The domain “{name}” does not exist on this server.")
        return names

    def owns_domain(self, name: str) -> bool:
        domain = self.state.domain(name)
        if self.account is not None:
            return domain is not None and domain["user"] == self.account["user"]
        return access.own_zone(self.state, self.caller, name) and \
            (domain is not None or self.state.zone(name) is not None)

    def own_zone(self, name: str) -> str:
        name = name.rstrip(".").lower()
        if self.state.zone(name) is None or not self.owns_domain(name):
            raise Refused(f"You do not control a DNS zone named {name}.")
        return name

    def all_domains(self) -> list[str]:
        users = [self.account] if self.account is not None else \
            [a for a in self.state.accounts if access.owns(self.state, self.caller, a)]
        return [d["name"] for a in users for d in self.state.mail_domains(a["user"])]


def known(panel: Panel, function: Function | None) -> bool:
    return function is not None and panel.switches["profile"] >= function.since and \
        function.role not in panel.switches["roles_off"]


def said(panel: Panel, refusal: Refused) -> str:
    """In the account's language, if so [2.4]."""
    return f"No ha sido posible completar la operación. ({xid()})" if panel.switches["translated"] else str(refusal)


# --- WHM API 1

def no_data(panel: Panel) -> dict[str, Any]:
    """Missing, null or {} [2.5]."""
    how = panel.switches["failure_data"]
    if how == "any":
        how = random.choice(["null", "missing", "empty"])
    return {} if how == "missing" else {"data": None if how == "null" else {}}


def metadata(command: str, result: int, reason: str) -> dict[str, Any]:
    return {"command": command, "reason": reason, "result": result, "version": 1}


def call_whm(panel: Panel, call: Call, caller: Caller, command: str, args: Args) -> dict[str, Any]:
    """The whole envelope of one function."""
    try:
        if command == "batch":
            return batch(panel, call, caller, args)
        if command == "uapi_cpanel":
            return uapi_cpanel(panel, call, caller, args)
        function = whm.FUNCTIONS.get(command)
        if function is None or not known(panel, function):
            raise Refused(f"Unknown app requested (“{command}”) for this version (1) of the API.")
        if not caller.may(function.acl):
            raise whm.Forbidden("You do not have permission to perform this action.")
        function.check(args.but("api."))
        data = function.run(Context(panel, call, caller), args)
        if isinstance(data, list):
            data = {function.key: data}
        if data is None:
            return {"metadata": metadata(command, 1, "OK")}
        return {"metadata": metadata(command, 1, "OK"), "data": lists.controlled(data, args)}
    except Done as done:
        envelope: dict[str, Any] = {"metadata": metadata(command, 1, done.reason)}
        as_text = panel.switches["output_as"] == "string"
        envelope["metadata"]["output"] = {"messages": "\n".join(done.messages) if as_text else done.messages,
                                          "warnings": "\n".join(done.warnings) if as_text else done.warnings}
        if done.data is not None:
            envelope["data"] = done.data
        return envelope
    except Refused as refusal:
        return {"metadata": metadata(command, 0, said(panel, refusal)), **no_data(panel)}


def batch(panel: Panel, call: Call, caller: Caller, args: Args) -> dict[str, Any]:
    """Runs all, or stops at the first failure; its own result is 0 when one failed [2.7]."""
    commands = args.list("command")
    if not commands:
        raise Refused("Provide the ‘command’ argument.")
    if len(commands) > BATCH_MAX:
        raise Refused("Too many commands.")
    results = []
    for n, text in enumerate(commands):
        if call.half and n:
            break
        name, _, query = str(text).partition("?")
        results.append(call_whm(panel, call, caller, name, Args(parse_qsl(query, keep_blank_values=True))))
        if args.flag("abort_on_error") and not results[-1]["metadata"]["result"]:
            break
    failed = [r["metadata"] for r in results if not r["metadata"]["result"]]
    reason = f"{failed[0]['command']}: {failed[0]['reason']}" if failed else "OK"
    return {"metadata": metadata("batch", 0 if failed else 1, reason), "data": {"result": results}}


def uapi_cpanel(panel: Panel, call: Call, caller: Caller, args: Args) -> dict[str, Any]:
    for name in ("cpanel.user", "cpanel.module", "cpanel.function"):
        if not args.one(name):
            raise Refused(f"Provide the ‘{name}’ argument.")
    if not caller.may("cpanel-api"):
        raise whm.Forbidden("You do not have permission to perform this action.")
    account = access.own_account(panel.state, caller, args.one("cpanel.user"))
    answer = call_uapi(panel, call, caller, account, args.one("cpanel.module"), args.one("cpanel.function"),
                       args.but("cpanel."))
    result = 1 if answer["status"] == 1 else panel.switches["uapi_outer"]
    return {"metadata": metadata("uapi_cpanel", result, "OK" if result else "The UAPI call failed."),
            "data": {"uapi": answer}}


def call_old(panel: Panel, call: Call, caller: Caller, args: Args) -> Any:
    """/json-api/cpanel: UAPI in its long envelope; of cPanel API 2 nothing is here [2.1, 4.4]."""
    user, module, function = (args.one(f"cpanel_jsonapi_{n}", "") for n in ("user", "module", "func"))
    version = args.one("cpanel_jsonapi_apiversion", "2")
    try:
        if call.door == "cpanel":
            account = panel.state.account(caller.user)
        else:
            if not caller.may("cpanel-api"):
                raise whm.Forbidden("You do not have permission to perform this action.")
            account = access.own_account(panel.state, caller, str(user))
        assert account is not None
    except Refused as refusal:
        return {"cpanelresult": {"apiversion": "2", "error": str(refusal), "type": "text",
                                 "data": {"reason": str(refusal), "result": "0"}}}
    if version != "3":
        return {"cpanelresult": {"apiversion": 2, "module": module, "func": function, "data": [],
                                 "error": f"Could not find function '{function}' in module '{module}'"}}
    return long(str(module), str(function),
                call_uapi(panel, call, caller, account, str(module), str(function), args.but("cpanel_jsonapi_")))


# --- UAPI

def call_uapi(panel: Panel, call: Call, caller: Caller, account: dict[str, Any], module: str, name: str,
              args: Args) -> dict[str, Any]:
    """The short envelope of one function."""
    try:
        if (module, name) == ("Batch", "strict"):
            return strict(panel, call, caller, account, args)
        functions = uapi.MODULES.get(module)
        if functions is None or uapi.absent(panel, module):
            raise Refused(f"Failed to load module “{module}”: (XID {'x' * 6}) The module could not be found.")
        function = functions.get(name)
        if function is None or not known(panel, function):
            raise Refused(f"The system could not find the function “{name}” in the module “{module}”.")
        if function.feature and not uapi.granted(panel, account, function.feature):
            raise Refused(f"You do not have the feature “{function.feature}”.")
        function.check(args.but("api."))
        data = lists.controlled(function.run(Context(panel, call, caller, account), args), args)
        if function.write:                  # of whatever call: the zone's, EmailAuth's, a mailbox's [11]
            panel.hook("Cpanel", f"UAPI::{module}::{name}", {k: v for k, v in args.pairs if k in ("zone", "domain", "email")})
        return short(data)
    except uapi.Status as odd:
        return short(None, [str(odd)], odd.status) | {"status": odd.status}
    except Refused as refusal:
        return short(None, [said(panel, refusal)])


def strict(panel: Panel, call: Call, caller: Caller, account: dict[str, Any], args: Args) -> dict[str, Any]:
    """Stops at the first failure [2.7]."""
    out = []
    for text in args.list("command"):
        try:
            command = json.loads(text) if isinstance(text, str) else text
            module, name, *rest = command
        except (ValueError, TypeError):
            raise Refused("A given command is not valid.") from None
        given = rest[0] if rest else {}
        out.append(call_uapi(panel, call, caller, account, module, name, Args(given.items())))
        if out[-1]["status"] != 1:
            return short(out, [f"{module}::{name}: {(out[-1]['errors'] or [''])[0]}"])
    if not out:
        raise Refused("Provide the ‘command’ argument.")
    return short(out)
