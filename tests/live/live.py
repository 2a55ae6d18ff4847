"""What live tests share: build a C program, count, print.  Standard library only."""

import os
import subprocess
import sys

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
    """Path of tests/live/NAME.c, built by make; SAN=1 in the environment builds with sanitizers."""
    out = "build/san" if os.environ.get("SAN") == "1" else "build"
    target = "%s/live/%s" % (out, name)
    subprocess.run(["make", "-s", "-C", ROOT, target], check=True, stdout=sys.stderr)
    return os.path.join(ROOT, target)
