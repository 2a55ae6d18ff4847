"""The XML API [6]: only these packets.

HTTP status 200 also for errors.  The order of elements in a request counts
[6]; what is not known or stands at a wrong place is error 1014, an object that
does not exist 1013, no known way of authentication 1029.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any, Callable

from . import access, accounts
from .panel import Panel
from .wire import Call, Reply

VERSION = "1.6.9.1"
PREFS = ["max_connections", "max_connections_per_ip", "outgoing_email_mode", "outgoing_email_mode_explicit_ipv4",
         "outgoing_email_mode_explicit_ipv6", "outgoing_antispam", "outgoing_messages_mbox_limit",
         "outgoing_messages_domain_limit", "outgoing_messages_subscription_limit", "enable_sendmail",
         "report_period", "notification_period", "stat_ttl", "include_remote_databases", "traffic_accounting",
         "restart_apache_interval", "apache_pipelog", "ftp_over_ssl", "mail_notifications"]      # in this order [6.3]
MAIL_PREFS = {p for p in PREFS if p.startswith("outgoing_") or p == "enable_sendmail"}
DOMAIN_PREFS = ["nonexistent-user", "webmail", "spam-protect-sign", "greylisting", "mailservice"]        # order [6.2]
LIMITS = {"outgoing-messages-mbox-limit": "mbox", "outgoing-messages-domain-limit": "domain",
          "outgoing-messages-subscription-limit": "subscription", "outgoing-messages-enable-sendmail": "sendmail",
          "outgoing-messages-overlimit-percent": "percent"}


class XmlError(Exception):
    def __init__(self, code: int, text: str):
        super().__init__(text)
        self.code, self.text = code, text


def unexpected(element: ET.Element) -> XmlError:
    return XmlError(1014, f"Parser error: Element '{element.tag}': This element is not expected.")


def node(tag: str, *children: ET.Element | str | None) -> ET.Element:
    element = ET.Element(tag)
    for child in children:
        if isinstance(child, str):
            element.text = child
        elif child is not None:
            element.append(child)
    return element


def ok(*children: ET.Element | None) -> ET.Element:
    return node("result", node("status", "ok"), *children)


def failed(error: XmlError, *children: ET.Element) -> ET.Element:
    return node("result", node("status", "error"), node("errcode", str(error.code)), node("errtext", error.text),
                *children)


def text_of(element: ET.Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def in_order(element: ET.Element, order: list[str]) -> None:
    """Children in the schema's order, each at most once [6]."""
    at = -1
    for child in element:
        if child.tag not in order or order.index(child.tag) <= at:
            raise unexpected(child)
        at = order.index(child.tag)


def boolean(element: ET.Element) -> bool:
    if text_of(element) not in ("true", "false"):
        raise XmlError(1014, f"Parser error: Element '{element.tag}': not a valid value of the type boolean.")
    return text_of(element) == "true"


def whole_number(element: ET.Element) -> int:
    try:
        return int(text_of(element))
    except ValueError:
        raise XmlError(1014, f"Parser error: Element '{element.tag}': not a valid value of the type int.") from None


def truth(value: bool) -> str:
    return "true" if value else "false"


# --- which objects a filter names

def site(panel: Panel, call: Call, id: ET.Element) -> dict[str, Any]:
    domain = panel.state.domain(id=whole_number(id))
    if domain is None or not panel.state.owns(call.caller.client, domain):
        raise XmlError(1013, "domain does not exist")
    return domain


def sites(panel: Panel, call: Call, filter: ET.Element | None, tag: str = "site-id"):
    """(element of the filter, domain or error) for each id; all of the caller's for an empty filter."""
    if filter is None or filter.tag != "filter":
        raise XmlError(1014, "Parser error: Element 'filter' is expected.")
    if len(filter) == 0:
        for domain in panel.state.domains:
            if panel.state.owns(call.caller.client, domain):
                yield domain, None, domain["id"]
        return
    for child in filter:
        if child.tag == "name" and tag == "id":
            domain = panel.state.domain(name=text_of(child))
            found = domain is not None and panel.state.owns(call.caller.client, domain)
            yield (domain, None, domain["id"]) if found else (None, XmlError(1013, "domain does not exist"), text_of(child))
            continue
        if child.tag != tag:
            raise unexpected(child)
        try:
            yield site(panel, call, child), None, text_of(child)
        except XmlError as error:
            if error.code != 1013:
                raise
            yield None, error, text_of(child)


# --- dns

def dns_get(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    in_order(op, ["filter"])
    out = []
    filter = op.find("filter")
    if filter is not None and len(filter) and filter[0].tag == "site-alias-id":      # [6.1]
        return [alias_zone(panel, child) for child in filter]
    for domain, error, id in sites(panel, call, filter):
        if error:
            out.append(failed(error, node("site-id", str(id))))
            continue
        zone = domain["zone"]
        out.append(ok(node("site-id", str(id)), node("zone_type", zone["type"]), node("zone_status", zone["status"])))
    return out


def alias_zone(panel: Panel, child: ET.Element) -> ET.Element:
    if child.tag != "site-alias-id":
        raise unexpected(child)
    for domain in panel.state.domains:
        for alias in domain["aliases"]:
            if alias.get("id") == whole_number(child) and "zone" in alias:
                return ok(node("site-alias-id", text_of(child)), node("zone_type", alias["zone"]["type"]),
                          node("zone_status", alias["zone"]["status"]))
    return failed(XmlError(1013, "site alias does not exist"), node("site-alias-id", text_of(child)))


def dns_switch(status: str):
    def run(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
        in_order(op, ["filter"])
        out = []
        for domain, error, id in sites(panel, call, op.find("filter")):
            if error:
                out.append(failed(error, node("site-id", str(id))))
                continue
            domain["zone"]["status"] = status
            panel.state.changed(domain["ascii_name"])
            out.append(ok(node("site-id", str(id))))
        return out
    return run


# --- mail

def nonexistent(domain: dict[str, Any]) -> ET.Element:
    kind, text = domain["mail"]["nonexistent"]["kind"], domain["mail"]["nonexistent"]["text"]
    return node("nonexistent-user", node("reject") if kind == "reject" else node(kind, text))


def mail_get_prefs(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    in_order(op, ["filter"])
    out = []
    for domain, error, id in sites(panel, call, op.find("filter")):
        if error:
            out.append(failed(error, node("site-id", str(id))))
            continue
        mail, switches = domain["mail"], panel.switches
        out.append(ok(node("site-id", str(id)), node(
            "prefs", nonexistent(domain), node("webmail", mail["webmail"]),
            node("spam-protect-sign", truth(mail["dkim"])) if switches["spam_protect_sign"] else None,   # [6.2]
            node("greylisting", truth(mail["greylisting"])) if switches["greylisting"] else None,
            node("mailservice", truth(mail["service"])),
            node("webmail-certificate", f"Lets Encrypt {domain['ascii_name']}"))))     # seen live [6.2]
    return out


def mail_set_prefs(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    in_order(op, ["filter", "prefs"])
    prefs = op.find("prefs")
    if prefs is None:
        raise XmlError(1014, "Parser error: Element 'prefs' is expected.")
    in_order(prefs, DOMAIN_PREFS)
    out = []
    for domain, error, id in sites(panel, call, op.find("filter")):
        try:
            if error:
                raise error
            set_domain_prefs(panel, call, domain, prefs)
            out.append(ok(node("site-id", str(id))))
        except XmlError as problem:
            out.append(failed(problem, node("site-id", str(id))))
    return out


def set_domain_prefs(panel: Panel, call: Call, domain: dict[str, Any], prefs: ET.Element) -> None:
    for pref in prefs:
        if pref.tag == "spam-protect-sign":
            panel.dkim.set_domain(domain, boolean(pref))
        elif pref.tag == "mailservice":
            domain["mail"]["service"] = boolean(pref)
        elif pref.tag == "greylisting":
            domain["mail"]["greylisting"] = boolean(pref)
        elif pref.tag == "webmail":
            domain["mail"]["webmail"] = text_of(pref)
        else:
            if len(pref) != 1 or pref[0].tag not in ("reject", "bounce", "forward"):
                raise unexpected(pref)
            value = {"kind": pref[0].tag, "text": text_of(pref[0])}
            try:
                accounts.set_catch_all(panel, domain, value, call.caller.admin)
            except accounts.Refused as refusal:
                raise XmlError(1014, str(refusal)) from None
        panel.state.changed()
        if call.half:
            raise XmlError(1023, "Internal error")


def account(mailname: dict[str, Any], wanted: set[str], told: bool) -> ET.Element:
    m = mailname
    out = node("mailname", node("id", str(m["id"])), node("name", m["name"]))
    if "mailbox" in wanted:
        out.append(node("mailbox", node("enabled", truth(m["mailbox"])),
                        node("quota", str(m["quota"])) if m["mailbox"] else None))
    if "aliases" in wanted:                 # local parts [6.5]
        for alias in m["aliases"]:
            out.append(node("alias", alias))
    if "forwarding" in wanted:
        out.append(node("forwarding", node("enabled", truth(m["forwarding"])),
                        *[node("address", a) for a in m["addresses"]]))
    if told:
        out.append(node("outgoing-messages-mbox-limit", str(m["limit"])))
    return out


def mail_get_info(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    filter = op.find("filter")
    if filter is None or op[0] is not filter:
        raise XmlError(1014, "Parser error: Element 'filter' is expected.")
    wanted = {child.tag for child in op[1:]}
    for child in op[1:]:
        if child.tag not in ("mailbox", "mailbox-usage", "forwarding", "aliases", "autoresponder"):
            raise unexpected(child)
    ids = [c for c in filter if c.tag == "site-id"]
    names = [text_of(c) for c in filter if c.tag == "name"]
    if len(ids) != 1 or len(ids) + len(names) != len(filter):
        raise unexpected(filter)
    try:
        domain = site(panel, call, ids[0])
    except XmlError as error:
        return [failed(error)]
    if not names:
        found = [ok(account(m, wanted, panel.switches["mailbox_limit_told"])) for m in domain["mailnames"]]
        return found or [ok()]              # a site without accounts: ok and no mailname [6.5]
    out = []
    for name in names:
        m = next((m for m in domain["mailnames"] if m["name"] == name), None)
        out.append(ok(account(m, wanted, panel.switches["mailbox_limit_told"])) if m else
                   failed(XmlError(1013, "mail does not exist"), node("name", name)))
    return out


MAILNAME = ["name", "mailbox", "forwarding", "alias", "password", "outgoing-messages-mbox-limit"]


def read_mailname(panel: Panel, domain: dict[str, Any], m: dict[str, Any], given: ET.Element) -> None:
    try:
        for child in given:
            if child.tag == "mailbox":
                m["mailbox"] = boolean(child.find("enabled")) if child.find("enabled") is not None else m["mailbox"]
            elif child.tag == "forwarding":
                enabled = child.find("enabled")
                m["forwarding"] = boolean(enabled) if enabled is not None else m["forwarding"]
                if child.find("address") is not None:
                    m["addresses"] = [accounts.check_address(text_of(a)) for a in child.findall("address")]
            elif child.tag == "password":
                value = child.find("value")
                accounts.check_password(text_of(value if value is not None else child))
                m["password"] = text_of(value if value is not None else child)
            elif child.tag == "outgoing-messages-mbox-limit":
                m["limit"] = whole_number(child)
            elif child.tag not in ("name", "alias"):
                raise unexpected(child)
        aliases = [text_of(a) for a in given.findall("alias")]
        if aliases:
            accounts.set_aliases(panel, domain, m, aliases)
        if m["mailbox"] and not m["password"]:
            raise accounts.Refused("The password is not specified.")
    except accounts.Refused as refusal:
        raise XmlError(1014, str(refusal)) from None


def mail_filter(panel: Panel, call: Call, op: ET.Element) -> tuple[dict[str, Any], list[ET.Element]]:
    filter = op.find("filter")
    if filter is None or len(filter) < 2 or filter[0].tag != "site-id" or any(c.tag != "mailname" for c in filter[1:]):
        raise XmlError(1014, "Parser error: Element 'filter' is not complete.")
    return site(panel, call, filter[0]), list(filter[1:])


def mail_create(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    domain, given = mail_filter(panel, call, op)
    out = []
    for element in given:
        name = text_of(element.find("name"))
        try:
            try:
                m = accounts.new_mailname(panel, domain, name)
            except accounts.Refused as refusal:
                raise XmlError(1007, str(refusal)) from None
            read_mailname(panel, domain, m, element)
            domain["mailnames"].append(m)
            panel.state.changed()
            out.append(ok(node("mailname", node("id", str(m["id"])), node("name", name))))
        except XmlError as error:
            out.append(failed(error, node("name", name)))
    return out


def mail_update_set(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    domain, given = mail_filter(panel, call, op)
    out = []
    for element in given:
        name = text_of(element.find("name"))
        m = next((m for m in domain["mailnames"] if m["name"] == name), None)
        try:
            if m is None:
                raise XmlError(1013, "mail does not exist")
            draft = {**m}
            read_mailname(panel, domain, draft, element)
            m.update(draft)
            panel.state.changed()
            out.append(ok(node("mailname", node("id", str(m["id"])), node("name", name))))
        except XmlError as error:
            out.append(failed(error, node("name", name)))
    return out


def mail_switch(on: bool):
    def run(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
        in_order(op, ["site-id"])           # <site-id>, no filter [9]
        try:
            domain = site(panel, call, op[0] if len(op) else op)
        except XmlError as error:
            return [failed(error)]
        domain["mail"]["service"] = on
        panel.state.changed()
        return [ok(node("site-id", str(domain["id"])))]
    return run


# --- server: the administrator only [6]

def server_get(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    server, out = panel.state.server, ok()
    for child in op:
        if child.tag == "prefs":
            shown = [p for p in PREFS if p in server["prefs"] and
                     (panel.switches["server_mail_prefs"] or p not in MAIL_PREFS)]          # [15.4]
            out.append(node("prefs", *[node(p, value_text(server["prefs"][p])) for p in shown]))
        elif child.tag == "gen_info":
            out.append(node("gen_info", node("server_name", server["hostname"]), node("server_guid", server["guid"])))
        elif child.tag == "services_state":  # [6.8]
            rows = [s for s in server["services"] if s["id"] != "dns" or panel.switches["dns_component"]]
            out.append(node("services_state", *[node("srv", node("id", s["id"]), node("title", s["title"]),
                                                     node("state", s["state"])) for s in rows]))
        else:
            raise unexpected(child)
    return [out]


def value_text(value: Any) -> str:
    return truth(value) if isinstance(value, bool) else str(value)


def server_set(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    in_order(op, ["prefs"])
    prefs = op.find("prefs")
    if prefs is None:
        raise XmlError(1014, "Parser error: Element 'prefs' is expected.")
    in_order(prefs, PREFS)
    now = panel.state.server["prefs"]
    if panel.switches["xml_old_prefs"] and {p.tag for p in prefs} < set(now):     # [15.4a]
        return [failed(XmlError(1014, "Parser error: Missing child element(s)."))]
    wanted: dict[str, Any] = {}
    for pref in prefs:
        if pref.tag == "outgoing_email_mode":
            if text_of(pref) not in ("domain-ip", "domain-name", "explicit-ip"):        # [8.3]
                raise XmlError(1014, "Parser error: Element 'outgoing_email_mode': not an element of the set.")
            wanted[pref.tag] = text_of(pref)
        elif pref.tag.startswith("outgoing_email_mode_"):
            wanted[pref.tag] = text_of(pref)
        elif pref.tag in ("outgoing_antispam", "enable_sendmail", "include_remote_databases", "apache_pipelog",
                          "ftp_over_ssl", "mail_notifications"):
            wanted[pref.tag] = boolean(pref)
        else:
            wanted[pref.tag] = whole_number(pref)
    own = {ip.get("ipv4") for ip in panel.state.server["ips"]} | {ip.get("ipv6") for ip in panel.state.server["ips"]}
    for tag in ("outgoing_email_mode_explicit_ipv4", "outgoing_email_mode_explicit_ipv6"):
        if wanted.get(tag) and wanted[tag] not in own:
            return [failed(XmlError(1013, "ip address does not exist"))]
    for tag, value in wanted.items():
        now[tag] = value
        panel.state.changed()
        if call.half:
            raise XmlError(1023, "Internal error")
    return [ok()]


def server_clean_queue(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    panel.state.world["queue_cleaned"] = panel.state.world.get("queue_cleaned", 0) + 1     # irreversible [6.7]
    panel.state.changed()
    return [ok()]


def ip_get(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    rows = []
    for ip in panel.state.server["ips"]:
        address = ip.get("ipv4") or ip.get("ipv6")
        public = panel.state.server.get("public_ips", {}).get(address, address)
        rows.append(node("ip_info", node("ip_address", address), node("netmask", ip["netmask"]),
                         node("type", ip["type"]), node("interface", ip["interface"]),
                         node("public_ip_address", public)))                              # behind NAT [3.1]
    return [ok(node("addresses", *rows))]


# --- webspace, site, customer

def dataset(op: ET.Element, known: set[str]) -> set[str]:
    element = op.find("dataset")
    tags = {child.tag for child in element} if element is not None else set()
    for child in element if element is not None else []:
        if child.tag not in known:
            raise unexpected(child)
    return tags


def limit_nodes(domain: dict[str, Any], tags: dict[str, str]) -> list[ET.Element]:
    return [node(tag, value_text(domain["limits"][key])) for tag, key in tags.items() if key in domain["limits"]]


def webspace_get(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    in_order(op, ["filter", "dataset"])
    tags = dataset(op, {"gen_info", "mail", "hosting"})
    out = []
    for domain, error, id in sites(panel, call, op.find("filter"), "id"):
        if error or domain["base_domain_id"] != 0:
            if error:
                out.append(failed(error, node("id", str(id))))
            continue
        owner = panel.state.client(id=domain["client_id"])
        data = node("data")
        if "gen_info" in tags:
            data.append(node("gen_info", node("cr_date", domain["created"]), node("name", domain["name"]),
                             node("ascii-name", domain["ascii_name"]),
                             node("status", "0" if domain["status"] == "active" else "16"),
                             node("dns_ip_address", domain["ip"]), node("htype", "vrt_hst"),
                             node("guid", domain["guid"]), node("owner-id", str(owner["id"])),
                             node("owner-login", owner["login"])))
        if "hosting" in tags:
            data.append(node("hosting", node("vrt_hst", node("ip_address", domain["ip"]))))
        if "mail" in tags:
            data.append(node("mail", *limit_nodes(domain, LIMITS)))
        out.append(ok(node("id", str(domain["id"])) if tags else None, data))    # an empty dataset loses the ids [6.6]
    return out


def limit_value(element: ET.Element) -> Any:
    value = text_of(element)
    if value in ("default", "true", "false"):
        return value
    return whole_number(element)


def webspace_set(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    in_order(op, ["filter", "values"])
    mail = op.find("values/mail")
    if mail is None:
        raise XmlError(1014, "Parser error: Element 'mail' is expected.")
    for child in mail:
        if child.tag not in LIMITS:
            raise unexpected(child)
    out = []
    for domain, error, id in sites(panel, call, op.find("filter"), "id"):
        if error:
            out.append(failed(error, node("id", str(id))))
            continue
        for child in mail:
            domain["limits"][LIMITS[child.tag]] = limit_value(child)
        panel.state.changed()
        out.append(ok(node("id", str(domain["id"]))))
    return out


def site_get(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    in_order(op, ["filter", "dataset"])
    tags = dataset(op, {"gen_info", "prefs", "hosting"})
    filter = op.find("filter")
    if filter is not None and len(filter) == 0:
        return []                           # an unfiltered get was seen to return nothing [6.6]
    out = []
    for domain, error, id in sites(panel, call, filter, "id"):
        if error:
            out.append(failed(error, node("id", str(id))))
            continue
        data = node("data")
        if "gen_info" in tags:
            main = domain["base_domain_id"] or domain["id"]
            data.append(node("gen_info", node("name", domain["name"]), node("ascii-name", domain["ascii_name"]),
                             node("status", "0" if domain["status"] == "active" else "16"),
                             node("dns_ip_address", domain["ip"]), node("webspace-id", str(main)),
                             node("guid", domain["guid"])))
        if "hosting" in tags:
            data.append(node("hosting", node("vrt_hst", node("ip_address", domain["ip"]))))
        if "prefs" in tags:
            data.append(node("prefs", node("outgoing-messages-domain-limit", value_text(domain["limits"]["domain"]))))
        out.append(ok(node("id", str(domain["id"])), data))
    return out


def site_set(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    in_order(op, ["filter", "values"])
    prefs = op.find("values/prefs")
    if prefs is None:
        raise XmlError(1014, "Parser error: Element 'prefs' is expected.")
    for child in prefs:
        if child.tag != "outgoing-messages-domain-limit":
            raise unexpected(child)
    out = []
    for domain, error, id in sites(panel, call, op.find("filter"), "id"):
        if error:
            out.append(failed(error, node("id", str(id))))
            continue
        for child in prefs:
            domain["limits"]["domain"] = limit_value(child)
        panel.state.changed()
        out.append(ok(node("id", str(domain["id"]))))
    return out


def customer_get(panel: Panel, call: Call, op: ET.Element) -> list[ET.Element]:
    in_order(op, ["filter", "dataset"])
    dataset(op, {"gen_info"})
    me, out = call.caller.client, []
    for client in panel.state.clients:
        if client["type"] != "customer" or not (call.caller.admin or client["owner_login"] == me["login"] or client is me):
            continue
        parent = panel.state.client(login=client["owner_login"])
        out.append(ok(node("id", str(client["id"])), node("data", node(
            "gen_info", node("cr_date", client["created"]), node("cname", client["company"]),
            node("pname", client["name"]), node("login", client["login"]), node("status", str(client["status"])),
            node("email", client["email"]), node("guid", client["guid"]),
            node("owner-id", str(parent["id"] if parent else 1)), node("owner-login", client["owner_login"])))))
    return out


Operation = Callable[[Panel, Call, ET.Element], list[ET.Element]]

# operator, operation: who may call it, what it does
OPERATIONS: dict[tuple[str, str], tuple[str, Operation]] = {
    ("dns", "get"): ("all", dns_get),
    ("dns", "enable"): ("all", dns_switch("enabled")),
    ("dns", "disable"): ("all", dns_switch("disabled")),
    ("mail", "get_prefs"): ("all", mail_get_prefs),
    ("mail", "set_prefs"): ("all", mail_set_prefs),
    ("mail", "get_info"): ("all", mail_get_info),
    ("mail", "create"): ("all", mail_create),
    ("mail", "enable"): ("all", mail_switch(True)),
    ("mail", "disable"): ("all", mail_switch(False)),
    ("server", "get"): ("admin", server_get),
    ("server", "set"): ("admin", server_set),
    ("server", "clean-mail-queue"): ("admin", server_clean_queue),
    ("ip", "get"): ("admin", ip_get),
    ("webspace", "get"): ("all", webspace_get),
    ("webspace", "set"): ("all", webspace_set),
    ("site", "get"): ("all", site_get),
    ("site", "set"): ("all", site_set),
    ("customer", "get"): ("all", customer_get),
}


def operate(panel: Panel, call: Call, operator: ET.Element, op: ET.Element) -> ET.Element:
    if (operator.tag, op.tag) == ("mail", "update"):        # <update><set>...</set></update> [6.4]
        if len(op) != 1 or op[0].tag != "set":
            raise unexpected(op[0] if len(op) else op)
        return node("update", node("set", *mail_update_set(panel, call, op[0])))
    who, run = OPERATIONS.get((operator.tag, op.tag), ("", None))
    if run is None:                          # get_dkim_key, for instance, does not exist [6.2]
        raise unexpected(op)
    if who == "admin" and not call.caller.admin:
        raise XmlError(1006, "Permission denied")
    return node(op.tag, *run(panel, call, op))


def system_error(error: XmlError) -> ET.Element:
    packet = node("packet", node("system", node("status", "error"), node("errcode", str(error.code)),
                                 node("errtext", error.text)))
    packet.set("version", VERSION)
    return packet


def packet_names(body: bytes) -> list[str]:
    """"mail.get_prefs" and the like, for journal and faults."""
    try:
        root = ET.fromstring(body)
    except ET.ParseError:
        return []
    return [f"{operator.tag}.{op.tag}" for operator in root for op in operator]


def answer(panel: Panel, call: Call) -> Reply:
    return Reply(200, "text/xml", b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(run_packet(panel, call)))


def run_packet(panel: Panel, call: Call) -> ET.Element:
    if not panel.switches["api_enabled"]:
        return system_error(XmlError(1006, "Access to API is disabled"))
    if not panel.switches["licence"]:
        return system_error(XmlError(1030, "License expired."))
    caller, tried = access.xml_caller(panel.state, call.headers, call.address)
    if caller is None:                       # HTTP Basic counts as none at all [6]
        return system_error(XmlError(1001, "Authentication failed - wrong user name, password or key") if tried else
                            XmlError(1029, "Authentication method is not specified"))
    call.caller, call.login = caller, caller.client["login"]
    try:
        if b"<!DOCTYPE" in call.body:
            raise XmlError(1014, "Parser error: a document type is not allowed.")
        root = ET.fromstring(call.body)
        if root.tag != "packet":
            raise unexpected(root)
        packet = node("packet")
        packet.set("version", VERSION)
        done = 0
        for operator in root:
            out = node(operator.tag)
            packet.append(out)
            for op in operator:              # several operations, answered in the same order [6]
                if call.half and done:
                    raise XmlError(1023, "Internal error")
                out.append(operate(panel, call, operator, op))
                done += 1
        return packet
    except ET.ParseError as problem:
        return system_error(XmlError(1014, f"Parser error: {problem}"))
    except XmlError as error:
        return system_error(error)
