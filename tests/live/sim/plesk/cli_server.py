"""server_pref, settings, mailserver, secret_key [2.3, 5, 8]."""

from __future__ import annotations

import ipaddress

from . import access, dns
from .cli import Args, Command, Failed, Utility, boolean, limit
from .panel import Panel


def pref_update(panel: Panel, args: Args) -> str:
    hostname = args.get("-hostname")
    if hostname is None:
        raise Failed("Nothing to update.")
    name = hostname.rstrip(".").lower()
    if not dns.valid_name(name) or "." not in name or "*" in name or "_" in name:
        raise Failed(f"Unable to update server preferences: Incorrect host name '{hostname}'.")
    panel.state.server["hostname"] = name   # seen at once by REST, settings and gen_info [13.4]
    panel.state.changed()
    return "SUCCESS: Server preferences are successfully updated\n"     # [4.1]


def pref_show(panel: Panel, args: Args) -> str:
    return "ssl-protocols: TLSv1.2 TLSv1.3\n"       # no evidence that mail settings appear here [5]


def settings_get(panel: Panel, args: Args) -> str:
    if args.names[0] != "FullHostName" or not panel.switches["fullhostname"]:
        raise Failed(f"Unable to get the setting '{args.names[0]}'.")
    return panel.state.server["hostname"] + "\n"    # the bare value [5]


def antispam(on: bool):
    def run(panel: Panel, args: Args) -> str:
        panel.state.server["prefs"]["outgoing_antispam"] = on
        panel.state.changed()
        return ""
    return run


def set_limit(level: str):
    def run(panel: Panel, args: Args) -> str:
        panel.state.server["prefs"][f"outgoing_messages_{level}_limit"] = limit(args.names[0])
        panel.state.changed()
        return ""
    return run


def sign_outgoing(panel: Panel, args: Args) -> str:
    panel.dkim.set_server(boolean(args.names[0]))
    return ""


def verify_incoming(panel: Panel, args: Args) -> str:
    on = boolean(args.names[0])
    if not on and panel.state.server.get("dmarc", True):    # cannot be off while DMARC is on [8.2]
        raise Failed("DKIM verification cannot be switched off while DMARC is enabled.")
    panel.state.server["dkim_verify"] = on
    panel.state.changed()
    return ""


def info(panel: Panel, args: Args) -> str:
    if args.names[0] not in ("white-list", "black-list"):
        raise Failed(f"Unknown parameter '{args.names[0]}'.")
    if args.names[0] == "white-list" and not panel.switches["white_list_readable"]:    # [15.19]
        raise Failed("Unknown parameter 'white-list'.")
    return "".join(entry + "\n" for entry in panel.state.server[args.names[0].replace("-", "_")])


def key_create(panel: Panel, args: Args) -> str:
    address = args.get("-ip-address")
    if address is not None:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise Failed("Incorrect IP address.") from None
    key = access.create_key(panel.state, "admin", [address] if address else [], args.get("-description") or "")
    return key + "\n"                       # only the key on stdout [2.3]


def key_list(panel: Panel, args: Args) -> str:
    return "".join(f"{k['id']}\t{','.join(k['ips'])}\t{k['description']}\n" for k in panel.state.world["keys"])


def key_delete(panel: Panel, args: Args) -> str:
    if not access.delete_key(panel.state, args.get("-key") or ""):
        raise Failed("The key does not exist.")
    return ""


SERVER_PREF: Utility = {
    "--update": Command(pref_update, 0, {"-hostname": 1}, "-u"),
    "--show": Command(pref_show, 0, {}, "-s"),
}
SETTINGS: Utility = {"--get": Command(settings_get, 1, {}, "-g")}
MAILSERVER: Utility = {
    "--enable-outgoing-antispam": Command(antispam(True)),
    "--disable-outgoing-antispam": Command(antispam(False)),
    "--set-outgoing-messages-mbox-limit": Command(set_limit("mbox"), 1),
    "--set-outgoing-messages-domain-limit": Command(set_limit("domain"), 1),
    "--set-outgoing-messages-subscription-limit": Command(set_limit("subscription"), 1),
    "--sign-outgoing-mail": Command(sign_outgoing, 1),
    "--verify-incoming-mail": Command(verify_incoming, 1),
    "--info": Command(info, 1, {}, "-i"),
}
SECRET_KEY: Utility = {
    "--create": Command(key_create, 0, {"-ip-address": 1, "-description": 1}, "-c"),
    "--list": Command(key_list, 0, {}, "-l"),
    "--delete": Command(key_delete, 0, {"-key": 1}, "-d"),
}
