"""A real Postfix in a room of its own: the machine's programs with the unpacked ones laid over them, an /etc
and a /var that belong to the room, in a mount namespace that ends with it.  So the privileged helper and the
adapter meet Postfix where it really is (/usr/sbin, /etc/postfix), and the machine's own is not touched.

Needs root (mounts, Postfix' users).  The room's SMTP port is a high one on loopback.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from . import process
from .fetch import Programs

ROOM = r"""
set -eu
room=$1 servers=$2; shift 2
mount -t tmpfs -o mode=755 room "$room"
cd "$room"
mkdir root usr usr.work etc etc.work root/usr root/etc root/var root/run root/tmp root/dev root/proc root/room
mount -t overlay -o "lowerdir=$servers/usr:/usr,upperdir=usr,workdir=usr.work" room root/usr
mount -t overlay -o "lowerdir=$servers/etc:/etc,upperdir=etc,workdir=etc.work" room root/etc
for name in bin sbin lib lib32 lib64 libx32; do [ ! -e /usr/$name ] || ln -s usr/$name root/$name; done
chmod 1777 root/tmp
mount --rbind /dev root/dev
mount -t proc proc root/proc
mount --bind "$3" root/room
mkdir -p "root$2"
mount --bind "$2" "root$2"
exec chroot root /bin/sh -eu -c "$1" room "$4"
"""

# What the packages' own scripts would do.
INSTALL = r"""
port=$1
cat >>/etc/passwd <<END
postfix:x:64891:64891::/var/spool/postfix:/usr/sbin/nologin
antispam-guide:x:64893:64893::/var/lib/antispam-guide:/usr/sbin/nologin
vmail:x:64894:64894::/var/mail:/usr/sbin/nologin
END
cat >>/etc/group <<END
postfix:x:64891:
postdrop:x:64892:
antispam-guide:x:64893:
vmail:x:64894:
END
mkdir -p /var/spool/postfix /var/lib/postfix /var/log /var/mail/vhosts
chown postfix:postfix /var/lib/postfix
chown vmail:vmail /var/mail/vhosts
chgrp postdrop /usr/sbin/postdrop /usr/sbin/postqueue
chmod 2755 /usr/sbin/postdrop /usr/sbin/postqueue
cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
sed -e 's/^\([a-z]* *unix.* n  *- *\)y /\1n /; s/^\([a-z]*  *unix  *-  *-  *\)y /\1n /' \
    -e 's/^\(pickup\|cleanup\|showq\|flush\)\(  *unix  *n  *-  *\)y /\1\2n /' \
    -e "s/^smtp  *inet .*/127.0.0.1:$port inet n - n - - smtpd/" /usr/share/postfix/master.cf.dist >/etc/postfix/master.cf
cp /usr/share/postfix/dynamicmaps.cf /etc/postfix/ 2>/dev/null || :
cat >>/etc/postfix/main.cf <<END
maillog_file = /var/log/mail.log
mydestination = localhost
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
alias_maps =
virtual_mailbox_base = /var/mail/vhosts
virtual_uid_maps = static:64894
virtual_gid_maps = static:64894
maximal_queue_lifetime = 5d
END
: >/room/ready
exec /usr/sbin/postfix start-fg
"""


class Room(process.Process):
    """Its master leaves every session and process group: the room is a PID namespace too, which ends whole."""

    def stop(self, grace_s: float = 0.2) -> None:
        super().stop(grace_s)

    def inner(self) -> int:
        """The room's first process, as it is called out here."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()[0])


class Postfix:
    """run('postconf', ...) runs something in the room; /room there is the run directory here."""

    name, install = "postfix", INSTALL

    def __init__(self, directory: Path, port: int = 0):
        self.directory = directory.resolve()
        self.port = port or process.free_port()

    def start(self, group: process.Group, programs: Programs) -> "Postfix":
        if os.geteuid() != 0:
            raise process.StartError(f"a real {self.name} needs root: its daemons run as other users")
        mount = self.directory / "mount"
        mount.mkdir(parents=True, exist_ok=True)
        top = Path(__file__).resolve().parents[3]
        argv = ["unshare", "-m", "-p", "-f", "--kill-child", "--propagation", "private", "/bin/sh", "-c", ROOM, "room", str(mount),
                str(programs.root), self.install, str(top), str(self.directory), str(self.port)]
        self.process = group.add(Room(self.name, argv, self.directory / "log"))
        self.process.wait_ready(lambda: process.connects("127.0.0.1", self.port), 30)
        return self

    def argv(self, *argv: str) -> list[str]:
        at = f"/proc/{self.process.inner()}"
        return ["nsenter", f"--mount={at}/ns/mnt", f"--pid={at}/ns/pid", f"--root={at}/root", f"--wd={at}/root", *argv]

    def run(self, *argv: str, text: str | None = None, check: bool = True) -> str:
        done = subprocess.run(self.argv(*argv), input=text, capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise process.StartError(f"{' '.join(argv)}: {done.stderr or done.stdout}")
        return done.stdout

    def write(self, path: str, text: str) -> None:
        self.run("/bin/sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "write", path, text=text)

    def postconf(self, *settings: str) -> None:
        self.run("postconf", "-e", *settings)
