#!/usr/bin/env python3
"""The Debian package and the Plesk extension's setup, in a copy of this system that ends with the test:
install, start, use, upgrade, set up twice, take down twice, purge.

The copy is the machine's own file system with a layer on top, in a mount and a network namespace of its own.
There is no systemd in it: a stand-in writes down what it is told, and the test starts what the units start.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from servers import fcgi, process                   # noqa: E402

RUN: Path
COPY: process.Process
GROUP = process.Group()
BUILD = Path(live.ROOT) / os.environ.get("BUILD", "build")

ROOM = r"""
set -eu
room=$1; shift
mount -t tmpfs -o mode=755 room "$room"
cd "$room"
mkdir upper work root
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work room root
mount --rbind /dev root/dev
mount --rbind /proc root/proc
mount -t tmpfs -o mode=755 run root/run
mount -t tmpfs -o mode=1777 tmp root/tmp
mkdir root/room
mount --bind "$1" root/room
ip link set lo up 2>/dev/null || :
touch root/room/ready
exec chroot root /bin/sleep infinity
"""

SYSTEMCTL = """#!/bin/sh
echo "$@" >>/room/systemctl.log
"""

SECRET_KEY = """#!/bin/sh
echo "$@" >>/room/secret_key.log
case "$1" in
--create) echo 6575ae28-5c94-2a4f-0d5b-f9c0c1d2e3f4 ;;
esac
"""


def setUpModule() -> None:
    global RUN, COPY
    RUN = Path(tempfile.mkdtemp(prefix="asg-package-"))
    RUN.chmod(0o755)
    (RUN / "mount").mkdir()
    subprocess.run(["make", "-s", "-C", live.ROOT, "package"], check=True, stdout=sys.stderr)
    argv = ["unshare", "-m", "-n", "--propagation", "private", "/bin/sh", "-c", ROOM, "room", str(RUN / "mount"), str(RUN)]
    COPY = GROUP.add(process.Process("copy", argv, RUN / "log"))
    COPY.wait_ready(lambda: (RUN / "ready").exists())
    shutil.copy(next(BUILD.glob("antispam-guide_*.deb")), RUN / "antispam-guide.deb")
    write("/usr/bin/systemctl", SYSTEMCTL, 0o755)
    write("/usr/bin/systemd-tmpfiles", "#!/bin/sh\necho tmpfiles \"$@\" >>/room/systemctl.log\n", 0o755)
    inside("mkdir -p /run/systemd/system")


def tearDownModule() -> None:
    GROUP.stop()
    shutil.rmtree(RUN, ignore_errors=True)


def argv(*words: str) -> list[str]:
    at = f"/proc/{COPY.pid}"
    return ["nsenter", f"--mount={at}/ns/mnt", f"--net={at}/ns/net", f"--root={at}/root", f"--wd={at}/root", *words]


def inside(script: str, check: bool = True) -> str:
    done = subprocess.run(argv("/bin/sh", "-ec", script), capture_output=True, text=True, timeout=120,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"})
    if check and done.returncode != 0:
        raise AssertionError(f"{script}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def write(path: str, text: str, mode: int = 0o644) -> None:
    subprocess.run(argv("/bin/sh", "-ec", f'mkdir -p "$(dirname {path})"; cat >{path}; chmod {mode:o} {path}'),
                   input=text, text=True, check=True)


def told() -> list[str]:
    log = RUN / "systemctl.log"
    lines = log.read_text().splitlines() if log.exists() else []
    log.write_text("")
    return lines


class Package(unittest.TestCase):
    """In the order of their names: one life of a package."""

    def test_1_install(self) -> None:
        inside("dpkg -i /room/antispam-guide.deb")
        self.assertRegex(inside("id antispam-guide"), r"antispam-guide")
        self.assertEqual(inside("stat -c '%U:%G %a' /etc/antispam-guide/identity.key").strip(),
                         "antispam-guide:antispam-guide 640")
        self.assertEqual(inside("stat -c %s /etc/antispam-guide/identity.key").strip(), "32")
        self.assertEqual(inside("stat -c '%U:%G %a' /etc/antispam-guide/config.yaml").strip(), "root:antispam-guide 640")
        self.assertEqual(inside("stat -c '%U %a' /var/lib/antispam-guide").strip(), "antispam-guide 750")
        self.assertIn("enable --quiet antispam-guide.service", told())
        self.assertEqual(inside("dpkg --verify antispam-guide"), "")
        self.assertEqual(inside("find /usr/share/antispam-guide /usr/bin/antispam-guide ! -type l -perm /022"), "")

    def test_2_use(self) -> None:
        self.assertIn("0.", inside("antispam-guide --version"))
        for command in ("catalogue", "config check --json"):
            json.loads(inside(f"runuser -u antispam-guide -- antispam-guide {command}"))
        inside("install -d -m 0755 -o antispam-guide /run/antispam-guide")
        GROUP.add(process.Process("daemon", argv("runuser", "-u", "antispam-guide", "--", "antispam-guide", "serve"),
                                  RUN / "daemon.log"))
        path = Path(f"/proc/{COPY.pid}/root/run/antispam-guide/panel.sock")
        GROUP.processes[-1].wait_ready(lambda: fcgi.request(path, "GET", "/healthz")[0] == 200)
        self.assertEqual(fcgi.request(path, "GET", "/domains")[0], 401)
        GROUP.processes.pop().stop()
        self.assertEqual(inside("stat -c %U /var/lib/antispam-guide/state.db").strip(), "antispam-guide")

    def test_3_upgrade(self) -> None:
        """The same again keeps keys, configuration and the store; so does a newer one."""
        inside("echo '# mine' >>/etc/antispam-guide/config.yaml")
        before = inside("sha256sum /etc/antispam-guide/* /var/lib/antispam-guide/state.db", check=False)
        inside("rm -rf /tmp/deb; dpkg-deb -R /room/antispam-guide.deb /tmp/deb; "
               "sed -i 's/^Version: .*/Version: 99.0/' /tmp/deb/DEBIAN/control; dpkg-deb -b /tmp/deb /room/newer.deb >/dev/null")
        told()
        inside("dpkg -i /room/antispam-guide.deb; dpkg -i /room/newer.deb")
        self.assertEqual(inside("dpkg-query -W -f '${Version}' antispam-guide"), "99.0")
        self.assertIn("restart antispam-guide.service", told())
        self.assertEqual(inside("sha256sum /etc/antispam-guide/* /var/lib/antispam-guide/state.db",
                                check=False), before)

    def test_4_helper(self) -> None:
        """As systemd starts it: the connection is descriptor 3."""
        ours, theirs = socket.socketpair()
        program = ("import os,sys;os.environ.update(LISTEN_FDS='1',LISTEN_PID=str(os.getpid()));"
                   "os.dup2(int(sys.argv[1]),3);os.execv('/usr/libexec/antispam-guide/antispam-guide-helper',['helper'])")
        child = subprocess.Popen(argv("/usr/bin/python3", "-c", program, str(theirs.fileno())), pass_fds=[theirs.fileno()])
        theirs.close()
        ours.sendall(b'{"verb":"os-release"}\n')
        reply = b""
        while part := ours.recv(65536):
            reply += part
        self.assertEqual(json.loads(reply)["status"], 0)
        self.assertEqual(child.wait(10), 0)

    def test_5_extension(self) -> None:
        """Plesk's setup and teardown, twice each."""
        inside("dpkg -P antispam-guide; groupdel psaadm 2>/dev/null || :; "
               "groupadd --system psaadm; useradd --system -g psaadm psaadm")
        write("/etc/psa/psa.conf", "PRODUCT_ROOT_D /opt/psa\n")
        write("/opt/psa/bin/secret_key", SECRET_KEY, 0o755)
        (RUN / "extension.zip").write_bytes((BUILD / "antispam-guide-plesk.zip").read_bytes())
        inside("cd /tmp; rm -rf ext; mkdir ext; cd ext; /usr/bin/python3 -m zipfile -e /room/extension.zip .; "
               "mkdir -p /opt/psa/admin/plib/modules/antispam-guide /opt/psa/admin/sbin/modules/antispam-guide; "
               "cp -R plib/* /opt/psa/admin/plib/modules/antispam-guide/; cp sbin/* /opt/psa/admin/sbin/modules/antispam-guide/; "
               "chmod 0755 /opt/psa/admin/sbin/modules/antispam-guide/*; test -s plib/payload/antispam-guide_*.deb")
        inside("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout /tmp/k -out /tmp/c 2>/dev/null")
        GROUP.add(process.Process("tls", argv("openssl", "s_server", "-accept", "127.0.0.1:8443", "-key", "/tmp/k",
                                              "-cert", "/tmp/c", "-quiet"), RUN / "tls.log"))
        sbin = "/opt/psa/admin/sbin/modules/antispam-guide"
        time.sleep(0.5)
        told()
        out = inside(f"{sbin}/setup")
        self.assertIn("Installing antispam-guide_", out)
        self.assertIn("is ready", out)
        first = inside("sha256sum /etc/antispam-guide/* /etc/tmpfiles.d/antispam-guide.conf")
        out = inside(f"{sbin}/setup")
        self.assertIn("is ready", out)
        self.assertNotIn("Installing", out)
        self.assertEqual(inside("sha256sum /etc/antispam-guide/* /etc/tmpfiles.d/antispam-guide.conf"), first)
        self.assertEqual((RUN / "secret_key.log").read_text().count("--create"), 1)
        self.assertEqual(inside("stat -c '%U:%G %a' /etc/antispam-guide/identity.key").strip(), "antispam-guide:antispam-guide 640")
        inside("runuser -u antispam-guide -- antispam-guide config check", check=False)
        config = inside("cat /etc/antispam-guide/config.yaml")
        self.assertRegex(config, r'pin_sha256: "[A-Za-z0-9+/]{43}="')
        self.assertIn("SocketGroup=psaadm", inside("cat /etc/systemd/system/antispam-guide.socket.d/plesk.conf"))
        lines = told()
        self.assertIn("restart antispam-guide.socket antispam-guide-helper.socket", lines)
        self.other_key_and_certificate(sbin, config)
        for _ in range(2):
            inside(f"{sbin}/teardown")
        self.assertEqual(inside("ls /etc/antispam-guide").split(), ["config.yaml", "identity.key"])
        self.assertEqual((RUN / "secret_key.log").read_text().count("--delete"), 2)
        for bad in ("x", "rotate x", "key trust", "purge x", "'; id'"):
            self.assertEqual(subprocess.run(argv("/bin/sh", "-c", f"{sbin}/setup {bad}"), capture_output=True).returncode, 2)
        GROUP.processes.pop().stop()

    def other_key_and_certificate(self, sbin: str, config: str) -> None:
        """The key was revoked, the certificate is another: nothing else of the configuration changes."""
        inside(f"{sbin}/setup key")
        calls = (RUN / "secret_key.log").read_text()
        self.assertEqual((calls.count("--create"), calls.count("--delete")), (2, 1))
        self.assertEqual(inside("stat -c '%U:%G %a' /etc/antispam-guide/panel.key").strip(), "antispam-guide:antispam-guide 600")
        GROUP.processes.pop().stop()
        self.assertNotEqual(subprocess.run(argv("/bin/sh", "-c", f"{sbin}/setup trust"), capture_output=True).returncode, 0)
        self.assertEqual(inside("cat /etc/antispam-guide/config.yaml"), config)          # nobody answers: nothing changes
        inside("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=$(hostname) -addext subjectAltName=DNS:$(hostname -f || hostname) "
               "-keyout /tmp/k2 -out /tmp/c2 2>/dev/null")
        GROUP.add(process.Process("tls", argv("openssl", "s_server", "-accept", "127.0.0.1:8443", "-key", "/tmp/k2",
                                              "-cert", "/tmp/c2", "-quiet"), RUN / "tls.log"))
        time.sleep(0.5)

        def rest(text: str) -> list[str]:
            return [line for line in text.splitlines() if not line.startswith(("  pin_sha256:", "  tls_name:"))]
        for how, want in (("", r'\n  pin_sha256: "[A-Za-z0-9+/]{43}="\n'), ("SSL_CERT_FILE=/tmp/c2", r'\n  tls_name: "[^"]+"\n'),
                          ("", r'\n  pin_sha256: "[A-Za-z0-9+/]{43}="\n')):
            inside(f"{how} {sbin}/setup trust")
            now = inside("cat /etc/antispam-guide/config.yaml")
            self.assertRegex(now, want)
            self.assertEqual((rest(now), now.count("tls_name") + now.count("pin_sha256")), (rest(config), 1))
            self.assertNotEqual(now, config)

    def test_6_purge(self) -> None:
        inside("dpkg -r antispam-guide")
        self.assertEqual(inside("ls -A /etc/antispam-guide").split(), ["config.yaml", "identity.key"])
        inside("dpkg -P antispam-guide")
        left = inside("find /etc /usr /var /run -name '*antispam-guide*' ! -path '/var/lib/dpkg/*' ! -path '/var/log/*' "
                      "! -path '/usr/local/*' ! -path '*/__pycache__/*' 2>/dev/null", check=False)
        self.assertEqual(left.split(), [])
        self.assertNotEqual(subprocess.run(argv("id", "antispam-guide"), capture_output=True).returncode, 0)


class Units(unittest.TestCase):
    def test_hardening(self) -> None:
        """What systemd itself says of the units, where it is installed."""
        if shutil.which("systemd-analyze") is None:
            self.skipTest("no systemd-analyze")
        units = BUILD / "deb" / "usr" / "lib" / "systemd" / "system"
        for unit, most in (("antispam-guide.service", 2.0), ("antispam-guide-helper@.service", 3.0)):
            out = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(units / unit)],
                                 capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
            level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", out)
            assert level is not None, out
            self.assertLess(float(level[1]), most)

    def test_verify(self) -> None:
        if shutil.which("systemd-analyze") is None:
            self.skipTest("no systemd-analyze")
        units = RUN / "units"
        units.mkdir()
        for unit in (BUILD / "deb" / "usr" / "lib" / "systemd" / "system").iterdir():
            text = re.sub(r"/usr/(bin/antispam-guide|libexec/antispam-guide/antispam-guide-helper)", "/bin/true", unit.read_text())
            (units / unit.name).write_text(text)
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", *map(str, sorted(units.iterdir()))],
                              capture_output=True, text=True)
        said = [line for line in done.stderr.splitlines() if "antispam-guide" in line]
        self.assertEqual(said, [])


if __name__ == "__main__":
    live.run_in_room(__name__)
