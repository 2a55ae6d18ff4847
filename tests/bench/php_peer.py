"""PHP-FPM with the peer's page (peer.php), as many workers as the backend has threads: its socket and parameters."""

from __future__ import annotations

from pathlib import Path

from servers import fetch, process

PAGE = Path(__file__).resolve().parent / "peer.php"
MODULES = ("pdo", "pdo_sqlite")


def start(group: process.Group, directory: Path, store: Path, key_file: Path, workers: int) -> tuple[Path, list[str]]:
    programs = fetch.programs(["php-fpm"])
    directory.mkdir(exist_ok=True)
    sock, ini, conf = directory / "fpm.sock", directory / "php.ini", directory / "fpm.conf"
    modules = next((programs.root / "usr/lib/php").glob("20*/pdo_sqlite.so")).parent
    ini.write_text(f"extension_dir = {modules}\nzend_extension = opcache\nopcache.validate_timestamps = 0\n" +
                   "".join(f"extension = {m}\n" for m in MODULES))
    conf.write_text(f"[global]\nerror_log = {directory}/fpm.log\n[www]\nlisten = {sock}\nlisten.backlog = 511\npm = static\n"
                    f"pm.max_children = {workers}\n")
    argv = [programs.find("php-fpm[0-9]*"), "-F", "-R", "-c", str(ini), "-y", str(conf)]
    fpm = group.add(process.Process("php-fpm", argv, directory / "php-fpm.log", env=programs.env(PHP_INI_SCAN_DIR="")))
    fpm.wait_ready(lambda: process.unix_connects(sock))
    return sock, [f"SCRIPT_FILENAME={PAGE}", f"SCRIPT_NAME=/{PAGE.name}", f"STORE={store}", f"KEY_FILE={key_file}"]
