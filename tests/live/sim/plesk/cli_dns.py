"""dns [5, 7.2].

--set, --reset and --del-all exist on a real server and would replace or empty
the zone; here they are refused, because a mail checker must never send them [14].
"""

from __future__ import annotations

from typing import Any

from . import dns
from .cli import Args, Command, Failed, Utility
from .panel import Panel


def zone_of(panel: Panel, name: str) -> tuple[str, dict[str, Any]]:
    found = panel.state.zone(name)
    if found is None:
        raise Failed(f"Domain '{name}' does not exist.")
    if not panel.switches["dns_component"]:
        raise Failed("DNS server is not installed.")
    return found


def info(panel: Panel, args: Args) -> str:
    name, zone = zone_of(panel, args.names[0])
    if zone["status"] != "enabled":          # exit status 0 or not [4.1]
        raise Failed("DNS zone for this domain is switched off", panel.switches["dns_info_off_exit"])
    gap = panel.switches["separator"]        # no TTL, no id [5]
    lines = []
    for record in zone["records"]:
        value = f"{record['opt']} {record['value']}" if record["opt"] else record["value"]
        lines.append(f"{record['host']}{gap}{record['type']}{gap}{value}\n")
    return "".join(lines) + f"SUCCESS: Getting information for Domain '{args.names[0]}' complete\n"


def asked_record(zone_name: str, args: Args) -> tuple[str, str, str, str]:
    """type, absolute host, value and opt of the options [7.2]."""
    given = dict(args.options)

    def need(option: str) -> str:
        if option not in given:
            raise Failed(f"Option '{option}' is required.")
        return given[option]

    kinds = [k for k in ("-txt", "-a", "-aaaa", "-mx", "-cname", "-ns", "-srv") if k in given]
    if len(kinds) != 1:
        raise Failed("Exactly one type of record must be given.")
    kind = kinds[0]
    sub = given.get("-domain", "") if kind == "-txt" else given[kind]       # relative, "" is the zone itself
    host = (f"{sub}." if sub else "") + zone_name + "."
    value, opt = {"-txt": lambda: (given["-txt"], ""), "-a": lambda: (need("-ip"), ""),
                  "-aaaa": lambda: (need("-ip"), ""),
                  "-mx": lambda: (need("-mailexchanger"), need("-priority")),
                  "-cname": lambda: (need("-canonical"), ""), "-ns": lambda: (need("-nameserver"), ""),
                  "-srv": lambda: (need("-srv-target-host"), " ".join(
                      (need("-srv-priority"), need("-srv-weight"), need("-srv-port"))))}[kind]()
    if kind == "-srv":
        host = f"_{need('-srv-service').lstrip('_')}._{need('-srv-protocol').lstrip('_')}.{host}"
    return kind[1:].upper(), host.lower(), value, opt


def add(panel: Panel, args: Args) -> str:
    name, zone = zone_of(panel, args.names[0])
    try:
        dns.add(panel.state, name, zone, *asked_record(name, args), zone["ttl"])
    except dns.Refused as refusal:
        raise Failed(f"{refusal}.", 2 if refusal.reason == "duplicate" else 1) from None    # exit 2 [4.1]
    return f"SUCCESS: Adding of a record for Domain '{args.names[0]}' complete\n"


def delete(panel: Panel, args: Args) -> str:
    """Takes exactly the arguments of --add [7.2]."""
    name, zone = zone_of(panel, args.names[0])
    kind, host, value, opt = asked_record(name, args)
    try:
        value, opt = dns.clean(kind, value, opt)
        record = next((r for r in zone["records"] if dns.same(r, kind, host, value, opt)), None)
        if record is None:
            raise Failed("The record does not exist.")
        dns.remove(panel.state, name, zone, record)
    except dns.Refused as refusal:
        raise Failed(f"{refusal}.") from None
    return f"SUCCESS: Removing of a record for Domain '{args.names[0]}' complete\n"


def switch(on: bool):
    def run(panel: Panel, args: Args) -> str:
        name, zone = zone_of(panel, args.names[0])
        zone["status"] = "enabled" if on else "disabled"
        panel.state.changed(name)
        return f"SUCCESS: DNS zone for Domain '{args.names[0]}' is {'on' if on else 'off'}\n"
    return run


def forbidden(panel: Panel, args: Args) -> str:
    raise Failed("Refused by the simulator: this command would replace the whole zone.")


RECORD = {"-txt": 1, "-domain": 1, "-a": 1, "-aaaa": 1, "-ip": 1, "-mx": 1, "-mailexchanger": 1, "-priority": 1,
          "-cname": 1, "-canonical": 1, "-ns": 1, "-nameserver": 1, "-srv": 1, "-srv-service": 1,
          "-srv-protocol": 1, "-srv-priority": 1, "-srv-weight": 1, "-srv-port": 1, "-srv-target-host": 1}
DNS: Utility = {
    "--info": Command(info, 1, {}, "-i"),
    "--add": Command(add, 1, RECORD, "-a"),
    "--del": Command(delete, 1, RECORD, "-d"),
    "--on": Command(switch(True), 1),
    "--off": Command(switch(False), 1),
    "--set": Command(forbidden, 1, {"-list": 1}),
    "--reset": Command(forbidden, 1),
    "--del-all": Command(forbidden, 1),
}
