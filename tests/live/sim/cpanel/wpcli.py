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


def config(panel: Panel, site: dict[str, Any], plain: list[str], options: dict[str, str]) -> str:
    defined = site["constants"]
    if plain[0] == "list":
        rows = [{"name": n, "value": v, "type": "constant"} for n, v in defined.items() if n in plain[1:]]
        if not rows:
            raise Unknown("Error: No matching entries found in 'wp-config.php'.")
        return json.dumps(rows) + "\n"
    if plain[0] == "set" and len(plain) == 3:
        defined[plain[1]] = {"true": True, "false": False}[plain[2]] if "raw" in options else plain[2]
        panel.state.changed()
        return f"Success: Updated the constant '{plain[1]}' in the 'wp-config.php' file with the {'raw ' if 'raw' in options else ''}value '{plain[2]}'.\n"
    if plain[0] == "delete" and plain[1] in defined:
        del defined[plain[1]]
        panel.state.changed()
        return f"Success: Deleted the constant '{plain[1]}' from the 'wp-config.php' file.\n"
    raise Unknown(f"Error: The constant or variable '{plain[-1]}' is not defined in the 'wp-config.php' file.")


FIELDS = ("name", "title", "status", "update", "version", "update_version", "auto_update")


def part_row(part: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    row = {"name": part["slug"], "title": part.get("title", part["slug"]), "status": part.get("state", "active"),
           "update": "available" if part.get("available") else "none", "version": part["version"],
           "update_version": part.get("available") or "", "auto_update": "on" if part.get("auto") else "off"}
    if set(fields) - set(FIELDS):
        raise Unknown(f"Error: Invalid field: {(set(fields) - set(FIELDS)).pop()}.")
    return {f: row[f] for f in fields}


def parts(panel: Panel, site: dict[str, Any], kind: str, plain: list[str], options: dict[str, str]) -> str:
    every = site[kind + "s"]
    if plain[0] == "list":
        rows = [part_row(p, options.get("fields", "name,status,update,version").split(",")) for p in every]
        if options.get("format") != "json":
            return "".join("\t".join(map(str, r.values())) + "\n" for r in rows)
        return site.get("noise", "") + json.dumps(rows) + "\n"
    named = plain[2:] if plain[0] == "auto-updates" else plain[1:]
    chosen = [p for p in every if p["slug"] in named or "all" in options]
    if not chosen:
        raise Unknown(f"Warning: The '{' '.join(named)}' {kind} could not be found.\nError: No {kind}s updated.")
    if plain[0] == "update":
        for part in chosen:
            part["version"] = options.get("version") or part.pop("available", None) or part["version"]
            part["vulnerable"] = False
    elif plain[:2] in (["auto-updates", "enable"], ["auto-updates", "disable"]):
        wanted = plain[1] == "enable"
        if all(part.get("auto", False) == wanted for part in chosen):
            raise Unknown(f"Error: No {kind}s {plain[1]}d.")
        for part in chosen:
            part.update(auto=True) if wanted else part.pop("auto", None)
    else:
        raise Unknown(f"Error: '{plain[0]}' is not a registered subcommand of '{kind}'.")
    panel.state.changed()
    return "Success: Done.\n"


def wp(panel: Panel, site: dict[str, Any], words: list[str]) -> str:
    plain = [w for w in words if not w.startswith("--")]
    options = dict(w[2:].partition("=")[::2] for w in words if w.startswith("--"))
    if site["broken"] and plain[:1] != ["config"]:
        raise Unknown("Error: There has been a critical error on this website.")
    if plain == ["core", "version"]:
        return site["version"] + "\n"
    if plain == ["core", "check-update"]:
        if not site.get("available"):
            return "Success: WordPress is at the latest version.\n"
        older = [{"version": site["version"] + ".9", "update_type": "minor", "package_url": ""}]
        return json.dumps([*older, {"version": site["available"], "update_type": "major", "package_url": ""}]) + "\n"
    if plain == ["core", "update-db"]:
        return "Success: WordPress database upgraded successfully.\n"
    if plain == ["core", "update"]:
        version = options.get("version") or site.get("available") or site["version"]
        if site.get("available") == version:
            del site["available"]
        site["version"] = version
        panel.state.changed()
        return "Success: WordPress updated successfully.\n"
    if plain[:1] == ["config"] and len(plain) > 2:
        return config(panel, site, plain[1:], options)
    if plain[:1] in (["plugin"], ["theme"]) and len(plain) > 1:
        return parts(panel, site, plain[0], plain[1:], options)
    raise Unknown("Error: that is not a registered wp command.")
