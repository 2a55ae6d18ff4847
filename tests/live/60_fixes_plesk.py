#!/usr/bin/env python3
"""Every fix that is one click on Plesk, through the real program against the simulated panel with real name
servers: plan, apply, verify, undo.  After the undo the panel's whole state is what it was, but for what no
call can bring back, and that the plan says beforehand.

`--only FIX` runs one.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                     # noqa: E402
from demo import TOP, Demo                      # noqa: E402
from servers import process                     # noqa: E402
from servers.process import Process             # noqa: E402

PROGRAM = str(TOP / os.environ.get("BUILD", "build") / "antispam-guide")
PASSWORD = "ruddy-Walrus-47-orchestrates"


def record(op: str, domain: str, kind: str, value: str | None = None, host: str = "", **more: Any) -> dict[str, Any]:
    what = {"op": op, "domain": domain, "type": kind, "host": (host + "." if host else "") + domain + ".", **more}
    return what if value is None else {**what, "value": value}


def setting(*path: Any, value: Any) -> dict[str, Any]:
    return {"op": "set", "path": list(path), "value": value}


LIMITS_ON = setting("server", "prefs", "outgoing_antispam", value=True)

# fix, target, parameters, what is changed before it behind the product's back, is there an undo
CASES: list[tuple[str, str, dict[str, str], list[dict[str, Any]], bool]] = [
    # first, while no resolver has the host's address yet
    ("dns.forward_record", "server", {}, [record("delete", "host.example", "A", host="srv1")], True),
    ("hostname.set", "server", {"hostname": "mail7.host.example"},
     [record("add", "host.example", "A", "203.0.113.10", "mail7")], True),
    ("egress.ipv4_only", "server", {},
     [setting("server", "ips", value=[{"ipv4": "203.0.113.10", "netmask": "255.255.255.0", "interface": "eth0",
                                       "type": "shared"},
                                      {"ipv6": "2001:db8:20::10", "netmask": "64", "interface": "eth0",
                                       "type": "shared"}])], True),
    ("spf.publish", "nospf.example", {}, [], True),
    ("spf.merge", "twospf.example", {}, [], True),
    ("spf.authorise", "notauth.example", {}, [], True),
    ("spf.repair", "nodkim.example", {}, [record("edit", "nodkim.example", "TXT", "v=spf1 mx ipv4:203.0.113.10 ~all")],
     True),
    ("spf.reduce", "cust.example", {}, [record("edit", "cust.example", "TXT", "v=spf1 a mx a:mail.cust.example "
      "include:_spf.google.com include:sendgrid.net include:mailgun.org include:_spf.relay.example ~all")], True),
    ("spf.close", "forwards.example", {"all": "-all"}, [record("edit", "forwards.example", "TXT", "v=spf1 mx ?all")],
     True),
    ("dkim.enable", "nodkim.example", {}, [], True),
    ("dkim.publish", "shortkey.example", {}, [], False),
    ("dmarc.publish", "nodmarc.example", {}, [], True),
    ("dmarc.merge", "cust.example", {"keep": "0"}, [record("add", "cust.example", "TXT", "v=DMARC1; p=quarantine", "_dmarc")],
     True),
    ("dmarc.relax", "nodkim.example", {}, [record("edit", "nodkim.example", "TXT", "v=DMARC1; p=reject", "_dmarc"),
                                           record("edit", "nodkim.example", "TXT", "v=spf1 -all")], True),
    ("mx.publish", "nospf.example", {}, [record("delete", "nospf.example", "MX")], False),      # Plesk deletes no last MX
    ("routing.remote", "nodmarc.example", {}, [record("edit", "nodmarc.example", "MX", "mx1.relay.example.")], True),
    ("domain.park", "parked.example", {}, [], False),           # nor here
    ("domain.park", "parked.example", {}, [record("add", "parked.example", "MX", "mail.cust.example.", opt="10"),
                                           record("add", "parked.example", "TXT", "v=spf1 a mx ~all"),
                                           record("add", "parked.example", "TXT", "x=1")], True),
    ("limits.enable", "server", {}, [], True),
    ("limits.set", "server", {"mailbox": "50"}, [LIMITS_ON], True),
    ("role_mailbox.create", "nodmarc.example", {}, [], True),
    ("forwarding.keep_copy", "sales@forwards.example", {}, [], True),
    ("forwarding.stop", "sales@forwards.example", {}, [], True),
    ("forwarding.stop", "forwards.example", {"address": "office@forwards.example"}, [], True),
    ("catchall.reject", "catchall.example", {}, [], True),
    ("mailbox.password", "info@cust.example", {}, [], False),
    ("mailbox.block", "info@cust.example", {}, [LIMITS_ON], True),
    ("wordpress.update", "notauth.example/httpdocs", {}, [], False),
    # Not every Plesk tells the limit of a mailbox: then it is taken at its word, and put back all the same.
    ("mailbox.block", "info@cust.example", {"-mute": "mailbox_limit_told"}, [LIMITS_ON], True),
    # last: the panel then writes the key records of all domains anew, a little later
    ("dkim.enable_server", "server", {}, [setting("server", "dkim_sign", value=False)], False),
]

DEMO: Demo


def ask(*argv: str, say: str = "") -> tuple[int, Any]:
    done = subprocess.run([PROGRAM, *argv, "--json", "--config", str(DEMO.config)], text=True, capture_output=True,
                          input=say, timeout=120)
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        return done.returncode, done.stderr


def raw() -> dict[str, Any]:
    return DEMO.control("GET", "/state")


def plain(state: dict[str, Any]) -> dict[str, Any]:
    """Without numbers that any write uses up, and records in the order of their text."""
    state = copy.deepcopy(state)
    for key in ("next_id", "tasks", "wp_tasks", "root_commands"):
        state.pop(key, None)
    if state["server"]["prefs"]["outgoing_email_mode"] != "explicit-ip":
        for family in ("ipv4", "ipv6"):         # kept by the panel, used by nobody
            state["server"]["prefs"].pop("outgoing_email_mode_explicit_" + family, None)
    for domain in state["domains"]:
        for zone in (domain.get("zone"), *(a.get("zone") for a in domain["aliases"])):
            if zone:
                zone.pop("serial", None)
                for r in zone["records"]:
                    r.pop("id")
                zone["records"].sort(key=lambda r: json.dumps(r, sort_keys=True))
    return state


def differences(a: Any, b: Any, path: str = "") -> list[str]:
    if isinstance(a, dict) and isinstance(b, dict):
        return [d for k in sorted(a.keys() | b.keys()) for d in differences(a.get(k), b.get(k), f"{path}/{k}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for n, (x, y) in enumerate(zip(a, b)) for d in differences(x, y, f"{path}/{n}")]
    return [] if a == b else [f"{path}: {json.dumps(a)[-200:]} -> {json.dumps(b)[-200:]}"]


def prepare(changes: list[dict[str, Any]]) -> None:
    for what in changes:
        if what["op"] == "edit" and what["type"] == "TXT" and what["value"].startswith("v=spf1"):
            # only the SPF record of the name
            domain = next(d for d in raw()["domains"] if d["ascii_name"] == what["domain"])
            for r in domain["zone"]["records"]:
                if r["type"] == "TXT" and r["host"] == what["host"] and r["value"].startswith("v=spf1"):
                    DEMO.control("POST", "/change", {**what, "op": "delete", "value": r["value"]})
            DEMO.control("POST", "/change", {**what, "op": "add"})
        else:
            DEMO.control("POST", "/change", what)


def restore(before: dict[str, Any]) -> None:
    """What was changed behind the product's back, and what has no undo."""
    for key in ("domains", "server", "wordpress"):
        DEMO.control("POST", "/change", setting(key, value=before[key]))
    for domain in before["domains"]:            # so that its zone is published again
        DEMO.control("POST", "/change", setting("domains", domain["ascii_name"], "zone", value=domain["zone"]))


def life(fix: str, target: str, params: dict[str, str], undo: bool, mute: bool = False) -> str | None:
    """None, or what went wrong.  mute: the panel does not tell how it stands."""
    sets = [word for k, v in params.items() for word in ("--set", f"{k}={v}")]
    before = plain(raw())
    code, plan = ask("fix", "plan", fix, "--target", target, *sets)
    if code != 0 or plan["refused"] is not None or plan["mode"] != "one_click":
        return f"no plan ({code}): {json.dumps(plan)[:600]}"
    if plan["no_undo"] == undo:
        return f"no_undo is {plan['no_undo']}"
    if not any(a["description"] and a["refused"] for a in plan["alternatives"]):
        return f"no other way was considered: {plan['alternatives']}"
    if differences(before, plain(raw())):
        return "a plan has written something"
    secret = any(c["kind"] == "secret" for c in plan["changes"])
    code, answer = ask("fix", "apply", plan["plan"], "--hash", plan["hash"], say=PASSWORD if secret else "")
    wanted = ("applied",) if secret or fix == "dkim.enable_server" or mute else ("verified",)
    if code != 0 or answer["state"] not in wanted:
        return f"applied ({code}): {json.dumps(answer)[:800]}"
    _, told = ask("journal", str(answer["entry"]))
    if told["entries"][0]["final"] is not True or (answer["state"] == "applied") != bool(told["entries"][0]["reason"]):
        return f"the journal leaves it open: {json.dumps(told)[:800]}"
    if secret and PASSWORD in DEMO.store.read_bytes().decode("latin-1"):
        return "the password is in the store"
    after = plain(raw())
    if not differences(before, after):
        return "nothing has changed in the panel"
    code, undone = ask("fix", "undo", str(answer["entry"]))
    if not undo:
        return None if differences(after, plain(raw())) == [] and undone["state"] != "undone" else \
            f"undone without an undo: {json.dumps(undone)[:400]}"
    if code != 0 or undone["state"] != ("applied" if mute else "undone"):
        return f"undo ({code}): {json.dumps(undone)[:800]}"
    left = differences(before, plain(raw()))
    return None if not left else "left after the undo: " + "; ".join(left[:6])


def a_script(run: Path) -> None:
    """Where the backend runs on the panel's server a script loses its rights, and gets them back, as its owner."""
    if os.geteuid() != 0:
        return
    script = run / "root/var/www/vhosts/cust.example/httpdocs/x.php"
    script.parent.mkdir(parents=True)
    script.write_text("<?php mail();")
    for path in (script, script.parent, script.parent.parent):
        os.chown(path, 64901, 64901)
    script.chmod(0o640)
    helper = DEMO.group.add(Process("helper", [str(Path(PROGRAM).with_name("antispam-guide-helper")), "-s", str(run / "helper.sock"),
                                               "-u", "0", "-R", str(run / "root")], run / "helper.log"))
    helper.wait_ready(lambda: process.unix_connects(run / "helper.sock"))
    DEMO.config.write_text(DEMO.config.read_text() + f"services: {{helper: '{run}/helper.sock'}}\n")
    _, plan = ask("fix", "plan", "script.stop", "--target", "cust.example/httpdocs/x.php")
    live.check("script.stop is one click there", plan["refused"] is None and plan["mode"] == "one_click", json.dumps(plan)[:400])
    _, done = ask("fix", "apply", plan["plan"], "--hash", plan["hash"])
    live.check("script.stop: verified", (done["state"], script.stat().st_mode & 0o7777) == ("verified", 0), json.dumps(done)[:400])
    _, undone = ask("fix", "undo", str(done["entry"]))
    live.check("script.stop: undone", (undone["state"], script.stat().st_mode & 0o7777) == ("undone", 0o640), json.dumps(undone)[:400])


def never_called(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Calls that do not exist, that write a whole zone, that would run a command, or with a name in letters of its own."""
    def bad(call: dict[str, Any]) -> bool:
        path, params = call["path"], call.get("params", [])
        return bool(re.search(r"^/api/v2/(domains/[^/]+/dns|mail|scheduler|cli/(scheduler|git))", path)) or \
            (call.get("utility") == "dns" and call.get("command") in ("--set", "--reset", "--del-all")) or \
            "fail_on_error" in json.dumps([call.get("query"), call.get("body")]) or not all(map(str.isascii, params))
    return [call for call in calls if bad(call)]


def main() -> int:
    global DEMO
    only = sys.argv[2] if len(sys.argv) > 2 and sys.argv[1] == "--only" else None
    run = Path(tempfile.mkdtemp(prefix="asg-fixes-"))
    times: list[tuple[float, str]] = []
    with Demo(run, with_web=False, variants=["one-address"]) as DEMO:
        DEMO.control("PUT", "/switches", {"dns_wait": True, "dns_delay_s": 0.0})
        for fix, target, params, changes, undo in CASES:
            if only not in (None, fix):
                continue
            world = raw()
            prepare(changes)
            begun = time.monotonic()
            mute = params.pop("-mute", None)        # a switch: the panel does not tell how it stands
            if mute:
                DEMO.control("PUT", "/switches", {mute: False})
            wrong = life(fix, target, params, undo, mute is not None)
            if mute:
                DEMO.control("PUT", "/switches", {mute: True})
            times.append((time.monotonic() - begun, fix))
            live.check(f"{fix} {target}", wrong is None, wrong or "")
            if changes or not undo or wrong:
                restore(world)
        calls = DEMO.control("GET", "/journal")
        wrong_calls = never_called(calls)
        live.check("no call that is never to be made", len(calls) > 100 and not wrong_calls, json.dumps(wrong_calls)[:600])
        if only in (None, "script.stop"):
            a_script(run)
    shutil.rmtree(run, ignore_errors=True)
    for seconds, fix in sorted(times, reverse=True):
        print(f"{seconds:6.2f} s  {fix}")
    live.end()
    return 0


if __name__ == "__main__":
    main()
