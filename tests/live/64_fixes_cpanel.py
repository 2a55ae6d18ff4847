#!/usr/bin/env python3
"""Every fix that is one click on cPanel, through the real program against the simulated panel with real name
servers: plan, apply, verify, undo.  After the undo the panel's whole state is what it was, but for what no
call can bring back, and that the plan says beforehand.

`--only FIX` runs one.
"""

from __future__ import annotations

import base64
import copy
import json
import os
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

PROGRAM = str(TOP / os.environ.get("BUILD", "build") / "antispam-guide")
PASSWORD = "ruddy-Walrus-47-orchestrates"


def record(op: str, domain: str, kind: str, value: str | None = None, host: str = "") -> dict[str, Any]:
    what = {"op": op, "domain": domain, "type": kind, "host": (host + "." if host else "") + domain + "."}
    return what if value is None else {**what, "value": value}


def setting(*path: Any, value: Any) -> dict[str, Any]:
    return {"op": "set", "path": list(path), "value": value}


# fix, target, parameters, what is changed before it behind the product's back, is there an undo
CASES: list[tuple[str, str, dict[str, str], list[dict[str, Any]], bool]] = [
    # first, while no resolver has the host's address yet
    ("dns.forward_record", "server", {}, [record("delete", "host.example", "A", host="srv1")], True),
    ("hostname.set", "server", {"hostname": "mail7.host.example"},
     [record("add", "host.example", "A", "203.0.113.10", "mail7")], True),
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
    ("dkim.publish", "shortkey.example", {}, [], True),
    ("dkim.publish", "cust.example", {}, [record("delete", "cust.example", "TXT", host="default._domainkey")], True),
    ("dmarc.publish", "nodmarc.example", {}, [], True),
    ("dmarc.merge", "cust.example", {"keep": "0"}, [record("add", "cust.example", "TXT", "v=DMARC1; p=quarantine", "_dmarc")],
     True),
    ("dmarc.relax", "nodkim.example", {}, [record("edit", "nodkim.example", "TXT", "v=DMARC1; p=reject", "_dmarc"),
                                           record("edit", "nodkim.example", "TXT", "v=spf1 -all")], True),
    ("mx.publish", "nospf.example", {}, [record("delete", "nospf.example", "MX")], True),
    ("routing.remote", "nodmarc.example", {}, [record("edit", "nodmarc.example", "MX", "10 mx1.relay.example."),
                                               setting("domains", "nodmarc.example", "routing", value="local")], True),
    ("domain.park", "parked.example", {}, [], True),
    ("domain.park", "parked.example", {}, [record("add", "parked.example", "MX", "10 mail.cust.example."),
                                           record("add", "parked.example", "TXT", "v=spf1 a mx ~all"),
                                           record("add", "parked.example", "TXT", "x=1")], True),
    ("limits.enable", "server", {}, [], True),
    ("limits.set", "server", {"domain": "50"}, [setting("server", "tweak", "maxemailsperhour", value="500")], True),
    ("role_mailbox.create", "nodmarc.example", {}, [], True),
    ("forwarding.keep_copy", "sales@forwards.example", {}, [], True),
    ("forwarding.stop", "sales@forwards.example", {}, [], True),
    ("forwarding.stop", "forwards.example", {"address": "office@forwards.example"}, [], True),
    ("catchall.reject", "catchall.example", {}, [], True),
    ("mailbox.password", "info@cust.example", {}, [], False),
    ("mailbox.block", "info@cust.example", {}, [], True),
]

# the same, where the backend runs on the panel's server: by the helper (14_exim.py plays them)
ON_THE_SERVER: list[tuple[str, str, dict[str, str], list[dict[str, Any]], bool]] = [
    ("wordpress.update", "notauth.example", {}, [], False),
    ("wordpress.auto_update", "notauth.example", {}, [], True),
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
    for key in ("next_id", "hooks", "dkim_valid", "clam"):       # the panel's own doings
        state.pop(key, None)
    for zone in state["zones"].values():
        zone.pop("serial", None)
        for line in zone["lines"]:
            if line.get("record_type") == "SOA":
                line["data"] = [*line["data"][:2], "", *line["data"][3:]]
        zone["lines"] = sorted(json.dumps(line, sort_keys=True) for line in zone["lines"])
    for domain in state["domains"]:
        domain["forwarders"].sort(key=lambda f: (f["dest"], f["forward"]))
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
            # only the SPF records of the name
            for line in raw()["zones"][what["domain"]]["lines"]:
                value = "".join(line.get("data", []))
                if line.get("record_type") == "TXT" and value.startswith("v=spf1"):
                    DEMO.control("POST", "/change", {**what, "op": "delete", "value": value})
            DEMO.control("POST", "/change", {**what, "op": "add"})
        else:
            DEMO.control("POST", "/change", what)


def weak_key(domain: str) -> None:
    """A key of 1024 bits, as made years ago, and its record."""
    path = DEMO.panel_dir / "domainkeys" / domain / "default"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", str(path), "1024"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", str(path), "-pubout", "-outform", "DER"], check=True, capture_output=True)
    DEMO.control("POST", "/change", record("edit", domain, "TXT", "v=DKIM1; k=rsa; p=" +
                                           base64.b64encode(public.stdout).decode() + ";", "default._domainkey"))


def restore(before: dict[str, Any]) -> None:
    """What was changed behind the product's back, and what has no undo."""
    for key in ("accounts", "domains", "server", "wordpress"):
        DEMO.control("POST", "/change", setting(key, value=before[key]))
    now = raw()["zones"]
    for name, zone in before["zones"].items():
        if now[name]["lines"] != zone["lines"]:
            DEMO.control("POST", "/change", setting("zones", name, "lines", value=zone["lines"]))


def life(fix: str, target: str, params: dict[str, str], undo: bool) -> str | None:
    """None, or what went wrong."""
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
    wanted = ("applied",) if secret else ("verified",)
    if code != 0 or answer["state"] not in wanted:
        return f"applied ({code}): {json.dumps(answer)[:800]}"
    if secret and PASSWORD in DEMO.store.read_bytes().decode("latin-1"):
        return "the password is in the store"
    after = plain(raw())
    if not differences(before, after):
        return "nothing has changed in the panel"
    code, undone = ask("fix", "undo", str(answer["entry"]))
    if not undo:
        return None if differences(after, plain(raw())) == [] and undone["state"] != "undone" else \
            f"undone without an undo: {json.dumps(undone)[:400]}"
    if code != 0 or undone["state"] != "undone":
        return f"undo ({code}): {json.dumps(undone)[:800]}"
    left = differences(before, plain(raw()))
    return None if not left else "left after the undo: " + "; ".join(left[:6])


def copies() -> None:
    """What no call of cPanel does, or only its server: the same as text, and nothing is changed."""
    before = plain(raw())
    for fix, target, params in (("egress.ipv4_only", "server", {}), ("queue.delete_bounces", "server", {}), ("mail_log.enable", "server", {}),
                                ("antivirus.install", "server", {}), ("resolver.local", "server", {})):
        code, plan = ask("fix", "plan", fix, "--target", target)
        refused = plan["refused"] if isinstance(plan, dict) else plan
        live.check(f"{fix} is text", code == 0 and (refused is not None or plan["mode"] == "copy"), json.dumps(plan)[:400])
    live.check("no plan changes anything", not differences(before, plain(raw())))
    _, plan = ask("fix", "plan", "dkim.enable_server", "--target", "server")
    live.check("there is no switch of the server", plan["refused"] is not None, json.dumps(plan)[:300])
    _, plan = ask("fix", "plan", "limits.enable", "--target", "server", "--set", "mailbox=10")
    live.check("no limit of a mailbox", (plan["refused"] or {}).get("code") == "invalid_value", json.dumps(plan)[:300])
    for name in ("www.host.example", "7mail.host.example", "cust.example", "webmail.host.example"):
        _, plan = ask("fix", "plan", "hostname.set", "--target", "server", "--set", f"hostname={name}")
        live.check(f"no server is called {name}", plan["refused"] is not None, json.dumps(plan)[:300])


def a_new_key() -> None:
    """The weak key goes, and does not come back by an undo."""
    weak_key("forwards.example")
    wrong = life("dkim.rotate", "forwards.example", {}, False)
    live.check("dkim.rotate forwards.example", wrong is None, wrong or "")
    _, plan = ask("fix", "plan", "dkim.rotate", "--target", "forwards.example")
    live.check("the new key is good", (plan["refused"] or {}).get("code") == "not_needed", json.dumps(plan)[:300])


def secrets_stay() -> None:
    """Passwords by POST alone: the panel writes the lines of its requests down."""
    log = (DEMO.panel_dir / "access_log").read_text()
    live.check("nothing but the path is in the access log", "?" not in log and PASSWORD not in log, log[-300:])


def main() -> int:
    global DEMO
    only = sys.argv[2] if len(sys.argv) > 2 and sys.argv[1] == "--only" else None
    run = Path(tempfile.mkdtemp(prefix="asg-fixes-"))
    times: list[tuple[float, str]] = []
    with Demo(run, panel="cpanel", with_web=False, variants=["one-address"]) as DEMO:
        DEMO.control("PUT", "/switches", {"dns_wait": True, "dns_delay_s": 0.0, "hostname_delay_s": 0.2})
        for fix, target, params, changes, undo in CASES:
            if only not in (None, fix):
                continue
            world = raw()
            prepare(changes)
            begun = time.monotonic()
            wrong = life(fix, target, params, undo)
            times.append((time.monotonic() - begun, fix))
            live.check(f"{fix} {target}", wrong is None, wrong or "")
            if changes or not undo or wrong:
                restore(world)
        if only in (None, "dkim.rotate"):
            a_new_key()
        if only is None:
            copies()
            secrets_stay()
    shutil.rmtree(run, ignore_errors=True)
    for seconds, fix in sorted(times, reverse=True)[:8]:
        print(f"{seconds:6.2f} s  {fix}")
    live.end()
    return 0


if __name__ == "__main__":
    main()
