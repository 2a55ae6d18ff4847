"""The program's own table of routes, read from its source: what a test of every page is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "cgi" / "web" / "routes.c"
ROLES = {"ALL": {"customer", "reseller", "admin"}, "ADMIN": {"admin"}, "MANY": {"reseller", "admin"}}
ROW = re.compile(r'\{\s*WEB_(GET|POST),\s*"([^"]+)",\s*(\w+),\s*(\w+),\s*(true|false)(?:,\s*(?:\.kept = )?(?:true|false))*\s*\}')


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    roles: frozenset[str]
    anybodys: bool              # shows nobody's things

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def with_arg(self, value: str) -> str:
        return re.sub(r":\w+", value, self.path)


def routes() -> list[Route]:
    text = SOURCE.read_text()
    table = text[text.index("const struct route routes[] = {"):text.index("const size_t routes_count")]
    found = [Route(method, path, frozenset(ROLES[roles]), anybodys == "true")
             for method, path, roles, _, anybodys in ROW.findall(table)]
    if len(found) != table.count("{ WEB_"):
        raise ValueError(f"{SOURCE}: {table.count('{ WEB_')} rows, {len(found)} understood")
    return found
