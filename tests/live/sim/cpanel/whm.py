"""Functions of WHM API 1."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from . import access, emailauth, tracking, zones
from .faults import VERSIONS
from .public import Silent
from .tweak import DYNAMIC, KEYS, MODULES, shown
from .wire import Args, Done, Function, Refused, xid

if TYPE_CHECKING:
    from .functions import Context


class Forbidden(Refused):
    """An ACL is missing [2.6]."""


ACLS = ["all", "acct-summary", "allow-emaillimits-pkgs", "basic-system-info", "basic-whm-functions", "cpanel-api",
        "create-user-session", "edit-account", "edit-dns", "edit-mx", "edit-pkg", "list-accts", "list-pkgs", "mailcheck",
        "manage-api-tokens", "manage-dns-records", "passwd", "suspend-acct", "track-email"]


# --- the server

def version(ctx: Context, args: Args) -> Any:
    return {"version": VERSIONS[ctx.panel.switches["profile"]]}


def applist(ctx: Context, args: Args) -> Any:
    names = [n for n, f in FUNCTIONS.items() if ctx.panel.switches["profile"] >= f.since and ctx.caller.may(f.acl)
             and f.role not in ctx.panel.switches["roles_off"]]
    return {"app": sorted([*names, "batch", "cpanel", "uapi_cpanel"])}


def myprivs(ctx: Context, args: Args) -> Any:
    own = {acl: int(ctx.caller.may(acl)) for acl in [*ACLS, *sorted(ctx.state.world["custom_acls"])]}
    return {"privileges": [own] if ctx.panel.switches["privileges"] == "array" else own}


def gethostname(ctx: Context, args: Args) -> Any:
    return {"hostname": ctx.state.server["hostname"]}


SERVICE_NAMES = ("cpanel.", "whm.", "webmail.", "webdisk.", "cpcalendars.", "cpcontacts.", "autodiscover.", "autoconfig.")


def sethostname(ctx: Context, args: Args) -> Any:
    """Rules of [6]; the work goes on for long, and the reason is its log."""
    name = args.one("hostname", "").lower()
    if name.count(".") < 2 or not zones_name(name):
        raise Refused(f"Sorry, “{name}” is not a valid fully qualified domain name.")
    if name.startswith("www") or name[0].isdigit() or name.endswith("-") or name.startswith(SERVICE_NAMES):
        raise Refused(f"Sorry, “{name}” cannot be used as a hostname.")
    if ctx.state.domain(name) is not None:
        raise Refused(f"Sorry, the domain “{name}” belongs to a cPanel account on this server.")
    same = name == ctx.state.server["hostname"]
    ctx.call.later = lambda: ctx.panel.change_hostname(name)
    ctx.call.drop = ctx.panel.switches["hostname_drop"]
    log = (f"Stopping cPHulkd during hostname change\nChanging hostname in kernel to {name}\nRestarting Exim\n"
           "<span class='cpanel_output_color_bold okmsg'>exim restarted successfully.</span><br />\n"
           f"A DNS record already exists for “{name}”.\n" * 20)
    raise Done(None, log, ["Updating cPanel license...Done. Update succeeded."],
               [f"The hostname was already set to {name}, syncing configuration only."] if same else [])


def zones_name(name: str) -> bool:
    return len(name) <= 253 and all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label) for label in name.split("."))


def listips(ctx: Context, args: Args) -> Any:
    return {"ip": ctx.state.server["ips"]}


def get_tweaksetting(ctx: Context, args: Args) -> Any:
    key = tweak_key(args)
    return {"tweaksetting": shown(key, ctx.state.server["tweak"].get(key), ctx.panel.switches["unset_tweak"])}


def set_tweaksetting(ctx: Context, args: Args) -> Any:
    key, value = tweak_key(args), args.one("value")
    if not KEYS[key].accepts(value):
        raise Refused(f"“{value}” is not a valid value for “{key}”.")
    ctx.state.server["tweak"][key] = value if value != "" else None      # empty: not set, no limit [7.1]
    ctx.panel.hook("Whostmgr", "TweakSettings::Main", {"key": key})
    if key in DYNAMIC and ctx.panel.switches["tweak_applies"]:
        ctx.state.server["applied"][key] = value
    ctx.state.changed()


def tweak_key(args: Args) -> str:
    key, module = args.one("key"), args.one("module", "Main")
    if module not in MODULES:
        raise Refused(f"“{module}” is not a valid module.")
    if module != "Main" or key not in KEYS:
        raise Refused(f"“{key}” is not a valid Tweak Settings key.")
    return key


# --- accounts

UNLIMITED = {"disklimit": "unlimited", "inodeslimit": "unlimited", "maxaddons": "unlimited", "maxsub": "unlimited",
             "maxparked": "unlimited", "maxftp": "unlimited", "maxlst": "unlimited", "maxsql": "unlimited",
             "max_emailacct_quota": "unlimited"}
SEARCHES = {"domain": "domain", "owner": "owner", "user": "user", "ip": "ip", "package": "plan"}


def account_view(ctx: Context, account: dict[str, Any]) -> dict[str, Any]:
    shown_fields = {k: account[k] for k in (
        "user", "domain", "owner", "plan", "ip", "ipv6", "email", "suspended", "suspendreason", "suspendtime", "is_locked",
        "outgoing_mail_suspended", "outgoing_mail_hold", "max_email_per_hour", "max_defer_fail_percentage", "maxpop",
        "unix_startdate", "uid", "shell", "theme", "partition", "mailbox_format")}
    without_limit(shown_fields, ctx.panel.switches["no_limit"])
    return {**UNLIMITED, **shown_fields, "min_defer_fail_to_trigger_protection": "5", "diskused": "14M", "backup": 1,
            "has_backup": 0, "legacy_backup": 0, "temporary": account.get("temporary", 0),
            "is_temporary_domain": account.get("temporary", 0), "child_nodes": [], "inodesused": 2731,
            "startdate": time.strftime("%y %b %d %H:%M", time.gmtime(account["unix_startdate"]))}


def without_limit(view: dict[str, Any], how: str) -> dict[str, Any]:
    """How "none" looks differs [13]."""
    for name in ("max_email_per_hour", "max_defer_fail_percentage"):
        if view[name] == "unlimited" and how == "missing":
            del view[name]
        elif view[name] == "unlimited":
            view[name] = {"unlimited": "unlimited", "0": "0", "zero": 0}[how]
    return view


def own_accounts(ctx: Context) -> list[dict[str, Any]]:
    return [a for a in ctx.state.accounts if access.owns(ctx.state, ctx.caller, a)]


def listaccts(ctx: Context, args: Args) -> Any:
    found = own_accounts(ctx)
    search, kind, method = args.one("search"), args.one("searchtype", "domain"), args.one("searchmethod", "regex")
    if search:
        if kind not in SEARCHES or method not in ("exact", "regex"):
            raise Refused("The search is not valid.")
        try:
            found = [a for a in found if (a[SEARCHES[kind]] == search if method == "exact"
                                          else re.search(search, a[SEARCHES[kind]]))]
        except re.error:
            raise Refused("The search is not valid.") from None
    views = [account_view(ctx, a) for a in found]
    if args.one("want"):
        names = args.one("want").split(",")
        views = [{k: v for k, v in view.items() if k in names} for view in views]
    return {"acct": views}


def accountsummary(ctx: Context, args: Args) -> Any:
    user = args.one("user")
    if user is None:
        domain = ctx.state.domain(args.one("domain", ""))
        user = domain["user"] if domain else ""
    return {"acct": [account_view(ctx, access.own_account(ctx.state, ctx.caller, user))]}


def listresellers(ctx: Context, args: Args) -> Any:
    logins = sorted(ctx.state.world["resellers"])
    return {"reseller": logins if ctx.panel.switches["resellers_as"] == "strings" else [{"reseller": n} for n in logins]}


def get_domain_info(ctx: Context, args: Args) -> Any:
    out = []
    for account in own_accounts(ctx):
        for domain in ctx.state.domains_of(account["user"]):
            out.append({"domain": domain["name"], "domain_type": domain["type"], "parent_domain": account["domain"],
                        "user": account["user"], "user_owner": account["owner"], "docroot": domain["docroot"],
                        "ipv4": account["ip"], "ipv4_ssl": account["ip"], "ipv6": None, "ipv6_is_dedicated": 0,
                        "modsecurity_enabled": 1, "php_version": "ea-php83", "port": 80, "port_ssl": 443})
    return {"domains": out}


NUMBER = re.compile(r"^(unlimited|\d{1,9})$")
LIMITS = ("MAX_EMAIL_PER_HOUR", "MAX_DEFER_FAIL_PERCENTAGE")


def modifyacct(ctx: Context, args: Args) -> Any:
    """Names are upper case; what is spelt otherwise is passed over in silence [7.2]."""
    account = access.own_account(ctx.state, ctx.caller, args.one("user"))
    given = dict(args.pairs)
    for name in LIMITS:
        if name in given:
            if not ctx.caller.may("allow-emaillimits-pkgs"):
                raise Forbidden("You do not have permission to change the email limits.")
            if not NUMBER.match(given[name]):
                raise Refused(f"“{given[name]}” is not a valid value for “{name}”.")
            account[name.lower()] = "unlimited" if given[name] == "0" else given[name]
    if given.get("OUTGOING_EMAIL_SUSPENDED") in ("0", "1"):
        account["outgoing_mail_suspended"] = int(given["OUTGOING_EMAIL_SUSPENDED"])
    for name in ("HASDKIM", "HASSPF", "HASDMARC"):
        if given.get(name) in ("0", "1"):
            account[name.lower()] = int(given[name])
    if "owner" in given and ctx.caller.root:
        account["owner"] = given["owner"]
    ctx.state.changed()
    ctx.panel.hook("Whostmgr", "Accounts::Modify", {"user": account["user"]})
    raise Done({"user": account["user"], "domain": account["domain"], "setshell": "unmodified", "cpuser": cpuser(ctx, account)},
               "Account Modified", ["(none)"])


def cpuser(ctx: Context, account: dict[str, Any]) -> dict[str, Any]:
    others = [d["name"] for d in ctx.state.domains_of(account["user"]) if d["name"] != account["domain"]]
    return {"USER": account["user"], "DOMAIN": account["domain"], "DOMAINS": others, "OWNER": account["owner"],
            "PLAN": account["plan"], "IP": account["ip"], "HASDKIM": str(account["hasdkim"]),
            "HASSPF": str(account["hasspf"]), "HASDMARC": str(account["hasdmarc"]),
            "MAX_EMAIL_PER_HOUR": account["max_email_per_hour"],
            "MAX_DEFER_FAIL_PERCENTAGE": account["max_defer_fail_percentage"], "MAXPOP": account["maxpop"],
            "CONTACTEMAIL": account["email"], "MTIME": str(int(time.time())), "STARTDATE": str(account["unix_startdate"])}


def package_view(name: str, package: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, **package}


def listpkgs(ctx: Context, args: Args) -> Any:
    return {"pkg": [package_view(n, p) for n, p in ctx.state.world["packages"].items()
                    if ctx.caller.root or "_" not in n or n.startswith(ctx.caller.user + "_")]}


def find_package(ctx: Context, name: str) -> dict[str, Any]:
    package = ctx.state.world["packages"].get(name)
    if package is None:
        raise Refused(f"The package “{name}” does not exist.")
    if not ctx.caller.root and not name.startswith(ctx.caller.user + "_"):
        raise Forbidden(f"You do not have permission to use the package “{name}”.")
    return package


def getpkginfo(ctx: Context, args: Args) -> Any:
    return {"pkg": package_view(args.one("pkg"), find_package(ctx, args.one("pkg")))}


def editpkg(ctx: Context, args: Args) -> Any:
    """Its accounts get the package's values [14.16]."""
    name = args.one("name")
    package = find_package(ctx, name)
    for limit in LIMITS:
        if args.has(limit):
            if not NUMBER.match(args.one(limit, "")):
                raise Refused(f"“{args.one(limit)}” is not a valid value for “{limit}”.")
            package[limit] = "unlimited" if args.one(limit) == "0" else args.one(limit)
            for account in ctx.state.accounts:
                if account["plan"] == name:
                    account[limit.lower()] = package[limit]
    ctx.state.changed()
    return {"pkg": name}


def outgoing(field: str, value: int) -> Any:
    def run(ctx: Context, args: Args) -> None:
        if args.one("user") == "root":                       # [7.3]
            raise Refused("You cannot change outgoing email of the “root” user.")
        access.own_account(ctx.state, ctx.caller, args.one("user"))[field] = value
        ctx.state.changed()
    return run


# --- DNS

def authority(ctx: Context, name: str) -> dict[str, Any]:
    if name in ctx.panel.switches["authority_timeout"]:
        return {"domain": name, "local_authority": 0, "nameservers": [], "zone": None,
                "error": f"(XID {xid()}) DNS query ({name}/SOA) timeout!"}
    try:
        servers = ctx.panel.public.name_servers(name)
    except Silent:
        return {"domain": name, "local_authority": 0, "nameservers": [], "zone": None,
                "error": f"(XID {xid()}) DNS query ({name}/SOA) timeout!"}
    return {"domain": name, "local_authority": int(ctx.panel.public.here(name)), "nameservers": servers,
            "zone": ctx.state.zone_of(name)}


def has_local_authority(ctx: Context, args: Args) -> Any:
    return [authority(ctx, d) for d in args.list("domain")]


def parse_zone(ctx: Context, args: Args) -> Any:
    name = ctx.own_zone(args.one("zone", ""))
    return zones.view(name, ctx.state.zone(name), ctx.panel.switches["owner_names"])


def mass_edit(ctx: Context, args: Args) -> Any:
    name = ctx.own_zone(args.one("zone", ""))
    switches = ctx.panel.switches
    if switches["bump_before_edit"] > 0:                     # another writer was quicker [12.5]
        switches["bump_before_edit"] -= 1
        zones.written(ctx.state, name)
    domain = ctx.state.domain(name)
    if domain is not None and ctx.state.account(domain["user"]).get("temporary"):
        raise Refused("You cannot edit the DNS zone of a temporary domain.")
    serial = zones.mass_edit(ctx.state, name, args.one("serial"), args.list("add"), args.list("edit"), args.list("remove"),
                             switches["long_strings"] == "accepted")
    return {"new_serial": str(serial) if switches["new_serial"] == "string" else serial}


# --- queue

def fetch_mail_queue(ctx: Context, args: Args) -> Any:
    fields = ("msgid", "sender", "recipients", "size", "time", "frozen", "user")
    return {"records": [{k: m[k] for k in fields} for m in ctx.state.world["queue"]]}


# --- tokens, sessions

def api_token_create(ctx: Context, args: Args) -> Any:
    name, expires = args.one("token_name", ""), args.one("expires_at")
    if not access.NAME.match(name) or any(t["name"] == name and t["user"] == ctx.caller.user for t in ctx.state.world["tokens"]):
        raise Refused(f"“{name}” is not a valid name for a new API token.")
    acls = args.list("acl") or None
    if acls and not set(acls) <= {*ACLS, *ctx.state.world["custom_acls"]}:
        raise Refused("An ACL is not valid.")
    token = access.create_token(ctx.state, ctx.caller.user, name, acls=acls, expires=int(expires) if expires else None,
                                addresses=args.list("whitelist_ip"))
    return {"token": token, "name": name, "acls": acls or ["all"], "create_time": int(time.time()),
            "expires_at": int(expires) if expires else None, "whitelist_ips": args.list("whitelist_ip") or None}


def create_user_session(ctx: Context, args: Args) -> Any:
    user, service = args.one("user"), args.one("service")
    if service not in ("cpaneld", "whostmgrd"):
        raise Refused(f"“{service}” is not a valid service.")
    if service == "cpaneld":
        access.own_account(ctx.state, ctx.caller, user)
    elif access.user_acls(ctx.state, user) is None:
        raise Refused(f"The user “{user}” may not use WHM.")
    made = access.create_session(ctx.state, user, service)
    port = ctx.panel.ports["whm" if service == "whostmgrd" else "cpanel"]
    return {**made, "service": service, "expires": int(time.time()) + 10800,
            "url": f"https://127.0.0.1:{port}{made['cp_security_token']}/login/?session={made['session']}"}


U = ("user",)
FUNCTIONS: dict[str, Function] = {
    "version": Function(version, acl=""),
    "applist": Function(applist, acl=""),
    "myprivs": Function(myprivs, acl=""),
    "gethostname": Function(gethostname, acl=""),
    "sethostname": Function(sethostname, ("hostname",), write=True),
    "listips": Function(listips, acl=""),
    "listaccts": Function(listaccts, takes=("search", "searchtype", "searchmethod", "want"), acl="list-accts"),
    "accountsummary": Function(accountsummary, takes=("user", "domain"), acl="acct-summary"),
    "listresellers": Function(listresellers),
    "get_domain_info": Function(get_domain_info, acl="acct-summary"),
    "modifyacct": Function(modifyacct, U, acl="edit-account", loose=True, write=True),
    "listpkgs": Function(listpkgs, acl="list-pkgs"),
    "getpkginfo": Function(getpkginfo, ("pkg",), acl="list-pkgs"),
    "editpkg": Function(editpkg, ("name",), LIMITS, acl="edit-pkg", write=True),
    "suspend_outgoing_email": Function(outgoing("outgoing_mail_suspended", 1), U, acl="suspend-acct", write=True),
    "unsuspend_outgoing_email": Function(outgoing("outgoing_mail_suspended", 0), U, acl="suspend-acct", write=True),
    "hold_outgoing_email": Function(outgoing("outgoing_mail_hold", 1), U, acl="suspend-acct", write=True),
    "release_outgoing_email": Function(outgoing("outgoing_mail_hold", 0), U, acl="suspend-acct", write=True),
    "get_tweaksetting": Function(get_tweaksetting, ("key",), ("module",)),
    "set_tweaksetting": Function(set_tweaksetting, ("key", "value"), ("module",), write=True),
    "has_local_authority": Function(has_local_authority, ("domain",), acl="edit-dns", role="DNS", key="records"),
    "parse_dns_zone": Function(parse_zone, ("zone",), acl="edit-dns", role="DNS"),
    "mass_edit_dns_zone": Function(mass_edit, ("zone", "serial"), ("add", "edit", "remove"), acl="edit-dns", role="DNS",
                                   write=True),
    "fetch_mail_queue": Function(fetch_mail_queue),
    "emailtrack_search": Function(tracking.search, takes=tracking.SEARCH, acl="track-email"),
    "emailtrack_user_stats": Function(tracking.user_stats, takes=tracking.USER_STATS, acl="track-email"),
    "emailtrack_stats": Function(tracking.stats, takes=tracking.STATS, acl="track-email"),
    "api_token_create": Function(api_token_create, ("token_name",), ("acl", "expires_at", "whitelist_ip"),
                                 acl="manage-api-tokens", write=True),
    "create_user_session": Function(create_user_session, ("user", "service"), acl="create-user-session", write=True),
}
for _name, _function in emailauth.FUNCTIONS.items():         # the same functions, the zone's ACL [2.9]
    FUNCTIONS[_name] = Function(_function.run, _function.needs, _function.takes, "edit-dns", _function.since, "", "DNS",
                                write=_function.write)
