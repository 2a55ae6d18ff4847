"""mail and domain_pref [5, 8.2, 8.4, 9]."""

from __future__ import annotations

import copy
import json
from typing import Any

from . import accounts
from .cli import Args, Command, Failed, Utility, boolean, limit
from .panel import Panel


def find(panel: Panel, address: str) -> tuple[dict[str, Any], dict[str, Any]]:
    found = panel.state.mailname(address)
    if found is None:
        # the text of an unknown address [4.1]
        raise Failed(f"An error occurred during getting mailname information: Mail name '{address}' does not exist.")
    return found


def entries(panel: Panel) -> list[dict[str, str]]:
    out = []
    for domain in panel.state.domains:
        for mailname in domain["mailnames"]:
            out.append({"type": "mailname", "name": f"{mailname['name']}@{domain['ascii_name']}"})
            out += [{"type": "alias", "name": f"{a}@{domain['ascii_name']}"} for a in mailname["aliases"]]
    return out


def mail_list(panel: Panel, args: Args) -> str:
    """The whole server; the alias entry does not tell its mailbox [5]."""
    if args.get("-json") is not None:
        return json.dumps(entries(panel), ensure_ascii=False, separators=(",", ":")) + "\n"
    return "".join(f"{e['type']}\t{e['name']}\n" for e in entries(panel)) + "SUCCESS: Gathering information complete\n"


def mail_info(panel: Panel, args: Args) -> str:
    domain, m = find(panel, args.names[0])
    rows = [("Mailname:", m["name"]), ("Domain:", domain["ascii_name"])]
    if m["aliases"]:
        rows.append(("Alias(es):", ", ".join(m["aliases"])))
    rows += [("Mailbox:", "true" if m["mailbox"] else "false"), ("Password type:", "sym"),
             ("Mbox quota:", "Default value (Unlimited)"),
             ("Mailgroup:", "true" if m["forwarding"] else "false")]
    if m["forwarding"]:
        rows.append(("Group member(s):", "".join(a + " " for a in m["addresses"])))
    rows += [("Attachment files:", "Empty"), ("Autoresponders:", "Disabled")]
    if m["description"]:
        rows.append(("Description:", m["description"]))
    text = "".join(f"{key:<20}{value}\n" for key, value in rows)        # key padded to column 20 [5]
    return text + f"\nSUCCESS: Gathering information for '{args.names[0]}' complete\n"


def apply(panel: Panel, domain: dict[str, Any], m: dict[str, Any], args: Args) -> None:
    for number, (option, value) in enumerate(args.options):
        if args.half and number > 0:
            raise Failed("Internal error: the operation was interrupted.")
        if option == "-mailbox":
            m["mailbox"] = boolean(value)
        elif option == "-passwd":
            password = value or args.env.get("PSA_PASSWORD", "")        # the real one in the environment [4]
            accounts.check_password(password)
            m["password"] = password
        elif option == "-forwarding":
            m["forwarding"] = boolean(value)
        elif option == "-forwarding-addresses":
            wanted = accounts.changed_list(m["addresses"], value, option)
            m["addresses"] = [accounts.check_address(a) for a in wanted]
        elif option == "-aliases":
            accounts.set_aliases(panel, domain, m, accounts.changed_list(m["aliases"], value, option))
        elif option == "-outgoing-messages-mbox-limit":
            m["limit"] = "default" if value == "default" else limit(value)
        elif option == "-description":
            m["description"] = value
    if m["forwarding"] and not m["addresses"]:
        raise Failed("Forwarding cannot be enabled: no address is given.")
    if m["mailbox"] and not m["password"]:
        raise Failed("The password is not specified.")


def mail_create(panel: Panel, args: Args) -> str:
    local, at, host = args.names[0].rpartition("@")
    domain = panel.state.domain(name=host)
    if not at or domain is None:
        raise Failed(f"An error occurred during mailname creation: Domain '{host}' does not exist.")
    if not domain["mail"]["service"]:
        raise Failed(f"An error occurred during mailname creation: Mail service is disabled for domain '{host}'.")
    try:
        mailname = accounts.new_mailname(panel, domain, local)
        if args.half:                       # a fault: the account is there, its settings are not
            domain["mailnames"].append(mailname)
        apply(panel, domain, mailname, args)
    except accounts.Refused as refusal:
        raise Failed(f"An error occurred during mailname creation: {refusal}") from None
    finally:
        panel.state.changed()
    if not args.half:
        domain["mailnames"].append(mailname)
    return f"SUCCESS: Creation of mailname '{args.names[0]}' complete\n"


def mail_update(panel: Panel, args: Args) -> str:
    domain, present = find(panel, args.names[0])
    draft = present if args.half else copy.deepcopy(present)
    at = domain["mailnames"].index(present)
    try:
        domain["mailnames"][at] = draft     # so that its own aliases are known as its own
        apply(panel, domain, draft, args)
    except (accounts.Refused, Failed) as refusal:
        domain["mailnames"][at] = present
        raise Failed(f"An error occurred during mailname update: {refusal}") from None
    finally:
        panel.state.changed()
    return f"SUCCESS: Update of mailname '{args.names[0]}' complete\n"


def mail_remove(panel: Panel, args: Args) -> str:
    """In the vendor's manual; the notes on the interface do not name it."""
    domain, mailname = find(panel, args.names[0])
    domain["mailnames"].remove(mailname)
    panel.state.changed()
    return f"SUCCESS: Removal of mailname '{args.names[0]}' complete\n"


def service(on: bool):
    def run(panel: Panel, args: Args) -> str:
        domain = panel.state.domain(name=args.names[0])
        if domain is None:
            raise Failed(f"Domain '{args.names[0]}' does not exist.")
        domain["mail"]["service"] = on
        panel.state.changed()
        return f"SUCCESS: Mail service for domain '{args.names[0]}' is {'enabled' if on else 'disabled'}\n"
    return run


SETTINGS = {"-mailbox": 1, "-passwd": 1, "-forwarding": 1, "-forwarding-addresses": 1, "-aliases": 1,
            "-outgoing-messages-mbox-limit": 1, "-description": 1}
MAIL: Utility = {
    "--list": Command(mail_list, 0, {"-json": 0}, "-l"),
    "--info": Command(mail_info, 1, {}, "-i"),
    "--create": Command(mail_create, 1, SETTINGS, "-c"),
    "--update": Command(mail_update, 1, SETTINGS, "-u"),
    "--remove": Command(mail_remove, 1, {}, "-r"),
    "--on": Command(service(True), 1),
    "--off": Command(service(False), 1),
}


def domain_pref(option: str) -> Utility:
    """With the spelling of the DKIM option that this server knows [8.2, 15.2]."""
    dkim_option = "-" + option

    def update(panel: Panel, args: Args) -> str:
        domain = panel.state.domain(name=args.names[0])
        if domain is None:
            raise Failed(f"Domain '{args.names[0]}' does not exist.")
        if not args.options:
            raise Failed("Nothing to update.")
        for name, value in args.options:
            if name == dkim_option:
                panel.dkim.set_domain(domain, boolean(value))
            elif name == "-no_usr":
                set_no_usr(panel, domain, value)
            elif name == "-webmail":
                domain["mail"]["webmail"] = value
            if args.half:
                raise Failed("Internal error: the operation was interrupted.")
        panel.state.changed()
        return ""

    def set_no_usr(panel: Panel, domain: dict[str, Any], value: str) -> None:
        """reject, bounce:TEXT or an address; the values are not confirmed [inf]."""
        kind = {"kind": "reject", "text": ""} if value == "reject" else \
               {"kind": "bounce", "text": value[7:]} if value.startswith("bounce:") else \
               {"kind": "forward", "text": value}
        try:
            accounts.set_catch_all(panel, domain, kind)
        except accounts.Refused as refusal:
            raise Failed(str(refusal)) from None

    def info(panel: Panel, args: Args) -> str:
        domain = panel.state.domain(name=args.names[0])
        if domain is None:
            raise Failed(f"Domain '{args.names[0]}' does not exist.")
        return f"SUCCESS: Gathering information for '{args.names[0]}' complete\n"       # no DKIM line was seen [5]

    return {"--update": Command(update, 1, {dkim_option: 1, "-no_usr": 1, "-webmail": 1}, "-u"),
            "--info": Command(info, 1, {}, "-i")}
