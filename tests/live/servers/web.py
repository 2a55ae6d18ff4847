"""lighttpd in front of php-cgi: what runs a panel extension's own PHP."""

from __future__ import annotations

from pathlib import Path

from . import process
from .fetch import Programs


def start_php(group: process.Group, programs: Programs, directory: Path, *,
              ini: dict[str, str], env: dict[str, str], children: int = 4) -> Path:
    """php-cgi as a FastCGI server on a unix socket, without any php.ini of the machine."""
    directory.mkdir(parents=True, exist_ok=True)
    sock = directory / "php.sock"
    argv = [programs.find("php-cgi[0-9]*"), "-n", "-b", str(sock)]
    for key, value in ini.items():
        argv += ["-d", f"{key}={value}"]
    php = group.add(process.Process("php-cgi", argv, directory / "php.log", env=programs.env(
        PHP_FCGI_CHILDREN=str(children), PHP_FCGI_MAX_REQUESTS="0", **env)))
    php.wait_ready(lambda: process.unix_connects(sock))
    return sock


def start_lighttpd(group: process.Group, programs: Programs, directory: Path, *,
                   port: int, root: Path, aliases: dict[str, Path], php_socket: Path) -> str:
    """Serves `root` and the aliases on 127.0.0.1; *.php goes to php-cgi.  Gives the address."""
    directory.mkdir(parents=True, exist_ok=True)
    modules = Path(programs.find("lighttpd")).parents[1] / "lib" / "lighttpd"
    conf = directory / "lighttpd.conf"
    alias = ", ".join(f'"{prefix}" => "{path}/"' for prefix, path in aliases.items())
    conf.write_text(f"""server.modules = ("mod_alias", "mod_fastcgi")
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{root}"
server.upload-dirs = ("{directory}")
server.max-request-size = 65536
server.stream-request-body = 0
index-file.names = ("index.php")
static-file.exclude-extensions = (".php")
alias.url = ({alias})
mimetype.assign = (".css" => "text/css; charset=utf-8", ".js" => "text/javascript; charset=utf-8",
    ".png" => "image/png", ".svg" => "image/svg+xml", "" => "application/octet-stream")
fastcgi.server = (".php" => (("socket" => "{php_socket}", "broken-scriptfilename" => "enable")))
server.errorlog = "{directory}/lighttpd.log"
""")
    argv = [programs.find("lighttpd"), "-D", "-f", str(conf), "-m", str(modules)]
    web = group.add(process.Process("lighttpd", argv, directory / "lighttpd.out", env=programs.env()))
    web.wait_ready(lambda: process.connects("127.0.0.1", port))
    return f"http://127.0.0.1:{port}"
