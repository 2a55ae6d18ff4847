"""UAPI Email: mailboxes, forwarders, default address, routing [8]."""

from __future__ import annotations

import html
import re
import time
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import quote

from . import zones
from .wire import Args, Function, Refused

if TYPE_CHECKING:
    from .functions import Context

LOCAL = re.compile(r"^[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*$")
ADDRESS = re.compile(r"^[^\s@<>\",|:]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
NOT_FOUND = ":fail: No Such User Here"


def mail_domain(ctx: Context, name: str | None) -> dict[str, Any]:
    domain = ctx.state.domain(name or "")
    if domain is None or domain["user"] != ctx.account["user"]:
        raise Refused(f"You do not own the domain “{name}”.")
    return domain


def mail_domains(ctx: Context, only: str | None = None) -> list[dict[str, Any]]:
    return [mail_domain(ctx, only)] if only else ctx.state.mail_domains(ctx.account["user"])


def matches(args: Args, *texts: str) -> bool:
    pattern = args.one("regex")
    try:
        return not pattern or any(re.search(pattern, t, re.I) for t in texts)
    except re.error:
        raise Refused("The regular expression is not valid.") from None


# --- mailboxes

def pop_rows(ctx: Context, only: str | None = None) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(d, p) for d in mail_domains(ctx, only) for p in d["pops"]]


def list_pops(ctx: Context, args: Args) -> Any:
    rows = [{"email": f"{p['user']}@{d['name']}", "login": f"{p['user']}@{d['name']}",
             "suspended_incoming": p["suspended_incoming"], "suspended_login": p["suspended_login"]}
            for d, p in pop_rows(ctx)]
    if not args.flag("skip_main"):           # no address: the account's own [8]
        rows.append({"email": ctx.account["user"], "login": "Main Account", "suspended_incoming": 0, "suspended_login": 0})
    return [r for r in rows if matches(args, str(r["email"]))]


def list_pops_with_disk(ctx: Context, args: Args) -> Any:
    out = []
    for domain, pop in pop_rows(ctx, args.one("domain")):
        address = f"{pop['user']}@{domain['name']}"
        if not matches(args, address) or args.one("email") not in (None, "", address, pop["user"]):
            continue
        quota = pop["quota"]
        row = {"email": address, "login": address, "user": pop["user"], "domain": domain["name"], "mtime": int(time.time()),
               "suspended_incoming": pop["suspended_incoming"], "suspended_login": pop["suspended_login"]}
        if not args.flag("no_disk"):
            row |= {"_diskused": pop["used"], "_diskquota": quota << 20, "diskquota": quota or "unlimited", "diskused": 0,
                    "diskusedpercent": 0, "humandiskused": f"{pop['used']} bytes", "humandiskquota": f"{quota} MB" if quota else "None",
                    "txtdiskquota": str(quota) if quota else "unlimited"}
        if args.flag("get_restrictions"):
            suspended = pop["suspended_incoming"] or pop["suspended_login"] or pop["suspended_outgoing"] or pop["hold_outgoing"]
            row |= {"suspended_outgoing": pop["suspended_outgoing"], "hold_outgoing": pop["hold_outgoing"],
                    "has_suspended": int(bool(suspended))}
        out.append(row)
    return out


def count_pops(ctx: Context, args: Args) -> Any:
    return len(pop_rows(ctx))


def strong(password: str) -> bool:
    kinds = sum(any(test(c) for c in password)
                for test in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum()))
    return len(password) >= 20 and kinds >= 2 or len(password) >= 10 and kinds >= 3


def check_password(password: str) -> None:
    if not strong(password):
        raise Refused("Sorry, the password you selected cannot be used because it is too weak and would be too easy to guess. "
                      "Please select a password with strength rating of 65 or higher.")


def new_pop(user: str, password: str, quota: int = 0) -> dict[str, Any]:
    return {"user": user, "password": password, "quota": quota, "used": 483, "suspended_incoming": 0, "suspended_login": 0,
            "suspended_outgoing": 0, "hold_outgoing": 0, "held": 0, "sessions": 1}


def named(ctx: Context, args: Args) -> tuple[str, dict[str, Any]]:
    """A local part with `domain`, or a whole address."""
    local, _, host = args.one("email").partition("@")
    return local, mail_domain(ctx, host or args.one("domain") or ctx.account["domain"])


def add_pop(ctx: Context, args: Args) -> Any:
    local, domain = named(ctx, args)
    if not LOCAL.match(local) or len(local) > 64:
        raise Refused(f"“{local}” is not a valid email account name.")
    if any(p["user"].lower() == local.lower() for p in domain["pops"]):
        raise Refused(f"The account {local}@{domain['name']} already exists!")
    most = ctx.account["maxpop"]
    if most != "unlimited" and len(pop_rows(ctx)) >= int(most):
        raise Refused("Sorry, you cannot create any more email accounts: the maximum has been reached.")
    quota = args.one("quota", "0")
    if not re.fullmatch(r"\d{1,9}|unlimited", quota):
        raise Refused(f"“{quota}” is not a valid quota.")
    check_password(args.one("password", ""))
    domain["pops"].append(new_pop(local, args.one("password"), 0 if quota == "unlimited" else int(quota)))
    ctx.state.changed()
    return f"{local}+{domain['name']}"


def delete_pop(ctx: Context, args: Args) -> Any:
    local, domain = named(ctx, args)
    pop = find_pop(ctx, f"{local}@{domain['name']}")
    domain["pops"].remove(pop)
    ctx.state.changed()
    return {}


def find_pop(ctx: Context, address: str) -> dict[str, Any]:
    found = ctx.state.pop(address)
    if found is None or found[0]["user"] != ctx.account["user"]:
        raise Refused(f"The email account “{address}” does not exist.")
    return found[1]


def passwd_pop(ctx: Context, args: Args) -> Any:
    local, domain = named(ctx, args)
    pop = find_pop(ctx, f"{local}@{domain['name']}")
    check_password(args.one("password", ""))
    pop["password"] = args.one("password")
    ctx.state.changed()
    return {}


def restrict(field: str, value: int, answer: Any = {}) -> Callable[[Context, Args], Any]:
    def run(ctx: Context, args: Args) -> Any:
        pop = find_pop(ctx, args.one("email", ""))
        pop[field] = value
        if field == "hold_outgoing" and not value:
            pop["held"] = 0                  # everything that was held is sent [7.3]
        ctx.state.changed()
        return answer
    return run


def held_count(ctx: Context, args: Args) -> Any:
    return find_pop(ctx, args.one("email", ""))["held"]


def delete_held(ctx: Context, args: Args) -> Any:
    pop = find_pop(ctx, args.one("email", ""))
    count, pop["held"] = pop["held"], 0
    ctx.state.changed()
    return count


def end_sessions(ctx: Context, args: Args) -> Any:
    find_pop(ctx, args.one("email", ""))["sessions"] = 0
    ctx.state.changed()
    return {}


def list_mail_domains(ctx: Context, args: Args) -> Any:
    return [{"domain": d["name"], **({"select": 1} if args.one("select") == d["name"] else {})} for d in mail_domains(ctx)]


# --- forwarders: `dest` is the address here, `forward` where it goes [8]

def uri(text: str) -> str:
    return quote(text, safe=":/ ")


def list_forwarders(ctx: Context, args: Args) -> Any:
    domain = mail_domain(ctx, args.one("domain"))
    return [{"dest": f["dest"], "forward": f["forward"], "html_dest": html.escape(f["dest"]),
             "html_forward": html.escape(f["forward"]), "uri_dest": uri(f["dest"]), "uri_forward": uri(f["forward"])}
            for f in domain["forwarders"] if matches(args, f["dest"], f["forward"])]


def targets(ctx: Context, args: Args) -> list[str]:
    kind = args.one("fwdopt")
    if kind == "fwd":
        addresses = [a.strip() for a in args.one("fwdemail", "").split(",") if a.strip()]
        if not addresses or not all(ADDRESS.match(a) for a in addresses):
            raise Refused(f"“{args.one('fwdemail', '')}” is not a valid email address.")
        return addresses
    if kind == "fail":
        return [f":fail: {args.one('failmsgs') or 'No such person at this address'}"]
    if kind == "blackhole":
        return [":blackhole:"]
    if kind == "pipe" and args.one("pipefwd"):
        return [f"|/home/{ctx.account['user']}/{args.one('pipefwd').lstrip('/|')}"]
    if kind == "system" and args.one("fwdsystem", ctx.account["user"]) == ctx.account["user"]:
        return [ctx.account["user"]]
    raise Refused("“fwdopt” is not valid.")


def add_forwarder(ctx: Context, args: Args) -> Any:
    domain = mail_domain(ctx, args.one("domain"))
    local = args.one("email").partition("@")[0]
    if not LOCAL.match(local):
        raise Refused(f"“{args.one('email')}” is not a valid email address.")
    dest, out = f"{local}@{domain['name']}", []
    for target in targets(ctx, args):
        if not any((f["dest"], f["forward"]) == (dest, target) for f in domain["forwarders"]):
            domain["forwarders"].append({"dest": dest, "forward": target})
        out.append({"domain": domain["name"], "email": dest, "forward": target})
        if ctx.call.half:
            break
    ctx.state.changed()
    return out


def delete_forwarder(ctx: Context, args: Args) -> Any:
    address, target = args.one("address"), args.one("forwarder")
    domain = mail_domain(ctx, address.rpartition("@")[2])
    left = [f for f in domain["forwarders"] if (f["dest"], f["forward"]) != (address, target)]
    if len(left) == len(domain["forwarders"]):
        raise Refused(f"There is no forwarder from “{address}” to “{target}”.")
    domain["forwarders"] = left
    ctx.state.changed()
    return {}


def list_domain_forwarders(ctx: Context, args: Args) -> Any:
    return [{"dest": d["name"], "forward": d["forward_domain"]} for d in mail_domains(ctx, args.one("domain"))
            if d["forward_domain"]]


def add_domain_forwarder(ctx: Context, args: Args) -> Any:
    mail_domain(ctx, args.one("domain"))["forward_domain"] = args.one("destdomain")
    ctx.state.changed()
    return args.one("destdomain")


def delete_domain_forwarder(ctx: Context, args: Args) -> Any:
    mail_domain(ctx, args.one("domain"))["forward_domain"] = ""
    ctx.state.changed()
    return {}


# --- default address

def list_default_address(ctx: Context, args: Args) -> Any:
    if args.one("user") not in (None, "", ctx.account["user"]):
        raise Refused(f"You do not have access to “{args.one('user')}”.")
    quoted = ctx.panel.switches["default_quotes"]
    return [{"domain": d["name"], "defaultaddress": f"\"{d['default_address']}\"" if quoted and d["default_address"].startswith(":fail:")
             else d["default_address"]} for d in mail_domains(ctx, args.one("domain"))]


def set_default_address(ctx: Context, args: Args) -> Any:
    domain = mail_domain(ctx, args.one("domain") or ctx.account["domain"])
    kind = args.one("fwdopt")
    if kind not in ("fwd", "fail", "blackhole", "pipe", "system"):
        raise Refused("“fwdopt” is not valid.")
    if kind == "fwd" and args.one("fwdemail") == ctx.account["user"]:      # the main mailbox
        dest = ctx.account["user"]
    elif kind == "fail":
        dest = f":fail: {args.one('failmsgs') or 'No Such User Here'}"
    else:
        dest = ",".join(targets(ctx, args))
    domain["default_address"] = dest
    ctx.state.changed()
    return [{"domain": domain["name"], "dest": dest}]


# --- automatic answers, filters

def list_auto_responders(ctx: Context, args: Args) -> Any:
    return [{"email": a["email"], "subject": a["subject"]} for a in mail_domain(ctx, args.one("domain"))["auto_responders"]
            if matches(args, a["email"])]


def get_auto_responder(ctx: Context, args: Args) -> Any:
    """Of one that is not there: a template and status 1 [8]."""
    empty = {"from": "", "subject": "", "body": "", "interval": 0, "is_html": 0, "charset": "utf-8", "start": None, "stop": None}
    domain = mail_domain(ctx, args.one("email").rpartition("@")[2])
    found = next((a for a in domain["auto_responders"] if a["email"] == args.one("email")), {})
    return empty | {k: v for k, v in found.items() if k in empty}


def list_filters(ctx: Context, args: Args) -> Any:
    account = args.one("account", "")
    return [{"filtername": f["name"], "enabled": 1, "unescaped": False, "actions": f["actions"], "rules": f["rules"]}
            for f in ctx.account["filters"] if f["account"] == account]


# --- routing

def detected(ctx: Context, domain: dict[str, Any]) -> str:
    """What "auto" comes to: local when the best MX is this server [8]."""
    entries = mx_entries(ctx, domain)
    if not entries:
        return "local"
    own = {address for ip in ctx.state.server["ips"] for address in (ip["ip"], ip["public_ip"])}
    zone = ctx.state.zone_of(domain["name"])

    def here(host: str) -> bool:
        host = host.rstrip(".") + "."
        lines = ctx.state.zone(ctx.state.zone_of(host) or zone)
        if lines is None:
            return False
        alias = zones.values(lines, host, "CNAME")
        return bool(set(zones.values(lines, alias[0] if alias else host, "A")) & own)

    mine = [e for e in entries if here(e["mx"])]
    if not mine:
        return "remote"
    return "local" if here(entries[0]["mx"]) else "secondary"


def mx_entries(ctx: Context, domain: dict[str, Any]) -> list[dict[str, Any]]:
    zone = ctx.state.zone(ctx.state.zone_of(domain["name"]) or "")
    found = sorted((line["data"] for line in zones.find(zone, domain["name"] + ".", "MX")), key=lambda d: int(d[0])) if zone else []
    return [{"mx": mx.rstrip("."), "priority": priority, "domain": domain["name"], "entrycount": n,
             "row": "odd" if n % 2 else "even"} for n, (priority, mx) in enumerate(found, 1)]


def list_mxs(ctx: Context, args: Args) -> Any:
    out = []
    for domain in mail_domains(ctx, args.one("domain")):
        routing, entries = ctx.panel.routing(domain), mx_entries(ctx, domain)
        found = detected(ctx, domain)
        real = found if routing == "auto" else routing
        out.append({"domain": domain["name"], "mx": entries[0]["mx"] if entries else domain["name"], "mxcheck": routing,
                    "detected": found, "local": int(real == "local"), "remote": int(real == "remote"),
                    "secondary": int(real == "secondary"), "alwaysaccept": int(real == "local"), "status": 1,
                    "statusmsg": "Fetched MX List", "entries": entries})
    return out


def set_always_accept(ctx: Context, args: Args) -> Any:
    """The vendor's description: `mxcheck` and `alwaysaccept` are one parameter, of which a call may hold one."""
    domain = mail_domain(ctx, args.one("domain"))
    given = [v for v in (args.one("mxcheck"), args.one("alwaysaccept")) if v is not None]
    if len(given) > 1 or given[:1] and given[0] not in ("auto", "local", "secondary", "remote"):
        raise Refused("“mxcheck” is not valid.")
    domain["routing"] = given[0] if given else "auto"
    ctx.state.changed()
    ctx.panel.tree.write_routing()
    return {"mxcheck": domain["routing"]}


def stats_db_status(ctx: Context, args: Args) -> Any:
    return ctx.panel.switches["eximstats"]


E = ("email",)
POP, FWD, DEFAULT = "popaccts", "forwarders", "defaultaddress"
RECEIVE = "MailReceive"
FUNCTIONS = {
    "list_pops": Function(list_pops, (), ("regex", "skip_main", "no_validate"), feature=POP, role=RECEIVE),
    "list_pops_with_disk": Function(list_pops_with_disk, (), (
        "domain", "email", "regex", "get_restrictions", "no_disk", "no_validate", "maxaccounts", "infinityimg", "infinitylang"),
        feature=POP, role=RECEIVE),
    "count_pops": Function(count_pops, feature=POP, role=RECEIVE),
    "add_pop": Function(add_pop, ("email", "password"), ("domain", "quota", "password_hash", "send_welcome_email", "skip_update_db"),
                        feature=POP, role=RECEIVE, write=True),
    "delete_pop": Function(delete_pop, E, ("domain", "flags", "skip_quota"), feature=POP, role=RECEIVE, write=True),
    "passwd_pop": Function(passwd_pop, ("email", "password"), ("domain",), feature=POP, role=RECEIVE, write=True),
    "suspend_login": Function(restrict("suspended_login", 1), E, feature=POP, write=True),
    "unsuspend_login": Function(restrict("suspended_login", 0), E, feature=POP, write=True),
    "suspend_incoming": Function(restrict("suspended_incoming", 1), E, feature=POP, role=RECEIVE, write=True),
    "unsuspend_incoming": Function(restrict("suspended_incoming", 0, 1), E, feature=POP, role=RECEIVE, write=True),
    "suspend_outgoing": Function(restrict("suspended_outgoing", 1, 1), E, feature=POP, write=True),
    "unsuspend_outgoing": Function(restrict("suspended_outgoing", 0), E, feature=POP, write=True),
    "hold_outgoing": Function(restrict("hold_outgoing", 1), E, feature=POP, write=True),
    "release_outgoing": Function(restrict("hold_outgoing", 0), E, feature=POP, write=True),
    "get_held_message_count": Function(held_count, E, feature=POP),
    "delete_held_messages": Function(delete_held, E, feature=POP, write=True),
    "terminate_mailbox_sessions": Function(end_sessions, E, feature=POP, write=True),
    "list_mail_domains": Function(list_mail_domains, (), ("add_www", "include_wildcard", "select"), role=RECEIVE),
    "list_forwarders": Function(list_forwarders, ("domain",), ("regex",), feature=FWD, role=RECEIVE),
    "add_forwarder": Function(add_forwarder, ("domain", "email", "fwdopt"), ("fwdemail", "failmsgs", "fwdsystem", "pipefwd"),
                              feature=FWD, role=RECEIVE, write=True),
    "delete_forwarder": Function(delete_forwarder, ("address", "forwarder"), feature=FWD, role=RECEIVE, write=True),
    "list_domain_forwarders": Function(list_domain_forwarders, (), ("domain",), feature=FWD, role=RECEIVE),
    "add_domain_forwarder": Function(add_domain_forwarder, ("domain", "destdomain"), feature=FWD, role=RECEIVE, write=True),
    "delete_domain_forwarder": Function(delete_domain_forwarder, ("domain",), feature=FWD, role=RECEIVE, write=True),
    "list_default_address": Function(list_default_address, (), ("user", "domain"), feature=DEFAULT, role=RECEIVE),
    "set_default_address": Function(set_default_address, ("fwdopt",), ("domain", "fwdemail", "failmsgs", "pipefwd", "fwdsystem"),
                                    feature=DEFAULT, role=RECEIVE, write=True),
    "list_auto_responders": Function(list_auto_responders, ("domain",), ("regex",), feature="autoresponders", role=RECEIVE),
    "get_auto_responder": Function(get_auto_responder, E, ("temp_charset",), feature="autoresponders", role=RECEIVE),
    "list_filters": Function(list_filters, (), ("account",), role=RECEIVE),
    "list_mxs": Function(list_mxs, (), ("domain",), role=RECEIVE),
    "set_always_accept": Function(set_always_accept, ("domain",), ("mxcheck", "alwaysaccept"), role="DNS", write=True),
    "stats_db_status": Function(stats_db_status),
}
