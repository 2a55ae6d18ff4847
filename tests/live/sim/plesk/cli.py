"""The command gate [4]: utilities, what they accept, and how they fail.

A utility is a table of commands; a command says how many names it takes and
which options it knows.  Whatever is not in the table is refused with exit
status 1 and a text on stderr, as the utilities do; an unknown utility is 404.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable

from .panel import Panel
from .wire import RestError


class Failed(Exception):
    """The utility ends with this status and writes this to stderr."""

    def __init__(self, text: str, code: int = 1, stdout: str = ""):
        super().__init__(text)
        self.text, self.code, self.stdout = text, code, stdout


@dataclass
class Args:
    names: list[str]
    options: list[tuple[str, str]]          # in the order given
    env: dict[str, str]
    half: bool = False                      # a fault: only the first option takes effect

    def get(self, name: str) -> str | None:
        return next((v for k, v in reversed(self.options) if k == name), None)


@dataclass
class Command:
    run: Callable[[Panel, Args], str]
    names: int = 0                          # positional arguments
    options: dict[str, int] = field(default_factory=dict)       # option to number of values (0 or 1)
    short: str | None = None


Utility = dict[str, Command]


def utilities(panel: Panel) -> dict[str, Utility]:
    from . import cli_dns, cli_mail, cli_other, cli_server
    table: dict[str, Utility] = {
        "server_pref": cli_server.SERVER_PREF,
        "settings": cli_server.SETTINGS,
        "mailserver": cli_server.MAILSERVER,
        "secret_key": cli_server.SECRET_KEY,
        "mail": cli_mail.MAIL,
        "dns": cli_dns.DNS,
        "domain": cli_other.DOMAIN,
        "site": cli_other.SITE,
        "subscription": cli_other.SUBSCRIPTION,
        "scheduler": cli_other.SCHEDULER,
        "extension": cli_other.EXTENSION,
    }
    if panel.switches["dkim_option"]:       # [15.2]
        table["domain_pref"] = cli_mail.domain_pref(panel.switches["dkim_option"])
    return table


def commands(panel: Panel) -> list[str]:
    return sorted(utilities(panel))


def find(panel: Panel, name: str) -> Utility:
    utility = utilities(panel).get(name)
    if utility is None:                     # plesk db, repair, sbin, log... are no utilities [4]
        raise RestError(404, "Command is not found")
    return utility


def reference(panel: Panel, name: str) -> dict[str, Any]:
    """The inner shape is not confirmed [1, 15.16]."""
    utility = find(panel, name)
    names = sorted([*utility, "--help"])
    options = sorted({o for c in utility.values() for o in c.options})
    shape = panel.switches["ref_shape"]
    if shape == "list":
        return {"allowed_commands": {"items": names}, "allowed_options": {"items": options}}
    if shape == "bare":
        return {"allowed_commands": {n.lstrip("-"): {} for n in names},
                "allowed_options": {o.lstrip("-"): {} for o in options}}
    return {"allowed_commands": {n: {} for n in names}, "allowed_options": {o: {} for o in options}}


def call(panel: Panel, name: str, params: list[str], env: dict[str, str], half: bool = False) -> tuple[int, str, str]:
    utility = find(panel, name)
    try:
        command, args = parse(name, utility, params, env)
        args.half = half
        if command is None:
            return 0, usage(name, utility), ""
        return 0, command.run(panel, args), ""
    except Failed as failure:
        return failure.code, failure.stdout, failure.text + "\n"


def parse(name: str, utility: Utility, params: list[str], env: dict[str, str]) -> tuple[Command | None, Args]:
    if not params:
        raise Failed(f"Usage: {name} command [options]")
    word, rest = params[0], params[1:]
    if word in ("--help", "-h"):
        return None, Args([], [], env)
    command = utility.get(word) or next((c for c in utility.values() if c.short == word), None)
    if command is None:
        raise Failed(f"Unrecognized command '{word}'. Use --help to see the list of commands.")
    names: list[str] = []
    options: list[tuple[str, str]] = []
    at = 0
    while at < len(rest):
        word = rest[at]
        if len(names) < command.names and not options and (word == "" or not word.startswith("-")):
            names.append(word)
            at += 1
            continue
        if word not in command.options:
            raise Failed(f"Unrecognized option '{word}'.")
        if command.options[word] == 0:
            options.append((word, ""))
            at += 1
            continue
        if at + 1 >= len(rest):
            raise Failed(f"Option '{word}' requires a value.")
        options.append((word, rest[at + 1]))
        at += 2
    if len(names) != command.names:
        raise Failed("Wrong number of arguments.")
    return command, Args(names, options, env)


def usage(name: str, utility: Utility) -> str:
    lines = [f"Usage: {name} command [options]", "", "Available commands:"]
    for word, command in sorted(utility.items()):
        lines.append(f"    {word}{' or ' + command.short if command.short else ''}")
        lines += [f"        {option}" for option in sorted(command.options)]
    return "\n".join(lines) + "\n"


def boolean(value: str) -> bool:
    if value not in ("true", "false"):
        raise Failed(f"Invalid value '{value}': true or false is expected.")
    return value == "true"


def limit(value: str) -> int:
    """0 forbids sending, -1 is unlimited [8.4]."""
    if value != "-1" and not value.isascii() or value != "-1" and not value.isdigit() or len(value) > 9:
        raise Failed(f"Invalid limit value '{value}'.")
    return int(value)
