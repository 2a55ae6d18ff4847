"""What live tests share: build a C program, count, print.  Standard library only."""

import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
passed = failed = 0


def check(name, ok, detail=""):
    global passed, failed
    if ok:
        passed += 1
        print("ok", name)
    else:
        failed += 1
        print("FAIL", name, detail)
    sys.stdout.flush()
    return ok


def end():
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


def program(name):
    """Path of tests/live/NAME.c, built by make."""
    target = "%s/live/%s" % (os.environ.get("BUILD", "build"), name)
    subprocess.run(["make", "-s", "-C", ROOT, target], check=True, stdout=sys.stderr)
    return os.path.join(ROOT, target)


def no_room():
    """Why a room of its own (mount, PID and network namespaces, an overlay) cannot be had here; "" when it can."""
    if os.geteuid() != 0:
        return "needs root"
    steps = ("mount -t tmpfs -o mode=755 room \"$0\" && cd \"$0\" && mkdir upper work root proc"
             " && mount -t overlay -o lowerdir=/usr,upperdir=upper,workdir=work room root"
             " && mount -t proc proc proc && chroot / /bin/true")
    with tempfile.TemporaryDirectory(prefix="asg-room-") as directory:
        done = subprocess.run(["unshare", "-m", "-p", "-f", "-n", "--propagation", "private", "/bin/sh", "-c", steps,
                               directory], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    return "" if done.returncode == 0 else done.stderr.decode(errors="replace").strip() or "no namespaces"


def run_in_room(module):
    """The unittest cases of a module that needs a room, counted as all tests are; does not return."""
    if why := no_room():
        print("not run:", why)
        end()
    loaded = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[module])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(loaded)
    bad = len(result.failures) + len(result.errors)
    print("%d passed, %d failed" % (result.testsRun - bad, bad))
    sys.exit(bad > 0)
