#!/usr/bin/env python3
"""The main flow in a real browser, in front of the simulated panel: three steps, finding, evidence, button,
old and new, confirmation, verified on the name servers, journal, undo.  With and without JavaScript, wide and
as narrow as a phone, in English and Spanish.  Then the reseller's table, the administrator's server page and
what a hostile customer wrote.  SHOTS=DIRECTORY keeps pictures of the pages.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "live"))

from selenium import webdriver                                  # noqa: E402
from selenium.common.exceptions import NoAlertPresentException, WebDriverException  # noqa: E402
from selenium.webdriver.chrome.service import Service           # noqa: E402
from selenium.webdriver.common.by import By                     # noqa: E402

import demo as demonstration                                    # noqa: E402
from live import check, end                                     # noqa: E402
from servers import dnsq                                        # noqa: E402

PROGRAM = ROOT / os.environ.get("BUILD", "build") / "antispam-guide"
SHOTS = os.environ.get("SHOTS")
CSS = By.CSS_SELECTOR
HEIGHT = 1000
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
         "--disable-features=Translate,OptimizationHints,MediaRouter", "--force-color-profile=srgb",
         # nothing but this machine can be reached, whatever a page asks for
         "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]


class Browser:
    def __init__(self, demo: demonstration.Demo, *, width: int = 1280, script: bool = True, language: str = "en"):
        self.demo, self.width, self.script, self.language = demo, width, script, language
        self.profile = tempfile.mkdtemp(prefix="asg-browser-")
        options = webdriver.ChromeOptions()
        for flag in [*FLAGS, f"--window-size={max(width, 500)},{HEIGHT}", f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.set_capability("unhandledPromptBehavior", "ignore")
        if not script:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(30)
        self.size(HEIGHT)
        self.said: list[str] = []

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: Any) -> None:
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __str__(self) -> str:
        return f"{self.width} px {self.language}{'' if self.script else ' without JavaScript'}"

    def size(self, height: int) -> None:
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": self.width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    # --- moving about

    def login(self, login: str) -> None:
        locale = {"en": "en-US", "es": "es-ES"}[self.language]
        self.driver.delete_all_cookies()
        self.driver.get(self.demo.way_in(login) + f"&locale={locale}")
        self.seen(login)

    def go(self, path: str) -> None:
        base = self.driver.current_url.partition("/index/go")[0]
        self.driver.get(base + "/index/go" + path)
        self.seen(path)

    def click(self, selector: str) -> None:
        found = self.one(selector)
        page, summary = self.one("html").id, found.tag_name == "summary"
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
        found.click()
        until = time.monotonic() + 10
        while not summary and time.monotonic() < until and [e.id for e in self.all("html")] in ([page], []):
            time.sleep(0.05)
        self.seen(selector)

    def seen(self, where: str) -> None:
        """What holds for every page."""
        try:
            text = self.driver.switch_to.alert.text
            self.driver.switch_to.alert.dismiss()
            check(f"{self}: no dialog at {where}", False, text)
        except NoAlertPresentException:
            pass
        wide = self.driver.execute_script(
            "const d = document.documentElement; return [d.scrollWidth, d.clientWidth, document.body.scrollWidth]")
        if max(wide[0], wide[2]) > wide[1]:
            check(f"{self}: no sideways scrolling at {where}", False, (self.driver.current_url, wide, self.widest()))
        for line in self.driver.get_log("browser"):
            message = line["message"]
            missing = "status of 404" in message and (     # a page that is meant not to be there
                "/favicon.ico" in message or message.startswith(self.driver.current_url + " "))
            if line["level"] in ("SEVERE", "WARNING") and not missing:
                self.said.append(f"{where}: {message}")

    def widest(self) -> Any:
        return self.driver.execute_script("""
            const w = document.documentElement.clientWidth, out = [];
            document.querySelectorAll('body *').forEach(e => { const r = e.getBoundingClientRect();
                if (r.right > w + 0.5 && out.length < 5) out.push(e.tagName + '.' + e.className + ' ' + Math.round(r.right)); });
            return out""")

    def quiet(self) -> None:
        check(f"{self}: nothing on the console", self.said == [], self.said[:5])
        self.said = []

    # --- looking

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements(CSS, selector)

    def one(self, selector: str) -> Any:
        return self.driver.find_element(CSS, selector)

    def text(self, selector: str) -> str:
        return " ".join(e.text for e in self.all(selector))

    def hidden_text(self, selector: str) -> str:
        return " ".join(e.get_attribute("textContent") for e in self.all(selector))

    def wait(self, selector: str, limit_s: float = 20.0) -> bool:
        """Until it is there; the page looks again by itself, with and without JavaScript."""
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            if self.all(selector):
                return True
            time.sleep(0.2)
        return False

    def shot(self, name: str, limit: int = 2400) -> None:
        if SHOTS is None or not self.script or self.language != "en":
            return
        self.driver.execute_script("window.scrollTo(0, 0)")
        height = self.driver.execute_script("return document.body.scrollHeight")
        self.size(min(height + 20, limit))
        self.driver.save_screenshot(f"{SHOTS}/{name}.png")
        self.size(HEIGHT)


def records(demo: demonstration.Demo, domain: str) -> list[Any]:
    found = next(d for d in demo.control("GET", "/state")["domains"] if d["ascii_name"] == domain)
    return sorted((r["type"], r["host"], r["value"], r["opt"], r["ttl"]) for r in found["zone"]["records"])


def truth(demo: demonstration.Demo, domain: str) -> list[Any]:
    return [(a.values, a.ttl) for a in (dnsq.ask(domain, "TXT", address, demo.dns_port)
                                        for address in demo.world.operators["panel"]["addresses"])]


# --- the flow -----------------------------------------------------------------------------------------------------

def steps(b: Browser) -> None:
    b.login("anna")
    b.go("/")
    found = [e.get_attribute("data-step") for e in b.all("[data-step]")]
    check(f"{b}: three steps, in order", found == ["configuration", "spam", "delist"], found)
    verdicts = [e.get_attribute("data-verdict") for e in b.all("[data-step]")]
    check(f"{b}: with live state", verdicts[0] == "problem" and all(verdicts), verdicts)
    ready = bool(b.all(".asg[data-ready]"))
    check(f"{b}: JavaScript is {'on' if b.script else 'off'}", ready == b.script)
    language = b.driver.execute_script("return document.documentElement.lang") or ""
    words = b.text("main, #content")
    check(f"{b}: in that language", ("¿" in words or "ó" in words) == (b.language == "es"), (language, words[:200]))


def mend(b: Browser, domain: str, finding: str, fix: str, after: str, gone: list[str]) -> None:
    """From the home page to the mended record, and back."""
    before, there = records(b.demo, domain), truth(b.demo, domain)
    b.login("anna")
    b.go("/")
    b.click(f"[data-step=configuration] [data-finding='{finding}'] a")
    b.click(f"tr[data-domain='{domain}'] th a")
    check(f"{b}: {domain}: at the domain", urlsplit(b.driver.current_url).path.endswith(f"/domains/{domain}"))
    b.wait(f"article[data-finding='{finding}']")
    article = f"article[data-finding='{finding}'][data-verdict=problem]"
    check(f"{b}: {domain}: {finding}", len(b.all(article)) == 1, b.text("#content")[:300])
    b.click(f"{article} .evidence > summary")
    evidence = b.text(f"{article} .evidence")
    check(f"{b}: {domain}: evidence: records, server, time",
          domain in evidence and any(a in evidence for a in ("127.0.1.1", "127.0.1.2")) and "NOERROR" in evidence and
          time.strftime("%Y", time.gmtime()) in evidence and all(v in evidence for v in gone), evidence)
    if domain == "nospf.example" and b.width == 1280:
        b.shot("domain")
    b.click(f"{article} [data-fix='{fix}'] button")
    check(f"{b}: {domain}: a plan", len(b.all("[data-state=planned]")) == 1, b.text("#content")[:300])
    old, new = b.text(".diff .old"), b.text(".diff .new")
    check(f"{b}: {domain}: old", all(v in old for v in gone) and after not in old and len(b.all("del")) == len(gone), old)
    check(f"{b}: {domain}: new, with its TTL", after in new and len(b.all("ins")) == 1 and
          not any(v in new for v in gone) and "TTL 3600" in b.text(".change h3"), new)
    check(f"{b}: {domain}: looking changes nothing", records(b.demo, domain) == before)
    b.click(".confirm button[type=submit]")
    check(f"{b}: {domain}: at the journal's entry", "/journal/" in b.driver.current_url, b.driver.current_url)
    entry = b.driver.current_url.rpartition("/")[2]
    check(f"{b}: {domain}: verified", b.wait("[data-entry][data-state=verified]"), b.text("#content")[:400])
    servers = [e.get_attribute("data-server") for e in b.all("[data-server]")]
    check(f"{b}: {domain}: on every name server", sorted(servers) == ["ns1.host.example", "ns2.host.example"], servers)
    note = b.hidden_text("#content .note") + " ".join(
        e.get_attribute("datetime") or "" for e in b.all("#content .note time"))
    check(f"{b}: {domain}: until when caches keep the old", ":" in note, note)
    check(f"{b}: {domain}: they have it", all(after in values and ttl == 3600 and not set(gone) & set(values)
                                              for values, ttl in truth(b.demo, domain)), truth(b.demo, domain))
    if domain == "nospf.example" and b.width == 1280:
        b.shot("entry")
    b.go(f"/domains/{domain}")
    b.wait(f"#content:not(:has(article[data-finding='{finding}']))", 8)
    check(f"{b}: {domain}: nothing wrong any more", not b.all(article), b.text("#content")[:300])
    b.go("/journal")
    row = f"tr[data-entry='{entry}'][data-state=verified]"
    check(f"{b}: {domain}: in the journal", len(b.all(row)) == 1 and "anna" in b.text(row), b.text("#content")[:300])
    b.click(f"{row} a")
    b.click("form[action$='/undo'] button")
    check(f"{b}: {domain}: undone by a new entry", b.driver.current_url.rpartition("/")[2] != entry)
    check(f"{b}: {domain}: undone", b.wait("[data-entry][data-state=undone]"), b.text("#content")[:400])
    check(f"{b}: {domain}: exactly as before", records(b.demo, domain) == before and truth(b.demo, domain) == there,
          records(b.demo, domain))
    b.go(f"/journal/{entry}")
    check(f"{b}: {domain}: the old entry says so", b.all("[data-entry][data-state=undone]") and
          not b.all("form[action$='/undo']"), b.text("#content")[:300])


def publish(b: Browser) -> None:
    mend(b, "nospf.example", "spf.missing", "spf.publish", "v=spf1 ip4:203.0.113.10 ~all", [])


def merge(b: Browser) -> None:
    mend(b, "twospf.example", "spf.multiple", "spf.merge", "v=spf1 a mx include:_spf.relay.example ~all",
         ["v=spf1 a mx ~all", "v=spf1 include:_spf.relay.example -all"])


def elsewhere(b: Browser) -> None:
    """At another operator: no button, the record to copy, in three forms, and where to paste it."""
    b.login("ben")
    b.go("/domains/elsewhere.example")
    b.wait("article[data-finding='spf.missing']")
    article = "article[data-finding='spf.missing']"
    check(f"{b}: elsewhere: found in the public record", len(b.all(article)) == 1, b.text("#content")[:300])
    box = f"{article} [data-fix='spf.publish']"
    check(f"{b}: elsewhere: no button", not b.all(f"{box} form[action$='/plans'] button:not(.quiet)") and
          len(b.all(box)) == 1, b.text(box))
    forms = [e.text for e in b.all(f"{box} .copyable")]
    value = "v=spf1 ip4:203.0.113.10 ~all"
    check(f"{b}: elsewhere: in three forms", value in forms and f'"{value}"' in forms and
          any(f.startswith("elsewhere.example. 3600 IN TXT") for f in forms), forms)
    check(f"{b}: elsewhere: where to paste it", "otherdns.example" in b.text(box), b.text(box))
    if b.script:
        check(f"{b}: elsewhere: copy buttons", len(b.all(f"{box} button.copy")) >= 3 or
              not b.driver.execute_script("return !!navigator.clipboard"))


def table(b: Browser) -> None:
    b.login("rita")
    b.go("/domains")
    rows = [e.get_attribute("data-domain") for e in b.all("tr[data-domain]")]
    check(f"{b}: reseller: hers and her customers'", {"cust.example", "nospf.example", "lookups.example"} <= set(rows) and
          not {"nodkim.example", "hostile.example"} & set(rows), rows)
    verdicts = [e.get_attribute("data-verdict") for e in b.all("tr[data-domain]")]
    order = ["problem", "warning", "unknown", "information", "ok", "not_applicable", None]
    check(f"{b}: reseller: worst first", verdicts == sorted(verdicts, key=order.index), verdicts)
    check(f"{b}: reseller: whose", "anna" in b.text("tr[data-domain='cust.example']"))
    b.shot("table")
    b.driver.find_element(CSS, "#f-q").send_keys("nospf")
    b.click(".filter button[type=submit]")
    rows = [e.get_attribute("data-domain") for e in b.all("tr[data-domain]")]
    check(f"{b}: reseller: filtered", rows == ["nospf.example"], rows)
    b.go("/domains?verdict=problem")
    check(f"{b}: reseller: problems alone", {e.get_attribute("data-verdict") for e in b.all("tr[data-domain]")} == {"problem"})
    b.go("/domains/hostile.example")
    check(f"{b}: reseller: a foreign domain is not there", not b.all("[data-finding]") and
          "hostile" not in b.text("#content h1"), b.text("#content")[:200])
    b.go("/server")
    check(f"{b}: reseller: no server page", not b.all("[data-finding]"))


def server(b: Browser) -> None:
    b.login("admin")
    b.go("/server")
    b.wait("article[data-finding='limits.off']", 30)
    found = {e.get_attribute("data-finding"): e.get_attribute("data-verdict") for e in b.all("article[data-finding]")}
    check(f"{b}: administrator: the server", found.get("limits.off") in ("problem", "warning") and
          found.get("ptr.missing") in ("problem", "warning"), found)
    check(f"{b}: administrator: limits with a button", len(b.all("[data-fix='limits.enable'] button[type=submit]")) >= 1)
    check(f"{b}: administrator: the PTR is asked for, not faked",
          not b.all("[data-fix='ptr.request'] form button:not(.quiet)"), b.text("[data-fix='ptr.request']"))
    b.shot("server", 3000)
    limits(b)
    b.go("/domains")
    check(f"{b}: administrator: every domain", len(b.all("tr[data-domain]")) >= 17)
    b.go("/audit")
    check(f"{b}: administrator: the audit", b.all("#content table, #content .note"), b.text("#content")[:200])
    b.quiet()


def limits(b: Browser) -> None:
    """A setting of the server, by the administrator's button, and back."""
    def prefs() -> Any:
        return b.demo.control("GET", "/state")["server"]["prefs"]

    before = prefs()
    b.click("[data-fix='limits.enable'] button[type=submit]")
    check(f"{b}: administrator: limits, proposed", b.all("[data-state=planned]") and b.all(".confirm"), b.text("#content")[:400])
    b.click(".confirm button[type=submit]")
    entry = b.driver.current_url.rpartition("/")[2]
    check(f"{b}: administrator: limits are on", b.wait("[data-entry][data-state=verified]") and
          prefs()["outgoing_antispam"] is True, b.text("#content")[:400])
    b.go("/server")
    check(f"{b}: administrator: nothing about limits any more",
          b.wait("#content:not(:has(article[data-finding='limits.off']))", 8))
    b.go(f"/journal/{entry}")
    b.click("form[action$='/undo'] button")
    check(f"{b}: administrator: limits as before", b.wait("[data-entry][data-state=undone]") and prefs() == before)
    b.go("/server")
    b.wait("article[data-finding='limits.off']", 8)


HOSTILE = "#content img[src=x], #content svg[onload], #content [onerror], #content [onload], #content b"


def hostile(b: Browser) -> None:
    b.login("eva")
    for path in ("/", "/domains", "/domains/hostile.example", "/domains/hostile.example/report", "/journal", "/cases",
                 "/domains?q=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "/forwarding", "/queue",
                 "/domains/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/spf-wizard", "/bounce", "/guide", "/glossary"):
        b.go(path)
        for details in b.all("details:not([open]) > summary"):
            if details.is_displayed():
                details.click()
        time.sleep(0.05)
        b.seen(path)
        check(f"{b}: hostile: {path[:40]}", not b.all(HOSTILE) and not b.driver.execute_script(
            "return [...document.querySelectorAll('#content script')].some(s => s.textContent.includes('alert'))"))
    b.go("/domains/hostile.example/report")
    shown = b.hidden_text("#content")
    check(f"{b}: hostile: shown as it is written", "<script>alert(document.domain)</script>" in shown or
          b.all("article"), shown[:300])
    b.go("/bounce")
    b.one("textarea[name=text]").send_keys("<img src=x onerror=alert(1)> 550 5.7.1 <script>alert(2)</script> "
                                           "\"><svg onload=alert(3)> rejected by hotmail.com (S3140)")
    b.click("form[action$='/bounce'] button[type=submit]")
    check(f"{b}: hostile: in a bounce", not b.all(HOSTILE), b.text("#content")[:300])
    b.login("admin")
    for path in ("/domains?q=hostile", "/domains/hostile.example", "/domains?owner=eva"):
        b.go(path)
        check(f"{b}: hostile: administrator at {path}", not b.all(HOSTILE))


def pictures(demo: demonstration.Demo) -> None:
    with Browser(demo) as b:
        b.login("anna")
        b.shot("home")
    with Browser(demo, width=390) as b:
        b.login("anna")
        b.go("/domains/nospf.example")
        b.shot("domain-390", 1400)


def main() -> None:
    flows = [
        ({}, [steps, publish, merge, elsewhere, table, server, hostile]),
        ({"script": False, "language": "es"}, [steps, publish, elsewhere]),
        ({"width": 390, "language": "es"}, [steps, merge, elsewhere, table, server]),
        ({"width": 390, "script": False}, [steps, merge]),
    ]
    run = demonstration.new_run_directory()
    try:
        with demonstration.Demo(run, backend=PROGRAM) as demo:
            demo.first_round()
            for how, parts in flows:
                with Browser(demo, **how) as b:
                    for part in parts:
                        if len(sys.argv) > 1 and part.__name__ not in sys.argv[1:]:
                            continue
                        began = time.monotonic()
                        try:
                            part(b)
                        except (WebDriverException, IndexError) as problem:
                            check(f"{b}: {part.__name__} goes to its end", False,
                                  (str(problem).splitlines()[0], b.driver.current_url, b.text("body")[:600]))
                        print(f"# {b}: {part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
                    b.quiet()
            if SHOTS:
                pictures(demo)
    finally:
        shutil.rmtree(run, ignore_errors=True)
    end()


if __name__ == "__main__":
    main()
