"""UAPI's modules, and when one is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import clam, emailauth, uapi_account, uapi_email, whm
from .uapi_account import Status, granted
from .wire import Function

if TYPE_CHECKING:
    from .panel import Panel

__all__ = ["MODULES", "Status", "absent", "granted"]


def absent(panel: Panel, module: str) -> bool:
    return (module == "ClamScanner" and not panel.switches["clamav"]
            or module == "WordPressInstanceManager" and not panel.switches["wp_manager"])


EMAIL_AUTH = {name: Function(f.run, f.needs, f.takes, since=f.since, feature="emailauth", role="DNS", write=f.write)
              for name, f in emailauth.FUNCTIONS.items()}

DNS = {
    "has_local_authority": Function(whm.has_local_authority, ("domain",), role="DNS"),
    "parse_zone": Function(whm.parse_zone, ("zone",), feature="zoneedit", role="DNS"),
    "mass_edit_zone": Function(whm.mass_edit, ("zone", "serial"), ("add", "edit", "remove"), feature="zoneedit", role="DNS",
                               write=True),
}

MODULES: dict[str, dict[str, Function]] = {
    "ClamScanner": clam.FUNCTIONS,
    "DNS": DNS,
    "Email": uapi_email.FUNCTIONS,
    "EmailAuth": EMAIL_AUTH,
    **uapi_account.MODULES,
}
