#!/usr/bin/env python3
"""WordPress by its files: the helper's verb before hostile trees, and the check over it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import live                                         # noqa: E402
from servers import process                         # noqa: E402

BUILD = Path(live.ROOT) / os.environ.get("BUILD", "build")
HELPER, PROGRAM = BUILD / "antispam-guide-helper", BUILD / "antispam-guide"
GROUP = process.Group()
RUN: Path
ROOT: Path
SOCKET: Path
ANNA, BEN = 64901, 64902

MARKS = {"names": ["wp-vcd.php"], "texts": ["nulled by", "wp_cd_code"]}
LOADER = "<?php\n$x = 'a';\neval(gzinflate(base64_decode('abc')));\n"


def setUpModule() -> None:
    global RUN, ROOT, SOCKET
    RUN = Path(tempfile.mkdtemp(prefix="asg-wp-"))
    RUN.chmod(0o755)
    ROOT, SOCKET = RUN / "root", RUN / "helper.sock"
    (ROOT / "var/www/vhosts").mkdir(parents=True)
    (ROOT / "home").mkdir()
    helper = GROUP.add(process.Process("helper", [str(HELPER), "-s", str(SOCKET), "-u", "0", "-R", str(ROOT)],
                                       RUN / "helper.log"))
    helper.wait_ready(lambda: process.unix_connects(SOCKET))


def tearDownModule() -> None:
    GROUP.stop()
    shutil.rmtree(RUN, ignore_errors=True)


def ask(folder: str, marks: Any = MARKS) -> dict[str, Any]:
    return talk({"verb": "wordpress-read", "args": [folder], "input": base64.b64encode(json.dumps(marks).encode()).decode()})


def talk(request: dict[str, Any]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(60)
        sock.connect(str(SOCKET))
        sock.sendall(json.dumps(request).encode() + b"\n")
        answer = b""
        while part := sock.recv(1 << 16):
            answer += part
    reply = json.loads(answer)
    reply["rows"] = [json.loads(line) for line in base64.b64decode(reply.get("out", "")).splitlines()]
    return reply


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def own(top: Path, uid: int) -> None:
    for folder, folders, files in os.walk(top):
        os.lchown(folder, uid, uid)
        for name in files + folders:
            os.lchown(os.path.join(folder, name), uid, uid)


def site(top: Path, uid: int, version: str = "6.8.3") -> Path:
    write(top / "wp-includes/version.php", f"<?php\n$wp_version = '{version}';\n$wp_local_package = 'es_ES';\n")
    write(top / "wp-content/plugins/akismet/akismet.php", "<?php\n/*\nPlugin Name: Akismet\nVersion: 5.3\n*/\n")
    write(top / "wp-content/plugins/hello.php", "<?php\n/*\nPlugin Name: Hello Dolly\nVersion: 1.7\n*/\n")
    write(top / "wp-content/plugins/index.php", "<?php\n// Silence is golden.\n")
    write(top / "wp-content/themes/twenty/style.css", "/*\nTheme Name: Twenty\nVersion: 1.2\n*/\n")
    write(top / "wp-content/themes/twenty/functions.php", "<?php\nadd_action('init', 'x');\n")
    write(top / "wp-content/uploads/index.php", "<?php\n// Silence is golden.\n")
    write(top / "wp-content/uploads/2026/photo.png", b"\x89PNG\r\n")
    write(top / "wp-config.php", "<?php\ndefine('DB_PASSWORD', 'hunter2-secret');\ndefine('WP_AUTO_UPDATE_CORE', false);\n")
    own(top, uid)
    return top


def docroot(name: str, uid: int = ANNA) -> tuple[Path, str]:
    top = ROOT / "var/www/vhosts" / name / "httpdocs"
    top.mkdir(parents=True)
    os.chown(top.parent, uid, uid)
    os.chown(top, uid, uid)
    return top, "/" + str(top.relative_to(ROOT))


class Scripts(unittest.TestCase):
    """The rights of a file, as the owner of the folder."""

    def mode(self, folder: str, *words: str) -> Any:
        reply = talk({"verb": "script-mode", "args": [folder, *words]})
        return reply["rows"][0]["mode"] if reply["rows"] else reply.get("error")

    def test_taken_away_and_back(self) -> None:
        top, folder = docroot("script.example")
        for path in ("x.php", "a/b/y.php"):
            write(top / path, "<?php mail();")
            own(top, ANNA)
            (top / path).chmod(0o640)
            self.assertEqual([self.mode(folder, path), self.mode(folder, path, "0000"), self.mode(folder, path)], ["0640", "0000", "0000"])
            self.assertEqual((os.stat(top / path).st_mode & 0o7777, (top / path).read_text()), (0, "<?php mail();"))
            self.assertEqual(self.mode(folder, path, "0640"), "0640")

    def test_nothing_else(self) -> None:
        """Not of another's, not through a link, not by another name, not a folder, and no other rights."""
        top, folder = docroot("hostile.example")
        theirs = docroot("bens.example", BEN)[0] / "x.php"
        for path, uid in ((top / "x.php", ANNA), (top / "two.php", ANNA), (theirs, BEN), (top / "bens.php", ANNA)):
            write(path, "<?php")
            os.chown(path, uid, uid)
            path.chmod(0o644)
        os.chown(top / "bens.php", BEN, BEN)
        os.link(top / "two.php", top / "again.php")
        (top / "link.php").symlink_to(theirs)
        (top / "folder").symlink_to(theirs.parent)
        (top / "sub").mkdir()
        for path in ("link.php", "two.php", "sub", "folder/x.php", "bens.php"):
            self.assertEqual(self.mode(folder, path, "0000"), "denied", path)
        for path in ("../x.php", "/x.php", "a//x.php", "x.php/", ".", "./x.php", "", "-x.php", "x" * 2000):
            self.assertEqual(self.mode(folder, path, "0000"), "value", path)
        for mode in ("000", "4755", "0888", "00000", "x", "0o00"):
            self.assertEqual(self.mode(folder, "x.php", mode), "value", mode)
        self.assertEqual(self.mode(folder, "none.php"), "not_found")
        self.assertEqual(self.mode("/etc", "passwd", "0000"), "value")
        self.assertEqual({os.stat(p).st_mode & 0o7777 for p in (top / "x.php", top / "two.php", top / "bens.php", theirs)}, {0o644})


class Reading(unittest.TestCase):
    def test_site(self) -> None:
        top, folder = docroot("plain.example")
        site(top, ANNA)
        site(top / "blog", ANNA, "6.1")
        reply = ask(folder)
        first, blog, end = reply["rows"]
        self.assertEqual((first["path"], first["version"], first["package"], first["auto_update"]),
                         ("", "6.8.3", "es_ES", False))
        self.assertEqual(first["plugins"], [{"slug": "akismet", "title": "Akismet", "version": "5.3"},
                                            {"slug": "hello", "title": "Hello Dolly", "version": "1.7"}])
        self.assertEqual(first["themes"], [{"slug": "twenty", "title": "Twenty", "version": "1.2"}])
        self.assertEqual((first["signs"], first["whole"], first["unread"]), ([], True, 0))
        self.assertEqual((blog["path"], blog["version"]), ("blog", "6.1"))
        self.assertEqual(end, {"sites": 2, "whole": True})
        self.assertNotIn("hunter2", json.dumps(reply))

    def test_signs(self) -> None:
        top, folder = docroot("signs.example")
        site(top, ANNA)
        content = top / "wp-content"
        for name, text in (("themes/twenty/functions.php", LOADER), ("plugins/x/wp-vcd.php", "<?php\n"),
                           ("themes/twenty/inc/social.php", "<?php include 'images/social.png';"),
                           ("themes/twenty/images/a.png", b"\x89PNG<?php eval($_POST['x']);"),
                           ("plugins/seo/readme.txt", "Nulled by somebody"), ("uploads/2026/x.php", "<?php echo 1;"),
                           ("mu-plugins/y.php", "<?php eval($_REQUEST['c']);"),
                           ("plugins/scan/list.php", "<?php $bad = 'eval(base64_decode(';")):
            write(content / name, text)
        own(content, ANNA)
        rows = ask(folder)["rows"]
        self.assertEqual({(s["sign"], s["file"].removeprefix("wp-content/")) for s in rows[0]["signs"]}, {
            ("encoded_loader", "themes/twenty/functions.php"), ("known_file", "plugins/x/wp-vcd.php"),
            ("image_include", "themes/twenty/inc/social.php"), ("hidden_code", "themes/twenty/images/a.png"),
            ("known_text", "plugins/seo/readme.txt"), ("code_in_uploads", "uploads/2026/x.php"),
            ("request_code", "mu-plugins/y.php")})

    def test_no_site(self) -> None:
        top, folder = docroot("static.example")
        write(top / "index.html", "x")
        self.assertEqual(ask(folder)["rows"], [{"sites": 0, "whole": True}])


class Hostile(unittest.TestCase):
    def test_words(self) -> None:
        docroot("words.example")
        for folder in ("", "-x", "/", "/etc", "/etc/passwd", "/root", "/var/www", "/var/www/", "/var/www/..", "/home/..",
                       "/var/www/../../etc", "/var/www/vhosts/./x", "/var/www//x/../y", "var/www/x", "/home", "/tmp/x",
                       "/var/www/a\nb", "/var/wwwx/y", "/var/www/" + "x" * 2000, "../etc"):
            self.assertEqual(ask(folder).get("error"), "value", folder)
        self.assertEqual(ask("/var/www/vhosts/none.example/httpdocs")["error"], "not_found")
        for marks in (None, [], {"names": ["a"]}, {"texts": ["DB_PASSWORD"]}, {"texts": ["x" * 100]}, {"names": [1]},
                      {"texts": ["abcd"] * 300}):
            self.assertEqual(ask("/var/www/vhosts/words.example/httpdocs", marks).get("error"), "value", str(marks)[:40])

    def test_links(self) -> None:
        """A link in the way, as the document root, as a folder of the site, as a file: none is followed."""
        foreign = site(docroot("foreign.example", BEN)[0], BEN, "1.1.1-foreign")
        write(foreign / "wp-content/plugins/secret/secret.php", "<?php /* Plugin Name: Foreign secret */")
        own(foreign, BEN)
        top, folder = docroot("links.example")
        shutil.rmtree(top)
        os.symlink(foreign, top)
        self.assertEqual(ask(folder)["error"], "denied")
        os.unlink(top)
        os.symlink("../foreign.example/httpdocs", top)
        self.assertEqual(ask(folder)["error"], "denied")
        os.unlink(top)
        top.mkdir()
        site(top, ANNA)
        shutil.rmtree(top / "wp-content/plugins")
        os.symlink(foreign / "wp-content/plugins", top / "wp-content/plugins")
        os.unlink(top / "wp-config.php")
        os.symlink("/etc/shadow", top / "wp-config.php")
        os.symlink(foreign, top / "other")
        os.symlink(".", top / "loop")
        os.symlink("/", top / "wp-content/themes/all")
        os.symlink(foreign / "wp-includes/version.php", top / "wp-content/themes/twenty/style.php")
        rows = ask(folder)["rows"]
        self.assertEqual(len(rows), 2)
        self.assertEqual((rows[0]["plugins"], rows[0]["auto_update"], rows[0]["version"]), ([], None, "6.8.3"))
        self.assertNotIn("oreign", json.dumps(rows))
        os.unlink(top / "wp-includes/version.php")
        os.symlink(foreign / "wp-includes/version.php", top / "wp-includes/version.php")
        self.assertEqual(ask(folder)["rows"], [{"sites": 0, "whole": True}])

    def test_as_the_customer(self) -> None:
        """What the customer may not read is not read, also by a second name of his own."""
        top, folder = docroot("rights.example")
        site(top, ANNA)
        secret = RUN / "secret.php"
        secret.write_text(LOADER)
        secret.chmod(0o600)
        os.link(secret, top / "wp-content/themes/twenty/hard.php")
        write(top / "wp-content/plugins/closed/closed.php", LOADER)
        os.chown(top / "wp-content/plugins/closed", 0, 0)
        os.chmod(top / "wp-content/plugins/closed", 0o700)
        row = ask(folder)["rows"][0]
        self.assertEqual((row["signs"], row["whole"], row["unread"]), ([], False, 2))

    def test_root_s_own(self) -> None:
        """What belongs to root is looked at as nobody."""
        top, folder = docroot("root.example", 0)
        site(top, 0)
        os.chmod(top / "wp-config.php", 0o600)
        row = ask(folder)["rows"][0]
        self.assertEqual((row["version"], row["auto_update"], row["whole"]), ("6.8.3", None, False))

    def test_odd_files(self) -> None:
        top, folder = docroot("odd.example")
        site(top, ANNA)
        twenty = top / "wp-content/themes/twenty"
        os.mkfifo(twenty / "fifo.php")
        os.mkfifo(top / "wp-content/plugins/akismet/a.php")
        with socket.socket(socket.AF_UNIX) as sock:
            here = os.getcwd()
            os.chdir(twenty)                    # a socket's path is short
            sock.bind("s.php")
            os.chdir(here)
        (twenty / "device.php").touch()
        os.unlink(twenty / "device.php")
        os.mknod(twenty / "device.php", 0o600 | 0o020000, os.makedev(1, 5))     # /dev/zero
        with open(twenty / "huge.php", "wb") as file:
            file.write(b"<?php\n")
            file.truncate(8 << 30)
        write(twenty / "new\nline\u202e<b>.php", LOADER)
        (twenty / os.fsdecode(b"\xff\xfe.php")).write_bytes(LOADER.encode())
        own(twenty, ANNA)
        began = time.monotonic()
        row = ask(folder)["rows"][0]
        self.assertLess(time.monotonic() - began, 8)
        self.assertEqual({s["file"].rsplit("/", 1)[1] for s in row["signs"]}, {"new\nline\u202e<b>.php", "\\xff\\xfe.php"})
        self.assertFalse(row["whole"])          # of the huge one only the beginning was read

    def test_deep_and_wide(self) -> None:
        top, folder = docroot("deep.example")
        site(top, ANNA)
        deep = top / "wp-content/themes/twenty"
        for _ in range(60):
            deep = deep / "d"
        write(deep / "x.php", LOADER)
        wide = top / "wp-content/plugins/wide"
        wide.mkdir()
        for i in range(3000):
            (wide / f"{i}.php").write_text("<?php ")
        long = top / "wp-content/plugins" / ("n" * 250)
        for _ in range(3):
            long.mkdir()
            long = long / ("n" * 250)
        own(top, ANNA)
        began = time.monotonic()
        row = ask(folder)["rows"][0]
        self.assertLess(time.monotonic() - began, 10)
        self.assertFalse(row["whole"])
        self.assertGreater(row["files"], 3000)

    def test_many_folders(self) -> None:
        top, folder = docroot("many.example")
        for i in range(70):
            for j in range(70):
                (top / f"{i}/{j}").mkdir(parents=True)
        own(top, ANNA)
        self.assertEqual(ask(folder)["rows"], [{"sites": 0, "whole": False}])

    def test_exchange(self) -> None:
        """A folder that is exchanged for a link while it is read: never what the link leads to."""
        foreign = docroot("target.example", BEN)[0]
        write(foreign / "plugins/p/p.php", "<?php /* Plugin Name: Foreign secret */")
        own(foreign, BEN)
        top, folder = docroot("race.example")
        site(top, ANNA)
        content, stop = top / "wp-content", threading.Event()

        def exchange() -> None:
            while not stop.is_set():
                os.rename(content / "plugins", content / "p2")
                os.symlink(foreign / "plugins", content / "plugins")
                os.unlink(content / "plugins")
                os.rename(content / "p2", content / "plugins")

        thread = threading.Thread(target=exchange)
        thread.start()
        try:
            for _ in range(100):
                self.assertNotIn("Foreign", json.dumps(ask(folder)["rows"]))
        finally:
            stop.set()
            thread.join()


class Check(unittest.TestCase):
    """The same through the program, on a server without a panel."""

    def report(self, roots: dict[str, str], domain: str) -> dict[str, Any]:
        config = RUN / "config.yaml"
        config.write_text(json.dumps({
            "panel": {"kind": "postfix"}, "services": {"helper": str(SOCKET)}, "store": str(RUN / "state.db"),
            "domains": [{"name": name, "owner": "anna", "document_root": root} for name, root in roots.items()],
            "server": {"addresses": ["203.0.113.10"]}, "dns": {"resolvers": ["127.0.0.1:1"], "timeout_ms": 100, "tries": 1}}))
        done = subprocess.run([str(PROGRAM), "check", domain, "--only", "wordpress", "--config", str(config), "--json"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return {f["id"] + "@" + f["subject"]: f for f in json.loads(done.stdout)["reports"][0]["findings"]}

    def test_findings(self) -> None:
        top, folder = docroot("check.example")
        site(top, ANNA, "4.9")
        site(top / "blog", ANNA)
        evil = "themes/twenty/\u202e<b>.php"
        write(top / "blog/wp-content" / evil, LOADER)
        site(top / "other", ANNA)
        own(top, ANNA)
        roots = {"check.example": folder, "other.example": folder + "/other"}
        found = self.report(roots, "check.example")
        self.assertEqual(set(found), {"wordpress.auto_update_off@check.example/httpdocs",
                                      "wordpress.auto_update_off@check.example/httpdocs/blog",
                                      "wordpress.pirated@check.example/httpdocs/blog"})
        pirated = found["wordpress.pirated@check.example/httpdocs/blog"]
        self.assertEqual(pirated["data"]["signs"], [{"sign": "encoded_loader", "file": "wp-content/" + evil}])
        self.assertIn("encoded code that is run", pirated["text"])
        self.assertEqual([s["source"] for s in pirated["data"]["sites"]], ["disk", "disk"])
        self.assertEqual(set(self.report(roots, "other.example")), {"wordpress.auto_update_off@other.example/"})

    def test_cannot_be_read(self) -> None:
        top, folder = docroot("linked.example")
        top.rmdir()
        os.symlink("/etc", top)
        self.assertEqual(set(self.report({"linked.example": folder}, "linked.example")),
                         {"wordpress.unknown@linked.example"})
        self.assertEqual(set(self.report({"gone.example": "/var/www/gone"}, "gone.example")),
                         {"wordpress.not_applicable@gone.example"})
        self.assertEqual(set(self.report({"etc.example": "/etc"}, "etc.example")), {"wordpress.unknown@etc.example"})


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("not run: needs root")
        live.end()
    loaded = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(loaded)
    bad = len(result.failures) + len(result.errors)
    print("%d passed, %d failed" % (result.testsRun - bad, bad))
    sys.exit(bad > 0)
