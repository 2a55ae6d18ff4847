#!/usr/bin/env python3
"""The cPanel plugin's pages in a real browser: an account's page in Jupiter's frame, where a script puts one page
after the other in its place, and WHM's, which works without a script as well.  As root, in a room of its own.
SHOTS=DIRECTORY keeps pictures.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "live"))

from selenium import webdriver                                  # noqa: E402
from selenium.common.exceptions import StaleElementReferenceException  # noqa: E402
from selenium.webdriver.chrome.service import Service           # noqa: E402
from selenium.webdriver.common.by import By                     # noqa: E402

import live                                                     # noqa: E402
from demo import Demo                                           # noqa: E402
from demo_cpanel import CpanelDemo                              # noqa: E402
from live import check, end                                     # noqa: E402

SHOTS = os.environ.get("SHOTS")
CSS = By.CSS_SELECTOR
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]


class Browser:
    def __init__(self, script: bool = True):
        self.profile = tempfile.mkdtemp(prefix="asg-browser-")
        options = webdriver.ChromeOptions()
        for flag in [*FLAGS, f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        if not script:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.size(1280)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def size(self, width: int, dark: bool = False) -> None:
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": 1100, "deviceScaleFactor": 1, "mobile": width < 500})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def text(self, css: str) -> str:
        try:
            found = self.driver.find_elements(CSS, css)
            return found[0].text if found else ""
        except StaleElementReferenceException:
            return ""

    def until(self, css: str, words: str = "", limit_s: float = 15.0) -> bool:
        stop = time.monotonic() + limit_s
        while time.monotonic() < stop:
            if self.driver.find_elements(CSS, css) and words in self.text(css):
                return True
            time.sleep(0.05)
        return False

    def click(self, css: str) -> None:
        """A page that renews itself may take the element away between the two."""
        try:
            self.driver.find_element(CSS, css).click()
        except StaleElementReferenceException:
            self.driver.find_element(CSS, css).click()

    def press(self, action: str) -> None:
        """The button of the form that goes there."""
        self.click(f'#antispam-guide form[action$="{action}"] button')

    def hash(self) -> str:
        return self.driver.current_url.partition("#")[2]

    def fits(self) -> bool:
        return self.driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")

    def shot(self, name: str) -> None:
        if SHOTS:
            self.driver.save_screenshot(f"{SHOTS}/cpanel-{name}.png")

    def complaints(self) -> list[str]:
        return [line["message"] for line in self.driver.get_log("browser") if "favicon" not in line["message"]]


def account(demo: CpanelDemo) -> None:
    with Browser() as b:
        b.driver.get(demo.way_in("anna"))
        b.click(".jup-tiles a")
        check("account: the first page stands in the panel's frame", b.until("#antispam-guide .asg h1", "SPAM"))
        check("account: the panel's heading is there too", b.text(".jup-main > h1") == "Anti-Spam Guide")
        check("account: our style sheet holds", b.driver.execute_script(
            "return getComputedStyle(document.querySelector('.asg .step')).borderRadius") not in ("", "0px"))
        outside = b.driver.execute_script("return [...document.querySelectorAll('#antispam-guide a')]"
                                          ".filter(a => a.origin !== location.origin).map(a => a.rel)")
        check("account: links to elsewhere do not tell where we are", set(outside) == {"noopener noreferrer"}, outside)
        for width in (1280, 390):
            b.size(width)
            check(f"account: nothing is wider than the window at {width}", b.fits())
            b.shot(f"home-{width}")
        b.size(1280, dark=True)
        check("account: light as the page around it, whatever the browser likes", b.driver.execute_script(
            "return getComputedStyle(document.querySelector('.asg .step')).backgroundColor") == "rgb(255, 255, 255)")
        b.size(1280)
        b.click('#antispam-guide .nav a[href="#/domains"]')
        check("account: a page has a place of its own", b.until("#antispam-guide h1", "Domains") and b.hash() == "/domains")
        b.driver.find_element(CSS, "#antispam-guide input[name=q]").send_keys("nospf")
        b.click("#antispam-guide form:not([method=post]) button")
        check("account: a search", b.until("#antispam-guide h1", "Domains") and "q=nospf" in b.hash())
        table = b.driver.execute_script("""return document.querySelector('#antispam-guide a[href*="format=csv"]').href""")
        check("account: a table as CSV", b.driver.execute_script(
            "var x=new XMLHttpRequest();x.open('GET',arguments[0],false);x.send();return x.responseText", table).startswith("name,"))
        b.click('#antispam-guide a[href="#/domains/nospf.example"]')
        check("account: the domain", b.until("#antispam-guide h1", "nospf.example"))
        check("account: the window is named after it", b.driver.title.startswith("nospf.example – "), b.driver.title)
        check("account: its heading has the focus, below the panel's own", b.driver.execute_script(
            "var h=document.activeElement;return h.tagName+h.getAttribute('aria-level')") == "H12")
        b.driver.execute_script("document.querySelector('#antispam-guide .skip').click()")
        check("account: past the sections, on the same page", b.hash() == "/domains/nospf.example" and
              b.driver.execute_script("return document.activeElement.id") == "content")
        check("account: words of this panel", "By hand: cPanel > Email > Email Deliverability" in b.text("#antispam-guide"))
        b.shot("domain-1280")
        b.press("/plans")
        check("account: the plan", b.until('#antispam-guide form[action$="/apply"] button') and b.hash().startswith("/plans/"))
        plan = b.hash()
        b.press("/apply")
        check("account: done, in the journal", b.until("#antispam-guide [data-state=verified]", limit_s=30) and
              b.hash().startswith("/journal/"), b.hash())
        entry = b.hash()
        time.sleep(4.5)                             # a refresh for those without a script would come now
        b.driver.back()
        check("account: back", b.until("#antispam-guide h1") and b.hash() == plan, b.hash())
        b.driver.forward()
        check("account: forward", b.until("#antispam-guide [data-state=verified]") and b.hash() == entry, b.hash())
        b.driver.refresh()
        check("account: reload keeps the place", b.until("#antispam-guide [data-state=verified]") and b.hash() == entry)
        b.press("/undo")
        for _ in range(300):
            if b.hash() != entry:
                break
            time.sleep(0.1)
        check("account: undone", b.hash() != entry and b.until("#antispam-guide [data-state=undone]", limit_s=30), b.hash() + b.text("#antispam-guide h1 + p"))
        b.driver.execute_script("location.hash='/queue'")
        check("account: what waits, by Exim's own command", b.until("#antispam-guide h1", "Mail queue") and
              "exim -bp" in b.driver.page_source and "postqueue" not in b.driver.page_source)
        b.driver.execute_script("location.hash='/senders'")
        check("account: counted by cPanel's own words", b.until("#antispam-guide h1", "Who sends") and
              "cPanel account" in b.driver.page_source and ">Subscription" not in b.driver.page_source)
        b.driver.execute_script("location.hash='/message-test'")
        b.until("#antispam-guide input[type=file]")
        message = Path(b.profile) / "m.eml"
        message.write_text("From: anna@cust.example\r\nTo: x@y.example\r\nSubject: hi\r\n\r\nhello\r\n")
        b.driver.find_element(CSS, "#antispam-guide input[type=file]").send_keys(str(message))
        b.press("/message-test")
        check("account: an uploaded message", b.until("#antispam-guide progress, #antispam-guide meter"))
        check("account: nothing to complain about", b.complaints() == [], b.complaints())
        b.driver.delete_all_cookies()
        b.driver.execute_script("location.hash='/journal'")
        check("account: the session has ended", b.until('#antispam-guide [role="alert"]', "sign in"))


def whm(demo: CpanelDemo) -> None:
    with Browser() as b:
        b.driver.get(demo.way_in("root"))
        b.click("a")
        check("whm: the first page in WHM's own", b.until("#antispam-guide .asg h1", "SPAM") and "Plugins" in b.text(".whm-crumbs"))
        for width in (1280, 390):
            b.size(width)
            check(f"whm: nothing is wider than the window at {width}", b.fits())
            b.shot(f"whm-{width}")
        b.size(1280)
        b.click('#antispam-guide .nav a[href="#/server"]')
        check("whm: the server", b.until("#antispam-guide .nav a[aria-current]", "Server"))
        b.driver.refresh()
        check("whm: reload keeps the place", b.until("#antispam-guide .nav a[aria-current]", "Server"))
        check("whm: nothing to complain about", b.complaints() == [], b.complaints())


def without_script(demo: CpanelDemo) -> None:
    with Browser(script=False) as b:
        b.driver.get(demo.way_in("rita"))
        b.click("a")
        check("no script: a reseller's first page", b.until("#antispam-guide .asg h1", "SPAM"))
        b.click('#antispam-guide .nav a[href$="/domains"]')
        check("no script: his domains", b.until("#antispam-guide h1", "Domains") and "twospf.example" in b.text("#antispam-guide"))
        check("no script: styled", "asg.css" in b.driver.page_source)
        b.click('#antispam-guide a[href$="/domains/twospf.example"]')
        b.press("/plans")
        check("no script: a plan", b.until('#antispam-guide form[action$="/apply"] button'))
        b.driver.get(demo.way_in("anna"))
        b.click(".jup-tiles a")
        b.click("#antispam-guide a")
        check("no script: an account's pages outside the frame", b.until(".asg h1", "SPAM"))


def main() -> None:
    if why := live.no_room():
        print("not run:", why)
        end()
    CpanelDemo.prepare()
    run = Path(tempfile.mkdtemp(prefix="asg-cpanel-"))
    try:
        with Demo(run, panel="cpanel", backend=ROOT / os.environ.get("BUILD", "build") / "antispam-guide", machine=False) as demo:
            demo.first_round()
            account(demo)                           # type: ignore[arg-type]
            whm(demo)                               # type: ignore[arg-type]
            without_script(demo)                    # type: ignore[arg-type]
    finally:
        shutil.rmtree(run, ignore_errors=True)
    end()


if __name__ == "__main__":
    main()
