#!/usr/bin/env python3
"""`check` without a panel over real DNS: zones with planted faults, and what is to be found.

One nsd serves the zones at two loopback addresses, one unbound resolves; the program asks both.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                 # noqa: E402
from servers import process                 # noqa: E402
from servers.fetch import programs          # noqa: E402
from servers.nsd import Nsd                 # noqa: E402
from servers.unbound import Unbound         # noqa: E402
from world.zonefile import from_lines       # noqa: E402

TOP = Path(__file__).resolve().parents[2]
PROGRAM = TOP / os.environ.get("BUILD", "build") / "antispam-guide"
SENDING = "203.0.113.10"
ADDRESSES = ["127.0.40.1", "127.0.40.2"]
SERVERS = ["ns1.host.example", "ns2.host.example"]


def rsa(bits: int) -> str:
    key = subprocess.run(["openssl", "genrsa", str(bits)], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=key, check=True,
                         capture_output=True).stdout
    return base64.b64encode(der).decode()


def ed25519() -> str:
    key = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"], input=key, check=True,
                         capture_output=True).stdout
    return base64.b64encode(der[-32:]).decode()


KEY, OTHER, WEAK, SHORT, ED = rsa(2048), rsa(2048), rsa(1024), rsa(768), ed25519()
GOOD = f"v=DKIM1; k=rsa; p={KEY}"
MX = "@ MX 10 srv1.host.example."
SPF = f"@ TXT v=spf1 ip4:{SENDING} ~all"
DKIM = f"default._domainkey TXT {GOOD}"
DMARC = "_dmarc TXT v=DMARC1; p=none"


def but(*records: str) -> list[str]:
    """A right domain in which these records stand instead of those with the same name."""
    hosts = {r.split()[0] for r in records}
    base = [MX, SPF, DKIM, DMARC]
    return [r for r in base if r.split()[0] not in hosts or (r.split()[0] == "@" and r is MX
            and not any(" MX " in x for x in records))] + [r for r in records if len(r.split()) > 1]


def key(text: str) -> list[str]:
    return but(f"default._domainkey TXT {text}")


def policy(text: str, *more: str) -> list[str]:
    return but(f"_dmarc TXT {text}", *more)


WELL = {"dkim.ok", "dmarc.ok", "dmarc.monitoring"}
STRICT = {"dkim.ok", "dmarc.ok"}
# name: records, what dkim and dmarc find
ZONES: dict[str, tuple[list[str], set[str]]] = {
    "well": (but(), WELL),
    "k-missing": (but("default._domainkey"), {"dkim.unknown", "dmarc.ok", "dmarc.monitoring"}),
    "k-text": (key("some-token=1"), {"dkim.unknown", "dmarc.ok", "dmarc.monitoring"}),
    "k-cut": (key(GOOD[:255]), WELL - {"dkim.ok"} | {"dkim.key_truncated"}),
    "k-bad": (key("v=DKIM1; k=rsa; p=thisisnokey!"), WELL - {"dkim.ok"} | {"dkim.key_invalid"}),
    "k-sha1": (key(f"v=DKIM1; h=sha1; p={KEY}"), WELL - {"dkim.ok"} | {"dkim.key_invalid"}),
    "k-revoked": (key("v=DKIM1; p="), WELL - {"dkim.ok"} | {"dkim.key_revoked"}),
    "k-two": (but(f"default._domainkey TXT {GOOD}", f"default._domainkey TXT p={OTHER}"),
              WELL - {"dkim.ok"} | {"dkim.key_multiple"}),
    "k-type": (key(f"v=DKIM1; k=rsb; p={KEY}"), WELL - {"dkim.ok"} | {"dkim.key_unsupported"}),
    "k-service": (key(f"v=DKIM1; s=other; p={KEY}"), WELL - {"dkim.ok"} | {"dkim.key_unsupported"}),
    "k-short": (key(f"p={SHORT}"), WELL - {"dkim.ok"} | {"dkim.key_too_short"}),
    "k-weak": (key(f"p={WEAK}"), WELL - {"dkim.ok"} | {"dkim.key_weak"}),
    "k-test": (key(f"t=y; p={KEY}"), WELL - {"dkim.ok"} | {"dkim.test_mode"}),
    "k-ed": (key(f"k=ed25519; p={ED}"), WELL - {"dkim.ok"} | {"dkim.ed25519_only"}),
    "k-spelt": (key(f"n=x; p = {KEY[:90]} {KEY[90:]} ;"), WELL),
    "k-alias": (but("default._domainkey CNAME keys.well.example."), WELL),
    "d-missing": (but("_dmarc"), {"dkim.ok", "dmarc.missing"}),
    "d-two": (but("_dmarc TXT v=DMARC1; p=none", "_dmarc TXT v=DMARC1; p=reject"), {"dkim.ok", "dmarc.multiple"}),
    "d-syntax": (policy("v=DMARC1 p=none"), {"dkim.ok", "dmarc.syntax"}),
    "d-tag": (policy("v=DMARC1; p=none; aspf=x"), {"dkim.ok", "dmarc.bad_tag"}),
    "d-place": (but("_dmarc", SPF, "@ TXT v=DMARC1; p=none"), {"dkim.ok", "dmarc.missing", "dmarc.bad_tag"}),
    "d-nop": (policy("v=DMARC1; rua=mailto:a@d-nop.example"), {"dkim.ok", "dmarc.no_policy"}),
    "d-rua": (policy("v=DMARC1; p=reject; rua=mailto:a@well.example"), {"dkim.ok", "dmarc.report_unauthorised"}),
    "d-consent": (policy("v=DMARC1; p=reject; rua=mailto:a@reports.example"), STRICT),
    "d-old": (policy("v=DMARC1; p=reject; pct=100"), STRICT | {"dmarc.obsolete_tag"}),
    "d-reject": (policy("v=DMARC1; p=reject"), STRICT),
    "d-spf": (policy("v=DMARC1; p=reject", "default._domainkey"), {"dkim.unknown", "dmarc.ok"}),
    "d-refuse": (policy("v=DMARC1; p=reject", "@ TXT v=spf1 -all", "default._domainkey"),
                 {"dkim.unknown", "dmarc.refuses_own_mail"}),
    "d-elsewhere": (policy("v=DMARC1; p=reject", "@ TXT v=spf1 -all", f"s9._domainkey TXT {GOOD}",
                           "default._domainkey"), {"dkim.unknown", "dmarc.ok"}),
    "parked": (["@ MX 0 .", "@ TXT v=spf1 -all", "_dmarc TXT v=DMARC1; p=reject"],
               {"dkim.not_applicable", "dmarc.ok"}),
    "parent": (but("_dmarc TXT v=DMARC1; p=reject; sp=quarantine", f"shop MX 10 srv1.host.example.",
                   f"shop TXT v=spf1 ip4:{SENDING} -all", f"default._domainkey.shop TXT {GOOD}"), STRICT),
}
ALSO: dict[str, set[str]] = {"shop.parent.example": STRICT, "nothing.example": {"dkim.not_applicable",
                                                                                 "dmarc.not_applicable"}}


def start(folder: Path, group: process.Group) -> list[str]:
    """Servers with all zones; the options that lead the program to them."""
    have = programs(["nsd", "unbound"])
    port, resolver = process.free_port(ADDRESSES, udp=True), process.free_port(udp=True)
    nsd = Nsd(folder / "nsd", ADDRESSES, port)
    nsd.start(group, have)
    zones = {name + ".example": records for name, (records, _) in ZONES.items()}
    zones["host.example"] = [f"ns1 A {ADDRESSES[0]}", f"ns2 A {ADDRESSES[1]}", f"srv1 A {SENDING}"]
    zones["reports.example"] = ["*._report._dmarc TXT v=DMARC1"]
    zones["well.example"] = but() + [f"keys TXT {GOOD}"]
    zones["example"] = [f"{name.split('.')[0]} NS {server}." for name in zones for server in SERVERS]
    for name, records in zones.items():
        nsd.add(name, from_lines(name, 1, SERVERS, records))
    nsd.add(".", from_lines(".", 1, SERVERS, [f"example. NS {server}." for server in SERVERS]))
    for name in zones:
        if not nsd.wait_serial(name, 1):
            live.check(f"nsd serves {name}", False)
    Unbound(folder / "unbound", resolver, {z: ADDRESSES for z in [".", *zones]}, port).start(group, have)
    config = folder / "config.yaml"
    config.write_text(f"panel: {{kind: none}}\ndns: {{authoritative_port: {port}, allow_private: true}}\n"
                      f"domains: [{{name: D-Missing.example, owner: anna}}]\nstore: {folder}/state.db\nblacklists: {{enabled: false}}\n")
    return ["--config", str(config), "--resolver", f"127.0.0.1:{resolver}"]


def ask(options: list[str], *words: str) -> tuple[int, dict[str, dict]]:
    """Exit status, and the reports by their domains."""
    run = subprocess.run([str(PROGRAM), *words, *options, "--json"], capture_output=True, text=True, timeout=120,
                         cwd=TOP)
    if not run.stdout:
        print(run.stderr[-2000:])
        return run.returncode, {}
    answer = json.loads(run.stdout)
    return run.returncode, {r["target"]["ascii"]: r for r in answer.get("reports", [])} or answer


def found(report: dict, *checks: str) -> set[str]:
    return {f["id"] for f in report["findings"] if f["check"] in checks}


def one(report: dict, finding: str) -> dict:
    return next((f for f in report["findings"] if f["id"] == finding), {})


def check_findings(options: list[str]) -> dict[str, dict]:
    names = [name + ".example" for name in ZONES] + list(ALSO)
    status, reports = ask(options, "check", *names, "--only", "spf,dkim,dmarc", "--address", SENDING)
    live.check("exit status", status == 0, status)
    live.check("a report for every name", set(reports) == set(names), set(names) ^ set(reports))
    for name in names:
        want = ALSO.get(name) or ZONES[name.removesuffix(".example")][1]
        got = found(reports[name], "dkim", "dmarc")
        live.check(name, got == want, f"{sorted(got)}, not {sorted(want)}")
        for f in reports[name]["findings"]:
            if not f["title"] or not f["text"] or "{" in f["text"] + f["detail"]:
                live.check(f"{name}: words of {f['id']}", False, f)
    return reports


def check_selectors(options: list[str]) -> None:
    _, reports = ask(options, "check", "d-elsewhere.example", "--only", "dkim,dmarc", "--address", SENDING,
                     "--selector", "s9")
    report = reports["d-elsewhere.example"]
    live.check("a selector that was given", found(report, "dkim", "dmarc") == STRICT, report["findings"])
    live.check("its data", one(report, "dkim.ok")["data"]["selector"] == "s9" and
               one(report, "dkim.ok")["data"]["bits"] == 2048 and one(report, "dkim.ok")["data"]["type"] == "rsa",
               one(report, "dkim.ok"))


def check_server(options: list[str]) -> None:
    _, reports = ask(options, "check", "--server")
    subjects = [(f["id"], f["subject"]) for r in reports.values() for f in r["findings"]]
    live.check("a server without an address is still the server", bool(subjects) and
               {s for _, s in subjects} == {"server"}, subjects)


def check_report(reports: dict[str, dict]) -> None:
    f = one(reports["d-missing.example"], "dmarc.missing")
    live.check("severity and verdict", (f["verdict"], f["severity"], f["owner"]) == ("warning", "medium", "customer"), f)
    fix = f["fixes"][0]
    live.check("without a panel the fix is text to copy", fix["id"] == "dmarc.publish" and fix["mode"] == "copy", fix)
    live.check("the record to copy", fix.get("copy", {}).get("value") == "v=DMARC1; p=none" and
               fix["copy"]["name"] == "_dmarc.d-missing.example" and fix["copy"]["type"] == "TXT", fix)
    f = one(reports["k-test.example"], "dkim.test_mode")
    split = f["fixes"][0].get("copy", {}).get("value_split", [])
    live.check("a long key is split", len(split) == 2 and "".join(split) == GOOD and max(map(len, split)) <= 255, f["fixes"])
    f = one(reports["k-weak.example"], "dkim.key_weak")
    live.check("dkim data", f["data"]["selector"] == "default" and f["data"]["bits"] == 1024 and
               f["data"]["type"] == "rsa", f["data"])
    shown = f["evidence"][0]
    live.check("evidence of an authoritative server", shown["kind"] == "dns" and shown["server"] in ADDRESSES and
               shown["name"] == "default._domainkey.k-weak.example" and shown["rcode"] == "NOERROR", shown)
    f = one(reports["d-refuse.example"], "dmarc.refuses_own_mail")
    live.check("the worst is said", (f["verdict"], f["severity"]) == ("problem", "critical"), f)
    live.check("relaxing is offered", f["fixes"][0]["copy"]["value"] == "v=DMARC1; p=none", f["fixes"])
    f = one(reports["k-missing.example"], "dkim.unknown")
    live.check("unknown never alarms", f["verdict"] == "unknown" and f["severity"] is None, f)
    live.check("the owner that the configuration names", reports["d-missing.example"]["target"]["owner"] == "anna" and
               reports["k-test.example"]["target"]["owner"] is None, reports["d-missing.example"]["target"])
    always = {"spf": {"record", "records", "lookups", "void_lookups", "terms", "results"},
              "dkim": {"selector", "bits", "type"}, "dns": {"name_servers", "where", "operator"}}
    lacking = [(name, f["id"], sorted(always[f["check"]] - set(f["data"]))) for name, report in reports.items()
               for f in report["findings"] if always.get(f["check"], set()) - set(f["data"])]
    live.check("data that every finding has", lacking == [], lacking)


def check_plans(options: list[str]) -> None:
    def plan(fix: str, target: str, *sets: str) -> dict:
        words = [w for s in sets for w in ("--set", s)]
        return ask(options, "fix", "plan", fix, "--target", target, *words)[1]

    p = plan("dmarc.publish", "d-missing.example")
    live.check("a plan for DNS elsewhere: nothing to apply, the record to copy", p["changes"] == [] and
               (p.get("refused") or {}).get("code") == "dns_elsewhere" and p["copies"][0]["value"] == "v=DMARC1; p=none", p)
    p = plan("dmarc.publish", "d-missing.example", "policy=reject")
    live.check("reject is refused", (p.get("refused") or {}).get("code") == "invalid_value" and p["changes"] == [], p)
    p = plan("dmarc.publish", "well.example")
    live.check("not needed", (p.get("refused") or {}).get("code") == "not_needed", p)
    p = plan("dmarc.merge", "d-two.example")
    live.check("merge: which of them has to go", p["copies"] == [] and
               [v["value"] for v in p["remove"]] == ["v=DMARC1; p=reject"], p)
    p = plan("dkim.publish", "k-revoked.example")
    live.check("a key that nobody knows", (p.get("refused") or {}).get("code") == "unknown", p)


def main() -> None:
    group = process.Group()
    with tempfile.TemporaryDirectory(prefix="asg-none-") as folder:
        try:
            options = start(Path(folder), group)
            reports = check_findings(options)
            check_report(reports)
            check_selectors(options)
            check_server(options)
            check_plans(options)
        finally:
            group.stop()
    live.end()


main()
