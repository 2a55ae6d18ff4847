"""`queue summary` of a very large queue: the real helper in a room whose `postqueue` and `exim` print a generated
list (100,000 messages, an outbreak from one mailbox among ordinary mail), the program's time and memory, and the
helper's.  Needs root (mounts).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "live"))

from servers import fetch, process                  # noqa: E402
from servers.postfix import Postfix                 # noqa: E402
from timed import timed                             # noqa: E402

BUILD = Path(os.environ.get("BUILD", TOP / "build")).resolve()

REASONS = ["host gmail-smtp-in.l.google.com[142.250.1.27] said: 421-4.7.28 Gmail has detected an unusual rate of unsolicited "
           "mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been "
           "temporarily rate limited. (in reply to end of DATA command)",
           "connect to mx{}.provider.example[192.0.2.{}]:25: Connection timed out",
           "host hotmail-com.olc.protection.outlook.com[52.101.1.{}] said: 451 4.7.650 The mail server [203.0.113.10] has been "
           "temporarily rate limited due to IP reputation. (in reply to MAIL FROM command)"]

INSTALL = r"""
port=$1
for name in postqueue postcat exim; do rm -f /usr/sbin/$name; printf '#!/bin/sh\nexec /room/%s "$@"\n' $name >/usr/sbin/$name; chmod 755 /usr/sbin/$name; done
[ -e /room/postfix ] || rm -f /usr/sbin/postqueue /usr/sbin/postcat
echo 'custweb:x:64901:64901::/var/www/cust.example:/bin/false' >>/etc/passwd
: >/room/ready
exec sleep 100000
"""


class Stand(Postfix):
    """A room with programs of our own instead of a mail server."""

    name, install = "stand", INSTALL

    def start(self, group: process.Group, programs: Any) -> "Stand":
        connects = process.connects
        process.connects = lambda *_: (self.directory / "ready").exists()       # nobody listens here
        try:
            super().start(group, programs)
        finally:
            process.connects = connects
        return self


def sender(i: int) -> str:
    return "info@cust.example" if i * 2654435761 % 1000003 % 10 else f"anna{i % 50}@d{i % 300}.example"


def recipient(i: int) -> str:
    return (f"u{i}@gmail.com", f"u{i}@provider{i % 500}.example", f"u{i}@hotmail.com")[i % 3]


def postfix(folder: Path, count: int) -> None:
    (folder / "postfix").touch()
    with (folder / "list").open("w") as out:
        for i in range(count):
            reason = REASONS[i % 3].format(i % 250, i % 250)
            out.write(json.dumps({"queue_name": "deferred" if i % 50 else "active", "queue_id": f"{0xA00000000000 + i:012X}",
                                  "arrival_time": 1795700000 + i // 10, "message_size": 2000 + i % 5000, "forced_expire": False,
                                  "sender": sender(i), "recipients": [{"address": recipient(i), "delay_reason": reason}]}) + "\n")
    head = ("named_attribute: sasl_username=info@cust.example\n*** MESSAGE CONTENTS ***\n"
            "Received: by srv1.host.example (Postfix, from userid 64901)\nX-PHP-Originating-Script: 64901:mailer.php\nSubject: x\n")
    script(folder / "postqueue", "exec cat /room/list")
    script(folder / "postcat", f"shift 5\nfor id; do printf '*** ENVELOPE RECORDS deferred/A/%s ***\\n%s' $id '{head}'; done")
    script(folder / "exim", "exit 1")


def exim(folder: Path, count: int) -> None:
    spool = folder / "spool"
    (spool / "input").mkdir(parents=True)
    (spool / "msglog").mkdir()
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    with (folder / "list").open("w") as out:
        for i in range(count):
            id = "1tF" + "".join(letters[i // 62 ** k % 62] for k in (2, 1, 0)) + "-00000a-1C"
            out.write(f"{i % 50 + 1:3d}m  2.9K {id} <{sender(i)}>\n          {recipient(i)}\n\n")
            (spool / "input" / f"{id}-H").write_text(
                f"{id}-H\nmailnull 47 12\n<{sender(i)}>\n1795700000 0\n-host_address [192.0.2.1]:5\n-host_auth dovecot_login\n"
                f"--auth_id info@cust.example\nXX\n1\n{recipient(i)}\n\n060  X-PHP-Script: cust.example/mailer.php for 192.0.2.9, 127.0\n")
            (spool / "msglog" / id).write_text(
                f"2026-11-26 22:45:37 Received from {sender(i)} P=esmtpsa S=900\n2026-11-26 22:45:38 {recipient(i)} R=dnslookup "
                f"T=remote_smtp defer (-44): SMTP error from remote mail server: {REASONS[i % 3].format(i % 250, i % 250)[-200:]}\n")
    script(folder / "exim", 'case $1 in -bp) exec cat /room/list;; -bP) echo spool_directory = /room/spool;; *) exit 1;; esac')
    for name in ("postqueue", "postcat"):
        script(folder / name, "exit 1")


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def one(kind: str, make: Callable[[Path, int], None], count: int, say: Callable[[str], None]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="asg-queue-"))
    folder.chmod(0o755)
    group = process.Group()
    try:
        room = folder / "room"
        room.mkdir()
        make(room, count)
        stand = Stand(room).start(group, fetch.programs(["postfix"]))
        sock = room / "helper.sock"
        helper = group.add(process.Process("helper", stand.argv(str(BUILD / "antispam-guide-helper"), "-s", "/room/helper.sock",
                                                                "-u", "0"), folder / "helper.log"))
        helper.wait_ready(lambda: process.unix_connects(sock))
        config = folder / "config.yaml"
        config.write_text(json.dumps({
            "panel": {"kind": "postfix"}, "domains": [{"name": "cust.example", "owner": "anna"}], "store": str(folder / "state.db"),
            "services": {"helper": str(sock)}, "server": {"addresses": ["203.0.113.10"], "smtp_probe": False},
            "dns": {"resolvers": ["127.0.0.1:1"]}}))
        took, cpu, peak, said = timed([BUILD / "antispam-guide", "queue", "summary", "--config", str(config), "--json"])
        answer = json.loads(said)
        assert answer["total"] == count, answer["total"]
        top = max(g["count"] for g in answer["groups"] if g["by"] == "sender")
        assert abs(top - count * 0.9) < count * 0.01, top
        say(f"| {kind} | {count:,} | {(room / 'list').stat().st_size / 1048576:.1f} | {took:.2f} | {cpu:.2f} | {peak / 1024:.0f} | "
            f"{answer['read']:,} |")
    finally:
        group.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure(say: Callable[[str], None], count: int) -> None:
    say("## A very large queue\n")
    say("`queue summary` as a whole process, the real helper beside it; the list is generated.  read: messages whose headers were "
        "looked at, evenly over the queue.\n")
    say("| | messages | list, MiB | seconds | CPU, s | peak MiB | read |\n|---|---|---|---|---|---|---|")
    for kind, make in (("Postfix", postfix), ("Exim", exim)):
        for n in (count // 100, count // 10, count):
            one(kind, make, n, say)
    say("")


if __name__ == "__main__":
    random.seed(1)
    measure(print, int(sys.argv[1]) if len(sys.argv) > 1 else 100000)
