"""WP Toolkit's REST API [11], under /api/modules/wp-toolkit."""

from __future__ import annotations

from ..common import wptoolkit
from . import access
from .panel import Panel
from .wire import Call, Reply, json_reply


def answer(panel: Panel, call: Call) -> Reply:
    if not panel.switches["wp_toolkit"]:     # 404 on the base: the extension is missing [11]
        return json_reply(404, {"code": 404, "message": "Not Found"})
    caller = access.rest_caller(panel.state, call.headers, call.address)
    if caller is None or not caller.admin:
        return wptoolkit.error(panel.switches["unauthorised_status"], "Access denied")
    call.caller, call.login = caller, caller.client["login"]
    return wptoolkit.answer(panel, call, call.path.removeprefix("/api/modules/wp-toolkit"), panel.state.world["wordpress"])
