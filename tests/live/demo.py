#!/usr/bin/env python3
"""A small provider on loopback: simulated Plesk, real name servers, resolver, web server with the
extension's own PHP, and the real backend.  `make run` starts it; tests use it as a library:

    with Demo(Path("build/run/x")) as demo:
        demo.config, demo.url, demo.resolver, demo.control ...

Everything is below one run directory, on free ports, so that two can run at a time, and all of it ends
with this program.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(HERE))

import yaml                                                     # noqa: E402

from servers import fetch, fcgi, process, web                  # noqa: E402
from servers.nsd import Nsd                                     # noqa: E402
from servers.process import Group, Process, StartError          # noqa: E402
from servers.unbound import Unbound                             # noqa: E402
from sim.plesk.access import digest                             # noqa: E402
from world import maillog                                       # noqa: E402
from world.build import build                                   # noqa: E402

EXTENSION = TOP / "panel" / "plesk" / "extension"
STAND_INS = HERE / "panel_php"
MOUNT = "/modules/antispam-guide"


class Demo:
    panel = "plesk"
    title = "a simulated Plesk"
    admin = "admin"                             # the administrator's login
    servers = fetch.DEMO

    def __new__(cls, *args: Any, panel: str = "plesk", **more: Any) -> "Demo":
        return object.__new__(kind_of(panel) if cls is Demo else cls)

    def __init__(self, run: Path, *, panel: str = "plesk", variants: list[str] = [], fleet: int = 0, backend: Path | None = None,
                 port: int = 0, config: dict[str, Any] = {}, with_web: bool = True, language: str = "en"):
        """panel: "plesk", "cpanel", "postfix".  backend: the program, None for none.  config: changes to the
        configuration, by section."""
        self.run, self.variants, self.fleet, self.backend = run.resolve(), variants, fleet, backend
        self.with_web, self.changes, self.language = with_web, config, language
        self.web_port = port
        self.group = Group()
        self.nsds: dict[str, Nsd] = {}
        self.url = ""

    def __enter__(self) -> "Demo":
        try:
            self.start()
        except BaseException:
            self.group.stop()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self.group.stop()

    def start(self) -> None:
        self.programs = fetch.programs(self.servers if self.with_web else ["nsd", "unbound"])
        self.run.mkdir(parents=True, exist_ok=True)
        self.panel_dir = self.run / "panel"
        self.panel_dir.mkdir(exist_ok=True)
        self.world = self.build_world()
        self.secrets()
        self.start_name_servers()
        self.start_panel()
        self.start_resolver()
        self.write_config()
        if self.with_web:
            self.start_web()
        if self.backend:
            self.start_backend()

    # --- what another panel has otherwise

    @staticmethod
    def prepare() -> None:
        """Before anything: what this panel's demonstration needs of the system."""

    def build_world(self) -> Any:
        return build(self.panel_dir, self.variants, self.fleet)

    def panel_key(self) -> str:
        """A key of the panel, which is told of it."""
        key = "-".join(secrets.token_hex(n) for n in (4, 2, 2, 2, 6))
        self.world.state["keys"] = [{"id": 1, "sha256": digest(key), "login": "admin", "ips": ["127.0.0.1"],
                                     "description": "Anti-Spam Guide"}]
        return key

    def panel_argv(self) -> list[str]:
        """How the simulator is started, apart from what all of them are given."""
        return ["-m", "sim.plesk"]

    def panel_config(self) -> dict[str, Any]:
        return {"kind": "plesk", "url": self.panel_url, "key_file": str(self.key_file), "ca_file": str(self.ca_file)}

    def mail_log(self) -> Path | None:
        """What was sent in the last month; people who look have something to see."""
        return maillog.write(self.run / "mail.log") if self.with_web else None

    def listen(self) -> dict[str, str]:
        return {"panel": str(self.socket)}

    # --- secrets

    def secrets(self) -> None:
        """The panel's key is for the backend alone, the identity key also for the panel's pages."""
        self.key = self.panel_key()
        self.key_file = secret(self.run / "panel.key", self.key.encode() + b"\n", 0o600)
        self.identity_key = secrets.token_bytes(32)
        self.identity_key_file = secret(self.run / "identity.key", self.identity_key, 0o640)
        secret(self.panel_dir / "world.json", json.dumps(self.world.state, indent=1).encode(), 0o600)

    # --- servers

    def start_name_servers(self) -> None:
        every = [a for o in self.world.operators.values() for a in o["addresses"]]
        self.dns_port = process.free_port(every, udp=True)
        for name, operator in self.world.operators.items():
            nsd = Nsd(self.run / f"nsd-{name}", operator["addresses"], self.dns_port)
            self.nsds[name] = nsd.start(self.group, self.programs)
            for zone, text in self.world.zones.get(name, {}).items():
                nsd.add(zone, text)

    def start_panel(self) -> None:
        self.panel_port, self.control_port = process.free_port(), process.free_port()
        nsd = self.nsds["panel"]
        argv = [sys.executable, *self.panel_argv(), "--dir", str(self.panel_dir), "--port", str(self.panel_port),
                "--control", str(self.control_port), "--nsd", str(nsd.directory), "--nsd-port", str(self.dns_port)]
        for address in nsd.addresses:
            argv += ["--nsd-address", address]
        panel = self.group.add(Process("simulated panel", argv, self.run / "panel.log", cwd=HERE))
        panel.wait_ready(lambda: process.connects("127.0.0.1", self.panel_port), 120)
        self.panel_url = f"https://127.0.0.1:{self.panel_port}"
        self.ca_file = self.panel_dir / "panel.pem"

    def start_resolver(self) -> None:
        self.resolver_port = process.free_port(udp=True)
        self.resolver = f"127.0.0.1:{self.resolver_port}"
        self.unbound = Unbound(self.run / "unbound", self.resolver_port, self.world.stubs, self.dns_port)
        self.unbound.start(self.group, self.programs)

    def write_config(self) -> None:
        self.socket = self.run / "panel.sock"
        self.store = self.run / "state.db"
        config: dict[str, Any] = {
            "panel": self.panel_config(),
            "dns": {"resolvers": [self.resolver], "authoritative_port": self.dns_port, "allow_private": True},
            "server": {"smtp_probe": False},
            "provider": {"name": "Gigas", "support": {"url": "https://support.host.example/", "phone": "+34 900 000 000",
                                                      "chat": "https://chat.host.example/", "hours": "24x7"},
                         "own_domains": ["gigas.com"],
                         "dns": [{"ns": "dns0[1-4].gigas.com", "where": "provider_panel", "name": "Gigas control panel",
                                  "url": "https://panel.gigas.com/"},
                                 {"ns": "*.dnsgigas.es", "where": "this_panel"}]},
            "blacklists": {"enabled": True},
            "listen": self.listen(),
            "identity_key_file": str(self.identity_key_file),
            "store": str(self.store),
            "templates": str(TOP / "templates"),
            "language": self.language,
        }
        if log := self.mail_log():
            config["logs"] = {"mail": str(log)}
        for section, change in self.changes.items():
            if isinstance(change, dict) and isinstance(config.get(section), dict):
                config[section].update(change)
            else:
                config[section] = change
        self.config = self.run / "config.yaml"
        self.config.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True))

    def start_web(self) -> None:
        sessions = self.run / "sessions"
        sessions.mkdir(exist_ok=True)
        ini = {"auto_prepend_file": str(STAND_INS / "prepend.php"), "session.save_path": str(sessions),
               "session.use_strict_mode": "1", "session.cookie_httponly": "1", "session.cookie_samesite": "Lax",
               "display_errors": "0", "log_errors": "1", "error_log": str(self.run / "php-errors.log"),
               "cgi.fix_pathinfo": "1", "expose_php": "0", "upload_tmp_dir": str(self.run)}
        env = {"PANEL_STATE": str(self.panel_dir / "world.json"), "PANEL_EXTENSION": str(EXTENSION),
               "PANEL_SOCKET": str(self.socket), "PANEL_IDENTITY_KEY": str(self.identity_key_file)}
        php = web.start_php(self.group, self.programs, self.run, ini=ini, env=env)
        port = self.web_port or process.free_port()
        self.url = web.start_lighttpd(self.group, self.programs, self.run / "web", port=port,
                                      root=STAND_INS / "htdocs", aliases={MOUNT + "/": EXTENSION / "htdocs"},
                                      php_socket=php)

    def start_backend(self) -> None:
        assert self.backend is not None
        argv = [str(self.backend), "serve", "--config", str(self.config)]
        self.backend_process = self.group.add(Process("antispam-guide", argv, self.run / "backend.log"))
        self.backend_process.wait_ready(lambda: self.request("GET", "/healthz")[0] == 200, 30)

    def first_round(self, limit_s: float = 15.0) -> None:
        """Until every domain has been looked at once, so that the first page has something to show."""
        until = time.monotonic() + limit_s
        while self.backend and time.monotonic() < until:
            status, _, body = self.request("GET", "/domains?per_page=200", accept="application/json", **self.as_admin())
            if status == 200 and all(d["summary"] for d in json.loads(body)["domains"]):
                return
            time.sleep(0.1)

    # --- for tests

    def as_admin(self) -> dict[str, Any]:
        """What makes a request the administrator's."""
        return {"token": self.identity(self.admin, "admin")}

    def way_in(self, login: str) -> str:
        return f"{self.url}/login.php?as={login}"

    def identity(self, login: str, role: str, session: str = "test", ttl_s: int = 60, **more: Any) -> str:
        return fcgi.identity(self.identity_key, login, role, session=session, ttl_s=ttl_s, **more)

    def request(self, method: str, path: str, **more: Any) -> tuple[int, dict[str, str], bytes]:
        """Straight to the backend's socket; see servers/fcgi.py."""
        return fcgi.request(self.socket, method, path, **more)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """The simulator's control endpoint; see sim/common/control.py."""
        data = None if body is None else json.dumps(body).encode()
        ask = urllib.request.Request(f"http://127.0.0.1:{self.control_port}{path}", data, method=method,
                                     headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(ask, timeout=60) as answer:
            return json.load(answer)

    def announce(self) -> None:
        print(f"""
Anti-Spam Guide is running on this machine only, in front of {self.title}.

    {self.url}/

Ways in:
    customer       {self.way_in('anna')}
    reseller       {self.way_in('rita')}
    administrator  {self.way_in(self.admin)}

On the command line:
    build/antispam-guide check cust.example nospf.example --config {self.config}

Files and logs: {self.run}
Stop with Ctrl-C; nothing is left behind.
""", flush=True)

    def environment(self) -> dict[str, str]:
        return {"DEMO_RUN": str(self.run), "DEMO_CONFIG": str(self.config), "DEMO_URL": self.url,
                "DEMO_SOCKET": str(self.socket), "DEMO_RESOLVER": self.resolver, "DEMO_PANEL": self.panel_url,
                "DEMO_PANEL_KEY": str(self.key_file), "DEMO_CONTROL": f"http://127.0.0.1:{self.control_port}",
                "DEMO_DNS_PORT": str(self.dns_port)}


def kind_of(panel: str) -> type[Demo]:
    if panel == "cpanel":
        from demo_cpanel import CpanelDemo
        return CpanelDemo
    if panel == "postfix":
        from demo_postfix import PostfixDemo
        return PostfixDemo
    return Demo


def secret(path: Path, content: bytes, mode: int) -> Path:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    path.chmod(mode)
    return path


def new_run_directory() -> Path:
    """Below build/run, or in the system's place when a socket's name would be too long there."""
    base = TOP / os.environ.get("BUILD", "build") / "run"
    if len(str(base)) > 70:
        return Path(tempfile.mkdtemp(prefix="antispam-guide-"))
    base.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="demo-", dir=base))


def watch(demo: Demo, stop: threading.Event) -> int:
    while not stop.wait(0.5):
        dead = demo.group.dead()
        if dead is not None:
            tail = dead.log.read_text(errors="replace")[-2000:]
            print(f"{dead.name} ended with status {dead.popen.returncode}:\n{tail}", file=sys.stderr)
            return 1
    return 0


def main() -> int:
    options = argparse.ArgumentParser(description="The demonstration: a simulated provider on loopback.")
    options.add_argument("--panel", choices=["plesk", "cpanel", "postfix"], default="plesk")
    options.add_argument("--run-dir", type=Path, help="keep everything here (default: a new directory, removed at the end)")
    options.add_argument("--variant", action="append", default=[],
                         help="change the world: helo, one-address, dkim-off, limits-on, listed, refused")
    options.add_argument("--fleet", type=int, default=0, metavar="N", help="N more domains for the reseller")
    options.add_argument("--port", type=int, default=0, help="of the web server (default: a free one)")
    options.add_argument("--lang", choices=["en", "es"], default="en")
    options.add_argument("--backend", type=Path, default=TOP / os.environ.get("BUILD", "build") / "antispam-guide")
    options.add_argument("--no-backend", action="store_true")
    options.add_argument("--once-ready", metavar="COMMAND", help="run it when all is ready, then stop with its status")
    given = options.parse_args()
    kind_of(given.panel).prepare()

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    run = given.run_dir or new_run_directory()
    backend = None if given.no_backend else given.backend
    try:
        with kind_of(given.panel)(run, panel=given.panel, variants=given.variant, fleet=given.fleet, backend=backend, port=given.port,
                  language=given.lang) as demo:
            demo.first_round()
            if given.once_ready:
                child = subprocess.Popen(["/bin/sh", "-c", given.once_ready], env={**os.environ, **demo.environment()})
                while child.poll() is None and not stop.wait(0.1):
                    pass
                if child.poll() is None:
                    child.terminate()
                return child.wait()
            demo.announce()
            return watch(demo, stop)
    except (StartError, fetch.FetchError, OSError) as problem:
        if stop.is_set():
            return 130
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    finally:
        if given.run_dir is None:
            shutil.rmtree(run, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
