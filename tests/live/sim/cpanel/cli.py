"""Commands of the server, run by root or by an account: whmapi1 and uapi [2.3], the scripts and programs that the notes
name [7.1, 9.1, 10].  They are DIR/bin/NAME, which asks here over a unix socket."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socketserver
import struct
import threading
import time
from pathlib import Path
from typing import Any, Callable
from urllib.parse import unquote_plus

import yaml

from ..common import serve
from ..common.wire import Reply
from . import access, exim, functions, wpcli
from .panel import Panel
from .wire import Args, Call, Refused, long, text_of

SOCKET, BIN = "cli.sock", "bin"


class Failed(Exception):
    def __init__(self, text: str, code: int = 1, out: str = ""):
        super().__init__(text)
        self.code, self.out = code, out


def words(argv: list[str]) -> tuple[dict[str, str], list[str]]:
    """Options before the first word, and the rest."""
    options: dict[str, str] = {}
    for n, word in enumerate(argv):
        if not word.startswith("--"):
            return options, argv[n:]
        name, _, value = word[2:].partition("=")
        options[name] = value
    return options, []


def parameters(rest: list[str]) -> Args:
    """Values are decoded once more, in silence: + becomes a blank, %XX an octet; of a name that is given twice one
    value is kept [2.1, 2.3]."""
    kept: dict[str, str] = {}
    for word in rest:
        name, _, value = word.partition("=")
        kept[unquote_plus(name, errors="surrogateescape")] = unquote_plus(value, errors="surrogateescape")
    return Args(kept.items())


def printed(panel: Panel, options: dict[str, str], value: Any) -> str:
    form = options.get("output", "yaml")
    if form not in ("json", "jsonpretty", "yaml"):
        raise Failed(f"Unknown output: {form}\n")
    if form == "yaml":
        return "---\n" + yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    text = text_of(value, panel.switches).decode("utf-8", "surrogateescape")
    return (json.dumps(json.loads(text), indent=3, ensure_ascii=False) if form == "jsonpretty" else text) + "\n"


def whmapi1(panel: Panel, call: Call, argv: list[str]) -> str:
    options, rest = words(argv)
    need_root(call)
    if not rest:
        raise Failed("Usage: whmapi1 [options] function [key=value ...]\n")
    caller = access.Caller("root", {"all"}, None, True)
    return printed(panel, options, functions.call_whm(panel, call, caller, rest[0], parameters(rest[1:])))


def uapi(panel: Panel, call: Call, argv: list[str]) -> str:
    """The long envelope [2.4]."""
    options, rest = words(argv)
    user = options.get("user") if call.caller == "root" else call.caller
    if len(rest) < 2:
        raise Failed("Usage: uapi [--user=username] [options] Module function [key=value ...]\n")
    account = panel.state.account(user)
    if account is None:
        raise Failed(f"The system could not find the cPanel user “{user}”.\n")
    answer = functions.call_uapi(panel, call, access.Caller(account["user"], set()), account, rest[0], rest[1],
                                 parameters(rest[2:]))
    return printed(panel, options, long(rest[0], rest[1], answer))


def need_root(call: Call) -> None:
    if call.caller != "root":
        raise Failed("You must be root to run this program.\n")


def smtpmailgidonly(panel: Panel, call: Call, argv: list[str]) -> str:
    """Changes the setting and applies it [7.1]."""
    need_root(call)
    if argv not in (["on"], ["off"]):
        raise Failed("Usage: smtpmailgidonly on|off\n")
    value = "1" if argv == ["on"] else "0"
    panel.state.server["tweak"]["smtpmailgidonly"] = panel.state.server["applied"]["smtpmailgidonly"] = value
    panel.state.changed()
    return f"SMTP Restrictions {'enabled' if value == '1' else 'disabled'}\n"


def set_hostname(panel: Panel, call: Call, argv: list[str]) -> str:
    need_root(call)
    if len(argv) != 1:
        raise Failed("Usage: set_hostname FQDN\n")
    answer = functions.call_whm(panel, call, access.Caller("root", {"all"}, None, True), "sethostname",
                                Args([("hostname", argv[0])]))
    if not answer["metadata"]["result"]:
        raise Failed(answer["metadata"]["reason"] + "\n")
    return answer["metadata"]["reason"] + "\n"


def run_exim(panel: Panel, call: Call, argv: list[str]) -> str:
    need_root(call)
    out, bad = exim.command(panel, argv)
    if bad:
        raise Failed(bad, 1, out)
    return out


def exiqgrep(panel: Panel, call: Call, argv: list[str]) -> str:
    need_root(call)
    return exim.grep(panel, argv)


def wp_toolkit(panel: Panel, call: Call, argv: list[str]) -> str:
    need_root(call)
    if not panel.switches["wp_toolkit"]:
        raise Failed("wp-toolkit: command not found\n", 127)
    try:
        return wpcli.command(panel, argv)
    except wpcli.Unknown as problem:
        raise Failed(f"{problem}\n") from None


PROGRAMS: dict[str, Callable[[Panel, Call, list[str]], str]] = {
    "whmapi1": whmapi1, "uapi": uapi, "smtpmailgidonly": smtpmailgidonly, "set_hostname": set_hostname, "exim": run_exim,
    "exiqgrep": exiqgrep, "wp-toolkit": wp_toolkit,
}


class Answerer(serve.Answerer):
    panel: Panel

    def describe(self, call: Call) -> dict[str, Any]:
        names: list[str] = []
        rest = words(call.form)[1]
        if call.path == "whmapi1":
            names = rest[:1]
        elif call.path == "uapi":
            names = ["::".join(rest[:2])]
        shown = ["***" if word.startswith(("password=", "key=")) else word for word in call.form]
        return {"method": "CLI", "door": "cli", "path": call.path, "call": names, "args": shown, "user": call.caller,
                "secret_in_url": shown != call.form}

    def latency(self, call: Call) -> None:
        if self.panel.switches["cli_s"]:
            time.sleep(self.panel.switches["cli_s"])

    def normal(self, call: Call) -> Reply:
        done = super().normal(call)
        if call.later is not None:
            call.later()
        return done

    def dispatch(self, call: Call) -> Reply:
        program = PROGRAMS.get(call.path)
        self.panel.public.forget()
        if program is None:
            return said("", f"{call.path}: command not found\n", 127)
        if not self.panel.switches["licence"] and call.path in ("whmapi1", "uapi"):
            return said("", "The license for this server has expired.\n", 1)
        try:
            return said(program(self.panel, call, list(call.form)), "", 0)
        except Failed as failure:
            return said(failure.out, str(failure), failure.code)
        except Refused as refusal:
            return said("", f"{refusal}\n", 1)

    def error(self, kind: str) -> Reply:
        return said("", "Internal error\n", 255) if kind != "html" else said("<html></html>\n", "", 0)

    def revoke(self, call: Call) -> None:
        pass                                # root needs no token


def said(out: str, err: str, code: int) -> Reply:
    reply = Reply(200, "application/json", json.dumps({"out": out, "err": err, "code": code}).encode())
    reply.exit_code = code
    return reply


class Handler(socketserver.StreamRequestHandler):
    answerer: Answerer

    def handle(self) -> None:
        asked = json.loads(self.rfile.readline() or b"{}")
        if not asked:
            return
        credentials = self.connection.getsockopt(1, 17, struct.calcsize("3i"))       # SO_PEERCRED
        uid = struct.unpack("3i", credentials)[1]
        call = Call("CLI", asked["program"], [], {}, b"", "", door="cli", caller=self.user(uid))
        call.form, call.login = asked["argv"], call.caller
        reply, spoil = self.answerer.answer(call)
        if spoil == "reset" or call.drop:
            return
        body = json.loads(reply.body)
        if spoil == "truncate":
            body["out"] = body["out"][:len(body["out"]) // 2]
        self.wfile.write(json.dumps(body).encode())

    def user(self, uid: int) -> str:
        if uid == 0:
            return "root"
        account = next((a["user"] for a in self.answerer.panel.state.accounts if a["uid"] == uid), None)
        try:
            return account or pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


def start(panel: Panel, directory: Path) -> None:
    """The programs, and the socket they ask."""
    folder = directory / BIN
    folder.mkdir(exist_ok=True)
    for name in PROGRAMS:
        (folder / name).unlink(missing_ok=True)
        shutil.copy(Path(__file__).with_name("program.py"), folder / name)
        (folder / name).chmod(0o755)
    path = directory / SOCKET
    path.unlink(missing_ok=True)
    server = Server(os.path.relpath(path), type("CliHandler", (Handler,), {"answerer": Answerer(panel)}))
    path.chmod(0o666)
    threading.Thread(target=server.serve_forever, daemon=True).start()
