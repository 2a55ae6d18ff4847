"""UAPI ClamScanner: one scan at a time, in its order [10]."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .wire import Args, Function, Refused

if TYPE_CHECKING:
    from .functions import Context

PATHS = {"home": "Scan Entire Home Directory", "mail": "Scan Mail", "public_html": "Scan Public Web Space",
         "public_ftp": "Scan Public FTP Space"}
FEATURE = "clamavconnector_scan"


def get_scan_paths(ctx: Context, args: Args) -> Any:
    return [{"id": id, "message": message} for id, message in PATHS.items()]


def job(ctx: Context) -> dict[str, Any]:
    return ctx.state.world["clam"].setdefault(ctx.account["user"], {"started": 0, "path": "", "log": []})


def running(ctx: Context) -> bool:
    return time.time() < job(ctx)["started"] + ctx.panel.switches["clamav_s"]


def infected(ctx: Context) -> list[dict[str, Any]]:
    """What a scan of that place has found: nothing before there was one."""
    path, home = job(ctx)["path"], f"/home/{ctx.account['user']}/"
    if not path or running(ctx):
        return []
    below = home if path == "home" else f"{home}{path}/"
    return [f for f in ctx.state.world["infected"] if f["file"].startswith(below)]


def start_scan(ctx: Context, args: Args) -> Any:
    if args.one("scan_type") not in PATHS:
        raise Refused(f"“{args.one('scan_type')}” is not a valid scan type.")
    if running(ctx):
        raise Refused("A scan is already in progress.")
    job(ctx).update(started=time.time(), path=args.one("scan_type"))
    ctx.state.changed()
    return {}


def get_scan_status(ctx: Context, args: Args) -> Any:
    if not job(ctx)["started"]:
        raise Refused("There is no scan.")
    now = running(ctx)
    files = [f["file"] for f in infected(ctx)]
    return {"scan_complete": int(not now), "scanned_file_count": 12 if now else 135, "scanned_file_size": 6022,
            "total_file_count": 135, "total_file_size_MiB": 36, "time_started": str(int(job(ctx)["started"])),
            "current_file": f"/home/{ctx.account['user']}/public_html/index.php", "infected_files": files}


def list_infected_files(ctx: Context, args: Args) -> Any:
    return [{"file": f["file"], "virus_type": f["virus"]} for f in infected(ctx)]


def disinfect_files(ctx: Context, args: Args) -> Any:
    """A JSON body; names are relative to the home's parent, as `home/virus1`."""
    actions = args.one("actions")
    if not isinstance(actions, dict) or not set(actions.values()) <= {"delete", "quarantine", "ignore"}:
        raise Refused("Provide the ‘actions’ argument.")
    gone = {name if name.startswith("/") else "/" + name for name, what in actions.items() if what != "ignore"}
    ctx.state.world["infected"] = [f for f in ctx.state.world["infected"]
                                   if f not in infected(ctx) or f["file"] not in gone]
    job(ctx)["log"] = sorted(gone)
    ctx.state.changed()
    return {"log": f"/home/{ctx.account['user']}/.clamavconnector.log", "task_id": "1"}


def check_disinfection_status(ctx: Context, args: Args) -> Any:
    return {"status": "done", "log": f"/home/{ctx.account['user']}/.clamavconnector.log",
            "details": [{"file": f, "status": "done"} for f in job(ctx)["log"]]}


FUNCTIONS = {
    "get_scan_paths": Function(get_scan_paths, feature=FEATURE),
    "start_scan": Function(start_scan, ("scan_type",), feature=FEATURE, write=True),
    "get_scan_status": Function(get_scan_status, feature=FEATURE),
    "list_infected_files": Function(list_infected_files, feature=FEATURE),
    "disinfect_files": Function(disinfect_files, ("actions",), feature=FEATURE, write=True),
    "check_disinfection_status": Function(check_disinfection_status, (), ("last_id",), feature=FEATURE),
}
