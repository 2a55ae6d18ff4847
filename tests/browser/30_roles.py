#!/usr/bin/env python3
"""A day of each role in a real browser, in front of the simulated panel with a real queue behind it: the customer's
case from the first step to support, and his own messages; the reseller's table, a selection over two pages, a bulk
repair and back; support's queue by groups, the case that was handed over, the audit.  With and without JavaScript,
in English and Spanish, wide and as narrow as a phone.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "live"))

from selenium.common.exceptions import WebDriverException       # noqa: E402

import demo as demonstration                                    # noqa: E402
from demo_queue import ANNA, QueueDemo                          # noqa: E402
from live import check, end, no_room                            # noqa: E402

main_flow = importlib.import_module("10_main_flow")
Browser = main_flow.Browser


def fill(b: Any, selector: str, text: str) -> None:
    found = b.one(selector)
    found.clear()
    found.send_keys(text)


def settled(b: Any, state: str) -> bool:
    return b.wait(f"[data-entry][data-state={state}]")


def waiting(b: Any) -> dict[str, str]:
    return b.demo.waiting(0)


def held(b: Any) -> set[str]:
    rows = map(json.loads, filter(str.strip, b.demo.postfix.run("/usr/sbin/postqueue", "-j").splitlines()))
    return {m["queue_id"] for m in rows if m["queue_name"] == "hold"}


# --- the customer -------------------------------------------------------------------------------------------------

def case(b: Any) -> None:
    b.login("anna")
    b.go("/")
    check(f"{b}: customer: three steps and the branch", len(b.all("[data-step]")) == 3 and b.all("a[href$='/hotmail']"))
    fill(b, "#home-about", "nospf.example")
    b.click("form[action$='/cases'] button[value=hotmail]")
    number = b.one("[data-case]").get_attribute("data-case")
    steps = {e.get_attribute("data-step"): e.get_attribute("data-verdict") for e in b.all("[data-step]")}
    check(f"{b}: customer: the case has the steps with their state", steps.get("configuration") == "problem" and
          list(steps) == ["configuration", "spam", "delist"], steps)
    check(f"{b}: customer: and what was found", b.all("[data-step=configuration] [data-finding='spf.missing']"))
    fill(b, "#note", "550 5.7.1 (S3140) <script>alert(1)</script>")
    b.click("form[action$='/note'] button")
    check(f"{b}: customer: a note is text", "(S3140) <script>" in b.text(".notes"))
    b.go("/domains/nospf.example")
    b.wait("article[data-finding='spf.missing']")
    b.click("article[data-finding='spf.missing'] [data-fix='spf.publish'] button")
    b.click(".confirm button[type=submit]")
    check(f"{b}: customer: mended", settled(b, "verified"), b.text("#content")[:300])
    entry = b.driver.current_url
    for _ in range(50):
        b.go(f"/cases/{number}")
        if b.all("[data-solved]"):
            break
        time.sleep(0.2)
    check(f"{b}: customer: the case knows that it is put right, and what was done",
          b.all("[data-solved]") and b.all("li[data-entry]") and not b.all("[data-finding='spf.missing']"),
          b.text("#content")[:600])
    b.go(f"/cases/{number}/report")
    report = b.hidden_text("#content")
    check(f"{b}: customer: the report has all of it", all(word in report for word in (
        "nospf.example", "(S3140)", "anna", "spf.ok" if "spf.ok" in report else "SPF")) and b.all("pre[data-copy]"))
    b.go(f"/cases/{number}")
    b.click("form[action$='/handover'] button")
    check(f"{b}: customer: handed over", b.all("[data-case][data-state=handed_over]"))
    b.driver.get(entry)
    b.click("form[action$='/undo'] button")
    check(f"{b}: customer: undone", settled(b, "undone"))


def messages(b: Any) -> None:
    b.login("anna")
    b.go("/queue")
    mine = {i for i, sender in waiting(b).items() if sender == ANNA}
    shown = {e.get_attribute("data-message") for e in b.all("tr[data-message]")}
    check(f"{b}: customer: his own messages alone", shown == mine and "ben@" not in b.hidden_text("#content"), shown)
    two = sorted(mine)[:2]
    for i in two:
        b.one(f"input[name=id][value='{i}']").click()
    b.click("[data-refresh]")
    ticked = {e.get_attribute("value") for e in b.all("input[name=id]") if e.is_selected()}
    check(f"{b}: customer: a refresh keeps what is ticked", ticked == set(two), ticked)
    b.click(f"tr[data-message='{two[0]}'] th a")
    check(f"{b}: customer: headers, the program stands out", "mailer.php" in b.text(".headers .telling"),
          b.text("#content")[:300])
    b.go("/queue")
    for i in two:
        box = b.one(f"input[name=id][value='{i}']")
        if not box.is_selected():
            box.click()
    b.click(".bar button[value=hold]")
    check(f"{b}: customer: asked, with the number", len(b.all("input[name=id]")) == 2 and "2" in b.text("h1"),
          b.text("#content")[:300])
    b.click(".confirm button[type=submit]")
    check(f"{b}: customer: held, these and no others", settled(b, "verified") and held(b) == set(two), held(b))
    b.click("form[action$='/undo'] button")
    check(f"{b}: customer: released again", settled(b, "undone") and not held(b))
    b.go("/queue")
    check(f"{b}: customer: what was done is no longer ticked", not [e for e in b.all("input[name=id]") if e.is_selected()] and
          not b.text("[data-picked]"), b.text("[data-picked]"))
    for e in b.all("input[name=id]"):
        if e.is_selected() != (e.get_attribute("value") == two[0]):
            e.click()
    b.click(".bar button[value=delete]")
    check(f"{b}: customer: a deletion wants the number typed", b.all("#count[required]"))
    b.go("/queue")
    check(f"{b}: customer: nothing was deleted", two[0] in waiting(b))


# --- the reseller -------------------------------------------------------------------------------------------------

def bulk(b: Any) -> None:
    b.login("rita")
    b.go("/domains?verdict=problem&per_page=2&sort=name")
    names = [e.get_attribute("data-domain") for e in b.all("tr[data-domain]")]
    check(f"{b}: reseller: columns", len(b.all("tr[data-domain] .mark")) == 10 and
          b.all("tr[data-domain] .mark.tone-problem"), b.text("table"))
    if b.script:
        b.one(f"input[value='{names[0]}']").click()
        b.click("a[rel=next]")
        more = [e.get_attribute("data-domain") for e in b.all("tr[data-domain]")]
        check(f"{b}: reseller: another page", more and not set(more) & set(names), (names, more))
        if "nospf.example" in more + names:
            pick = "nospf.example" if "nospf.example" in more else more[0]
            b.one(f"input[value='{pick}']").click()
        check(f"{b}: reseller: two are selected, over two pages", "2" in b.text("[data-picked]"), b.text("[data-picked]"))
        b.click("button[formaction$='/bulk/new']")
        chosen = {e.get_attribute("value") for e in b.all("input[name=target]")}
        check(f"{b}: reseller: both go along", chosen == {names[0], pick}, chosen)
        b.go("/domains")
        b.click("[data-picked] button")
    else:
        b.one(f"input[value='{names[0]}']").click()
        b.click("button[name=to]")
        more = [e.get_attribute("data-domain") for e in b.all("tr[data-domain]")]
        kept = {e.get_attribute("value") for e in b.all("input[type=hidden][name=target]")}
        check(f"{b}: reseller: the next page, and what was ticked", more and not set(more) & set(names) and
              kept == {names[0]} and b.all("[data-kept]"), (more, kept))
        b.one(f"input[value='{more[0]}']").click()
        b.click("button[name=to][value*='before'], button[name=to][value*='page=1']")
        back = {e.get_attribute("value") for e in b.all("input[name=target]") if e.is_selected()}
        check(f"{b}: reseller: and back", back == {names[0]}, back)
        b.click("button[formaction$='/bulk/new']")
        chosen = {e.get_attribute("value") for e in b.all("input[name=target]")}
        check(f"{b}: reseller: both go along", chosen == {names[0], more[0]}, chosen)
    b.go("/domains?finding=spf.missing")
    everyone = {e.get_attribute("data-domain") for e in b.all("tr[data-domain]")}
    b.one("input[name=select]").click()
    b.click("button[formaction$='/bulk/new']")
    check(f"{b}: reseller: the finding's own remedy is chosen",
          b.one("#b-fix option:checked").get_attribute("value") == "spf.publish", b.text("#content")[:300])
    b.click("form[action$='/bulk'] button[type=submit]")
    check(f"{b}: reseller: a dry run", b.wait("[data-bulk][data-state=planned]"), b.text("#content")[:400])
    items = {e.get_attribute("data-target") for e in b.all("[data-target]")}
    check(f"{b}: reseller: all that match, nothing else", items == everyone, (items, everyone))
    b.click("[data-target='nospf.example'] > summary")
    check(f"{b}: reseller: with its change", "v=spf1" in b.text("[data-target='nospf.example'] .new"))
    before = main_flow.records(b.demo, "nospf.example")
    b.click("form[action$='/apply'] button")
    check(f"{b}: reseller: done", b.wait("[data-bulk][data-state=done]") and
          main_flow.records(b.demo, "nospf.example") != before, b.text("#content")[:400])
    b.click("form[action$='/undo'] button")
    check(f"{b}: reseller: the batch is undone", b.wait("[data-bulk][data-state=undone]") and
          main_flow.records(b.demo, "nospf.example") == before, b.text("#content")[:400])


# --- support ------------------------------------------------------------------------------------------------------

def support(b: Any) -> None:
    b.login("admin")
    b.go("/server")
    b.wait("tr[data-check=limits]", 30)
    asked = {e.get_attribute("data-check") for e in b.all("tr[data-check]")}
    check(f"{b}: support: the server, question by question", {"helo", "ptr", "egress", "dkim_server", "limits", "queue",
          "antivirus", "blacklist", "resolver", "forwarding", "wordpress"} <= asked, asked)
    target = b.one("tr[data-check=limits] a[href*='#finding']").get_attribute("href").rpartition("#")[2]
    check(f"{b}: support: and the way to what mends it", b.all(f"#{target} [data-fix='limits.enable']"))
    b.go("/queue")
    group = f"sender:{ANNA}"
    count = sum(sender == ANNA for sender in waiting(b).values())
    b.click(f"tr[data-group='{group}'] th a")
    check(f"{b}: support: a group", parse_qs(urlsplit(b.driver.current_url).query).get("group") == [group] and
          len(b.all("tr[data-message]")) == count, b.driver.current_url)
    b.click("[data-group] form[action$='/queue/hold'] button")
    check(f"{b}: support: held, with the number", settled(b, "verified") and len(held(b)) == count, held(b))
    b.click("form[action$='/undo'] button")
    check(f"{b}: support: and released", settled(b, "undone") and not held(b))
    b.go("/cases")
    b.click("tr[data-case][data-state=handed_over] th a")
    check(f"{b}: support: the case that was handed over", b.all("[data-step]") and "(S3140)" in b.text(".notes"))
    fill(b, "#note", "support goes on from here")
    b.click("form[action$='/note'] button")
    b.click("form[action$='/close'] button")
    check(f"{b}: support: closed", b.all("[data-case][data-state=closed]") and not b.all("form[action$='/note']"))
    b.click("form[action$='/reopen'] button")
    check(f"{b}: support: opened again", b.all("[data-case][data-state=open]"))
    b.click("form[action$='/close'] button")
    b.go("/audit?q=/queue/")
    check(f"{b}: support: the audit", b.all("[data-state=whole]") and "/queue/hold" in b.text("table"),
          b.text("#content")[:300])


def main() -> None:
    if why := no_room():
        print("not run:", why)
        end()
    run = demonstration.new_run_directory()
    flows = [({}, [case, messages, bulk, support]), ({"script": False, "language": "es"}, [case, messages, bulk, support]),
             ({"width": 390, "language": "es"}, [messages])]
    try:
        with QueueDemo(run, backend=main_flow.PROGRAM) as demo:
            demo.first_round()
            demo.waiting()
            for how, parts in flows:
                with Browser(demo, **how) as b:
                    for part in parts:
                        if len(sys.argv) > 1 and part.__name__ not in sys.argv[1:]:
                            continue
                        began = time.monotonic()
                        try:
                            part(b)
                        except (WebDriverException, IndexError, AttributeError) as problem:
                            check(f"{b}: {part.__name__} goes to its end", False,
                                  (str(problem).splitlines()[0], b.driver.current_url, b.text("body")[:600]))
                        print(f"# {b}: {part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
                    b.quiet()
    finally:
        shutil.rmtree(run, ignore_errors=True)
    end()


if __name__ == "__main__":
    main()
