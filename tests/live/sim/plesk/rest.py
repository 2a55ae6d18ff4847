"""REST API v2 [3], without the command gate (cli.py)."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Callable

from . import access, cli, dns
from .panel import Panel
from .wire import Call, Reply, RestError, json_reply

SUCCESS = {"status": "success"}


# --- server

def server(panel: Panel, call: Call) -> Reply:
    s = panel.state.server
    fields = ("platform", "hostname", "guid", "panel_version", "panel_revision", "panel_build_date",
              "panel_update_version", "extension_version", "extension_release")     # all nine are required [3.1]
    return json_reply(200, {f: s[f] for f in fields})


def server_ips(panel: Panel, call: Call) -> Reply:
    return json_reply(200, panel.state.server["ips"])


def server_session(panel: Panel, call: Call) -> Reply:
    body = call.body_object({"login": str, "user_ip": str, "skip_mfa": bool}, required=("login",))
    if panel.state.client(login=body["login"]) is None:
        raise RestError(400, "User is not found")
    return json_reply(201, {"id": access.digest(body["login"])[:32]})


def keys_create(panel: Panel, call: Call) -> Reply:
    body = call.body_object({"ip": str, "ips": list, "login": str, "description": str})
    ips = list(body.get("ips", [])) + ([body["ip"]] if "ip" in body else [])
    for ip in ips:
        try:
            ipaddress.ip_address(ip)
        except ValueError:
            raise RestError(400, "Incorrect IP address") from None
    login = body.get("login", "admin")
    client = panel.state.client(login=login)
    if client is None or client["status"] != 0:      # must name an active customer or reseller [2.1]
        raise RestError(401, "Incorrect login")
    # without addresses the key is bound to the caller's [2.1]
    return json_reply(201, {"key": access.create_key(panel.state, login, ips or [call.address],
                                                     body.get("description", ""))})


def keys_delete(panel: Panel, call: Call, key: str) -> Reply:
    if not access.delete_key(panel.state, key):
        raise RestError(404, "Key does not exist")
    return json_reply(200, SUCCESS)


def extensions(panel: Panel, call: Call) -> Reply:
    return json_reply(200, panel.extensions())


def extension(panel: Panel, call: Call, name: str) -> Reply:
    for found in panel.extensions():
        if found["id"] == name:
            return json_reply(200, found)
    raise RestError(404, "Extension is not found")


# --- accounts

def client_view(panel: Panel, client: dict[str, Any]) -> dict[str, Any]:
    fields = ("id", "created", "name", "company", "login", "status", "email", "locale", "guid", "owner_login",
              "external_id", "description", "type")
    view = {f: client[f] for f in fields}
    if not panel.switches["owner_login"]:            # in the schema, not among the required [3.2]
        del view["owner_login"]
    return view


def find_client(panel: Panel, id: str) -> dict[str, Any]:
    client = panel.state.client(id=int(id))
    if client is None:
        raise RestError(404, "Client is not found")
    return client


def clients(panel: Panel, call: Call) -> Reply:
    return json_reply(200, [client_view(panel, c) for c in panel.state.clients])


def client(panel: Panel, call: Call, id: str) -> Reply:
    return json_reply(200, client_view(panel, find_client(panel, id)))


def client_domains(panel: Panel, call: Call, id: str) -> Reply:
    owner = find_client(panel, id)
    whose = {owner["id"]}
    if panel.switches["reseller_sees_customers"] and owner["type"] == "reseller":       # [15.8]
        whose |= {c["id"] for c in panel.state.clients if c["owner_login"] == owner["login"]}
    return json_reply(200, [domain_view(panel, d) for d in panel.state.domains if d["client_id"] in whose])


def client_statistics(panel: Panel, call: Call, id: str) -> Reply:
    owner = find_client(panel, id)
    own = [d for d in panel.state.domains if d["client_id"] == owner["id"]]
    names = [m for d in own for m in d["mailnames"]]
    return json_reply(200, {
        "active_domains": sum(d["status"] == "active" for d in own), "subdomains": 0, "disk_space": 0,
        "email_postboxes": sum(m["mailbox"] for m in names), "email_redirects": sum(m["forwarding"] for m in names),
        "email_response_messages": 0, "mailing_lists": 0, "databases": 0, "traffic": 0, "traffic_prevday": 0})


# --- domains

def domain_view(panel: Panel, domain: dict[str, Any]) -> dict[str, Any]:
    fields = ("id", "name", "ascii_name", "hosting_type", "base_domain_id", "www_root", "guid", "created")
    view = {f: domain[f] for f in fields}
    if view["base_domain_id"] == 0:                  # of main domains [15.9]
        view["base_domain_id"] = {"zero": 0, "null": None, "own": domain["id"]}[panel.switches["base_domain_id"]]
    if panel.switches["aliases"]:                    # since 18.0.42 [3.3]
        view["aliases"] = [{k: a[k] for k in ("name", "ascii_name", "web", "dns", "mail", "seo_redirect")}
                           for a in domain["aliases"]]
    return view


def find_domain(panel: Panel, id: str) -> dict[str, Any]:
    domain = panel.state.domain(id=int(id))
    if domain is None:
        raise RestError(404, "Domain is not found")
    return domain


def domains(panel: Panel, call: Call) -> Reply:
    if "name" in call.query:                         # unknown: an empty array, no 404 [3.3]
        found = panel.state.domain(name=call.query["name"])
        return json_reply(200, [domain_view(panel, found)] if found else [])
    return json_reply(200, [domain_view(panel, d) for d in panel.state.domains])


def domain(panel: Panel, call: Call, id: str) -> Reply:
    return json_reply(200, domain_view(panel, find_domain(panel, id)))


def domain_client(panel: Panel, call: Call, id: str) -> Reply:
    owner = panel.state.client(id=find_domain(panel, id)["client_id"])
    assert owner is not None
    return json_reply(200, client_view(panel, owner))


def domain_status(panel: Panel, call: Call, id: str) -> Reply:
    return json_reply(200, {"status": find_domain(panel, id)["status"]})


# --- DNS records

def record_view(panel: Panel, record: dict[str, Any], zone: dict[str, Any]) -> dict[str, Any]:
    view = {k: record[k] for k in ("id", "type", "host", "value", "opt", "ttl")}
    if panel.switches["ttl_zero"] and record["ttl"] == zone["ttl"]:      # [7.1]
        view["ttl"] = 0
    return view


def asked_zone(panel: Panel, call: Call) -> tuple[str, dict[str, Any]]:
    if "domain" not in call.query:
        raise RestError(400, "Parameter 'domain' is required")
    found = panel.state.zone(call.query["domain"])
    if found is None:
        raise RestError(404, "Domain or Domain Alias is not found")     # [3.4]
    if not panel.switches["dns_component"]:          # writing fails without the component [7.3]
        if call.method != "GET":
            raise RestError(400, "DNS server is not installed")
    return found


def records(panel: Panel, call: Call) -> Reply:
    _, zone = asked_zone(panel, call)
    return json_reply(200, [record_view(panel, r, zone) for r in zone["records"]])


RECORD_FIELDS = {"type": str, "host": str, "value": str, "opt": str, "ttl": int}


def record_create(panel: Panel, call: Call) -> Reply:
    name, zone = asked_zone(panel, call)
    body = call.body_object(RECORD_FIELDS, required=("type", "host", "value"))
    try:
        host = dns.absolute_host(name, body["host"], panel.switches["post_host"])
        value = dns.stored_txt(body["value"], panel.switches["txt_over_255"]) if body["type"] == "TXT" else body["value"]
        record = dns.add(panel.state, name, zone, body["type"], host, value, body.get("opt", ""),
                         body.get("ttl") or zone["ttl"])
    except dns.Refused as refusal:
        raise RestError(400, str(refusal)) from None
    return json_reply(200, record_view(panel, record, zone))             # 200, not 201 [3.4]


def find_record(panel: Panel, id: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    found = panel.state.record(int(id))
    if found is None:
        raise RestError(404, "DNS record is not found")
    return found


def record(panel: Panel, call: Call, id: str) -> Reply:
    _, zone, found = find_record(panel, id)
    return json_reply(200, record_view(panel, found, zone))


def record_update(panel: Panel, call: Call, id: str) -> Reply:
    name, zone, found = find_record(panel, id)
    body = call.body_object({"id": int, **RECORD_FIELDS}, required=("type", "host", "value"))
    if body.get("id", found["id"]) != found["id"]:   # the same id as in the path [7.2 step 2]
        raise RestError(400, "The id cannot be changed")
    try:
        host = dns.absolute_host(name, body["host"], "absolute")         # as read: absolute with the dot [7.2]
        value = dns.stored_txt(body["value"], panel.switches["txt_over_255"]) if body["type"] == "TXT" else body["value"]
        dns.replace(panel.state, name, zone, found, body["type"], host, value, body.get("opt", ""),
                    body.get("ttl") or zone["ttl"])
    except dns.Refused as refusal:
        raise RestError(400, str(refusal)) from None
    return json_reply(200, SUCCESS)


def record_delete(panel: Panel, call: Call, id: str) -> Reply:
    name, zone, found = find_record(panel, id)
    try:
        dns.remove(panel.state, name, zone, found)
    except dns.Refused as refusal:                   # the last MX [7.2, 13.4]
        raise RestError(400, str(refusal)) from None
    return json_reply(200, SUCCESS)


# --- command gate

def cli_commands(panel: Panel, call: Call) -> Reply:
    return json_reply(200, cli.commands(panel))


def cli_ref(panel: Panel, call: Call, utility: str) -> Reply:
    return json_reply(200, cli.reference(panel, utility))


def cli_call(panel: Panel, call: Call, utility: str) -> Reply:
    body = call.body_object({"params": list, "env": dict, "fail_on_error": bool})
    params, env = body.get("params", []), body.get("env", {})
    # an argument vector, not a string and no numbers [13.5]
    if not all(isinstance(p, str) for p in params) or not all(isinstance(v, str) for v in env.values()):
        raise RestError(400, "params must be an array of strings, env an object of strings")
    code, out, err = cli.call(panel, utility, params, env, call.half)
    reply = json_reply(200, {"code": code, "stdout": out, "stderr": err})    # 200 even when the utility failed [4]
    if code != 0 and body.get("fail_on_error"):
        reply = json_reply(422, {"code": code, "stdout": out, "stderr": err})
    reply.exit_code = code
    return reply


def description(panel: Panel, call: Call) -> Reply:
    """The self-description [2.5], as far as the simulator goes."""
    paths: dict[str, dict[str, Any]] = {}
    for method, pattern, handler, _ in ROUTES:
        path = re.sub(r"\(\?P<(\w+)>.*?\)", r"{\1}", pattern).replace("\\", "")
        paths.setdefault(path, {})[method.lower()] = {"operationId": handler.__name__, "responses": {}}
    return json_reply(200, {"openapi": "3.0.3", "info": {"title": "Plesk API", "version": "v2"},
                            "servers": [{"url": "/api/v2"}], "paths": paths})


ID = r"(?P<id>\d{1,9})"
NAME = r"(?P<utility>[a-zA-Z0-9_-]+)"
Handler = Callable[..., Reply]

# method, path below /api/v2, handler, query parameters it knows
ROUTES: list[tuple[str, str, Handler, set[str]]] = [
    ("GET", r"/server", server, set()),
    ("GET", r"/server/ips", server_ips, set()),
    ("POST", r"/server/session", server_session, set()),
    ("POST", r"/auth/keys", keys_create, set()),
    ("DELETE", r"/auth/keys/(?P<key>[0-9a-f-]{36})", keys_delete, set()),
    ("GET", r"/extensions", extensions, set()),
    ("GET", r"/extensions/(?P<name>[a-z0-9-]+)", extension, set()),
    ("GET", r"/clients", clients, set()),
    ("GET", rf"/clients/{ID}", client, set()),
    ("GET", rf"/clients/{ID}/domains", client_domains, set()),
    ("GET", rf"/clients/{ID}/statistics", client_statistics, set()),
    ("GET", r"/domains", domains, {"name"}),
    ("GET", rf"/domains/{ID}", domain, set()),
    ("GET", rf"/domains/{ID}/client", domain_client, set()),
    ("GET", rf"/domains/{ID}/status", domain_status, set()),
    ("GET", r"/dns/records", records, {"domain"}),
    ("POST", r"/dns/records", record_create, {"domain"}),
    ("GET", rf"/dns/records/{ID}", record, set()),
    ("PUT", rf"/dns/records/{ID}", record_update, set()),
    ("DELETE", rf"/dns/records/{ID}", record_delete, set()),
    ("GET", r"/cli/commands", cli_commands, set()),
    ("GET", rf"/cli/{NAME}/ref", cli_ref, set()),
    ("POST", rf"/cli/{NAME}/call", cli_call, set()),
    ("GET", r"/openapi\.json", description, set()),
]


def route(panel: Panel, call: Call) -> Reply:
    path = call.path.removeprefix("/api/v2")
    known = False
    for method, pattern, handler, query in ROUTES:
        match = re.fullmatch(pattern, path)
        if match is None:
            continue
        known = True
        if method != call.method:
            continue
        if set(call.query) - query:                  # parameters nobody has documented are a mistake of the caller
            raise RestError(400, f"Unknown parameter: {', '.join(sorted(set(call.query) - query))}")
        return handler(panel, call, **match.groupdict())
    # calls that public code invents do not exist here either [14]
    raise RestError(405 if known else 404, "Method Not Allowed" if known else "Not Found")


def answer(panel: Panel, call: Call) -> Reply:
    switches = panel.switches
    try:
        if not switches["initialised"]:              # [2] the one error body without code
            return json_reply(503, {"message": "Plesk is not initialized"})
        if not switches["api_enabled"] or (switches["allowed_ips"] and call.address not in switches["allowed_ips"]):
            raise RestError(403, "Access to API is disabled")            # [2]
        if not switches["licence"]:
            raise RestError(403, "The license key has expired.")
        caller = access.rest_caller(panel.state, call.headers, call.address)
        if caller is None:
            raise RestError(switches["unauthorised_status"], "Permission denied")
        call.login = caller.client["login"]
        call.caller = caller
        if not caller.admin:                         # only the administrator [2, 13.2]
            raise RestError(403, "Permission denied")
        return route(panel, call)
    except RestError as error:
        code = 0 if switches["error_code"] == "zero" else error.status   # [2.4] code is not always the status
        return json_reply(error.status, {"code": code, "message": error.message})
