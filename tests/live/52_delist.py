#!/usr/bin/env python3
"""Requests for removal from a shell: the gate, what is written for whom, the journal of requests.

No panel and no network: what is judged are reports in the store, which the test puts there.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from live import ROOT, check, end

PROGRAM = os.path.join(ROOT, os.environ.get("BUILD", "build"), "antispam-guide")

CONDITIONS = ["identity", "not_compromised", "contact_mailboxes"]


def config(folder: Path, extra: str = "") -> Path:
    path = folder / "config.yaml"
    path.write_text(f"panel: {{kind: none}}\nstore: {folder}/state.db\ntemplates: {ROOT}/templates\n{extra}")
    return path


class Shell:
    def __init__(self, path: Path):
        self.path = path

    def run(self, *argv: str, lang: str = "en") -> tuple[int, Any, str]:
        done = subprocess.run([PROGRAM, "delist", *argv, "--config", str(self.path), "--json", "--lang", lang],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def answer(self, *argv: str, lang: str = "en") -> Any:
        status, answer, err = self.run(*argv, lang=lang)
        check(f"delist {argv[0]}: exit 0", status == 0, err)
        return answer


def met(answer: Any) -> list[bool | None]:
    check("three conditions, in order", [c["id"] for c in answer["conditions"]] == CONDITIONS, answer)
    return [c["met"] for c in answer["conditions"]]


def provider(answer: Any, name: str) -> Any:
    return next((p for p in answer["providers"] if p["id"] == name), {})


def finding(check_name: str, kind: str, subject: str, verdict: str, data: Any = None, **more: Any) -> Any:
    return {"id": f"{check_name}.{kind}", "check": check_name, "verdict": verdict, "severity": None,
            "scope": "server", "subject": subject, "owner": "provider", "guide": "delist",
            "text_id": f"{check_name}.{kind}", "values": {}, "evidence": [], "data": data or {}, "fixes": [],
            "affects": 0, "parent": None, **more}


def keep_server(folder: Path, states: list[bool | None], *more: Any) -> None:
    """The server's last report, as the program keeps it."""
    conditions = [{"id": i, "met": m, "findings": [f"x.{i}@server"] if m is False else []}
                  for i, m in zip(CONDITIONS, states)]
    findings = [finding("helo", "ok", "server", "ok", {"name": "srv1.host.example", "source": "setting"}),
                finding("ptr", "ok", "203.0.113.10", "ok",
                        {"address": "203.0.113.10", "names": ["srv1.host.example"], "confirmed": True}),
                finding("ptr", "ok", "203.0.113.11", "ok",
                        {"address": "203.0.113.11", "names": ["srv2.host.example"], "confirmed": True}),
                *more, finding("delist_readiness", "ok", "server", "ok", {"conditions": conditions})]
    report = {"target": {"kind": "server", "name": "srv1.host.example", "ascii": "srv1.host.example", "owner": None},
              "checked_at": "2026-11-25T10:00:00Z", "duration_ms": 1,
              "summary": {"worst": "ok"}, "findings": findings, "server_findings": []}
    with sqlite3.connect(folder / "state.db") as db:
        db.execute("INSERT OR REPLACE INTO reports(kind, name, checked_at, verdicts, json) VALUES(?, ?, ?, ?, ?)",
                   ("server", "server", 1795600000, "{}", json.dumps(report)))


def nothing_known(shell: Shell) -> None:
    answer = shell.answer("status")
    check("never checked: nothing is known, and it is locked", met(answer) == [None] * 3 and
          answer["ready"] is False, answer)
    ids = [p["id"] for p in answer["providers"]]
    check("the guide's order", ids[:4] == ["outlook_com", "exchange_online", "gmail", "yahoo"], ids)
    check("each with what they need", all(p["needs"] and p["requests"] == [] and (p["url"] or p["email"])
                                          for p in answer["providers"]), answer)
    check("nobody says that it is listed", all(p["listed"] is None for p in answer["providers"]), answer)
    started = shell.answer("start", "outlook_com")
    check("locked: no form", started["refused"]["code"] == "not_ready" and started["forms"] == [] and
          started["url"] is None, started)


def ready(shell: Shell, folder: Path) -> None:
    keep_server(folder, [True, True, True],
                finding("blacklist", "listed", "203.0.113.11", "problem", {"list": "spamhaus-zen", "zone": "zen.spamhaus.org"}),
                finding("queue", "rejected_for_reputation", "recipient_provider:outlook_com", "problem",
                        {"provider": "outlook_com"}, values={"answer": "550 5.7.1 (S3140) part of their network"}))
    answer = shell.answer("status")
    check("all three hold: open", met(answer) == [True] * 3 and answer["ready"] is True, answer)
    check("the list it stands on comes first", answer["providers"][0]["id"] == "spamhaus-zen" and
          answer["providers"][0]["listed"] is True, answer["providers"][0])
    check("who refuses mail of ours lists us", provider(answer, "outlook_com")["listed"] is True, answer)
    started = shell.answer("start", "hotmail")
    check("Hotmail is asked twice", [f["recipient_domain"] for f in started["forms"]] ==
          ["hotmail.com", "outlook.com"], started)
    text = started["forms"][0]["text"]
    for part in ("203.0.113.10; 203.0.113.11", "srv1.host.example", "srv2.host.example", "S3140", "hotmail.com"):
        check(f"the text holds {part}", part in text, text)
    check("the subject too", "203.0.113.10" in started["forms"][0]["subject"], started)
    spanish = shell.answer("start", "hotmail", lang="es")["forms"][0]
    check("in Spanish, with the English one beside it", spanish["text"] != text and spanish["text_en"] == text, spanish)
    zen = shell.answer("start", "spamhaus-zen")
    check("a list is told only the address that is on it", zen["forms"][0]["fields"]["ip"] == "203.0.113.11", zen)
    pirate = shell.answer("start", "uceprotect-2")
    check("never pay", pirate["refused"]["code"] == "never_pay" and pirate["url"] is None and
          pirate["pay"] is True, pirate)


def gate(shell: Shell, folder: Path) -> None:
    keep_server(folder, [False, True, None])
    answer = shell.answer("status")
    check("one is broken, one is not known", met(answer) == [False, True, None] and not answer["ready"], answer)
    check("why is named", answer["conditions"][0]["findings"] == ["x.identity@server"], answer)
    status, _, err = shell.run("start", "gmail", "--override", " ")
    check("an override without a reason: usage", status == 2 and "reason" in err, err)
    opened = shell.answer("start", "gmail", "--override", "the report is older than what was mended")
    check("an override opens it, and is kept", opened["refused"] is None and len(opened["forms"]) == 1 and
          opened["override"]["reason"].startswith("the report is older"), opened)
    check("for that provider alone", shell.answer("start", "yahoo")["refused"]["code"] == "not_ready")
    check("never for a list that takes money",
          shell.answer("start", "uceprotect-2", "--override", "why not")["refused"]["code"] == "never_pay")


def journal(shell: Shell) -> None:
    done = shell.answer("record", "yahoo", "--where", "https://senders.yahooinc.com/contact", "--answer", "ticket 4711")
    check("written down", done["requests"][0]["answer"] == "ticket 4711" and
          done["requests"][0]["next_at"] is None, done)
    check("not the same again within two days", done["next_at"] > done["requests"][0]["at"], done)
    done = shell.answer("record", "yahoo", "--where", "form", "--answer", "no", "--next", "2027-03-01")
    check("the newest first, with its date", len(done["requests"]) == 2 and
          done["requests"][0]["next_at"] == "2027-03-01T00:00:00Z" == done["next_at"], done)
    check("status shows them", len(provider(shell.answer("status"), "yahoo")["requests"]) == 2)
    for argv in (["record", "yahoo", "--answer", "x"], ["record", "yahoo", "--where", "x"],
                 ["record", "nobody-at-all", "--where", "x", "--answer", "y"],
                 ["record", "yahoo", "--where", "x", "--answer", "y", "--next", "soon"], ["start"],
                 ["start", "nobody-at-all"], ["frobnicate"]):
        status, answer, err = shell.run(*argv)
        check(f"delist {' '.join(argv)}: usage", status == 2 and answer is None and err != "", err)


def bounces(shell: Shell, folder: Path) -> None:
    """A bounce that is kept gives its words to the request."""
    def bounce(*argv: str) -> Any:
        done = subprocess.run([PROGRAM, "bounce", *argv, "--config", str(shell.path), "--json"], capture_output=True,
                              text=True, timeout=60)
        return json.loads(done.stdout) if done.returncode == 0 else done.returncode

    keep_server(folder, [True, True, True])
    before = shell.answer("start", "hotmail")
    check("no bounce: a blank to fill in", before["bounces"] == [] and before["forms"][0]["fields"]["bounce"] is None, before)
    path = folder / "bounce.txt"
    for code, to in (("S3140", "a@hotmail.com"), ("S3150", "b@outlook.com")):
        path.write_text(f"<{to}>: host mx.hotmail.com said: 550 5.7.1 messages from [203.0.113.10] weren't sent ({code})")
        kept = bounce("keep", str(path))["bounces"]
    check("kept, the newest first", [b["recipient"] for b in kept] == ["b@outlook.com", "a@hotmail.com"] and
          [b["status"] for b in kept] == ["5.7.1"] * 2, kept)
    newest = shell.answer("start", "hotmail")
    check("the newest one's words", newest["bounce"] == kept[0]["bounce"] and
          all("S3150" in f["text"] for f in newest["forms"]), newest)
    chosen = shell.answer("start", "hotmail", "--bounce", str(kept[1]["bounce"]))
    check("or the chosen one's, in both", all("S3140" in f["text"] for f in chosen["forms"]), chosen)
    check("of another provider: no", shell.run("start", "gmail", "--bounce", str(kept[1]["bounce"]))[0] == 2)
    check("forgotten", len(bounce("forget", str(kept[1]["bounce"]))["bounces"]) == 1 and
          bounce("forget", str(kept[1]["bounce"])) == 2 and len(bounce("list")["bounces"]) == 1)


def links(folder: Path) -> None:
    shell = Shell(config(folder, "links: {gmail: 'https://forms.example/gmail'}\n"))
    check("the configuration's link stands over the data's",
          provider(shell.answer("status"), "gmail")["url"] == "https://forms.example/gmail")


def snds(shell: Shell, folder: Path) -> None:
    """What Microsoft saw, by the command."""
    path = folder / "snds.csv"
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
    check("SNDS: nothing yet", shell.answer("snds") == {"days": [], "imported_at": None})
    path.write_text(f"IP Address,Date,Filter result,Trap hits\n203.0.113.10,{day},GREEN,0\n203.0.113.10,soon,RED,1\n")
    answer = shell.answer("snds", str(path))
    check("SNDS: taken in, with what was left out", answer == {"imported": 1, "skipped": 1}, answer)
    path.write_text(f"IP Address,Date,Filter result,Trap hits\n203.0.113.10,{day},YELLOW,2\n")
    shell.answer("snds", str(path))
    days = shell.answer("snds")["days"]
    check("SNDS: a later export replaces the day", [(d["day"], d["filter"], d["bad"], d["traps"]) for d in days] ==
          [(day, "yellow", True, 2)], days)
    check("SNDS: no log, no number", days[0]["sent"] is None and days[0]["top"] == [], days)
    path.write_text("<html>")
    status, _, err = shell.run("snds", str(path))
    check("SNDS: no export: says what to give", status == 2 and "CSV" in err, err)
    check("SNDS: and nothing is lost", len(shell.answer("snds")["days"]) == 1)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shell = Shell(config(folder))
        nothing_known(shell)
        ready(shell, folder)
        gate(shell, folder)
        journal(shell)
        bounces(shell, folder)
        links(folder)
        snds(shell, folder)
    return end()


if __name__ == "__main__":
    raise SystemExit(main())
