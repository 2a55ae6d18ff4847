#!/usr/bin/env python3
"""/message-test: a message pasted or uploaded, and one that was sent to the person's own address.

Nobody may see another's message, whatever he sends or asks; what is a day old is removed, and nothing else.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                 # noqa: E402
from servers import fcgi, process           # noqa: E402

TOP = Path(__file__).resolve().parents[2]
OUT = Path(os.environ.get("BUILD", "build"))
PROGRAM = TOP / OUT / "antispam-guide"
KEY = os.urandom(40)
CONFIG = """
panel: {{kind: none}}
domains: [{{name: a.example, owner: anna}}, {{name: b.example, owner: bert}}]
dns: {{resolvers: ["127.0.0.1:1"], timeout_ms: 60, tries: 1, allow_private: true}}
server: {{smtp_probe: false, addresses: ["203.0.113.10"]}}
blacklists: {{enabled: false}}
listen: {{panel: {run}/panel.sock}}
identity_key_file: {run}/identity.key
store: {run}/state.db
templates: {top}/templates
message_test: {{address: "Test@srv1.host.example", maildir: "{run}/Maildir"}}
"""
MESSAGE = ("Return-Path: <anna@a.example>\nDelivered-To: {to}\nReceived: from mail.a.example (mail.a.example "
           "[198.51.100.7])\n\tby srv1.host.example (Postfix) with ESMTP id 1; {date}\nFrom: anna@a.example\n"
           "To: {to}\nSubject: {subject}\nDate: {date}\nMessage-ID: <1@a.example>\n\nHello there, good morning.\n")


class World:
    def __init__(self, run: Path):
        self.run, self.sock, self.n = run, run / "panel.sock", 0
        for part in ("new", "cur", "tmp"):
            (run / "Maildir" / part).mkdir(parents=True)

    def start(self, group: process.Group) -> None:
        key = os.open(self.run / "identity.key", os.O_CREAT | os.O_WRONLY, 0o600)
        os.write(key, KEY)
        os.close(key)
        (self.run / "config.yaml").write_text(CONFIG.format(run=self.run, top=TOP))
        one = group.add(process.Process("backend", [str(PROGRAM), "serve", "--config", str(self.run / "config.yaml")],
                                        self.run / "log"))
        one.wait_ready(lambda: process.unix_connects(self.sock), 20)

    def ask(self, who: str, method: str = "GET", fields: dict[str, str] | None = None, html: bool = False,
            acting: str | None = None, path: str = "/message-test") -> tuple[int, object]:
        more = {"acting": acting} if acting else {}
        token = fcgi.identity(KEY, who, "admin" if who == "root" else "customer", **more)
        body = urllib.parse.urlencode(fields or {}).encode()
        status, _, answer = fcgi.request(self.sock, method, path, token=token, body=body,
                                         content_type="application/x-www-form-urlencoded" if fields else "",
                                         accept="text/html" if html else "application/json")
        return status, answer.decode() if html else json.loads(answer)

    def post(self, who: str, html: bool = False, **fields: str) -> tuple[int, object]:
        csrf = self.ask(who)[1]["csrf"]
        return self.ask(who, "POST", dict(fields, csrf=csrf), html)

    def deliver(self, to: str, subject: str, age_s: float = 0, folder: str = "new", text: str | None = None) -> Path:
        self.n += 1
        path = self.run / "Maildir" / folder / f"{time.time()}.{self.n}.srv1"
        path.write_text(text or MESSAGE.format(to=to, subject=subject, date=time.strftime("%a, %d %b %Y %H:%M:%S +0000",
                                                                                          time.gmtime())))
        os.utime(path, (time.time() - age_s, time.time() - age_s))
        return path


def check_reflector(w: World) -> None:
    status, anna = w.ask("anna")
    address = anna["address"]
    live.check("an address of one's own", status == 200 and
               re.fullmatch(r"Test\+[a-z2-7]{16}@srv1\.host\.example", address), anna)
    live.check("the same again", w.ask("anna")[1]["address"] == address)
    bert = w.ask("bert")[1]["address"]
    live.check("another's is another", bert != address)
    live.check("who works as somebody has one of his own", w.ask("root", acting="anna")[1]["address"]
               not in (address, w.ask("root")[1]["address"]))
    live.check("nothing has come", anna["arrived"] is False and w.post("anna", received="1")[1]["arrived"] is False)
    live.check("the page says so", "Nothing has come" in w.post("anna", True, received="1")[1])

    w.deliver(address, "TO ANNA ALONE")
    other = w.deliver("test@srv1.host.example", "ordinary mail", 3 * 86400)
    status, answer = w.post("anna", received="1")
    codes = {i["code"] for i in answer.get("items", [])}
    live.check("what came is scored", status == 200 and "score" in answer and "subject_capitals" in codes, answer)
    live.check("as it was received", answer["verify"]["spf"] is not None and "tls_missing" in codes, codes)
    live.check("the page shows it", 'data-score="' in w.post("anna", True, received="1")[1])
    live.check("another sees nothing of it", "items" not in w.post("bert", received="1")[1])
    live.check("nor does who guesses", w.ask("bert", "POST", {"received": "1", "address": address,
               "csrf": w.ask("bert")[1]["csrf"]})[1].get("arrived") is False)
    live.check("without a token nothing is done", w.ask("anna", "POST", {"received": "1"})[0] == 403)

    w.deliver(address.lower(), "The newest one", -1, "cur")
    items = {i["code"] for i in w.post("anna", received="1")[1]["items"]}
    live.check("the newest counts, in any case of letters", "subject_capitals" not in items, items)
    w.deliver(bert, "LOCAL MAIL FOR BERT", text=MESSAGE.format(to=bert, subject="x", date="Mon, 23 Nov 2026 17:00:00 +0000")
              .replace("with ESMTP ", "with ESMTPSA "))
    answer = w.post("bert", received="1")[1]
    live.check("written on this server: as it would leave", answer["verify"]["spf"] is not None and
               any("203.0.113.10" in i["text"] for i in answer["items"]), answer["items"])

    old = w.deliver(address, "OLD", 2 * 86400)
    link = w.run / "Maildir/new/link"
    link.symlink_to("/etc/passwd")
    os.mkfifo(w.run / "Maildir/new/fifo")
    w.ask("anna")
    live.check("a day later it is removed", not old.exists())
    live.check("what is none of ours stays", other.exists() and link.is_symlink())
    status, renewed = w.post("anna", renew="1")
    live.check("another address", renewed["address"] != address and w.ask("anna")[1]["address"] == renewed["address"])
    live.check("the old one leads nowhere", w.post("anna", received="1")[1]["arrived"] is False)


def check_pasted(w: World) -> None:
    text = MESSAGE.format(to="b@other.example", subject="<script>alert(1)</script>", date="Mon, 23 Nov 2026 17:00:00 +0000")
    status, answer = w.post("anna", text=text)
    live.check("pasted", status == 200 and answer["max"] == 10 and 0 <= answer["score"] <= 10, answer)
    live.check("another's Received is not believed", answer["verify"]["spf"] is None)
    status, page = w.post("anna", True, text=text, ip="198.51.100.7", helo="<b>", sender="<i>@a.example")
    live.check("as a page", status == 200 and 'data-code="dkim_missing"' in page, status)
    live.check("nothing of it becomes HTML", "<script>alert" not in page and "<i>@" not in page and "<b>" not in page)
    live.check("nothing given", w.post("anna", text="")[0] == 422)
    live.check("an address that is none", w.post("anna", text=text, ip="x")[0] == 422)
    live.check("hostile bytes", w.post("anna", text="\x00\xff<%" * 2000)[0] == 200)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="asg-reflect-") as folder:
        group = process.Group()
        try:
            w = World(Path(folder))
            w.start(group)
            check_reflector(w)
            check_pasted(w)
        finally:
            group.stop()
            print((Path(folder) / "log").read_text()[-1500:] if live.failed else "")
    live.end()


if __name__ == "__main__":
    main()
