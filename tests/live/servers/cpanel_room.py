"""A cPanel server's file tree, in a mount namespace of its own that ends with the program: the machine's /etc, /usr,
/opt, /var and /home with a layer on top (but the checkout as it is), /run empty, the panel's own programs played by
tests/live/panel_cpanel, and accounts that are users of the system.

    cpanel_room.enter(network=True)         # starts the same program again, inside
    room = cpanel_room.Room("almalinux-9")
    room.furnish()
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from .process import die_with_parent

HERE = Path(__file__).resolve().parents[1]
STAND_INS = HERE / "panel_cpanel"
CPANEL = Path("/usr/local/cpanel")
MARK = "ASG_CPANEL_ROOM"

STEPS = """
set -eu
mount -t tmpfs -o mode=755 room "$0"
mkdir "$0/checkout"
mount --bind "$ASG_ROOM_CHECKOUT" "$0/checkout"
for d in etc usr opt var home; do
	mkdir -p "$0/$d/upper" "$0/$d/work"
	[ -d "/$d" ] || continue
	mount -t overlay -o "lowerdir=/$d,upperdir=$0/$d/upper,workdir=$0/$d/work" room "/$d"
done
mount --bind "$0/checkout" "$ASG_ROOM_CHECKOUT"
mount -t tmpfs -o mode=755 run /run
[ -z "$ASG_ROOM_NETWORK" ] || ip link set lo up
exec "$@"
"""

# What differs between the systems that cPanel runs on, as far as an installation sees it.
SYSTEMS = {
    "almalinux-9": 'NAME="AlmaLinux"\nVERSION="9.4 (Seafoam Ocelot)"\nID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n',
    "ubuntu-22.04": 'NAME="Ubuntu"\nVERSION="22.04.4 LTS (Jammy Jellyfish)"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n',
}

SYSTEMCTL = """#!/bin/sh
echo "$@" >>/var/cpanel/systemctl.log
"""


def inside() -> bool:
    return os.environ.get(MARK, "") != ""


def enter(network: bool) -> None:
    """The same program again, in a room; network: with a loopback of its own.  Does not return."""
    place = tempfile.mkdtemp(prefix="asg-cpanel-room-")
    env = {**os.environ, MARK: place, "ASG_ROOM_NETWORK": "1" if network else "",
           "ASG_ROOM_CHECKOUT": str(HERE.parents[1])}
    argv = ["unshare", "-m", *(["-n"] if network else []), "--propagation", "private", "/bin/sh", "-c", STEPS, place,
            sys.executable, *sys.argv]
    child = subprocess.Popen(argv, env=env, preexec_fn=die_with_parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)        # the terminal has told the child as well
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda given, _: child.send_signal(given))
    status = child.wait()
    shutil.rmtree(place, ignore_errors=True)
    sys.exit(status if status >= 0 else 128 - status)


def write(path: str | Path, text: str, mode: int = 0o644) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


class Room:
    def __init__(self, system: str = "almalinux-9"):
        self.system = system

    def furnish(self) -> None:
        """The panel's file tree, as an installation finds it."""
        for d in ("base/frontend/jupiter", "scripts", "bin", "3rdparty/bin", "Whostmgr", "Cpanel/Config/ConfigObj/Driver",
                  "whostmgr/docroot/cgi", "whostmgr/docroot/templates/master_templates", "whostmgr/docroot/addon_plugins"):
            (CPANEL / d).mkdir(parents=True, exist_ok=True)
        write(CPANEL / "cpanel", "#!/bin/sh\nexit 0\n", 0o755)
        for where, names in (("scripts", ["install_plugin", "uninstall_plugin"]),
                             ("bin", ["register_appconfig", "unregister_appconfig", "is_registered_with_appconfig", "whmapi1"])):
            for name in names:
                shutil.copy(STAND_INS / "tool", CPANEL / where / name)
        shutil.copy(STAND_INS / "manage_hooks", CPANEL / "bin/manage_hooks")
        perl = CPANEL / "3rdparty/bin/perl"
        perl.unlink(missing_ok=True)
        perl.symlink_to("/usr/bin/perl")
        for module in (STAND_INS / "perl").rglob("*.pm"):
            shutil.copy(module, CPANEL / module.relative_to(STAND_INS / "perl"))
        shutil.copy(STAND_INS / "whm.html", CPANEL / "whostmgr/docroot/templates/master_templates/master.tmpl")
        Path("/var/cpanel/users").mkdir(parents=True, exist_ok=True)
        write("/var/cpanel/resellers", "")
        Path("/etc/os-release").unlink(missing_ok=True)
        write("/etc/os-release", SYSTEMS[self.system])
        write("/usr/bin/systemctl", SYSTEMCTL, 0o755)
        write("/usr/bin/systemd-tmpfiles", "#!/bin/sh\ninstall -d -m 0750 -o root -g antispam-guide /run/antispam-guide\n"
              "install -d -m 0755 /run/antispam-guide-user\n", 0o755)

    def account(self, user: str, uid: int, owner: str = "root") -> None:
        """A user of the system, and the file by which cPanel knows him.  Who had his number here before is gone."""
        for path, line in (("/etc/group", f"{user}:x:{uid}:"),
                           ("/etc/passwd", f"{user}:x:{uid}:{uid}::/home/{user}:/usr/local/cpanel/bin/noshell")):
            lines = [old for old in Path(path).read_text().splitlines()
                     if old.split(":")[0] != user and old.split(":")[2] != str(uid)]
            Path(path).write_text("\n".join([*lines, line]) + "\n")
        home = Path("/home") / user
        home.mkdir(parents=True, exist_ok=True)
        os.chown(home, uid, uid)
        write(f"/var/cpanel/users/{user}", f"USER={user}\nOWNER={owner}\n", 0o640)

    def reseller(self, user: str, *acls: str) -> None:
        with open("/var/cpanel/resellers", "a") as file:
            file.write(f"{user}:{','.join(acls)}\n")
