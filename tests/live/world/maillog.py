"""A mail log of the provider's world: thirty days of office hours, a script, a newsletter, a stolen mailbox.

Written as rsyslog or as Exim write it.  The same seed writes the same log.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Iterator, TextIO

PEOPLE = ["info@cust.example", "anna@cust.example", "office@cust.example", "shop@nospf.example", "info@lookups.example",
          "ben@lookups.example", "carla@nodkim.example", "info@nodmarc.example", "eva@forwards.example"]


def stamp(at: float, style: str = "rfc3339") -> str:
    t = time.gmtime(at)
    if style == "classic":
        return time.strftime("%b ", t) + "%2d" % t.tm_mday + time.strftime(" %H:%M:%S", t)
    if style == "exim":
        return time.strftime("%Y-%m-%d %H:%M:%S", t)
    return time.strftime("%Y-%m-%dT%H:%M:%S", t) + ".%06d+00:00" % (int(at * 1e6) % 1000000)


def sent(at: float, account: str, ip: str, n: int, to: str = "someone@far.example", style: str = "rfc3339") -> str:
    """All lines of one message that somebody logged in to send."""
    if style == "exim":
        q = "1t%03dA-%06d-1C" % (n % 1000, n % 1000000)
        return "".join(stamp(at, style) + line + "\n" for line in (
            f" {q} <= {account} H=(pc) [{ip}]:4711 P=esmtpsa X=TLS1.3 A=dovecot_login:{account} S=900 id={n}@pc",
            f" {q} => {to} R=dnslookup T=remote_smtp H=mx.far.example [198.51.100.9] C=\"250 ok\"", f" {q} Completed"))
    q = "4%05X" % (n % 0xfffff)
    head = stamp(at, style) + " srv1 postfix/"
    return (f"{head}submission/smtpd[{2000 + n % 50}]: {q}: client=pc.far.example[{ip}], sasl_method=PLAIN, sasl_username={account}\n"
            f"{head}cleanup[311]: {q}: message-id=<{n}@{account.partition('@')[2]}>\n"
            f"{head}qmgr[33]: {q}: from=<{account}>, size={900 + n % 5000}, nrcpt=1 (queue active)\n"
            f"{head}smtp[{3000 + n % 50}]: {q}: to=<{to}>, relay=mx.far.example[198.51.100.9]:25, delay=0.6, delays=0.1/0/0.2/0.3, "
            f"dsn=2.0.0, status=sent (250 2.0.0 OK)\n{head}qmgr[33]: {q}: removed\n")


def by_script(at: float, uid: int, sender: str, script: str, n: int) -> str:
    head = stamp(at) + " srv1 "
    return (f"{head}php[{n % 9000}]: mail() on [{script}:12]: To: someone@far.example -- Headers: From: {sender}\n"
            f"{head}postfix/pickup[77]: 5{n % 0xfffff:05X}: uid={uid} from=<{sender}>\n")


def forwarded(at: float, n: int, original: str = "office@forwards.example", to: str = "office@hotmail.com",
              taken: bool = True) -> str:
    """A stranger's message for an address that keeps a copy and sends it on."""
    q, head = "6%05X" % (n % 0xfffff), stamp(at) + " srv1 postfix/"
    answer = "dsn=2.0.0, status=sent (250 OK)" if taken else "dsn=5.7.1, status=bounced (550 5.7.1 (S3140))"
    return (f"{head}smtpd[9]: {q}: client=mx.far.example[198.51.100.9]\n"
            f"{head}qmgr[33]: {q}: from=<someone@far.example>, size=900, nrcpt=2 (queue active)\n"
            f"{head}pipe[34]: {q}: to=<{original}>, relay=plesk_virtual, delay=0.1, dsn=2.0.0, status=sent (delivered)\n"
            f"{head}smtp[35]: {q}: to=<{to}>, orig_to=<{original}>, relay=hotmail-com.olc.protection.outlook.com[198.51.100.25]:25, "
            f"delay=0.6, {answer}\n{head}qmgr[33]: {q}: removed\n")


def limited(at: float, account: str, ip: str) -> str:
    return (f"{stamp(at)} srv1 postfix/smtpd[9]: NOQUEUE: reject: RCPT from pc.far.example[{ip}]: 450 4.7.1 <someone@far.example>: "
            f"Recipient address rejected: Rate limit reached; from=<{account}> to=<someone@far.example> proto=ESMTP helo=<pc> "
            f"sasl_username=<{account}>\n")


def noise(at: float, n: int) -> str:
    head = stamp(at) + " srv1 "
    return (f"{head}postfix/smtpd[8]: NOQUEUE: reject: RCPT from unknown[203.0.113.{n % 250}]: 554 5.7.1 <x@far.example>: Relay access "
            f"denied; from=<x@far.example> to=<y@far.example> proto=ESMTP helo=<x>\n"
            f"{head}postfix/smtpd[8]: warning: unknown[203.0.113.{n % 250}]: SASL LOGIN authentication failed: x\n"
            f"{head}dovecot: imap-login: Login: user=<info@cust.example>, method=PLAIN, rip=192.0.2.7, mpid={n}\n")


def month(now: float, days: int = 30, seed: int = 1) -> Iterator[str]:
    """Pieces in the order of time: one hour each."""
    rnd = random.Random(seed)
    first = int(now) // 3600 * 3600 - days * 86400 + 3600
    n = 0
    for hour in range(first, int(now) // 3600 * 3600 + 1, 3600):
        t = time.gmtime(hour)
        busy = 8 <= t.tm_hour < 19 and t.tm_wday < 5
        times = []
        for i, who in enumerate(PEOPLE):
            for _ in range(rnd.randint(0, 6 - i // 2) if busy else rnd.random() < .1):
                n += 1
                times.append((rnd.random(), sent, (who, "20.%d.3.%d" % (i, rnd.randint(1, 200)), n)))
        if t.tm_hour % 6 == 3:
            n += 1
            times.append((rnd.random(), by_script, (10001, "www@cust.example", "/var/www/vhosts/cust.example/httpdocs/wp/mail.php", n)))
        if t.tm_wday == 2 and t.tm_hour == 10:                  # the newsletter
            times += [(i / 80, sent, ("shop@nospf.example", "20.3.3.3", n + i)) for i in range(60)]
            n += 60
        age = (int(now) - hour) // 3600
        if 50 <= age < 54:                                      # the stolen mailbox
            times += [(i / 250, sent, ("info@lookups.example", "%d.%d.9.9" % (60 + i % 40, i % 200), n + i)) for i in range(200)]
            times += [(.9, limited, ("info@lookups.example", "61.4.9.9"))] * 40
            n += 200
        times.append((rnd.random(), noise, (n,)))
        if t.tm_hour % 2 == 0:
            times.append((.5, forwarded, (n, "office@forwards.example", "office@hotmail.com", t.tm_hour != 2)))
        out = [make(hour + at * 3599, *args) for at, make, args in sorted(times, key=lambda v: v[0]) if hour + at * 3599 <= now]
        yield "".join(out)


def write(path: Path, now: float | None = None, days: int = 30) -> Path:
    with path.open("w") as out:
        for piece in month(time.time() if now is None else now, days):
            out.write(piece)
    return path


def fill(out: TextIO, size: int, now: float, mailboxes: int = 3000, days: int = 28) -> None:
    """A big one of about so many bytes, for measuring: few send much, many a little, in office hours."""
    rnd = random.Random(2)
    weights = [1 / (1 + i) for i in range(mailboxes)]
    names = ["user%d@dom%d.example" % (i, i % 500) for i in range(mailboxes)]
    start, written, n = now - days * 86400, 0, 0
    while written < size:
        at = start + written / size * days * 86400
        block = []
        for who in rnd.choices(names, weights, k=1000):
            n += 1
            at += .001
            block.append(sent(at, who, "%d.%d.3.%d" % (20 + n % 7, len(who), n % 250), n))
            if n % 4 == 0:
                block.append(noise(at, n))
        text = "".join(block)
        out.write(text)
        written += len(text)
