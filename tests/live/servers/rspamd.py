"""Rspamd, unpacked and not installed, with one rule of the test's own and no questions to the outside."""

from __future__ import annotations

from pathlib import Path

from . import process
from .fetch import Programs


class Rspamd:
    def __init__(self, directory: Path, port: int, words: str):
        self.directory, self.port, self.words = directory, port, words

    def start(self, group: process.Group, programs: Programs) -> process.Process:
        """Started; its loading takes long, so wait_ready is left to the caller."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o777)
        share, here = programs.root / "usr/share/rspamd", self.directory
        (here / "tld").write_text("example\ncom\norg\n")
        (here / "rspamd.conf").write_text(f"""
options {{ pidfile = "{here}/pid"; tempdir = "{here}"; url_tld = "{here}/tld"; filters = "regexp";
    dns {{ nameserver = ["127.0.0.1:1:10"]; timeout = 0.2s; retransmits = 1; }} }}
logging {{ type = "console"; level = "notice"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{self.port}"; count = 1; }}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
regexp {{ TEST_WORDS = "/{self.words}/P"; }}
""")
        places = {"CONFDIR": programs.root / "etc/rspamd", "SHAREDIR": share, "RULESDIR": share / "rules",
                  "LUALIBDIR": share / "lualib", "PLUGINSDIR": share / "plugins", "DBDIR": here, "RUNDIR": here,
                  "LOGDIR": here, "WWWDIR": here}
        env = programs.env()
        env["LD_LIBRARY_PATH"] += f":{programs.root}/usr/lib/rspamd"
        argv = [programs.find("rspamd"), "-f", "-i", "-c", str(here / "rspamd.conf"),
                *(f"--var={k}={v}" for k, v in places.items())]
        return group.add(process.Process("rspamd", argv, here / "log", env=env))

    def ready(self) -> bool:
        return process.connects("127.0.0.1", self.port)
