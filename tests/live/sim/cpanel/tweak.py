"""Tweak Settings: keys, defaults, what each accepts [7.1]."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

MODULES = ("Main", "Mail", "Basic", "Apache")
DYNAMIC = {"eximmailtrap", "smtpmailgidonly"}       # a changed value alone does not apply them


@dataclass(frozen=True)
class Key:
    default: str | None
    pattern: str = r"[01]"
    unset: bool = False                             # may be without a value: no limit

    def accepts(self, value: str) -> bool:
        return self.unset if value == "" else re.fullmatch(self.pattern, value) is not None


NUMBER = r"\d{1,9}|unlimited"
KEYS: dict[str, Key] = {
    "maxemailsperhour": Key(None, NUMBER, True),
    "email_send_limits_max_defer_fail_percentage": Key(None, NUMBER, True),
    "email_send_limits_min_defer_fail_to_trigger_protection": Key("5", NUMBER),
    "email_send_limits_defer_cutoff": Key("125", NUMBER),
    "email_send_limits_count_mailman": Key("0"),
    "emailsperdaynotify": Key(None, NUMBER, True),
    "email_outbound_spam_detect_enable": Key("1"),
    "email_outbound_spam_detect_threshold": Key("500", NUMBER),
    "email_outbound_spam_detect_action": Key("noaction", "noaction|hold|block"),
    "nobodyspam": Key("1"),
    "smtpmailgidonly": Key("0"),
    "eximmailtrap": Key("1"),
    "query_apache_for_nobody_senders": Key("1"),
    "popbeforesmtp": Key("0"),
    "popbeforesmtpsenders": Key("0"),
    "defaultmailaction": Key("localuser", "localuser|fail|blackhole"),
    "exim-retrytime": Key("15", NUMBER),
    "exim_retention_days": Key("10", NUMBER),
    "create_account_spf": Key("1"),
    "create_account_dkim": Key("1"),
    "skipeximstats": Key("0"),
}


def defaults() -> dict[str, str | None]:
    return {name: key.default for name, key in KEYS.items()}


def shown(key: str, value: str | None, unset: str) -> dict[str, Any]:
    """How a value that is not set looks is not confirmed [14.7]."""
    if value is None:
        return {"key": key} if unset == "missing" else {"key": key, "value": None if unset == "null" else ""}
    return {"key": key, "value": value}
