#!/usr/bin/env python3
"""Unpack Debian's server packages below build/servers without installing them.

Used as a program (`fetch.py nsd unbound`) or as a library: `programs()` gives
an object that finds a program and the environment to run it with.

apt is only asked (simulation, download); maintainer scripts never run, so no
service starts.  Works as root and as a plain user.
"""

from __future__ import annotations

import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
HOME = TOP / os.environ.get("BUILD", "build") / "servers"

# What a name stands for: the packages that are unpacked, with one reason each.
PACKAGES = {
    "nsd": ["nsd"],                  # authoritative DNS: serves the zones of the simulated panel
    "unbound": ["unbound"],          # the resolver the backend asks
    "lighttpd": ["lighttpd"],        # the web server in front of the panel's pages
    "php-cgi": ["php-cgi"],          # runs the Plesk extension's own PHP
    "php-fpm": ["php-fpm", "php-sqlite3"],  # the peer of the page benchmark
    "postfix": ["postfix"],          # a real MTA for tests of greeting and queue
    "postfix-sqlite": ["postfix-sqlite"],   # its tables in a database
    "exim": ["exim4-daemon-light"],  # the other one, of cPanel's servers
    "rbldnsd": ["rbldnsd"],          # blacklists of our own
    "spamd": ["spamassassin", "spamd"],     # scores of the message test
    "rspamd": ["rspamd"],            # scores of the message test, the other filter
    "clamd": ["clamav-daemon"],      # antivirus
    "journal": ["systemd-journal-remote"],  # writes a journal from a text
}
DEMO = ["nsd", "unbound", "lighttpd", "php-cgi"]

# Both mail servers bring a /usr/sbin/sendmail: this one stands below a root of its own.
APART = {"exim"}

# An installed C library is never shadowed by a newer unpacked one.
NEVER = {"libc6", "libc-bin", "libc6-dev", "libgcc-s1", "libstdc++6"}


class FetchError(Exception):
    pass


def run(argv: list[str], cwd: Path | None = None) -> str:
    env = dict(os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
    done = subprocess.run(argv, cwd=cwd, env=env, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        raise FetchError(f"{' '.join(argv[:4])}...: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def apt(options: list[str], *words: str, cwd: Path | None = None) -> str:
    return run(["apt-get", "-q", *options, *words], cwd=cwd)


def own_lists() -> list[str]:
    """Options that keep apt's lists in a place of our own, filled once."""
    state = HOME / "apt"
    for part in ("lists/partial", "archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    options = ["-o", f"Dir::State::lists={state}/lists", "-o", f"Dir::Cache={state}",
               "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User="]
    if not any((state / "lists").glob("*_Packages*")):
        apt(options, "update")
    return options


def missing(packages: list[str], options: list[str]) -> list[str]:
    """name=version of every package that installing `packages` would add here."""
    plan = apt(["-s", "-o", "Debug::NoLocking=1", *options], "install", "--no-install-recommends",
               "--reinstall", *packages)
    wanted = []
    for name, version in re.findall(r"^Inst (\S+)(?: \[[^]]*\])? \((\S+)", plan, re.M):
        if name.split(":")[0] not in NEVER:
            wanted.append(f"{name}={version}")
    return wanted


def root_of(name: str) -> Path:
    return HOME / (f"root-{name}" if name in APART else "root")


def unpack(name: str) -> None:
    """Fetch and unpack what `name` stands for, once."""
    marker = HOME / f".{name}.done"
    if marker.exists():
        return
    HOME.mkdir(parents=True, exist_ok=True)
    with open(HOME / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)        # two runs at a time: one of them fetches
        if marker.exists():
            return
        print(f"fetching {name} (unpacked below {HOME}, not installed)", file=sys.stderr)
        options: list[str] = []
        try:
            debs = missing(PACKAGES[name], options)
        except FetchError:                      # no package lists on this machine yet
            options = own_lists()
            debs = missing(PACKAGES[name], options)
        store = HOME / "debs" / name
        shutil.rmtree(store, ignore_errors=True)
        store.mkdir(parents=True)
        try:
            apt([*options, "-o", "APT::Sandbox::User="], "download", *debs, cwd=store)
        except FetchError:                      # the lists are older than the mirror
            if options:
                raise
            options = own_lists()
            debs = missing(PACKAGES[name], options)
            apt(options, "download", *debs, cwd=store)
        for deb in sorted(store.glob("*.deb")):
            run(["dpkg-deb", "-x", str(deb), str(root_of(name))])
        marker.touch()


class Programs:
    """Programs below build/servers/root and the environment they need."""

    def __init__(self, root: Path):
        self.root = root

    def find(self, name: str) -> str:
        for place in ("usr/sbin", "usr/bin", "usr/lib/*", "usr/libexec"):
            for path in sorted(glob.glob(f"{self.root}/{place}/{name}")):
                if os.access(path, os.X_OK) and not os.path.islink(path):
                    return path
        raise FetchError(f"{name} is not below {self.root}")

    def env(self, **more: str) -> dict[str, str]:
        """PATH and nothing of the caller's own, and the unpacked libraries."""
        libs = [path for pattern in ("usr/lib/*-linux-gnu*", "lib/*-linux-gnu*", "usr/lib/lighttpd")
                for path in glob.glob(f"{self.root}/{pattern}")]
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                "LD_LIBRARY_PATH": ":".join(libs), **more}


def programs(names: list[str] = DEMO) -> Programs:
    """Of one that stands apart, or of any others."""
    for name in names:
        unpack(name)
    return Programs(root_of(names[0]))


def main() -> int:
    names = sys.argv[1:] or DEMO
    unknown = [name for name in names if name not in PACKAGES]
    if unknown:
        print(f"fetch: no such server: {' '.join(unknown)} (there are: {' '.join(PACKAGES)})", file=sys.stderr)
        return 2
    try:
        for name in names:
            unpack(name)
    except (FetchError, OSError) as problem:
        print(f"fetch: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
