#!/usr/bin/env python3
"""The pages in a real browser, inside the simulated panel: every page on a phone and on a desk, light and
dark, English and Spanish: nothing scrolls sideways, contrast and labels are right, the console is silent, hostile
values stay text; and a fix from finding to undo, with the keyboard and without scripts.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "live"))

from chrome import PROGRAM, Chrome                              # noqa: E402
from live import check, end                                     # noqa: E402

TOP = HERE.parents[1]
BACKEND = TOP / os.environ.get("BUILD", "build") / "antispam-guide"
HOSTILE = "\"'><img src=x onerror=\"window.broken=1\"><script>window.broken=1</script>{{{csrf}}}=1+1\u202ex"

PAGES = {
    "anna": ["/", "/domains", "/domains/cust.example", "/domains/nospf.example", "/domains/nospf.example/report",
             "/journal", "/cases", "/tools", "/guide", "/guide/spf", "/guide/hotmail", "/guide/ssh", "/glossary", "/spf-wizard",
             "/bounce", "/bounces", "/message-test", "/password-strength", "/codes", "/lookup", "/queue", "/senders", "/blacklists", "/delist",
             "/hotmail", "/forwarding", "/wordpress", "/antivirus", "/domains/no-such.example"],
    "rita": ["/domains", "/bulk"],
    "admin": ["/", "/domains", "/domains/cutkey.example", "/server", "/audit", "/delist", "/bulk", "/senders", "/blacklists", "/forwarding"],
}

# Contrast of every text against what is painted behind it (WCAG 2.2, 1.4.3), as far as colours are plain.
CONTRAST = """(function () {
	function rgb(s) { var m = s.match(/[\\d.]+/g); return m ? m.map(Number) : [0, 0, 0, 0]; }
	function light(c) {
		var v = c.slice(0, 3).map(function (x) { x /= 255; return x <= .03928 ? x / 12.92 : Math.pow((x + .055) / 1.055, 2.4); });
		return .2126 * v[0] + .7152 * v[1] + .0722 * v[2];
	}
	function behind(e) {
		for (; e; e = e.parentElement) {
			var c = rgb(getComputedStyle(e).backgroundColor);
			if (c.length < 4 || c[3] > .99) return c;
		}
		return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
	}
	var bad = [];
	document.querySelectorAll(".asg *").forEach(function (e) {
		var own = Array.prototype.some.call(e.childNodes, function (n) { return n.nodeType === 3 && n.textContent.trim(); });
		var s = getComputedStyle(e), r = e.getBoundingClientRect();
		if (!own || s.visibility === "hidden" || r.width < 2 || r.height < 2) return;
		var a = light(rgb(s.color)), b = light(behind(e)), size = parseFloat(s.fontSize);
		var ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		var large = size >= 24 || (size >= 18.66 && parseInt(s.fontWeight, 10) >= 700);
		if (ratio < (large ? 3 : 4.5)) bad.push(e.tagName + "." + e.className + " " + ratio.toFixed(2) + " " + e.textContent.trim().slice(0, 30));
	});
	return bad.slice(0, 5);
})()"""

LABELS = """(function () {
	var bad = [];
	document.querySelectorAll(".asg input, .asg select, .asg textarea").forEach(function (e) {
		if (e.type === "hidden" || e.hidden) return;
		if (!(e.labels && e.labels.length) && !e.getAttribute("aria-label")) bad.push(e.outerHTML.slice(0, 80));
	});
	document.querySelectorAll(".asg img").forEach(function (e) { if (!e.hasAttribute("alt")) bad.push(e.outerHTML); });
	document.querySelectorAll(".asg a, .asg button").forEach(function (e) {
		if (!(e.textContent.trim() || e.getAttribute("aria-label"))) bad.push(e.outerHTML.slice(0, 80));
	});
	var seen = {};
	document.querySelectorAll(".asg [id]").forEach(function (e) { if (seen[e.id]) bad.push("id twice: " + e.id); seen[e.id] = 1; });
	return bad.slice(0, 5);
})()"""


# On paper: nothing to press, nothing of the panel around, nothing folded away, no "3 minutes ago", nothing cut.
PAPER = """(function () {
	var bad = [], root = document.querySelector(".asg"), width = document.documentElement.clientWidth;
	function shown(e) { return e.checkVisibility({contentVisibilityAuto: true}) && e.getBoundingClientRect().height > 0; }
	document.querySelectorAll("button, .button, form, nav, input").forEach(function (e) {
		if (shown(e)) bad.push("to press: " + e.outerHTML.slice(0, 60));
	});
	document.body.querySelectorAll("*").forEach(function (e) {
		var own = Array.prototype.some.call(e.childNodes, function (n) { return n.nodeType === 3 && n.textContent.trim(); });
		if (own && !root.contains(e) && shown(e)) bad.push("of the panel: " + e.textContent.trim().slice(0, 40));
		if (own && root.contains(e) && shown(e) && e.getBoundingClientRect().right > width + 1) bad.push("cut: " + e.textContent.trim().slice(0, 40));
	});
	root.querySelectorAll("details.evidence dd, details.evidence code, details.evidence pre").forEach(function (e) {
		if (!shown(e)) bad.push("folded: " + e.textContent.slice(0, 40));
	});
	if (!Array.prototype.some.call(root.querySelectorAll("h1"), shown)) bad.push("no title");
	if (/\\d{4}-\\d\\d-\\d\\dT/.test(root.innerText)) bad.push("machine's time");
	return bad.slice(0, 5);
})()"""


class Visit:
    def __init__(self, demo, chrome):
        self.demo, self.chrome = demo, chrome
        self.base = demo.url + "/modules/antispam-guide/index.php/index/go"

    def sign_in(self, login, language="en"):
        self.chrome.go(self.demo.way_in(login) + ("&lang=" + language if language != "en" else ""))

    def open(self, path):
        self.chrome.go(self.base + path)

    def complaints(self, path):
        """A page that is not there, or a filter that means nothing, says so in the console too; a browser asks for
        favicon.ico by itself."""
        return [c for c in self.chrome.complaints() if "favicon" not in c and not
                ("404" in c and "no-such" in path) and not ("422" in c and path.endswith("="))]


def every_page(v):
    chrome = v.chrome
    for login, pages in PAGES.items():
        v.sign_in(login)
        for path in pages:
            for width, dark in ((390, False), (390, True), (1200, False), (1200, True)):
                chrome.look(width, dark)
                v.open(path)
                name = "%s %s %d %s" % (login, path, width, "dark" if dark else "light")
                check("loads: " + name, chrome.ask("!!document.querySelector('.asg')"))
                check("no sideways scrolling: " + name,
                      chrome.ask("document.documentElement.scrollWidth <= window.innerWidth"))
                bad = chrome.ask(CONTRAST)
                check("contrast: " + name, bad == [], bad)
                if not dark:
                    bad = chrome.ask(LABELS)
                    check("labels: " + name, bad == [], bad)
                said = v.complaints(path)
                check("silent console: " + name, said == [], said)
    chrome.look(1200)


def hostile_values(v):
    chrome = v.chrome
    v.sign_in("anna")
    v.open("/domains/cust.example")
    token = chrome.ask("document.querySelector('input[name=csrf]').value")
    made = chrome.ask("""fetch(%r + "/cases", {method: "POST", credentials: "same-origin", redirect: "follow",
        body: new URLSearchParams({csrf: %r, about: "cust.example", kind: "spam", text: %r})}).then(function (r) { return r.url })"""
                      % (v.base, token, HOSTILE))
    check("a case with a hostile note", made is not None and "/cases/" in made, made)
    paths = ["/cases/" + made.rsplit("/", 1)[-1], "/cases", "/", "/domains?q=", "/domains?finding=", "/domains?verdict=",
             "/domains?sort=", "/journal?target="]
    for path in paths:
        if path.endswith("="):
            v.chrome.go(v.base + path + chrome.ask("encodeURIComponent(%r)" % HOSTILE))
        else:
            v.open(path)
        check("stays text: " + path, chrome.ask("typeof window.broken") == "undefined" and
              chrome.ask("document.querySelectorAll('.asg img[src=x], .asg script:not([src])').length") == 0)
        check("silent console: hostile " + path, v.complaints(path) == [], v.complaints(path))
    v.open("/bounce")
    chrome.ask("document.querySelector('#text').value = %r" % ("550 5.7.1 <x@y.example> " + HOSTILE))
    chrome.click("form.stack button[type=submit]")
    check("stays text: a bounce", chrome.ask("typeof window.broken") == "undefined")


def on_paper(v):
    """The domain, its report and a case's, as they are printed, with scripts and without."""
    chrome = v.chrome
    v.sign_in("anna")
    for scripts in (True, False):
        for path in ("/domains/nospf.example", "/domains/nospf.example/report", "/cases/1/report", "/guide/spf"):
            v.open(path)
            chrome.scripts(scripts)
            v.open(path)
            for width in (390, 700):
                chrome.look(width)
                chrome.call("Emulation.setEmulatedMedia", media="print")
                bad = chrome.ask(PAPER)
                check("on paper: %s %d %s" % (path, width, "with scripts" if scripts else "without"), bad == [], bad)
            chrome.call("Emulation.setEmulatedMedia", media="")
            chrome.scripts(True)
    chrome.look(1200)


def folded(v):
    """What a link or a search means is open, all else is folded; with scripts and without."""
    chrome = v.chrome
    v.sign_in("anna")
    for scripts in (True, False):
        for path, count in (("/codes", 0), ("/codes#x.7", 1), ("/codes?q=S3140", 1)):
            v.open("/tools")
            chrome.scripts(scripts)
            v.open(path)
            name = "%s, %s scripts" % (path, "with" if scripts else "without")
            chrome.scripts(True)
            check("open: " + name, chrome.ask("document.querySelectorAll('main details[open], .asg details[open]').length") == count)
            check("all rows are there: " + name, chrome.ask("document.querySelectorAll('tr[data-code]').length") > (200 if "?" not in path else 0))
            if "#" in path:
                check("in sight: " + name, chrome.ask("document.getElementById('x.7').checkVisibility()"))


def one_fix(v, scripts):
    """Finding, preview, apply, verified, undo: all by the pages' own buttons."""
    chrome = v.chrome
    chrome.scripts(True)
    v.sign_in("anna")
    name = "with scripts" if scripts else "without scripts"
    v.open("/domains/nospf.example")
    chrome.scripts(scripts)
    v.open("/domains/nospf.example")
    check("finding, %s" % name, chrome.ask(
        "document.querySelector('[data-finding=\"spf.missing\"]').dataset.verdict") == "problem")
    check("one click, %s" % name, chrome.click("[data-finding='spf.missing'] .fix button"))
    check("preview, %s" % name, chrome.ask("document.querySelector('[data-state]').dataset.state") == "planned")
    check("old and new side by side, %s" % name, chrome.ask(
        "document.querySelector('.new').textContent.indexOf('v=spf1') >= 0 &&"
        "!document.querySelector('.old, del') && document.querySelectorAll('ins').length === 1"))
    check("apply, %s" % name, chrome.click("form.confirm button"))
    for _ in range(40):
        if chrome.ask("(document.querySelector('[data-entry]') || {dataset: {}}).dataset.state") == "verified":
            break
        chrome.call("Page.reload")
        chrome.loaded()
    check("verified, %s" % name, chrome.ask("document.querySelector('[data-entry]').dataset.state") == "verified")
    check("undo, %s" % name, chrome.click("form.confirm button"))
    for _ in range(40):
        if chrome.ask("(document.querySelector('[data-entry]') || {dataset: {}}).dataset.state") == "undone":
            break
        chrome.call("Page.reload")
        chrome.loaded()
    check("undone, %s" % name, chrome.ask("document.querySelector('[data-entry]').dataset.state") == "undone")
    chrome.scripts(True)


def acknowledge(v):
    """A finding that is accepted is folded away, and comes back when it is accepted no more."""
    chrome = v.chrome
    v.sign_in("anna")
    v.open("/domains/twospf.example")
    finding = "[data-finding='spf.multiple']"
    chrome.ask("document.querySelector(\"%s input[name=note]\").value = 'we know'" % finding)
    check("accept: the form is there", chrome.click(finding + " .acknowledge button"))
    check("accept: folded away", chrome.ask("!!document.querySelector(\"details.accepted %s\")" % finding))
    check("accept: who and why", chrome.ask("document.querySelector('details.accepted').textContent.indexOf('we know') > 0"))
    check("accept no more: the button is there", chrome.click("details.accepted form button"))
    check("accept no more: back again", chrome.ask("!!document.querySelector(\".findings > %s\")" % finding))


def keyboard(v):
    chrome = v.chrome
    v.sign_in("anna")
    v.open("/domains")
    reached = set()
    for _ in range(60):
        chrome.key("Tab", 9)
        where = chrome.ask("(function(){var e=document.activeElement;return e&&e.closest('.asg')?"
                           "(e.href||e.name||e.textContent).slice(-60)+'|'+(getComputedStyle(e).outlineStyle!=='none'):null})()")
        if where:
            reached.add(where)
    check("keyboard: links, filter and buttons are reached", len(reached) >= 12, reached)
    check("keyboard: where one is can be seen", all(w.endswith("|true") for w in reached),
          [w for w in reached if not w.endswith("|true")])
    v.open("/domains/twospf.example")
    chrome.call("Emulation.setFocusEmulationEnabled", enabled=True)
    chrome.ask("document.querySelector('.asg .skip').focus()")
    check("keyboard: the way past the sections is seen", chrome.ask("document.querySelector('.asg .skip').getBoundingClientRect().left >= 0"))
    check("check again: the button is there", chrome.click("form[data-stay] button"))
    ran = chrome.ask("!!document.querySelector('[data-running]')")      # a quick check has ended before its page comes
    for _ in range(100):
        if not chrome.ask("!!document.querySelector('[data-running]')"):
            break
        time.sleep(0.1)
    check("check again: how it ended is said", not ran or
          "checked" in (chrome.ask("document.querySelector('[data-said]').textContent") or ""))
    check("check again: nobody loses his place", chrome.ask("document.activeElement.matches('form[data-stay] button')"))


def other_media(v):
    """On paper, and with colours of the system's own choice."""
    chrome = v.chrome
    v.sign_in("rita")
    v.open("/domains")
    chrome.call("Emulation.setEmulatedMedia", media="print")
    check("paper: the rows are there", chrome.ask("document.querySelector('tr[data-domain]').checkVisibility()"))
    check("paper: nothing to press", chrome.ask(
        "[...document.querySelectorAll('.asg button, .asg .nav, .asg .pick')].every(e => !e.checkVisibility())"))
    chrome.call("Emulation.setEmulatedMedia", media="", features=[{"name": "forced-colors", "value": "active"}])
    check("forced colours: the present section can be told", chrome.ask(
        "new Set([...document.querySelectorAll('.nav a')].map(a => getComputedStyle(a).borderBottomColor)).size") == 2)
    chrome.call("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    style = ("var s = new CSSStyleSheet(); s.replaceSync('body { background: #fff !important }');"
             " document.adoptedStyleSheets = [s]")
    light = chrome.call("Page.addScriptToEvaluateOnNewDocument", source=style)["identifier"]
    for scripts in (True, False):
        chrome.scripts(scripts)
        v.open("/domains")
        chrome.scripts(True)
        chrome.ask(style)
        bad = chrome.ask(CONTRAST)
        check("a dark system and a panel that stays light, script %s" % scripts, bad == [], bad)
        check("light as the panel is, script %s" % scripts, chrome.ask("!!document.querySelector('.asg-light')") == scripts)
    chrome.call("Page.removeScriptToEvaluateOnNewDocument", identifier=light)
    chrome.call("Emulation.setEmulatedMedia", media="", features=[])


def main():
    if PROGRAM is None or not BACKEND.exists():
        print("not run: %s" % ("chromium is not installed" if PROGRAM is None else "the program has not been built"))
        end()
    from demo import Demo
    run = Path(tempfile.mkdtemp(prefix="asg-pages-"))
    try:
        with Demo(run, backend=BACKEND) as demo:
            chrome = Chrome()
            try:
                v = Visit(demo, chrome)
                chrome.look(1200)
                one_fix(v, True)
                one_fix(v, False)
                acknowledge(v)
                keyboard(v)
                other_media(v)
                hostile_values(v)
                on_paper(v)
                folded(v)
                every_page(v)
            finally:
                chrome.close()
        with Demo(run / "es", backend=BACKEND, language="es", with_web=False) as demo:
            for path in ("/", "/domains", "/guide/spf"):
                status, _, body = demo.request("GET", path, params={"ASG_IDENTITY": demo.identity(
                    "anna", "customer", lang="es")})
                check("Spanish: " + path, status == 200 and b'lang="es"' in body, body[:200])
    finally:
        shutil.rmtree(run, ignore_errors=True)
    end()


if __name__ == "__main__":
    main()
