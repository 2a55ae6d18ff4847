"""SPF, DKIM, DMARC, PTR and HELO [5]: the same functions in both APIs.

Validators look at the world's DNS, writers only at the local zone.  A writer answers for each domain by itself.
"""

from __future__ import annotations

import ipaddress
import re
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from ..common.keys import make_key, public_part
from . import zones
from .public import Silent, is_spf, reverse, spf_result
from .wire import Args, Function, Refused, xid

if TYPE_CHECKING:
    from .functions import Context

SELECTOR = "default"
DMARC = "v=DMARC1; p=none;"
STRONG_BITS = 2048
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")      # RFC 1918, RFC 4193
NOTHING = "[no changes needed]"


# --- what the server sends with

def sending(panel: Any, domain: str) -> tuple[str, str]:
    """Address and HELO of a domain's mail [5.6]."""
    exim = panel.state.server["exim"]
    main = next(ip["ip"] for ip in panel.state.server["ips"] if ip["mainaddr"])
    files = exim["per_domain_mailips"] or exim["custom_mailips"]
    address = exim["mailips"].get(domain, exim["mailips"].get("*", main)) if files else main
    helo = panel.state.server["hostname"]
    if exim["use_rdns_for_helo"]:
        try:
            helo = next(iter(panel.public.ptr(public_address(panel, address))), helo)
        except Silent:
            pass
    elif exim["custom_mailhelo"] or exim["per_domain_mailips"]:
        helo = exim["mailhelo"].get(domain, exim["mailhelo"].get("*", helo))
    return address, helo


def inside(address: str, network: str) -> bool:
    one, many = ipaddress.ip_address(address), ipaddress.ip_network(network)
    return one.version == many.version and one in many


def public_address(panel: Any, address: str) -> str:
    return next((ip["public_ip"] for ip in panel.state.server["ips"] if ip["ip"] == address), address)


# --- keys

def key_path(panel: Any, domain: str) -> Path:
    return panel.keys / domain / SELECTOR


def record_value(path: Path) -> str:
    return record_of(path.read_bytes())


@lru_cache(maxsize=1000)
def record_of(pem: bytes) -> str:
    return f"v=DKIM1; k=rsa; p={public_part(pem)};"


def expected_dkim(panel: Any, domain: str) -> str | None:
    path = key_path(panel, domain)
    return record_value(path) if path.exists() else None


def bits(path: Path) -> int:
    text = subprocess.run(["openssl", "rsa", "-in", str(path), "-noout", "-text"], capture_output=True, check=True).stdout
    return int(re.search(rb"(\d+) bit", text)[1])       # type: ignore[index]


def ensure_key(panel: Any, domain: str) -> bool:
    path = key_path(panel, domain)
    if path.exists() and bits(path) >= STRONG_BITS:
        return False
    if not panel.state.muted:
        make_key(path)
    return True


# --- validators

def failure(name: str, kind: str) -> str:
    return f"(XID {xid()}) DNS returned “SERVFAIL” (code 2) in response to the system’s query for “{name}”’s “{kind}” records."


def validate_spf(ctx: Context, domain: str, address: str = "") -> dict[str, Any]:
    panel = ctx.panel
    address = address or public_address(panel, sending(panel, domain)[0])
    version = ipaddress.ip_address(address).version
    row: dict[str, Any] = {"domain": domain, "ip_address": address, "ip_version": version, "records": []}
    try:
        if domain in panel.switches["validator_error"]:
            raise Silent
        records = [r for r in panel.public.txt(domain) if is_spf(r)]
    except Silent:
        return {**row, "state": "ERROR", "error": failure(domain, "TXT")}
    for text in records:
        state = spf_result(panel.public, text, domain, address)
        row["records"].append({"current": text, "state": state} | ({"reason": reason(domain, state)} if state != "PASS" else {}))
    row["expected"] = f"ip{version}:{address}"
    if not records:
        row["state"] = "MISSING"
    elif len(records) > 1:
        row["state"] = "MULTIPLE"
    else:
        fine = row["records"][0]["state"] == "PASS" or "redirect=" in records[0]
        row["state"] = "VALID" if fine else "MISMATCHED"
    return row


def reason(domain: str, state: str) -> str:
    return f"{domain}: Sender is not authorized by default to use '{domain}' in 'helo' identity ({state.lower()})"


def validate_dkim(ctx: Context, domain: str) -> dict[str, Any]:
    panel = ctx.panel
    name = f"{SELECTOR}._domainkey.{domain}"
    expected = expected_dkim(panel, domain)
    row: dict[str, Any] = {"domain": name, "expected": expected, "records": []}
    if expected is None:
        return {**row, "state": "NOPUB", "validity_cache_update": cache(panel, domain, False)}
    try:
        if domain in panel.switches["validator_error"]:
            raise Silent
        found = panel.public.txt(name)
    except Silent:
        return {**row, "state": "ERROR", "error": failure(name, "TXT"), "validity_cache_update": "none"}
    row["records"] = [dkim_record(text, expected) for text in found]
    if not found:
        row["state"] = "MISSING"
    elif len(found) > 1:
        row["state"] = "MULTIPLE"
    else:
        row["state"] = {"PERMFAIL": "MALFORMED"}.get(row["records"][0]["state"], row["records"][0]["state"])
    row["validity_cache_update"] = cache(panel, domain, row["state"] == "VALID")
    return row


def dkim_record(text: str, expected: str) -> dict[str, str]:
    bare = re.sub(r"\s", "", text)
    if bare.rstrip(";") == re.sub(r"\s", "", expected).rstrip(";"):
        return {"current": text, "state": "VALID"}
    if not re.search(r"(^|;)p=[A-Za-z0-9+/=]*(;|$)", bare):
        return {"current": text, "state": "PERMFAIL", "reason": "The record has no public key."}
    return {"current": text, "state": "MISMATCH"}


def cache(panel: Any, domain: str, valid: bool) -> str:
    """Exim signs what the cache knows as valid; the validator keeps it [5.3]."""
    known = panel.state.world["dkim_valid"]
    if valid == (domain in known):
        return "valid" if valid else "none"
    (known.append if valid else known.remove)(domain)
    panel.state.changed()
    return "set" if valid else "unset"


def validate_ptr(ctx: Context, domain: str, other: str = "") -> dict[str, Any]:
    panel = ctx.panel
    address, helo = sending(panel, domain)
    address = other or address
    row: dict[str, Any] = {"domain": domain, "ip_address": address, "ip_version": ipaddress.ip_address(address).version,
                           "arpa_domain": reverse(address), "helo": helo, "nameservers": [], "ptr_records": []}
    if any(inside(address, network) for network in PRIVATE):
        return {**row, "state": "IP_IS_PRIVATE"}
    try:
        if domain in panel.switches["validator_error"]:
            raise Silent
        row["nameservers"] = panel.public.name_servers(reverse(address))
        for name in panel.public.ptr(address):
            forward = panel.public.addresses(name)
            state = "VALID" if address in forward else "FWD_MISMATCH" if forward else "MISSING_FWD"
            row["ptr_records"].append({"domain": name, "forward_records": forward, "state": state})
    except Silent:
        return {**row, "state": "ERROR", "error": failure(reverse(address), "PTR")}
    states = {r["state"] for r in row["ptr_records"]}
    return {**row, "state": "MISSING_PTR" if not states else "VALID" if states == {"VALID"} else "PTR_MISMATCH"}


def validate_dmarc(ctx: Context, domain: str) -> dict[str, Any]:
    name = f"_dmarc.{domain}"
    row: dict[str, Any] = {"domain": domain, "subdomain": name, "suggested": DMARC}
    try:
        if domain in ctx.panel.switches["validator_error"]:
            raise Silent
        found = [r for r in ctx.panel.public.txt(name) if r.upper().startswith("V=DMARC1")]
    except Silent:
        return {**row, "state": "DNS_ERROR", "error": failure(name, "TXT")}
    if not found:
        return {**row, "state": "MISSING"}
    row["record"] = found[0]
    if len(found) > 1 or not re.match(r"v=DMARC1\s*;\s*p\s*=\s*(none|quarantine|reject)\s*(;|$)", found[0]):
        return {**row, "state": "MALFORMED"}
    spf = validate_spf(ctx, domain)["state"] == "VALID"
    dkim = validate_dkim(ctx, domain)["state"] == "VALID"
    return {**row, "state": "VALID" if spf and dkim else "DKIM_SPF_ERROR" if not spf and not dkim
            else "SPF_ERROR" if not spf else "DKIM_ERROR"}


# --- writers: the local zone, whoever serves the domain

class Unchangeable(Exception):
    """For this domain alone: its own status 0 inside a status 1."""


def local_zone(ctx: Context, domain: str) -> tuple[str, dict[str, Any]]:
    name = ctx.panel.state.zone_of(domain)
    if domain in ctx.panel.switches["item_fails"] or name is None:
        raise Unchangeable(f"The system could not change the DNS zone for “{domain}”.")
    return name, ctx.panel.state.world["zones"][name]


def install_spf(ctx: Context, domain: str, text: str) -> str:
    text = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text     # the vendor's example has quotes
    if not is_spf(text):
        raise Unchangeable(f"“{text}” is not a valid SPF record.")
    zone_name, zone = local_zone(ctx, domain)
    at = domain + "."
    old = [r for r in zones.find(zone, at, "TXT")
           if ctx.panel.switches["spf_replaces"] == "txt" or is_spf("".join(r["data"]))]
    if zones.values(zone, at) and ["".join(r["data"]) for r in old] == [text]:
        return NOTHING
    zones.put_txt(ctx.panel.state, zone_name, at, text, old)
    return f"[{'REPLACE' if old else 'ADD'}:TXT@{at}:{text}]"


def enable_dkim(ctx: Context, domain: str) -> str:
    zone_name, zone = local_zone(ctx, domain)
    if not key_path(ctx.panel, domain).exists():
        if ctx.panel.state.muted:
            return "Installed Keys"
        make_key(key_path(ctx.panel, domain))
    value = record_value(key_path(ctx.panel, domain))
    at = f"{SELECTOR}._domainkey.{domain}."
    old = zones.find(zone, at, "TXT")
    if [re.sub(r"\s", "", "".join(r["data"])) for r in old] == [re.sub(r"\s", "", value)]:
        return NOTHING
    zones.put_txt(ctx.panel.state, zone_name, at, value, old)
    return f"[{'REPLACE' if old else 'ADD'}:TXT@{zones.relative(at, zone_name)}:{value}]"


def disable_dkim(ctx: Context, domain: str) -> str:
    zone_name, zone = local_zone(ctx, domain)
    at = f"{SELECTOR}._domainkey.{domain}."
    old = zones.find(zone, at, "TXT")
    cache(ctx.panel, domain, False)
    if not old:
        return NOTHING
    zones.remove(ctx.panel.state, zone_name, old)
    return f"[REMOVE:TXT@{zones.relative(at, zone_name)}]"


def ensure_dkim(ctx: Context, domain: str) -> str:
    if domain in ctx.panel.switches["item_fails"]:
        raise Unchangeable(f"The system failed to create a key for “{domain}”.")
    return "created new key" if ensure_key(ctx.panel, domain) else NOTHING


def install_key(ctx: Context, domain: str, pem: str) -> str:
    if "PRIVATE KEY" not in pem:
        raise Unchangeable("The given key is not a valid private key.")
    if not ctx.panel.state.muted:
        path = key_path(ctx.panel, domain)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pem)
    return "Installed Keys"


def put_dmarc(ctx: Context, domain: str, policy: str) -> str:
    if not policy.startswith("v=DMARC1"):
        raise Unchangeable(f"“{policy}” is not a valid DMARC record.")
    zone_name, zone = local_zone(ctx, domain)
    at = f"_dmarc.{domain}."
    old = zones.find(zone, at, "TXT")
    if ["".join(r["data"]) for r in old] == [policy]:
        return NOTHING
    zones.put_txt(ctx.panel.state, zone_name, at, policy, old)
    return f"[{'REPLACE' if old else 'ADD'}:TXT@{at.rstrip('.')}:{policy}]"


def take_dmarc(ctx: Context, domain: str) -> str:
    zone_name, zone = local_zone(ctx, domain)
    old = zones.find(zone, f"_dmarc.{domain}.", "TXT")
    if not old:
        return NOTHING
    zones.remove(ctx.panel.state, zone_name, old)
    return f"[REMOVE:TXT@_dmarc.{domain}]"


# --- the functions

def rows(ctx: Context, domains: list[str], each: Callable[..., str], *more: list[str]) -> list[dict[str, Any]]:
    out = []
    for n, domain in enumerate(domains):
        if ctx.call.half and n:
            break
        try:
            out.append({"domain": domain, "status": 1, "msg": each(ctx, domain, *(m[n] for m in more))})
        except Unchangeable as why:
            out.append({"domain": domain, "status": 0, "msg": str(why)})
    return out


def validator(each: Callable[..., Any], by_address: bool = False) -> Callable[[Context, Args], Any]:
    """by_address: a domain that sends over IPv6 as well has a row for that too."""
    def run(ctx: Context, args: Args) -> Any:
        addresses = [None, ctx.panel.switches["ipv6"]] if by_address and ctx.panel.switches["ipv6"] else [None]
        return [each(ctx, d, a) if a else each(ctx, d) for d in ctx.own_domains(args.list("domain")) for a in addresses]
    return run


def writer(each: Callable[..., str]) -> Callable[[Context, Args], Any]:
    return lambda ctx, args: rows(ctx, ctx.own_domains(args.list("domain")), each)


def pairs(each: Callable[..., str], with_name: str) -> Callable[[Context, Args], Any]:
    def run(ctx: Context, args: Args) -> Any:
        domains, values = args.list("domain"), args.list(with_name)
        if len(domains) != len(values):
            raise Refused(f"Provide one “{with_name}” for each “domain”.")
        return rows(ctx, ctx.own_domains(domains), each, values)
    return run


def validate_current_dmarcs(ctx: Context, args: Args) -> Any:
    return [validate_dmarc(ctx, d) for d in ctx.own_domains(args.list("domain")) or ctx.all_domains()]


def apply_dmarc(ctx: Context, args: Args) -> Any:
    domains = ctx.own_domains(args.list("domain")) or ctx.all_domains()
    return rows(ctx, domains, put_dmarc, [args.one("policy")] * len(domains))


def remove_dmarc(ctx: Context, args: Args) -> Any:
    """Without a domain: from every one of the account's [5.7]."""
    return rows(ctx, ctx.own_domains(args.list("domain")) or ctx.all_domains(), take_dmarc)


def fetch_keys(ctx: Context, args: Args) -> Any:
    out = []
    for domain in ctx.own_domains(args.list("domain")):
        path = key_path(ctx.panel, domain)
        out.append({"domain": domain, "pem": path.read_text() if path.exists() else None})
    return out


D = ("domain",)
FUNCTIONS = {
    "validate_current_spfs": Function(validator(validate_spf, True), D),
    "validate_current_dkims": Function(validator(validate_dkim), D),
    "validate_current_ptrs": Function(validator(validate_ptr, True), D),
    "validate_current_dmarcs": Function(validate_current_dmarcs, (), D, since=125),
    "install_spf_records": Function(pairs(install_spf, "record"), ("domain", "record"), write=True),
    "enable_dkim": Function(writer(enable_dkim), D, write=True),
    "disable_dkim": Function(writer(disable_dkim), D, write=True),
    "ensure_dkim_keys_exist": Function(writer(ensure_dkim), D, write=True),
    "install_dkim_private_keys": Function(pairs(install_key, "key"), ("domain", "key"), write=True),
    "fetch_dkim_private_keys": Function(fetch_keys, D),
    "apply_dmarc": Function(apply_dmarc, ("policy",), D, since=125, write=True),
    "remove_dmarc": Function(remove_dmarc, (), D, since=125, write=True),
}
