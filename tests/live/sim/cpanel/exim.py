"""Exim's queue as its own commands show and change it (exim(8)), over the messages that fetch_mail_queue tells [9.1]."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .panel import Panel

ID = re.compile(r"^[0-9A-Za-z]{6}-([0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})$")

GONE = {False: "Spool data file for {0} does not exist\n",
        True: "Spool data file for {0} does not exist\nContinuing, to ensure all files removed\n"
              "Spool read error for {0}-H: No such file or directory\nContinuing to ensure all files removed\n"
              "Message {0} has been removed or did not exist\n"}


def age(seconds: int) -> str:
    minutes = max(0, seconds // 60)
    if minutes < 90:
        return f"{minutes:2d}m"
    hours = (minutes + 30) // 60
    return f"{hours:2d}h" if hours <= 72 else f"{(hours + 12) // 24:2d}d"


def size(octets: int) -> str:
    if octets < 1024:
        return f"{octets:5d}"
    return f"{octets / 1024:4.1f}K" if octets < 10240 else f"{(octets + 512) // 1024:4d}K"


def list_line(message: dict[str, Any], now: float) -> str:
    out = f"{age(int(now - message['time']))} {size(message['size'])} {message['msgid']} <{message['sender']}>"
    if message.get("local"):                # cPanel lets users name their sender (untrusted_set_sender)
        out += f" ({message['user']})"
    if message["frozen"]:
        out += " *** frozen ***"
    return out + "\n" + "".join(f"          {r}\n" for r in message["recipients"]) + "\n"


def header_file(message: dict[str, Any]) -> str:
    """The -H file of the spool: who, the envelope, variables (with two dashes what a stranger has said), recipients,
    the header with the length of each field and what Exim makes of it."""
    local, user, uid = message.get("local"), message.get("user"), message.get("uid", 47)
    lines = [f"{message['msgid']}-H", f"{user} {uid} {uid}" if local else "mailnull 47 12", f"<{message['sender']}>",
             f"{message['time']} 0", "-received_time_usec .123456", f"-received_time_complete {message['time']}.234567"]
    if local:
        lines += [f"-ident {user}", "-received_protocol local"]
    elif message["sender"]:
        lines += ["--helo_name laptop.provider.example", "-host_address [198.51.100.9]:51000"]
        lines += ["-host_auth dovecot_login", "-host_auth_pubname LOGIN"] if message.get("auth") else []
        lines += ["-interface_address [203.0.113.10]:587", f"-received_protocol esmtp{'sa' if message.get('auth') else ''}"]
    else:
        lines += ["-received_protocol local"]
    lines += ["-body_linecount 3", "-max_received_linelength 120"]
    if message.get("auth"):
        lines.append(f"--auth_id {message['auth']}")
    if local:                               # not a login: whose program it was
        lines += [f"-auth_id {user}", f"-auth_sender {user}@srv1.host.example", "-allow_unqualified_recipient",
                  "-allow_unqualified_sender", "-local", "-sender_set_untrusted"]
    if message["frozen"]:
        lines.append(f"-frozen {message['time']}")
    lines += ["-tls_resumption A", "XX", str(len(message["recipients"])), *message["recipients"], ""]
    return "".join(line + "\n" for line in lines) + \
        "".join(f"{len((text + chr(10)).encode()):03d}{mark} {text}\n" for mark, text in headers(message))


def headers(message: dict[str, Any]) -> list[tuple[str, str]]:
    sent = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(message["time"]))
    first = message["recipients"][0] if message["recipients"] else ""
    given = [(" ", line) for line in message.get("headers", [])]
    received = (f"Received: from {message['user']} by srv1.host.example with local (Exim 4.98.2)" if message.get("local") else
                "Received: from [198.51.100.9] (helo=laptop.provider.example)\n\tby srv1.host.example with esmtpsa (Exim 4.98.2)")
    return [("P", f"{received}\n\t(envelope-from <{message['sender']}>)\n\tid {message['msgid']};\n\t{sent}"),
            ("F", f"From: {message['sender'] or 'Mail Delivery System <Mailer-Daemon@srv1.host.example>'}"),
            ("T", f"To: {first}"), (" ", f"Subject: {message.get('subject', 'hello')}"), *given,
            ("I", f"Message-Id: <E{message['msgid']}@srv1.host.example>"), (" ", f"Date: {sent}")]


def message_log(message: dict[str, Any]) -> str:
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(message["time"]))
    by = f"U={message['user']} P=local" if message.get("local") else "H=(laptop.provider.example) [198.51.100.9] P=esmtpsa"
    if message.get("auth"):
        by += f" A=dovecot_login:{message['auth']}"
    out = f"{at} Received from {message['sender'] or '<>'} {by} S={message['size']} T=\"{message.get('subject', 'hello')}\"\n"
    for to in message["recipients"]:
        if message.get("reason"):
            out += (f"{at} {to} R=dkim_lookuphost T=dkim_remote_smtp defer (-46): SMTP error from remote mail server: "
                    f"{message['reason']}\n")
    return out + (f"{at} *** Frozen\n" if message["frozen"] else "")


def find(panel: Panel, id: str) -> dict[str, Any] | None:
    return next((m for m in panel.state.world["queue"] if m["msgid"] == id), None)


def act(panel: Panel, option: str, message: dict[str, Any]) -> tuple[str, bool]:
    """What is said after "Message ID", and whether it was done."""
    queue = panel.state.world["queue"]
    if option == "-Mrm":
        queue.remove(message)
        return "has been removed", True
    if option == "-Mf":
        done = not message["frozen"]
        message["frozen"] = 1
        return "is now frozen" if done else "is already frozen", done
    done = bool(message["frozen"])
    message["frozen"] = 0
    return "is no longer frozen" if done else "is not frozen", done


def command(panel: Panel, argv: list[str]) -> tuple[str, str]:
    """Output, and what went wrong ("": nothing)."""
    queue, now = panel.state.world["queue"], time.time()
    option, ids = (argv[0] if argv else ""), argv[1:]
    if option == "-bpc" and not ids:
        return f"{len(queue)}\n", ""
    if option in ("-bp", "-bpu", "-bpr") and not ids:
        return "".join(list_line(m, now) for m in queue), ""
    if option in ("-Mvh", "-Mvb", "-Mvl") and len(ids) == 1:
        message = find(panel, ids[0])
        if message is None:
            return f"Failed to open input file for {ids[0]}-{option[-1].upper()}: No such file or directory\n", "\n"
        text = {"-Mvh": header_file, "-Mvb": lambda m: f"{m['msgid']}-D\n{m.get('body', 'hello')}\n", "-Mvl": message_log}[option]
        return text(message), ""
    if option in ("-Mrm", "-Mf", "-Mt", "-M") and ids:
        out, bad = "", ""
        for id in ids:
            if not ID.match(id):
                return out, f"exim: malformed message id {id} after {option} option\n"
            message = find(panel, id)
            if message is None:
                out += GONE[option == "-Mrm"].format(id)
                bad = "\n"
            elif option == "-M":
                if not message.get("reason"):
                    queue.remove(message)
            else:
                text, done = act(panel, option, message)
                out += f"Message {id} {text}\n"
                bad = bad if done else "\n"
        panel.state.changed()
        return out, bad
    return "", f"exim abandoned: unknown, malformed, or incomplete option {option}\n"


def grep(panel: Panel, argv: list[str]) -> str:
    """exiqgrep: -f and -r are regular expressions, -i ids, -c a count, -z frozen, -x not frozen, -o and -y seconds."""
    rows, now, ids, count = list(panel.state.world["queue"]), time.time(), False, False
    words = iter(argv)
    for word in words:
        if word == "-i":
            ids = True
        elif word == "-c":
            count = True
        elif word in ("-z", "-x"):
            rows = [m for m in rows if bool(m["frozen"]) == (word == "-z")]
        elif word == "-f":
            pattern = next(words, "")
            rows = [m for m in rows if re.search(pattern, f"<{m['sender']}>")]
        elif word == "-r":
            pattern = next(words, "")
            rows = [m for m in rows if any(re.search(pattern, r) for r in m["recipients"])]
        elif word in ("-o", "-y"):
            limit = int(next(words, "0"))
            rows = [m for m in rows if (now - m["time"] > limit) == (word == "-o")]
    if count:
        return f"{len(rows)} matches out of {len(panel.state.world['queue'])} messages\n"
    return "".join(m["msgid"] + "\n" if ids else list_line(m, now) for m in rows)
