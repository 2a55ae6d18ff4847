"""Files of the server that root reads, and some that root changes [5.6]: DIR/root stands for /."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .panel import Panel

MARKERS = ("per_domain_mailips", "custom_mailips", "custom_mailhelo", "use_rdns_for_helo")


class Tree:
    def __init__(self, panel: Panel, root: Path):
        self.panel, self.root = panel, root
        self.written: dict[str, int] = {}           # file: its time when we wrote it

    def put(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.written[name] = path.stat().st_mtime_ns

    def write(self) -> None:
        """All of it, at the start."""
        state, exim = self.panel.state, self.panel.state.server["exim"]
        pairs = lambda rows: "".join(f"{a}: {b}\n" for a, b in rows)
        self.put("etc/userdomains", pairs([*((d["name"], d["user"]) for d in state.domains), ("*", "nobody")]))
        self.put("etc/trueuserdomains", pairs((a["domain"], a["user"]) for a in state.accounts))
        self.put("etc/trueuserowners", pairs((a["user"], a["owner"]) for a in state.accounts))
        self.put("etc/mailips", pairs(exim["mailips"].items()))
        self.put("etc/mailhelo", pairs(exim["mailhelo"].items()))
        for name in MARKERS:
            if exim[name]:
                self.put(f"var/cpanel/{name}", "")
        self.put("var/cpanel/resellers", pairs((n, ",".join(r["acls"])) for n, r in state.world["resellers"].items())
                 .replace(": ", ":"))
        for account in state.accounts:
            self.put(f"var/cpanel/users/{account['user']}", self.user_file(account))
        self.write_routing()
        self.put("var/log/exim_mainlog", self.log())

    def user_file(self, account: dict[str, Any]) -> str:
        values = {"USER": account["user"], "DNS": account["domain"], "OWNER": account["owner"], "PLAN": account["plan"],
                  "IP": account["ip"], "LOCALE": account["locale"], "CONTACTEMAIL": account["email"],
                  "MAX_EMAIL_PER_HOUR": account["max_email_per_hour"], "STARTDATE": account["unix_startdate"]}
        return "".join(f"{k}={v}\n" for k, v in values.items())

    # --- who takes a domain's mail: /etc/localdomains, /etc/remotedomains

    def write_routing(self) -> None:
        remote = [d["name"] for d in self.panel.state.domains if d["routing"] == "remote"]
        local = [d["name"] for d in self.panel.state.domains if d["routing"] in ("auto", "local")]
        self.put("etc/localdomains", "".join(n + "\n" for n in [self.panel.state.server["hostname"], *local]))
        self.put("etc/remotedomains", "".join(n + "\n" for n in remote))

    def names(self, name: str) -> set[str]:
        try:
            return set((self.root / name).read_text().split())
        except OSError:
            return set()

    def read_routing(self) -> None:
        """Somebody has edited them: the panel goes by what stands there."""
        names = ("etc/localdomains", "etc/remotedomains")
        try:
            same = all((self.root / n).stat().st_mtime_ns == self.written.get(n) for n in names)
        except OSError:
            same = False
        if same:
            return
        local, remote = (self.names(n) for n in names)
        for domain in self.panel.state.domains:
            if domain["name"] in remote and domain["name"] not in local:
                domain["routing"] = "remote"
            elif domain["name"] in local and domain["routing"] == "remote":
                domain["routing"] = "local"
        self.written |= {n: (self.root / n).stat().st_mtime_ns for n in names if (self.root / n).exists()}
        self.panel.state.changed()

    # --- Exim's log, of the same deliveries that the database has

    def log(self) -> str:
        lines: list[tuple[int, str]] = []
        for row in self.panel.state.world["eximstats"]:
            at, id = row["sendunixtime"], row["msgid"]
            lines.append((at, f"{id} <= {row['sender']} H=({row['senderhost'] or 'laptop'}) [{row['senderip']}] P=esmtpsa "
                              f"A={row['senderauth']}:{row['sender']} S={row['size']} id={id}@{row['domain']} "
                              f"T=\"hello\" for {row['recipient']}"))
            mark = {"success": "=>", "defer": "==", "failure": "**"}[row["type"]]
            text = f"{id} {mark} {row['recipient']} R={row['router']} T={row['transport']}"
            if row["type"] == "success":
                lines.append((at + 4, f"{text} H={row['host']} [{row['ip']}] C=\"{row['message']}\""))
                lines.append((at + 4, f"{id} Completed"))
            elif row["type"] == "defer":
                lines.append((at + 4, f"{text} defer (-46): {row['message']}"))
            else:
                lines.append((at + 4, f"{text}: {row['message']}"))
                lines.append((at + 4, f"{id} Completed"))
        return "".join(time.strftime("%Y-%m-%d %H:%M:%S ", time.gmtime(at)) + text + "\n" for at, text in sorted(lines))
