"""WP Toolkit's REST API: the same behind every panel, each at its own place in the panel's web server.

A panel has its sites in state.world["wordpress"], tasks in "wp_tasks", and says whose a site is (`wp_whose`).
`sites` are those that the caller may see.
"""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import parse_qs

from .wire import Reply, RestError, json_reply

Sites = list[dict[str, Any]]
FLAGS = ("skipBrokenInstallations", "skipInfectedInstallations", "skipUnsupportedInstallations")


def error(status: int, message: str) -> Reply:
    return json_reply(status, {"meta": {"status": status, "message": message}})      # not the panel's own shape


def update_item(item: dict[str, Any]) -> dict[str, Any]:
    return {"slug": item["slug"], "title": item.get("title", item["slug"].replace("-", " ").title()),
            "description": "", "version": item["version"], "availableVersion": item.get("available"),
            "status": item.get("status", True), "mustUse": False, "autoUpdates": item.get("auto", False),
            "autoUpdatesAvailable": True, "vulnerable": item.get("vulnerable", False)}


def policy(site: dict[str, Any]) -> dict[str, Any]:
    return {"available": True, "safeUpdate": True, "core": site["auto_update"],
            "plugins": {"forceUpdates": False, "newlyInstalledUpdates": False, "updateVulnerable": False,
                        "deactivateVulnerable": False},
            "themes": {"forceUpdates": False, "newlyInstalledUpdates": False, "updateVulnerable": False}}


def update_view(site: dict[str, Any]) -> dict[str, Any]:
    plugins = [update_item(p) for p in site["plugins"]]
    themes = [update_item(t) for t in site["themes"]]
    return {"id": site["id"], "applicable": True, "displayTitle": site["url"].split("//")[-1], "title": site["title"],
            "multisite": False, "vulnerable": any(i["vulnerable"] for i in plugins + themes),
            "lastCheckUpdateTimestamp": site["checked"],
            "smartUpdate": {"status": False, "taskStatus": "notExist", "applicable": True},
            "core": {"version": site["version"], "availableVersion": site.get("available"),
                     "restorePoint": {"available": False}},
            "plugins": plugins, "themes": themes, "autoUpdate": policy(site), "tasks": {"update": None, "check": None}}


def installation_view(panel: Any, site: dict[str, Any]) -> dict[str, Any]:
    return {"id": site["id"], "url": site["url"], "version": site["version"], "path": site["path"],
            "displayTitle": site["title"], **panel.wp_whose(site),
            "status": {"alive": not site["broken"], "infected": site["infected"], "unsupported": False, "multisite": False},
            "features": {"updates": {"availableVersion": site.get("available"),
                                     "amountOfPluginsWithUpdates": sum("available" in p for p in site["plugins"]),
                                     "amountOfThemesWithUpdates": sum("available" in t for t in site["themes"])},
                         "vulnerability": {"vulnerable": any(p.get("vulnerable") for p in site["plugins"]),
                                           "securityRiskScore": 0}}}


def chosen(sites: Sites, query: dict[str, list[str]]) -> Sites:
    ids = {int(v) for key, values in query.items() if key.startswith("installationsIds") for v in values if v.isdigit()}
    return [s for s in sites if not ids or s["id"] in ids]


def checked(sites: Sites, query: dict[str, list[str]]) -> Sites:
    """Without the skip flags the call fails if one site is broken or infected."""
    skip = {flag: query.get(flag, [""])[0] in ("true", "1") for flag in FLAGS}
    out = []
    for site in chosen(sites, query):
        if site["broken"] or site["infected"]:
            if not skip[FLAGS[0] if site["broken"] else FLAGS[1]]:
                raise RestError(400, "Bad Request")
            continue
        out.append(site)
    return out


def task(panel: Any, code: str, title: str) -> Reply:
    new = {"id": panel.state.next_id(), "code": code, "hidden": False, "title": title, "status": "started",
           "progress": 0, "steps": [], "publicParams": {}, "errors": []}
    panel.state.world["wp_tasks"].append({**new, "at": time.time()})
    panel.state.changed()
    return json_reply(201, {"url": f"/v1/background-tasks/{code}/{new['id']}", "task": new})


def find_site(sites: Sites, id: int) -> dict[str, Any]:
    for site in sites:
        if site["id"] == id:
            return site
    raise RestError(404, "Installation is not found")


def update(panel: Any, call: Any, sites: Sites) -> Reply:
    body = call.json()
    if not isinstance(body, list) or not body:
        raise RestError(400, "Bad Request")
    for item in body:
        if not isinstance(item, dict) or set(item) - {"installationId", "core", "plugins", "themes"}:
            raise RestError(400, "Bad Request")
        site = find_site(sites, item.get("installationId", 0))
        core = item.get("core") or {}
        if core.get("update") and site.get("available"):
            site["version"] = site.pop("available")
        for kind in ("plugins", "themes"):
            for part in site[kind]:
                if part["slug"] in item.get(kind, []) and "available" in part:
                    part["version"] = part.pop("available")
                    part["vulnerable"] = False
    return task(panel, "update", "Update")


def answer(panel: Any, call: Any, path: str, sites: Sites) -> Reply:
    try:
        return route(panel, call, path, sites)
    except RestError as problem:
        return error(problem.status, problem.message)


def route(panel: Any, call: Any, path: str, sites: Sites) -> Reply:
    query = parse_qs(call.raw_query)
    if (call.method, path) == ("GET", "/v1/specification/public"):
        return json_reply(200, {"openapi": "3.0.3", "info": {"title": "WP Toolkit", "version": "6.10.0"}, "paths": {}})
    if (call.method, path) == ("GET", "/v1/installations"):
        return json_reply(200, [installation_view(panel, s) for s in chosen(sites, query)])
    if (call.method, path) == ("GET", "/v1/updates-checker"):
        return json_reply(200, [update_view(s) for s in checked(sites, query)])
    if (call.method, path) == ("GET", "/v1/vulnerabilities-checker"):
        return json_reply(200, [{"id": s["id"], "core": {"vulnerabilities": []}, "plugins": [
            {"slug": p["slug"], "vulnerabilities": [{"title": "Known vulnerability", "riskRank": "high", "cve": [],
                                                     "fixedIn": p.get("available")}] if p.get("vulnerable") else []}
            for p in s["plugins"]], "themes": []} for s in checked(sites, query)])
    if (call.method, path) == ("POST", "/v1/updates-checker"):
        body = call.body_object({"installationsIds": list})
        for site in sites:
            if site["id"] in body.get("installationsIds", []):
                site["checked"] = int(time.time())
        return task(panel, "check", "Check for updates")
    if (call.method, path) == ("POST", "/v1/updater"):
        return update(panel, call, sites)
    if match := re.fullmatch(r"/v1/background-tasks/(\w+)/(\d+)", path):
        for found in panel.state.world["wp_tasks"]:
            if call.method == "GET" and (found["code"], str(found["id"])) == match.groups():
                done = time.time() - found["at"] > 0.5
                return json_reply(200, {**{k: v for k, v in found.items() if k != "at"},
                                        "status": "done" if done else "running", "progress": 100 if done else 50})
        raise RestError(404, "Task is not found")
    if match := re.fullmatch(r"/v1/installations/(\d+)/features/updates/settings", path):
        site = find_site(sites, int(match[1]))
        if call.method != "GET":             # no documented way of writing it
            raise RestError(405, "Method Not Allowed")
        return json_reply(200, policy(site))
    raise RestError(404, "Not Found")
