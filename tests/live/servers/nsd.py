"""One nsd: an authoritative name server on loopback addresses and one high port.

Zones are added and taken away while it runs, through its control socket
(plain text on a unix socket, as nsd-control speaks it).
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from . import dnsq, process
from .fetch import Programs


class Nsd:
    def __init__(self, directory: Path, addresses: list[str], port: int):
        self.directory, self.addresses, self.port = directory, addresses, port
        self.zones = directory / "zones"
        self.control_path = directory / "control.sock"

    def start(self, group: process.Group, programs: Programs) -> "Nsd":
        self.zones.mkdir(parents=True, exist_ok=True)
        listen = "\n".join(f"    ip-address: {a}@{self.port}" for a in self.addresses)
        conf = self.directory / "nsd.conf"
        conf.write_text(f"""server:
{listen}
    username: ""
    chroot: ""
    server-count: 1
    database: ""
    zonesdir: "{self.zones}"
    pidfile: "{self.directory}/nsd.pid"
    xfrdfile: "{self.directory}/xfrd.state"
    xfrdir: "{self.directory}"
    zonelistfile: "{self.directory}/zone.list"
    zonefiles-check: yes
    hide-version: yes
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: yes
    control-interface: {self.control_path}
pattern:
    name: "zone"
    zonefile: "%s"
pattern:
    name: "root"
    zonefile: "root.zone"
""")
        (self.directory / "zone.list").unlink(missing_ok=True)
        argv = [programs.find("nsd"), "-d", "-c", str(conf)]
        self.process = group.add(process.Process("nsd", argv, self.directory / "log", env=programs.env()))
        self.process.wait_ready(lambda: self.control("status") is not None)
        return self

    def control(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(5)
            sock.connect(str(self.control_path))
            sock.sendall(f"NSDCT1 {command}\n".encode())
            answer = b""
            while chunk := sock.recv(4096):
                answer += chunk
        return answer.decode(errors="replace")

    def file(self, zone: str) -> Path:
        return self.zones / ("root.zone" if zone == "." else zone)

    def add(self, zone: str, text: str) -> None:
        self.file(zone).write_text(text)
        self.control(f"addzone {zone} {'root' if zone == '.' else 'zone'}")

    def remove(self, zone: str) -> None:
        self.control(f"delzone {zone}")

    def write(self, zone: str, text: str) -> None:
        """Replace a zone's file and have it read."""
        new = self.zones / ".new"
        new.write_text(text)
        new.rename(self.file(zone))
        self.control(f"reload {zone}")

    def serial(self, zone: str, address: str | None = None) -> int | None:
        try:
            answer = dnsq.ask(zone, "SOA", address or self.addresses[0], self.port, 1)
        except OSError:
            return None
        return int(answer.values[0].split()[2]) if answer.values else None

    def settled(self, zone: str, serial: int | None) -> bool:
        """Every address says so, time and again: after a reload the old process answers some questions yet."""
        for _ in range(4):
            if any(self.serial(zone, address) != serial for address in self.addresses):
                return False
            time.sleep(0.003)
        return True

    def wait_serial(self, zone: str, serial: int | None, timeout_s: float = 5.0) -> bool:
        """Until the zone is served with that serial (None: not at all).  A reload that comes while another
        ends is lost now and then, so it is asked for again."""
        end = time.monotonic() + timeout_s
        again = time.monotonic() + 0.25
        while time.monotonic() < end:
            if self.settled(zone, serial):
                return True
            if serial is not None and time.monotonic() > again:
                os.utime(self.file(zone))
                self.control(f"reload {zone}")
                again = time.monotonic() + 0.25
            time.sleep(0.01)
        return False
