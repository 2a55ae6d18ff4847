"""python3 -m sim.cpanel --dir DIR --port N --cpanel-port N --control N [--smtp N] [--nsd DIR --nsd-port N --nsd-address A...]

DIR holds world.json (the state), domainkeys/, the panel's certificate and access_log; bin/ has the server's commands
(whmapi1, uapi, exim, ...), root/ the files that root would find below /.
"""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from servers.nsd import Nsd

from . import cli, serve, smtp
from .panel import Panel
from .state import State


def main() -> None:
    options = argparse.ArgumentParser(prog="sim.cpanel", description=__doc__)
    options.add_argument("--dir", type=Path, required=True)
    options.add_argument("--port", type=int, required=True, help="WHM's, as 2087")
    options.add_argument("--cpanel-port", type=int, required=True, help="cPanel's, as 2083")
    options.add_argument("--control", type=int, required=True)
    options.add_argument("--smtp", type=int, default=0, help="where Exim greets")
    options.add_argument("--nsd", type=Path, help="run directory of the name server that is fed")
    options.add_argument("--nsd-port", type=int, default=53)
    options.add_argument("--nsd-address", action="append", default=[])
    given = options.parse_args()

    state = State(given.dir / "world.json")
    nsd = Nsd(given.nsd, given.nsd_address, given.nsd_port) if given.nsd else None
    panel = Panel(state, nsd, given.dir, {"whm": given.port, "cpanel": given.cpanel_port}, given.nsd_port)
    panel.publisher.start()
    panel.tree.write()
    cli.start(panel, given.dir)
    serve.start(panel, given.dir, given.control)
    if given.smtp:
        smtp.start(panel, given.dir, given.smtp)

    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    end.wait()
    state.save()


if __name__ == "__main__":
    main()
