"""SpamAssassin's spamd, unpacked and not installed: Debian's rules, no questions to the outside."""

from __future__ import annotations

import glob
import re
from pathlib import Path

from . import process
from .fetch import Programs


class Spamd:
    def __init__(self, directory: Path, port: int):
        self.directory, self.port = directory, port

    def start(self, group: process.Group, programs: Programs) -> "Spamd":
        self.directory.mkdir(parents=True, exist_ok=True)
        root = programs.root
        places = [f"{root}/usr/share/perl5", *(p for p in glob.glob(f"{root}/usr/lib/*/perl5/*")
                                                if re.fullmatch(r"[\d.]+", Path(p).name)),
                  *glob.glob(f"{root}/usr/lib/*/perl5")]
        argv = ["/usr/bin/perl", "-T", *(f"-I{p}" for p in places), programs.find("spamd"), "--local",
                f"--port={self.port}", "--listen=127.0.0.1", "--allowed-ips=127.0.0.1", "--max-children=1",
                f"--configpath={root}/usr/share/spamassassin", f"--siteconfigpath={root}/etc/spamassassin",
                f"--helper-home-dir={self.directory}", "--nouser-config", "--username=nobody", "--syslog=stderr",
                f"--pidfile={self.directory}/pid"]
        one = group.add(process.Process("spamd", argv, self.directory / "log",
                                        env=dict(programs.env(), HOME=str(self.directory))))
        one.wait_ready(lambda: process.connects("127.0.0.1", self.port), 60)
        return self
