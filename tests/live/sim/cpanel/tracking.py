"""The delivery database [9.2]."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from . import access
from .wire import Args, Refused

if TYPE_CHECKING:
    from .functions import Context

TYPES = ("success", "defer", "failure", "inprogress")
SEARCH = (*TYPES, "deliverytype", "max_results_by_type")
USER_STATS = ("starttime", "endtime", "deliverytype", "sender")
STATS = ("startdate", "starttime", "enddate", "endtime", "nosize", "nosuccess", "deliverytype", "user")


def own_rows(ctx: Context) -> list[dict[str, Any]]:
    """A reseller sees his own accounts' [2.9, inf]; rows of no account are root's."""
    if ctx.state.server["tweak"]["skipeximstats"] == "1":
        return []
    oldest = time.time() - 86400 * int(ctx.state.server["tweak"]["exim_retention_days"] or 10)
    rows = [r for r in ctx.state.world["eximstats"] if r["sendunixtime"] >= oldest]
    if ctx.caller.root:
        return rows
    own = {a["user"] for a in ctx.state.accounts if access.owns(ctx.state, ctx.caller, a)}
    return [r for r in rows if r["user"] in own]


def delivery(rows: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    if kind == "all":
        return rows
    if kind == "remote":
        return [r for r in rows if r["transport_is_remote"]]
    if kind == "local":
        return [r for r in rows if not r["transport_is_remote"]]
    if kind == "remote-or-faildefer":
        return [r for r in rows if r["transport_is_remote"] or r["type"] in ("defer", "failure")]
    raise Refused(f"“{kind}” is not a valid delivery type.")


def number(args: Args, name: str, otherwise: int) -> int:
    value = args.one(name)
    if value in (None, ""):
        return otherwise
    if not re.fullmatch(r"\d{1,12}", value):
        raise Refused(f"“{value}” is not a valid “{name}”.")
    return int(value)


def search(ctx: Context, args: Args) -> Any:
    rows = delivery(own_rows(ctx), args.one("deliverytype", "all"))
    most = number(args, "max_results_by_type", 250)
    out: list[dict[str, Any]] = []
    for kind in TYPES:
        if args.one(kind, "1") == "1":
            of_kind = [r for r in rows if r["type"] == kind]
            out += of_kind[:most] if most else of_kind
    return {"records": out}


def counters(rows: list[dict[str, Any]]) -> dict[str, int]:
    n = {kind: sum(r["type"] == kind for r in rows) for kind in TYPES}
    return {"SENDCOUNT": len({r["msgid"] for r in rows}), "SUCCESSCOUNT": n["success"], "DEFERCOUNT": n["defer"],
            "FAILCOUNT": n["failure"], "DEFERFAILCOUNT": n["defer"] + n["failure"],
            "TOTALSIZE": sum(r["size"] for r in rows)}


def user_stats(ctx: Context, args: Args) -> Any:
    start, end = number(args, "starttime", 0), number(args, "endtime", 1 << 40)
    rows = [r for r in delivery(own_rows(ctx), args.one("deliverytype", "remote-or-faildefer"))
            if start <= r["sendunixtime"] <= end and args.one("sender") in (None, "", r["sender"])]
    out = []
    for user, domain in sorted({(r["user"], r["domain"]) for r in rows}):
        account = ctx.state.account(user)
        own = [r for r in rows if (r["user"], r["domain"]) == (user, domain)]
        said = " ".join(r["message"] or "" for r in own)
        out.append({"USER": user, "DOMAIN": domain, "PRIMARY_DOMAIN": account["domain"] if account else "",
                    "OWNER": account["owner"] if account else "root", **counters(own),
                    "REACHED_MAXEMAILS": int("exceeded the max emails per hour" in said),
                    "REACHED_MAXDEFERFAIL": int("exceeded the max defers and failures per hour" in said)})
    return {"records": out}


def stats(ctx: Context, args: Args) -> Any:
    start, end = number(args, "starttime", 0), number(args, "endtime", 1 << 40)
    rows = [r for r in delivery(own_rows(ctx), args.one("deliverytype", "remote-or-faildefer"))
            if start <= r["sendunixtime"] <= end and args.one("user") in (None, "", r["user"])]
    total = counters(rows)
    if args.flag("nosize"):
        del total["TOTALSIZE"]
    if args.flag("nosuccess"):
        del total["SUCCESSCOUNT"]
    return total
