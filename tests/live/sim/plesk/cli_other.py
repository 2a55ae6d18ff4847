"""domain, site, subscription, scheduler, extension [4, 4.2, 5]."""

from __future__ import annotations

import datetime
import json
from typing import Any

from .cli import Args, Command, Failed, Utility, boolean
from .panel import Panel

LINE = "=" * 29


def names(which):
    """One name per line, nothing else [5]."""
    def run(panel: Panel, args: Args) -> str:
        return "".join(d["ascii_name"] + "\n" for d in panel.state.domains if which(d))
    return run


def domain_info(panel: Panel, args: Args) -> str:
    domain = panel.state.domain(name=args.names[0])
    if domain is None:
        raise Failed(f"Domain '{args.names[0]}' does not exist.")
    owner = panel.state.client(id=domain["client_id"])
    assert owner is not None
    status = {"active": "OK", "suspended": "Suspended", "disabled": "Disabled"}[domain["status"]]
    created = datetime.date.fromisoformat(domain["created"]).strftime("%b %d, %Y")
    kind = {"virtual": "Physical hosting", "none": "No web hosting"}.get(domain["hosting_type"], "Forwarding")

    def row(key: str, value: Any) -> str:
        return f"{key:<40}{value}\n"        # padded to column 40; a long key touches its value [5]

    out = f"General\n{LINE}\n" + row("Domain name:", domain["name"])
    out += row("Owner's contact name:", f"{owner['name']} ({owner['login']})") + row("Domain status:", status)
    out += row("Creation date:", created) + row("Total size of backup files in local storage:", "0 B")
    out += row("Traffic:", "0 B/Month")
    out += f"\nHosting\n{LINE}\n" + row("Hosting type:", kind)
    if domain["hosting_type"] == "virtual":
        out += row("IP Address:", domain["ip"]) + row("FTP Login:", domain["ascii_name"].split(".")[0])
        out += row("FTP Password:", "*" * 12)
        out += row("SSH access to the server shell under the subscription's system user:", "/bin/false")
        out += row("Hard disk quota:", "Unlimited (not supported)") + row("SSL/TLS support:", "On")
        out += row("PHP support:", "Yes")
    out += f"\nWeb Users\n{LINE}\n" + row("Total :", 0)
    out += f"\nMail Accounts\n{LINE}\n" + row("Mail service:", "On" if domain["mail"]["service"] else "Off")
    out += row("Total :", len(domain["mailnames"])) + row("Total size:", "0 B")
    return out + f"\nSUCCESS: Gathering information for '{args.names[0]}' complete\n"


# --- scheduler: a root command in three calls [4.2]

def task_create(panel: Panel, args: Args) -> str:
    given = dict(args.options)
    if given.get("-type", "exec") != "exec" or "-command" not in given:
        raise Failed("Only tasks of the type exec with a command are known.")
    if "-active" in given:
        boolean(given["-active"])
    if len(given["-command"]) > 740:        # whole command [4.2]
        raise Failed("The command is too long.")
    if given.get("-subscription") is not None and panel.state.domain(name=given["-subscription"]) is None:
        raise Failed(f"Subscription with name {given['-subscription']} does not exist.")
    task = {"id": panel.state.next_id(), "command": given["-command"], "user": given.get("-user", "root")}
    panel.state.world["tasks"].append(task)
    panel.state.changed()
    return json.dumps({"id": task["id"]}) + "\n" if "-json" in given else f"{task['id']}\n"


def find_task(panel: Panel, id: str) -> dict[str, Any]:
    for task in panel.state.world["tasks"]:
        if str(task["id"]) == id:
            return task
    raise Failed(f"Task with id {id} does not exist.")


def task_run(panel: Panel, args: Args) -> str:
    """Nothing is executed: the world says what a command prints, and how it ends."""
    task = find_task(panel, args.names[0])
    known = panel.state.world.get("root_commands", {})
    for command, answer in known.items():
        if command in task["command"]:
            if answer.get("code", 0):
                raise Failed(answer.get("stderr", ""), answer["code"], answer.get("stdout", ""))
            return answer.get("stdout", "")
    raise Failed("command not found", 127)


def task_delete(panel: Panel, args: Args) -> str:
    panel.state.world["tasks"].remove(find_task(panel, args.names[0]))
    panel.state.changed()
    return ""


# --- extension: `plesk ext ID ...`

def extension_call(panel: Panel, args: Args) -> str:
    options = [word for pair in args.options for word in pair if word]
    if args.names[0] != "wp-toolkit" or not panel.switches["wp_toolkit"]:
        raise Failed(f"Extension '{args.names[0]}' is not installed.")
    if not panel.switches["wp_command"] or options != ["--list", "-format", "json"]:
        raise Failed("Unknown command.")
    out = []
    for site in panel.state.world["wordpress"]:
        out.append({"id": site["id"], "mainDomainId": site["domain_id"], "path": site["path"],
                    "fullPath": site["full_path"], "siteUrl": site["url"], "name": site["title"],
                    "version": site["version"], "alive": True, "infected": site["infected"], "broken": site["broken"]})
    return json.dumps(out, ensure_ascii=False) + "\n"


DOMAIN: Utility = {"--info": Command(domain_info, 1, {}, "-i"), "--list": Command(names(lambda d: True), 0, {}, "-l")}
SITE: Utility = {"--list": Command(names(lambda d: True), 0, {}, "-l")}
SUBSCRIPTION: Utility = {"--list": Command(names(lambda d: d["base_domain_id"] == 0), 0, {}, "-l")}
SCHEDULER: Utility = {
    "--create": Command(task_create, 0, {"-json": 0, "-user": 1, "-active": 1, "-type": 1, "-notify": 1,
                                         "-schedule": 1, "-description": 1, "-command": 1, "-subscription": 1}),
    "--run": Command(task_run, 1),
    "--delete": Command(task_delete, 1),
}
EXTENSION: Utility = {"--call": Command(extension_call, 1, {"--list": 0, "-format": 1})}
