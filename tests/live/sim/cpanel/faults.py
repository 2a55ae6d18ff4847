"""Everything that can be set to make the simulator behave otherwise."""

from __future__ import annotations

from typing import Any

# Points where real servers differ or nobody has confirmed the answer [12, 14].
SWITCHES: dict[str, Any] = {
    "profile": 138,                     # 110, 125, 138: which functions there are [12.12]
    "unauthorised": "403",              # or "401", "html": a login page with 200 [2.6]
    "cphulk_after": 0,                  # failed logins of an address until it is locked out; 0: never [2.2]
    "cphulk_s": 600.0,
    "cphulk_status": 403,               # or 503
    "licence": True,                    # false: every call is refused [12.13]
    "acl_refusal": "result",            # or "403", for a token that lacks the ACL [2.6]
    "shuffle": True,                    # the order of keys is random [2.1]
    "numbers_as_strings": False,        # [2.1]
    "version_envelope": "new",          # or "old" [2.5]
    "execute_envelope": "short",        # or "long" [2.4]
    "privileges": "array",              # or "object" [2.9]
    "resellers_as": "strings",          # or "objects" [14.10]
    "main_domain_as": "string",         # or "array" [3.3]
    "blank_domains": [],                # accounts whose list_domains is blank with status 1 [3.3]
    "output_as": "array",               # or "string": metadata.output.messages [2.5]
    "new_serial": "integer",            # or "string" [4.3]
    "failure_data": "any",              # "null", "missing", "empty": data of a function that failed [2.5]
    "translated": False,                # texts in the account's language: nothing can be matched on them [2.4]
    "ipv6": "",                         # an address: validators have a second row for each domain [5.1, inf]
    "long_strings": "refused",          # or "accepted": a string of over 255 octets [12.5]
    "bump_before_edit": 0,              # so many edits find that somebody was quicker [12.5]
    "owner_names": "live",              # or "absolute", "relative": names of records as they are read [4.2]
    "no_limit": "unlimited",            # "0", "zero" (a number), "missing": an account without a limit [7.2, 13]
    "default_quotes": True,             # default addresses are quoted once more [8]
    "unset_tweak": "null",              # "empty", "missing": a value that is not set [14.7]
    "tweak_applies": False,             # set_tweaksetting alone applies a dynamic key [14.6]
    "uapi_outer": 1,                    # metadata.result of uapi_cpanel when the UAPI function failed
    "item_fails": [],                   # domains that fail by themselves inside status 1 [5.2]
    "validator_error": [],              # domains whose validators say ERROR [12.13]
    "spf_replaces": "spf",              # or "txt": install_spf_records takes other TXT along [14.4]
    "authority_timeout": [],            # domains whose has_local_authority times out [4.1]
    "hostname_delay_s": 5.0,            # of sethostname [6, 12.9]
    "hostname_drop": False,             # the connection ends when the name is changed
    "hostname_outage": False,           # nobody else is answered meanwhile
    "roles_off": [],                    # "DNS", "MailReceive": their functions are disabled [2.6]
    "clamav": True,                     # the plugin is there [10]
    "clamav_s": 0.2,                    # how long a scan takes
    "wp_toolkit": True,                 # [10]
    "wp_manager": False,                # the old WordPress Manager plugin
    "eximstats": "active",              # "importing", "upcp": stats_db_status [9.2]
    "dns_wait": True,                   # a change is answered when the name server serves it
    "dns_delay_s": 0.0,                 # or the name server learns it so much later
    "latency_s": [0.0, 0.0],            # every call, at random between the two
    "validator_s": 0.0,                 # for each domain of a validator [5]
    "cli_s": 0.0,                       # of a command-line program [2.3]
}

VERSIONS = {110: "11.110.0.131", 125: "11.125.9901.267", 138: "11.138.0.19"}
