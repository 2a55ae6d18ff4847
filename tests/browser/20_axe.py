#!/usr/bin/env python3
"""axe-core over every page, as each role, wide and as narrow as a phone, light and dark: not one complaint of any
severity, nor of what axe does not look for (FORM).  The pages are the program's own table of routes; one without a rule here fails the test.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "live"))

import axe                                                      # noqa: E402
from chrome import PROGRAM, Chrome                              # noqa: E402
from live import check, end, no_room                            # noqa: E402
from route_table import routes                                  # noqa: E402

TOP = HERE.parents[1]
BACKEND = TOP / os.environ.get("BUILD", "build") / "antispam-guide"
SHOTS = os.environ.get("SHOTS")

# By route: as whom, and what stands for ":x".  "@..." is made by `things`.
OPEN: dict[str, list[tuple[str, str]]] = {
    "/": [("anna", ""), ("rita", ""), ("admin", "")],
    "/domains": [("anna", ""), ("rita", ""), ("admin", "")],
    "/domains/:name": [("anna", "nospf.example"), ("anna", "twospf.example"), ("ben", "elsewhere.example"),
                       ("eva", "hostile.example"), ("admin", "forwards.example")],
    "/domains/:name/report": [("anna", "nospf.example")],
    "/server": [("admin", "")],
    "/delist": [("anna", ""), ("admin", "")],
    "/plans/:id": [("anna", "@plan"), ("anna", "@refused"), ("ben", "@copy"), ("admin", "@server_plan")],
    "/journal": [("anna", ""), ("admin", "")],
    "/journal/:n": [("anna", "@entry"), ("anna", "@undone")],
    "/cases": [("anna", ""), ("admin", "")],
    "/cases/:n": [("anna", "@case"), ("admin", "@case")],
    "/cases/:n/report": [("anna", "@case")],
    "/bulk": [("rita", ""), ("admin", "")],
    "/bulk/:id": [("rita", "@bulk")],
    "/queue": [("anna", ""), ("admin", "")],
    "/queue/:id": [("anna", "@message")],
    "/notices": [("anna", ""), ("rita", "")],
    "/senders": [("anna", ""), ("admin", "")],
    "/audit": [("admin", "")],
    "/notices": [("anna", ""), ("rita", "")],
    "/senders": [("anna", ""), ("admin", "")],
    "/guide/:section": [("anna", "spf"), ("anna", "hotmail"), ("anna", "mail-queue"), ("anna", "ssh")],
}
# Pages of one look for all: as the first who may.
PLAIN = {"/spf-wizard", "/bounce", "/bounces", "/message-test", "/password-strength", "/codes", "/lookup", "/blacklists", "/hotmail",
         "/forwarding", "/wordpress", "/antivirus", "/tools", "/guide", "/glossary"}
NO_PAGE = {"/metrics"}
BOUNCE = "550 5.7.1 Unfortunately, messages from [203.0.113.10] weren't sent. (S3140) mx.hotmail.com"
MESSAGE = ("From: anna@cust.example\r\nTo: b@gmail.com\r\nSubject: Offer\r\nDate: Thu, 26 Nov 2026 10:00:00 +0000\r\n"
           "Message-ID: <1@cust.example>\r\n\r\nhello")
# What a form answers with: (as whom, where, fields).
ANSWERS: list[tuple[str, str, dict[str, Any]]] = [
    ("anna", "/bounce", {"text": BOUNCE}),
    ("anna", "/spf-wizard", {"domain": "nospf.example", "sender": ["google-workspace"], "all": "~all"}),
    ("anna", "/message-test", {"text": MESSAGE}),
    ("anna", "/password-strength", {"password": "horse"}),
    ("anna", "/queue/confirm", {"action": "delete", "group": "sender:anna@cust.example", "count": "6"}),
    ("anna", "/queue/confirm", {"action": "hold", "group": "sender:anna@cust.example", "count": "6"}),
    ("rita", "/bulk/new", {"target": ["cust.example", "nospf.example"]}),
    ("anna", "/plans", {"fix": "spf.publish", "target": "nospf.example", "all": "+all"}),
]
# What axe does not look for: names that say nothing out of their place, tables without a caption, marks that only
# the style sheet draws, what is hidden and yet shown, targets under 24 px (WCAG 2.2, 2.5.8; not in running text),
# what a key leads to and nobody sees.
FORM = """(function () {
	var bad = [], names = {}, root = document.querySelector(".asg");
	function each(css, f) { root.querySelectorAll(css).forEach(function (e) { if (e.checkVisibility()) f(e, e.getBoundingClientRect()); }); }
	each("a[href], button, summary, select, textarea, input:not([type=hidden], [type=radio])", function (e, r) {
		var label = e.getAttribute("aria-label") || (e.labels && e.labels.length ? e.labels[0].textContent : e.textContent);
		var name = e.tagName + " " + label.trim().replace(/\\s+/g, " "), to = e.href || e;
		if (name in names && names[name] !== to && !e.closest(".contents")) bad.push("twice: " + name);
		names[name] = to;
		var text = Array.prototype.some.call(e.parentNode.childNodes, function (n) { return n.nodeType === 3 && n.data.trim().length > 1; });
		if ((r.height < 24 || r.width < 24) && !(e.tagName === "A" && text)) bad.push("small: " + name + " " + r.width + "x" + r.height);
		for (var p = e; p !== root; p = p.parentElement)
			if (getComputedStyle(p).clipPath !== "none") bad.push("not seen: " + name);
	});
	var ones = Array.prototype.filter.call(document.querySelectorAll("h1"), function (h) { return h.checkVisibility(); });
	if (ones.length !== 1) bad.push(ones.length + " first headings");
	each("table", function (e) { if (!e.caption) bad.push("no caption: " + e.className); });
	each("th:not([scope])", function (e) { bad.push("no scope: " + e.textContent); });
	each("[hidden]", function (e) { bad.push("hidden, yet shown: " + e.outerHTML.slice(0, 80)); });
	each("*", function (e) {
		["::before", "::after"].forEach(function (part) {
			var drawn = getComputedStyle(e, part).content;
			if (!/^(none|normal|""|counter\\(step\\))$/.test(drawn) && !e.dataset.label) bad.push("drawn only: " + drawn + " " + e.className);
		});
	});
	return bad.slice(0, 8);
})()"""
LOOKS = [(1280, False, axe.EVERYTHING), (390, False, axe.EVERYTHING), (390, True, axe.COLOURS), (1280, True, axe.COLOURS)]


class Visit:
    def __init__(self, demo: Any, chrome: Chrome):
        self.demo, self.chrome, self.login, self.titles = demo, chrome, "", {}
        self.base = demo.url + "/modules/antispam-guide/index.php/index/go"

    def sign_in(self, login: str) -> None:
        if self.login != login:
            self.chrome.go(self.demo.way_in(login) + "&locale=en-US")
            self.login = login

    def open(self, path: str) -> None:
        self.chrome.go(self.base + path)

    def submit(self, path: str, fields: dict[str, Any]) -> str:
        """As a form would, with the tokens of the page that is open; the address that it led to."""
        self.open("/cases")
        self.chrome.events.clear()
        self.chrome.ask("""(function (path, fields) {
            var form = document.createElement("form");
            document.querySelector(".asg form[method=post]").querySelectorAll("input[type=hidden]").forEach(function (i) {
                if (i.name === "csrf" || i.name.indexOf("forgery") === 0) form.appendChild(i.cloneNode()); });
            form.method = "post"; form.action = path;
            Object.keys(fields).forEach(function (name) { [].concat(fields[name]).forEach(function (value) {
                var area = document.createElement("textarea"); area.name = name; area.value = value; form.appendChild(area); }); });
            document.body.appendChild(form); form.submit(); })(%s, %s)""" % (json.dumps(self.base + path), json.dumps(fields)))
        time.sleep(0.1)
        self.chrome.loaded()
        return self.chrome.ask("location.href") or ""

    def look(self, name: str) -> None:
        for _ in range(100):        # the event may have been the page's before
            if self.chrome.ask("document.readyState === 'complete' && !!document.querySelector('.asg')"):
                break
            time.sleep(0.02)
        check(f"{name}: it is ours", self.chrome.ask("!!document.querySelector('.asg')"), self.chrome.ask("document.body.innerText.slice(0, 200)"))
        self.chrome.ask("document.querySelectorAll('.asg details').forEach(function (d) { d.open = true })")
        for width, dark, what in LOOKS:
            self.chrome.look(width, dark)
            self.chrome.ask("new Promise(function (done) { requestAnimationFrame(function () { setTimeout(done, 20) }) })")
            bad = axe.run(self.chrome, what)
            check(f"{name}: {width} px, {'dark' if dark else 'light'}", bad == [], bad)
            if not dark:
                wide = self.chrome.ask("[document.documentElement.scrollWidth, window.innerWidth]")
                check(f"{name}: {width} px: no sideways scrolling", wide[0] <= wide[1], wide)
                bad = self.chrome.ask(FORM)
                check(f"{name}: {width} px: form", bad == [], bad)
        said = [c for c in self.chrome.complaints() if "favicon" not in c and "the server responded with a status of 4" not in c]
        check(f"{name}: silent console", said == [], said)
        asked = {e["params"]["request"]["url"] for e in self.chrome.events if e.get("method") == "Network.requestWillBeSent"}
        outside = [url for url in asked if not url.startswith((self.demo.url, "data:"))]
        check(f"{name}: nothing from outside", outside == [], outside)
        title = self.chrome.ask("document.title")
        if "POST" not in name and self.titles.setdefault(title, name.split()[1]) != name.split()[1]:
            check(f"{name}: a title of its own", False, (title, self.titles[title]))


def things(v: Visit) -> dict[str, str]:
    """What pages with a number or a name show; last part of where the forms lead."""
    def made(login: str, path: str, **fields: Any) -> str:
        v.sign_in(login)
        return v.submit(path, fields).rpartition("/")[2]

    def settle() -> None:
        for _ in range(60):
            if v.chrome.ask("(document.querySelector('[data-entry]') || {dataset: {}}).dataset.state") in (
                    "verified", "undone", "failed"):
                return
            v.chrome.call("Page.reload")
            v.chrome.loaded()

    have = {"@plan": made("anna", "/plans", fix="spf.merge", target="twospf.example"),
            "@refused": made("anna", "/plans", fix="spf.publish", target="cust.example"),
            "@copy": made("ben", "/plans", fix="spf.publish", target="elsewhere.example"),
            "@server_plan": made("admin", "/plans", fix="limits.enable", target="server"),
            "@case": made("anna", "/cases", about="nospf.example", kind="hotmail", text=BOUNCE),
            "@bulk": made("rita", "/bulk", fix="dmarc.publish", select="filter", q="example")}
    v.sign_in("anna")
    v.submit("/bounce", {"text": BOUNCE})           # kept, for /bounces
    v.open("/plans/" + made("anna", "/plans", fix="spf.publish", target="nospf.example"))
    v.chrome.click("form.confirm button")
    settle()
    have["@entry"] = (v.chrome.ask("location.href") or "").rpartition("/")[2]
    v.chrome.click("form[action$='/undo'] button")
    settle()
    have["@undone"] = (v.chrome.ask("location.href") or "").rpartition("/")[2]
    return have


def main() -> None:
    if PROGRAM is None or not BACKEND.exists():
        print("not run: %s" % ("chromium is not installed" if PROGRAM is None else "the program has not been built"))
        end()
    try:
        script = axe.source()
    except axe.NotHere as why:
        print("not run:", why)
        end()
    from demo import Demo
    from demo_queue import ANNA, QueueDemo
    table = [r for r in routes() if r.method == "GET"]
    for route in table:
        check(f"{route} has a rule", route.path in OPEN or route.path in PLAIN or route.path in NO_PAGE)
    for path in [*OPEN, *PLAIN, *NO_PAGE]:
        check(f"the rule {path} has its route", path in [r.path for r in table])
    run = Path(tempfile.mkdtemp(prefix="asg-axe-"))
    why = no_room()
    kind: Any = Demo if why else QueueDemo
    chrome = Chrome()
    try:
        with kind(run, backend=BACKEND) as demo:
            demo.first_round()
            chrome.call("Page.addScriptToEvaluateOnNewDocument", source=script)
            v = Visit(demo, chrome)
            have = things(v)
            if not why:
                have["@message"] = next(i for i, sender in demo.waiting().items() if sender == ANNA)
            only = sys.argv[1:]
            visits = [(login, route.with_arg(have.get(arg, arg)) if arg else route.path)
                      for route in table for login, arg in
                      OPEN.get(route.path, [("anna", "")] if route.path in PLAIN else [])
                      if not arg.startswith("@") or arg in have]
            # one after the other for each person: a sign-in is a page too
            for login, path in sorted(visits, key=lambda visit: visit[0]):
                if only and not any(word in path for word in only):
                    continue
                v.sign_in(login)
                v.open(path)
                v.look(f"{login} {path}")
            for login, path, fields in ANSWERS:
                if (only and not any(word in path for word in only)) or (why and path.startswith("/queue")):
                    continue
                v.sign_in(login)
                v.submit(path, fields)
                v.look(f"{login} POST {path} {fields.get('action', '')}")
            v.sign_in("anna")
            v.open("/domains/no-such.example")
            v.look("anna, not found")
    finally:
        chrome.close()
        shutil.rmtree(run, ignore_errors=True)
    end()


if __name__ == "__main__":
    main()
