"""axe-core, fetched by npm at the version of package-lock.json, for the pages in the browser.  It is injected
from outside (DevTools), so the pages' content security policy stays as it is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
RUN = """(async function () {
	var said = await axe.run(document, {resultTypes: ["violations"], runOnly: %s});
	return said.violations.map(function (v) {
		return v.id + " (" + v.impact + "): " + v.nodes.length + ": " + v.nodes.slice(0, 3).map(function (n) {
			return n.html.slice(0, 160) + " " + (n.failureSummary || "").split("\\n").slice(1, 2); }).join(" | ");
	});
})()"""
EVERYTHING = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"type": "tag", "values": ["cat.color"]}


def source() -> str:
    """The script itself; NotHere when npm is not installed."""
    place = TOP / os.environ.get("BUILD", "build") / "npm"
    script = place / "node_modules" / "axe-core" / "axe.min.js"
    wanted = (HERE / "package-lock.json").read_text()
    lock = place / "package-lock.json"
    if not script.exists() or not lock.exists() or lock.read_text() != wanted:
        if shutil.which("npm") is None:
            raise NotHere("npm is not installed, so axe-core cannot be fetched")
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, place / name)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=place, check=True,
                       stdout=subprocess.DEVNULL, timeout=300)
    return script.read_text()


class NotHere(Exception):
    pass


def run(chrome, what=EVERYTHING) -> list[str]:
    """What axe complains about on the page that is open."""
    said = chrome.ask(RUN % json.dumps(what))
    return ["axe did not answer"] if said is None else said
