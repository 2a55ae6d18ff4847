"""WP Toolkit's command line [10]: --list, --info, and WordPress' own wp-cli through it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .panel import Panel


class Unknown(Exception):
    pass


def view(panel: Panel, site: dict[str, Any]) -> dict[str, Any]:
    return {"id": site["id"], "mainDomainId": site["domain_id"], "path": site["path"], "fullPath": site["full_path"],
            "siteUrl": site["url"], "name": site["title"], "version": site["version"], "alive": not site["broken"],
            "infected": site["infected"], "broken": site["broken"]}


def command(panel: Panel, argv: list[str]) -> str:
    options, after = (argv[:argv.index("--")], argv[argv.index("--") + 1:]) if "--" in argv else (argv, [])
    given = dict(zip(options[1::2], options[2::2]))
    if set(given) - {"-format", "-instance-id"} or not options:
        raise Unknown("Unknown option.")
    if options[0] == "--list":
        return output([view(panel, s) for s in panel.state.world["wordpress"]], given)
    if options[0] == "--clear-wpt-cache":
        return ""
    site = next((s for s in panel.state.world["wordpress"] if str(s["id"]) == given.get("-instance-id")), None)
    if site is None:
        raise Unknown("Unable to find the WordPress installation.")
    if options[0] == "--info":
        return output(view(panel, site), given)
    if options[0] == "--wp-cli":
        return wp(panel, site, after)
    raise Unknown("Unknown command.")


def output(value: Any, given: dict[str, str]) -> str:
    if given.get("-format") != "json":      # raw text by default: not for programs
        rows = value if isinstance(value, list) else [value]
        return "".join("\t".join(str(v) for v in row.values()) + "\n" for row in rows)
    return json.dumps(value, ensure_ascii=False) + "\n"


def wp(panel: Panel, site: dict[str, Any], words: list[str]) -> str:
    plain = [w for w in words if not w.startswith("--")]
    options = dict(w[2:].partition("=")[::2] for w in words if w.startswith("--"))
    if plain == ["core", "version"]:
        return site["version"] + "\n"
    if plain == ["core", "update"]:
        version = options.get("version") or site.get("available") or site["version"]
        if site.get("available") == version:
            del site["available"]
        site["version"] = version
        panel.state.changed()
        return "Success: WordPress updated successfully.\n"
    if plain[:1] in (["plugin"], ["theme"]) and len(plain) > 1:
        parts = site[plain[0] + "s"]
        if plain[1] == "list":
            return json.dumps([{"name": p["slug"], "status": "active", "update": "available" if p.get("available") else "none",
                                "version": p["version"]} for p in parts]) + "\n"
        if plain[1] == "update":
            for part in parts:
                if part["slug"] in plain[2:] or "all" in options:
                    part["version"] = options.get("version") or part.pop("available", None) or part["version"]
                    part["vulnerable"] = False
            panel.state.changed()
            return "Success: Updated.\n"
    raise Unknown("Error: that is not a registered wp command.")
