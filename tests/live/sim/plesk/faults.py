"""Everything that can be set to make the simulator behave otherwise."""

from __future__ import annotations

from typing import Any

# Points where real servers differ or nobody has confirmed the answer [13.3, 15].
SWITCHES: dict[str, Any] = {
    "unauthorised_status": 403,         # 401 or 403 for a missing or wrong key [13.2]
    "initialised": True,                # false: 503 [2]
    "licence": True,                    # false: expired; XML 1030 is documented, what REST answers is not
    "api_enabled": True,                # panel.ini [api] enabled [2]
    "allowed_ips": [],                  # panel.ini [api] allowedIPs; empty: all
    "error_code": "http",               # "zero": {"code": 0} in error bodies [2.4]
    "owner_login": True,                # the field is in the answers [3.2]
    "aliases": True,                    # since 18.0.42 [3.3]
    "base_domain_id": "zero",           # of main domains: "zero", "null", "own" [15.9]
    "reseller_sees_customers": False,   # /clients/{reseller}/domains [15.8]
    "post_host": "absolute",            # "relative", "relative-strict": how POST reads `host` [15.1]
    "ttl_zero": False,                  # answers give ttl 0 where the zone's default applies [7.1]
    "txt_over_255": "whole",            # "cut", "quoted" [15.14]
    "dkim_option": "sign_outgoing_mail",  # or "sign-outgoing-mail", or "" (utility not in the gate) [15.2]
    "dkim_delay_s": 1.0,                # until the records of a newly enabled domain are there [8.2]
    "spam_protect_sign": True,          # the child is in get_prefs answers [6.2]
    "greylisting": False,               # that one too
    "dns_info_off_exit": 0,             # exit status of dns --info for a zone that is off [4.1]
    "separator": " ",                   # or "\t" in dns --info [15.12]
    "ref_shape": "keys",                # "list", "bare": shape of /cli/{id}/ref [15.16]
    "fullhostname": True,               # settings --get FullHostName works
    "white_list_readable": True,        # mailserver --info white-list [15.19]
    "xml": True,                        # false: 404
    "xml_old_prefs": False,             # server.set wants the complete list, else 1014 [15.4a]
    "mailbox_limit_told": True,         # mail.get_info has the limit of a mailbox [6.5 shows none]
    "server_mail_prefs": True,          # server.get prefs has the mail fields [15.4]
    "wp_toolkit": True,                 # the extension is there
    "wp_command": True,                 # extension --call wp-toolkit works [15.22]
    "dns_component": True,              # the DNS server is installed [7.3]
    "dns_wait": True,                   # a change is answered when the name server serves it
    "dns_delay_s": 0.0,                 # or the name server learns it so much later
    "latency_s": [0.0, 0.0],            # every call, at random between the two [13.6]
    "cli_latency_s": [0.0, 0.0],        # command gate, in addition
}
