#!/usr/bin/env python3
"""The guide as a reader goes through it: every paragraph (teaching.yaml) is reached by links from the home page, in
both languages; every finding leads to its section, and every section back to its findings; links to other web sites
are the configuration's.

No panel and no network: the backend alone, with reports that the test puts into its store.
"""

from __future__ import annotations

import html
import json
import os
import re
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

from live import ROOT, check, end

sys.path.insert(0, str(Path(__file__).parent))

from servers import fcgi                                        # noqa: E402

PROGRAM = os.path.join(ROOT, os.environ.get("BUILD", "build"), "antispam-guide")
LANGUAGES = ["en", "es"]
DOMAIN = "cust.example"
LINK = re.compile(r'<a\b[^>]*?href="([^"]*)"')
CONFIG = """\
panel: {{kind: none}}
domains: [{{name: {domain}, owner: anna}}]
store: {folder}/state.db
templates: {root}/templates
identity_key_file: {folder}/identity.key
listen: {{panel: {folder}/panel.sock}}
dns: {{resolvers: ["127.0.0.1:1"], timeout_ms: 50, tries: 1}}
server: {{addresses: ["203.0.113.10"], smtp_probe: false}}
blacklists: {{enabled: false}}
notices: {{enabled: false}}
links: {{mail-tester: "https://own.example/test", multirbl: "", putty: "javascript:alert(1)"}}
provider:
  name: Our Provider
  support: {{phone: "+34 900", url: "https://own.example/support"}}
  dns: [{{ns: "dns0[1-4].host.example", where: provider_panel, name: Our control panel}}]
"""


class Backend:
    def __init__(self, folder: Path):
        self.folder, self.socket, self.key = folder, folder / "panel.sock", secrets.token_bytes(32)
        (folder / "identity.key").write_bytes(self.key)
        (folder / "identity.key").chmod(0o600)
        (folder / "config.yaml").write_text(CONFIG.format(folder=folder, root=ROOT, domain=DOMAIN))

    def __enter__(self) -> "Backend":
        self.program = subprocess.Popen([PROGRAM, "serve", "--config", str(self.folder / "config.yaml")],
                                        stderr=(self.folder / "log").open("w"))
        for _ in range(200):
            if self.socket.exists():
                break
            time.sleep(0.05)
        return self

    def __exit__(self, *_: Any) -> None:
        self.program.terminate()
        self.program.wait()

    def get(self, path: str, lang: str = "en", login: str = "anna", accept: str = "text/html") -> tuple[int, str]:
        role = "admin" if login == "admin" else "customer"
        status, _, body = fcgi.request(self.socket, "GET", path, accept=accept, headers={"Accept-Language": lang},
                                       token=fcgi.identity(self.key, login, role, lang=lang))
        return status, body.decode("utf-8", "replace")


def words(page: str) -> str:
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"(?s)<head>.*?</head>", "", page))))


def walk(backend: Backend, lang: str, login: str) -> dict[str, tuple[int, str]]:
    """Every page that links lead to from the home page: how many clicks away, and what it says."""
    found: dict[str, tuple[int, str]] = {}
    todo = [("/", 0)]
    while todo:
        path, clicks = todo.pop(0)
        if path in found:
            continue
        status, page = backend.get(path, lang, login)
        check(f"{lang} {login}: {path} is there", status == 200, (status, page[:200]))
        found[path] = (clicks, words(page))
        for href in LINK.findall(page):
            target = html.unescape(href).split("#")[0].split("?")[0]
            if target.startswith("/") and not target.startswith("/static"):
                todo.append((target, clicks + 1))
    return found


def teaching(backend: Backend) -> None:
    rows = yaml.safe_load((Path(__file__).parent / "teaching.yaml").read_text())
    check("every paragraph once", len({r["what"] for r in rows}) == len(rows))
    for lang in LANGUAGES:
        seen = {login: walk(backend, lang, login) for login in ("anna", "admin")}
        for row in rows:
            clicks, text = seen[row.get("role", "anna")].get(row["place"], (99, ""))
            missing = [w for w in row[lang] if w.lower() not in text.lower()]
            check(f"{lang}: {row['what']}", clicks <= 3 and missing == [], (row["place"], clicks, missing))
        sections = {os.path.basename(p)[:-3] for p in os.listdir(f"{ROOT}/templates/guide/{lang}")}
        sections = {p[:-3] for p in os.listdir(f"{ROOT}/templates/guide/{lang}") if p != "glossary.md"}
        check(f"{lang}: every section is reached", sections <= {p.rpartition("/")[2] for p in seen["anna"]
              if p.startswith("/guide/")}, sections)
        check(f"{lang}: every section is one of a paragraph",
              sections <= {r["place"].rpartition("/")[2] for r in rows}, sections)


def report(kind: str, name: str, findings: list[Any]) -> tuple[Any, ...]:
    text = {"target": {"kind": kind, "name": name, "ascii": name, "owner": None}, "duration_ms": 1,
            "checked_at": "2026-11-25T10:00:00Z", "summary": {"worst": "problem"}, "findings": findings,
            "server_findings": []}
    return (kind, "server" if kind == "server" else name, 1795600000, "{}", json.dumps(text))


def findings_and_back(backend: Backend) -> None:
    """One of every kind in the reports: each links to its section, whose page names it and links back."""
    done = subprocess.run([PROGRAM, "catalogue", "--json", "--config", str(backend.folder / "config.yaml")],
                          capture_output=True, text=True, timeout=60)
    checks = json.loads(done.stdout)["checks"]
    stands: dict[str, list[Any]] = {"domain": [], "server": []}
    section, domain_of = {}, {}
    for one in checks:
        for row in one["findings"]:
            scope = row.get("scope", one["scope"])
            kind = "server" if scope in ("server", "address") else "domain"
            section[row["id"]], domain_of[row["id"]] = one["guide"], kind
            stands[kind].append({
                "id": row["id"], "check": one["check"], "verdict": row["verdict"], "severity": row["severity"],
                "scope": scope, "subject": DOMAIN if kind == "domain" else "server", "owner": row["owner"],
                "guide": one["guide"], "text_id": row["id"], "values": {}, "evidence": [], "data": {}, "fixes": [],
                "affects": 0, "parent": None})
    with sqlite3.connect(backend.folder / "state.db") as db:
        db.executemany("INSERT OR REPLACE INTO reports(kind, name, checked_at, verdicts, json) VALUES(?, ?, ?, ?, ?)",
                       [report("domain", DOMAIN, stands["domain"]), report("server", "srv1.host.example", stands["server"])])
        db.execute("UPDATE settings SET value = value + 1 WHERE key = 'store.turn'")    # as each commit of the program does
    for lang in LANGUAGES:
        pages = {"domain": backend.get(f"/domains/{DOMAIN}", lang, "admin")[1],
                 "server": backend.get("/server", lang, "admin")[1]}
        guides = {s: backend.get(f"/guide/{s}", lang, "admin")[1] for s in set(section.values())}
        for id_, guide in section.items():
            there = re.search(rf'(?s)data-finding="{re.escape(id_)}".*?</article>', pages[domain_of[id_]])
            check(f"{lang}: {id_} leads to its section", there is not None and f'href="/guide/{guide}"' in there.group(0))
            back = re.search(rf'(?s)data-about="{re.escape(id_)}">(.*?)</li>', guides[guide])
            check(f"{lang}: {guide} leads back to {id_}", back is not None and
                  ('href="/server"' in back.group(1) or f'href="/domains?finding={id_}"' in back.group(1)), back)
    page = backend.get("/guide/helo-ptr", login="anna")[1]
    check("what is the server's is named to a customer, without a link", "data-about=\"ptr.missing\">" in page and
          'href="/server"' not in page)
    status, text = backend.get("/guide/spf", accept="application/json")
    check("and as JSON", status == 200 and any(f["id"] == "spf.missing" for f in json.loads(text)["findings"]), text[:300])


def outside(backend: Backend) -> None:
    page = backend.get("/message-test")[1]
    check("another's site is the configuration's", 'href="https://own.example/test"' in page, page[-800:])
    page = backend.get("/blacklists")[1]
    check("and is taken away by it", 'data-outside="mxtoolbox"' in page and 'data-outside="multirbl"' not in page)
    check("nothing but http goes out", "javascript:" not in backend.get("/guide/ssh")[1])


def main() -> None:
    with tempfile.TemporaryDirectory() as name, Backend(Path(name)) as backend:
        with sqlite3.connect(Path(name) / "state.db", timeout=10) as db:
            db.execute("INSERT OR REPLACE INTO reports(kind, name, checked_at, verdicts, json) VALUES(?, ?, ?, ?, ?)",
                       report("server", "srv1.host.example", []))
        teaching(backend)
        findings_and_back(backend)
        outside(backend)
    end()


if __name__ == "__main__":
    main()
