"""One unbound: the resolver of a world that has no Internet.

Every zone of the world is a stub zone that leads to the nsd that serves it, at
its high port; the root is ours too, so a name that is not in the world does
not exist.
"""

from __future__ import annotations

import socket
from pathlib import Path

from . import process
from .fetch import Programs


class Unbound:
    def __init__(self, directory: Path, port: int, stubs: dict[str, list[str]], port_of_stubs: int):
        """stubs: zone name ("." for the root) to the addresses that serve it."""
        self.directory, self.port = directory, port
        self.stubs, self.port_of_stubs = stubs, port_of_stubs
        self.control_path = directory / "control.sock"

    def start(self, group: process.Group, programs: Programs) -> "Unbound":
        self.directory.mkdir(parents=True, exist_ok=True)
        conf = self.directory / "unbound.conf"
        conf.write_text(f"""server:
    interface: 127.0.0.1@{self.port}
    access-control: 127.0.0.0/8 allow
    username: ""
    chroot: ""
    directory: "{self.directory}"
    pidfile: ""
    use-syslog: no
    logfile: ""
    do-daemonize: no
    do-not-query-localhost: no
    do-ip6: no
    module-config: "iterator"
    num-threads: 1
    edns-buffer-size: 1232
    hide-version: yes
    hide-identity: yes
    unblock-lan-zones: yes
    insecure-lan-zones: yes
    qname-minimisation: no
    num-queries-per-thread: 4096
    outgoing-range: 8192
    so-rcvbuf: 4m
    so-sndbuf: 4m
    msg-cache-size: 128m
    rrset-cache-size: 256m
remote-control:
    control-enable: yes
    control-use-cert: no
    control-interface: {self.control_path}
""" + "".join(self.stub(zone, addresses) for zone, addresses in sorted(self.stubs.items())) + self.extra())
        argv = [programs.find("unbound"), "-d", "-p", "-c", str(conf)]
        self.process = group.add(process.Process("unbound", argv, self.directory / "log", env=programs.env()))
        self.process.wait_ready(lambda: process.connects("127.0.0.1", self.port))
        return self

    def extra(self) -> str:
        return ""

    def stub(self, zone: str, addresses: list[str]) -> str:
        quiet = "" if zone == "." else f'server:\n    local-zone: "{zone}" nodefault\n'
        where = "".join(f"    stub-addr: {a}@{self.port_of_stubs}\n" for a in addresses)
        return f'{quiet}stub-zone:\n    name: "{zone}"\n{where}'

    def control(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(5)
            sock.connect(str(self.control_path))
            sock.sendall(f"UBCT1 {command}\n".encode())
            answer = b""
            while chunk := sock.recv(4096):
                answer += chunk
        return answer.decode(errors="replace")

    def forget(self, name: str = ".") -> None:
        self.control(f"flush_zone {name}")
