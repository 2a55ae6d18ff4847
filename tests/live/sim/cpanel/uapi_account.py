"""UAPI about the account itself [3.3, 3.4, 2.2, 10]."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from . import access
from .wire import Args, Function, Refused

if TYPE_CHECKING:
    from .functions import Context
    from .panel import Panel

# What a feature list may grant; the names are not confirmed [3.3].
FEATURES = ["emailauth", "zoneedit", "popaccts", "forwarders", "defaultaddress", "changemx", "autoresponders",
            "clamavconnector_scan", "wp-toolkit", "anti_spam_guide"]


class Status(Exception):
    """An answer whose status is neither 1 nor an ordinary 0."""

    def __init__(self, status: int | None, text: str):
        super().__init__(text)
        self.status = status


def granted(panel: Panel, account: dict[str, Any], feature: str) -> bool:
    return account["features"].get(feature, True)


def has_feature(ctx: Context, args: Args) -> Any:
    """1 granted, 0 not granted, null not there [3.3]."""
    name = args.one("name")
    there = name in [*FEATURES, *ctx.state.world["plugin_features"]]
    if name == "clamavconnector_scan":
        there = ctx.panel.switches["clamav"]
    if name == "wp-toolkit":
        there = ctx.panel.switches["wp_toolkit"]
    if not there:
        raise Status(None, f"The feature “{name}” does not exist.")
    if not granted(ctx.panel, ctx.account, name):
        raise Status(0, f"The feature “{name}” exists but is not enabled.")
    return None


def names(ctx: Context, *kinds: str) -> list[str]:
    return [d["name"] for d in ctx.state.domains_of(ctx.account["user"], *kinds)]


def list_domains(ctx: Context, args: Args) -> Any:
    if ctx.account["user"] in ctx.panel.switches["blank_domains"]:       # and status 1 [3.3]
        return {"main_domain": "", "addon_domains": [], "parked_domains": [], "sub_domains": []}
    main = ctx.account["domain"]
    return {"main_domain": main if ctx.panel.switches["main_domain_as"] == "string" else [main],
            "addon_domains": names(ctx, "addon"), "parked_domains": names(ctx, "parked"), "sub_domains": names(ctx, "sub")}


WORDS = {"main": "main_domain", "addon": "addon_domain", "sub": "sub_domain", "parked": "parked_domain"}


def domain_data(ctx: Context, domain: dict[str, Any]) -> dict[str, Any]:
    account = ctx.account
    return {"domain": domain["name"], "type": WORDS[domain["type"]], "documentroot": domain["docroot"], "ip": account["ip"],
            "ipv6": None, "owner": account["owner"], "user": account["user"], "group": account["user"],
            "homedir": f"/home/{account['user']}", "port": "80", "hascgi": 1, "phpopenbasedirprotect": 1,
            "serveradmin": f"webmaster@{domain['name']}", "serveralias": f"mail.{domain['name']} www.{domain['name']}",
            "servername": domain["name"], "status": "not redirected"}


def domains_data(ctx: Context, args: Args) -> Any:
    rows = {kind: [domain_data(ctx, d) for d in ctx.state.domains_of(ctx.account["user"], kind)] for kind in WORDS}
    if args.one("format", "hash") == "list":
        return [row for kind in WORDS for row in rows[kind]]
    return {"main_domain": rows["main"][0], "addon_domains": rows["addon"], "sub_domains": rows["sub"],
            "parked_domains": [d["domain"] for d in rows["parked"]]}


def single_domain_data(ctx: Context, args: Args) -> Any:
    name = args.one("domain")
    domain = ctx.state.domain(name)
    if domain is None or domain["user"] != ctx.account["user"]:
        raise Refused(f"The domain “{name}” does not exist.")
    return domain_data(ctx, domain)


def user_information(ctx: Context, args: Args) -> Any:
    account = ctx.account
    number = lambda text: text if text == "unlimited" else int(text)
    known = {"user": account["user"], "domain": account["domain"], "domains": names(ctx, "addon", "parked", "sub"),
             "owner": account["owner"], "plan": account["plan"], "ip": account["ip"], "contact_email": account["email"],
             "contact_email_2": "", "dkim_enabled": account["hasdkim"], "spf_enabled": account["hasspf"],
             "maximum_emails_per_hour": number(account["max_email_per_hour"]),
             "maximum_defer_fail_percentage": number(account["max_defer_fail_percentage"]), "feature_list": "default",
             "mxcheck": {d["name"]: d["routing"] for d in ctx.state.mail_domains(account["user"])}, "dead_domains": [],
             "home": f"/home/{account['user']}", "shell": account["shell"], "locale": account["locale"],
             "theme": account["theme"], "created": account["unix_startdate"], "uid": account["uid"]}
    wanted = args.list("name")
    return {k: v for k, v in known.items() if not wanted or k in wanted}


def list_accounts(ctx: Context, args: Args) -> Any:
    user = ctx.account["user"]
    if user not in ctx.state.world["resellers"]:
        raise Refused("You do not have reseller access.")
    own = [a for a in ctx.state.accounts if a["owner"] == user or a["user"] == user]
    return [{"user": a["user"], "domain": a["domain"], "select": "1" if a["user"] == user else ""} for a in own]


# --- tokens

def create_full_access(ctx: Context, args: Args) -> Any:
    name, user, expires = args.one("name"), ctx.account["user"], args.one("expires_at")
    if ctx.account["suspended"]:
        raise Refused("The account is suspended.")
    if not access.NAME.match(name) or any(t["name"] == name and t["user"] == user for t in ctx.state.world["tokens"]):
        raise Refused(f"“{name}” is not a valid name for a new API token.")
    token = access.create_token(ctx.state, user, name, kind="cpanel", expires=int(expires) if expires else None)
    return {"token": token, "create_time": int(time.time())}


def own_tokens(ctx: Context) -> list[dict[str, Any]]:
    return [t for t in ctx.state.world["tokens"] if t["user"] == ctx.account["user"] and t["kind"] == "cpanel"]


def list_tokens(ctx: Context, args: Args) -> Any:
    return [{"name": t["name"], "create_time": t["create_time"], "expires_at": t["expires_at"], "has_full_access": 1,
             "features": None} for t in own_tokens(ctx)]


def revoke_token(ctx: Context, args: Args) -> Any:
    hit = [t for t in own_tokens(ctx) if t["name"] == args.one("name")]
    ctx.state.world["tokens"] = [t for t in ctx.state.world["tokens"] if t not in hit]
    ctx.state.changed()
    return int(bool(hit))


# --- others

def get_port(ctx: Context, args: Args) -> Any:
    return {"port": 22}


def get_dom(ctx: Context, args: Args) -> Any:
    """The theme's frame around a plugin's own page."""
    title = args.one("page_title", "").replace("&", "&amp;").replace("<", "&lt;")
    return {"header": f"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>cPanel - {title}</title></head>"
                      f"<body id=\"{args.one('app_key', '')}\"><header>cPanel</header><main>\n",
            "footer": "\n</main><footer>cPanel</footer></body></html>\n"}


def get_instances(ctx: Context, args: Args) -> Any:
    """The old WordPress Manager: the version it installed, not the one that is there now [10]."""
    out = []
    for site in ctx.state.world["wordpress"]:
        if site["user"] == ctx.account["user"]:
            out.append({"domain": site["domain"], "full_path": site["full_path"], "admin_url": f"{site['domain']}/wp-admin",
                        "initial_install_version": site["installed"], "current_version": "", "id": str(site["id"])})
    return {"instances": out, "errors": []}


MODULES = {
    "DomainInfo": {
        "list_domains": Function(list_domains),
        "domains_data": Function(domains_data, (), ("format", "return_https_redirects_status")),
        "single_domain_data": Function(single_domain_data, ("domain",), ("return_https_redirect_status",)),
    },
    "Variables": {"get_user_information": Function(user_information, (), ("name",))},
    "Features": {"has_feature": Function(has_feature, ("name",))},
    "Resellers": {"list_accounts": Function(list_accounts)},
    "Tokens": {
        "create_full_access": Function(create_full_access, ("name",), ("expires_at",), write=True),
        "list": Function(list_tokens),
        "revoke": Function(revoke_token, ("name",), write=True),
    },
    "SSH": {"get_port": Function(get_port)},
    "Chrome": {"get_dom": Function(get_dom, (), ("page_title", "app_key"))},
    "WordPressInstanceManager": {"get_instances": Function(get_instances)},
}
