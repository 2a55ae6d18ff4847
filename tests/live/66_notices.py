#!/usr/bin/env python3
"""The page of what the keeper told: to whose it is, once when it went wrong and once when it is right again, what is
new on the first page; the switch; and the same by mail, one message an hour."""

from __future__ import annotations

import email
import email.policy
import json
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from demo import Demo                               # noqa: E402

PROGRAM = Path(live.ROOT) / os.environ.get("BUILD", "build") / "antispam-guide"
ROLES = {"anna": "customer", "ben": "customer", "rita": "reseller", "admin": "admin"}
DOMAIN = "cust.example"
DEMO: Demo


def ask(login: str, method: str, path: str, accept: str = "application/json", **fields: Any) -> Any:
    token = DEMO.identity(login, ROLES[login], session=login)
    more: dict[str, Any] = {}
    if method == "POST":
        csrf = json.loads(DEMO.request("GET", "/notices", token=token, accept="application/json")[2])["csrf"]
        more = {"body": urllib.parse.urlencode({**fields, "csrf": csrf}).encode(),
                "content_type": "application/x-www-form-urlencoded"}
    status, _, body = DEMO.request(method, path, token=token, accept=accept, **more)
    return status if method == "POST" else json.loads(body) if accept == "application/json" else body.decode()


def tell(login: str | None, kind: str, target: str | None, finding: str | None, data: Any = None) -> None:
    """As the keeper does (56_keeper.py has that one)."""
    with sqlite3.connect(DEMO.store, timeout=30) as db:
        db.execute("INSERT INTO notices(login, at, kind, target, finding, subject, data) VALUES(?, ?, ?, ?, ?, ?, ?)",
                   (login, int(time.time()), kind, target, finding, target, None if data is None else json.dumps(data)))


class Sink(threading.Thread):
    """A mail server that keeps what it takes.  busy: takes nothing now; refused: addresses it never takes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.busy, self.refused = False, set()
        self.tried = 0
        self.mail: list[tuple[str, str, Any]] = []          # sender, recipient, message
        self.start()

    def run(self) -> None:
        while True:
            peer = self.door.accept()[0]
            with peer, peer.makefile("rwb") as lines:
                self.converse(lines)

    def converse(self, lines: Any) -> None:
        def say(text: str) -> None:
            lines.write(text.encode() + b"\r\n")
            lines.flush()

        say("220 srv1.host.example ESMTP")
        sender = recipient = ""
        while line := lines.readline().decode().strip():
            word = line.split(":")[0].split()[0].upper()
            if word == "MAIL":
                sender = line.split("<")[1].split(">")[0]
                self.tried += self.busy
                say("451 later" if self.busy else "250 ok")
            elif word == "RCPT":
                recipient = line.split("<")[1].split(">")[0]
                say("550 nobody" if recipient in self.refused else "250 ok")
            elif word == "DATA":
                say("354 go on")
                data = b""
                while (part := lines.readline()) != b".\r\n":
                    data += part[1:] if part.startswith(b".") else part
                self.mail.append((sender, recipient, email.message_from_bytes(data, policy=email.policy.SMTP)))
                say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("250 srv1.host.example")


def until(true: Any, limit_s: float = 20) -> bool:
    end = time.monotonic() + limit_s
    while not true() and time.monotonic() < end:
        time.sleep(0.1)
    return bool(true())


def setting(key: str, value: str | None = None) -> str | None:
    with sqlite3.connect(DEMO.store, timeout=30) as db:
        if value is not None:
            db.execute("UPDATE settings SET value = ? WHERE key = ?", (value, key))
        row = db.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    return row and row[0]


def an_hour_later(login: str) -> None:
    number, at = setting(f"notices.mailed:{login}").split()
    setting(f"notices.mailed:{login}", f"{number} {int(at) - 3601}")


def mailed(sink: Sink) -> None:
    """What is told goes out by mail too: whom it is for, in his language, what was told meanwhile in one message."""
    def to(address: str) -> list[Any]:
        return [m for _, recipient, m in sink.mail if recipient == address]

    sink.refused.add("ben@lookups.example")
    tell("anna", "appeared", DOMAIN, "spf.missing")
    tell("ben", "appeared", "lookups.example", "spf.lookup_limit")
    tell("raul", "digest", None, None, {"reseller": "raul", "appeared": 3, "worse": 0, "resolved": 1,
                                        "domains": ["nodkim.example"]})
    tell(None, "appeared", "server", "limits.off")
    live.check("mailed", until(lambda: len(sink.mail) == 3 and setting("notices.mailed:ben")), sink.mail)
    message = to("anna@cust.example")[0]
    body = message.get_content()
    live.check("from whom the configuration says, to whom the panel says, by a program (RFC 3834)",
               (sink.mail[0][0], message["From"], message["To"], message["Auto-Submitted"]) ==
               ("check@host.example", "check@host.example", "anna@cust.example", "auto-generated"), message)
    live.check("what it says, and nothing that was told before", message["Subject"] == "Mail check: one change" and
               f"- {DOMAIN}: No SPF record (appeared)" in body and body.count("- ") == 1, (message["Subject"], body))
    digest = to("raul@raul.example")
    live.check("a digest, in its reader's language", digest and "nodkim.example" in digest[0].get_content() and
               digest[0]["Subject"] == "Comprobación del correo: un cambio", digest)
    live.check("the server's to the administrator", len(to("admin@host.example")) == 1, sink.mail)
    sink.refused.clear()
    tell("anna", "resolved", DOMAIN, "spf.missing")
    tell("anna", "appeared", DOMAIN, "dmarc.missing")
    tell("rita", "digest", None, None, {"reseller": "rita", "appeared": 1, "domains": [DOMAIN]})
    live.check("another's goes", until(lambda: to("rita@rita.example")), sink.mail)
    live.check("no second one within the hour, none to whom was refused for good",
               len(to("anna@cust.example")) == 1 and not to("ben@lookups.example"))
    an_hour_later("anna")
    live.check("then both in one", until(lambda: len(to("anna@cust.example")) == 2) and
               to("anna@cust.example")[1]["Subject"] == "Mail check: 2 changes" and
               "(right again)" in to("anna@cust.example")[1].get_content(), sink.mail)
    an_hour_later("anna")
    ask("anna", "POST", "/notices", enabled="0")
    sink.busy = True
    tell("anna", "appeared", DOMAIN, "spf.missing")
    tell(None, "resolved", "server", "limits.off")
    an_hour_later("")
    live.check("the mail server takes none now", until(lambda: sink.tried) and len(to("admin@host.example")) == 1)
    sink.busy = False
    DEMO.backend_process.stop()                     # begins anew, instead of ten minutes
    DEMO.start_backend()
    live.check("it waits, and is not lost", until(lambda: len(to("admin@host.example")) == 2), sink.mail)
    live.check("nothing to whom has switched it off", len(to("anna@cust.example")) == 2)


def told(login: str = "anna") -> list[tuple[str, str, str]]:
    return [(n["target"], n["finding"], n["kind"]) for n in ask(login, "GET", "/notices")["notices"]]


def main() -> None:
    global DEMO
    run = Path(tempfile.mkdtemp(prefix="asg-notices-"))
    sink = Sink()
    more = {"notices": {"from": "check@host.example"}, "server": {"smtp_connect": f"127.0.0.1:{sink.port}"}}
    with Demo(run, backend=PROGRAM, with_web=False, config=more) as DEMO:
        DEMO.first_round()
        live.check("mailing begins", until(lambda: setting("notices.mailed") is not None))
        live.check("at first nothing", told() == [], told())
        tell("anna", "appeared", DOMAIN, "spf.missing")
        tell("anna", "appeared", "no-longer-hers.example", "spf.missing")
        tell(None, "appeared", "server", "limits.off")
        live.check("told to its owner, what is hers", told() == [(DOMAIN, "spf.missing", "appeared")], told())
        live.check("the server's to the administrator", ("server", "limits.off", "appeared") in told("admin"), told("admin"))
        live.check("to nobody else", told("ben") == [] and DOMAIN not in ask("ben", "GET", "/notices", "text/html"))
        live.check("on the first page", 'href="/notices"' in ask("anna", "GET", "/", "text/html"))
        page = ask("anna", "GET", "/notices", "text/html")
        live.check("on its page", 'data-kind="appeared" data-finding="spf.missing"' in page and f"/domains/{DOMAIN}" in page)
        live.check("seen now", ask("anna", "GET", "/notices")["unseen"] == 0 and
                   'href="/notices"' not in ask("anna", "GET", "/", "text/html"))
        tell("anna", "resolved", DOMAIN, "spf.missing")
        live.check("right again", told() == [(DOMAIN, "spf.missing", "resolved"), (DOMAIN, "spf.missing", "appeared")],
                   told())
        tell("rita", "digest", None, None, {"reseller": "rita", "appeared": 3, "worse": 0, "resolved": 1,
                                            "domains": [DOMAIN, "hostile.example"]})
        page = ask("rita", "GET", "/notices", "text/html")
        live.check("a digest: numbers, and where", "3 new findings, 1 right again" in page and
                   f'href="/domains/{DOMAIN}"' in page and "hostile.example" not in page)
        live.check("a value that is none", ask("anna", "POST", "/notices", enabled="perhaps") == 422)
        live.check("switched off: 303", ask("anna", "POST", "/notices", enabled="0") == 303)
        live.check("nothing is told", ask("anna", "GET", "/notices")["enabled"] is False and told() == [])
        ask("anna", "POST", "/notices", enabled="1")
        live.check("and on again", len(told()) == 2, told())
        for login in ("anna", "", "rita"):
            if until(lambda: setting(f"notices.mailed:{login}")):
                an_hour_later(login)
        sink.mail.clear()
        mailed(sink)
    shutil.rmtree(run, ignore_errors=True)
    live.end()


if __name__ == "__main__":
    main()
