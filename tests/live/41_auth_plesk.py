#!/usr/bin/env python3
"""DKIM and DMARC repaired in the simulated Plesk: found, planned, applied, seen in the DNS, undone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                     # noqa: E402
from demo import TOP, Demo      # noqa: E402

PROGRAM = TOP / os.environ.get("BUILD", "build") / "antispam-guide"
CONFIG = ""


def run(*words: str) -> dict:
    done = subprocess.run([str(PROGRAM), *words, "--config", CONFIG, "--json"], capture_output=True, text=True,
                          timeout=120, cwd=TOP)
    return json.loads(done.stdout) if done.stdout.startswith("{") else {"error": done.stderr}


def found(domain: str) -> set[str]:
    report = run("check", domain, "--only", "dkim,dmarc")["reports"][0]
    return {f["id"] for f in report["findings"]}


def plan(fix: str, target: str, *sets: str) -> dict:
    return run("fix", "plan", fix, "--target", target, *[w for s in sets for w in ("--set", s)])


def apply(made: dict) -> dict:
    return run("fix", "apply", made["plan"], "--hash", made["hash"])


def code(made: dict) -> str | None:
    return (made.get("refused") or {}).get("code")


def soon(what: str, domain: str, finding: str) -> None:
    """Plesk takes a moment to write the records of a key."""
    for _ in range(20):
        if finding in found(domain):
            break
        time.sleep(0.3)
    live.check(what, finding in found(domain), found(domain))


def check_findings() -> None:
    for domain, want in {"cust.example": "dkim.ok", "nodkim.example": "dkim.signing_off",
                         "cutkey.example": "dkim.key_truncated", "shortkey.example": "dkim.key_truncated",
                         "elsewhere.example": "dkim.ok", "parked.example": "dkim.not_applicable",
                         "nodmarc.example": "dmarc.missing", "host.example": "dmarc.ok"}.items():
        live.check(f"{domain}: {want}", want in found(domain), found(domain))
    bulk = run("check", "--all", "--only", "dkim")["reports"]
    bad = {r["target"]["ascii"] for r in bulk if r["summary"]["worst"] == "problem"}
    live.check("all at once find the same", bad == {"nodkim.example", "cutkey.example", "shortkey.example"}, bad)


def check_dkim() -> None:
    made = plan("dkim.enable", "nodkim.example")
    done = apply(made)
    live.check("the domain's switch", done.get("state") == "verified", done)
    soon("signed, and the key is there", "nodkim.example", "dkim.ok")
    live.check("once is enough", code(plan("dkim.enable", "nodkim.example")) == "not_needed")
    live.check("undone", run("fix", "undo", str(done["entry"])).get("state") == "undone")
    live.check("off again", "dkim.signing_off" in found("nodkim.example"))

    made = plan("dkim.publish", "shortkey.example")
    live.check("Plesk writes its record anew, without undo", made.get("no_undo") is True and
               made["changes"][0]["key"] == "dkim_record", made)
    live.check("applied", apply(made).get("state") in ("verified", "unknown"))
    soon("the whole key", "shortkey.example", "dkim.ok")

    made = plan("dkim.publish", "cutkey.example")
    copies = made.get("copies") or [{}]
    live.check("DNS elsewhere: the whole key to copy", made.get("mode") == "copy" and
               len(copies[0].get("value", "")) > 390 and len(copies[0].get("value_split", [])) == 2, made)
    done = apply(plan("dkim.enable_server", "server"))
    live.check("the server's switch cannot be read back", done.get("state") == "applied", done)


def check_dmarc() -> None:
    made = plan("dmarc.publish", "nodmarc.example", "rua=nobody@nodmarc.example")
    live.check("a mailbox that is not there", code(made) == "invalid_value", made)
    made = plan("dmarc.publish", "nodmarc.example", "rua=david@nodmarc.example", "policy=quarantine")
    live.check("the record", made["changes"][0]["after"]["values"] ==
               ["v=DMARC1; p=quarantine; rua=mailto:david@nodmarc.example"], made)
    done = apply(made)
    live.check("every name server has it", done.get("state") == "verified" and
               {s["state"] for s in done["verification"]["name_servers"]} == {"ok"}, done)
    live.check("found right", "dmarc.ok" in found("nodmarc.example"))
    live.check("twice is not needed", code(plan("dmarc.publish", "nodmarc.example")) == "not_needed")
    live.check("undone", run("fix", "undo", str(done["entry"])).get("state") == "undone")
    live.check("missing again", "dmarc.missing" in found("nodmarc.example"))


def main() -> None:
    global CONFIG
    with tempfile.TemporaryDirectory(prefix="asg-auth-") as folder:
        with Demo(Path(folder), with_web=False):
            CONFIG = str(Path(folder) / "config.yaml")
            check_findings()
            check_dkim()
            check_dmarc()
    live.end()


main()
