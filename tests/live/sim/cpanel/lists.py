"""Generic controls of lists on any function: filter, sort, chunk, columns [2.5]."""

from __future__ import annotations

import re
from typing import Any

from .wire import Args


def controlled(data: Any, args: Args) -> Any:
    if not any(key.startswith("api.") and key != "api.version" for key, _ in args.pairs):
        return data
    if isinstance(data, list):
        return work(data, args)
    if isinstance(data, dict):
        return {k: work(v, args) if isinstance(v, list) else v for k, v in data.items()}
    return data


def number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def fits(value: Any, kind: str, arg: str) -> bool:
    if kind in ("gt", "lt", "gt_equal", "lt_equal", "=="):
        a, b = number(value), number(arg)
        if a is None or b is None:
            return False
        return {"gt": a > b, "lt": a < b, "gt_equal": a >= b, "lt_equal": a <= b, "==": a == b}[kind]
    text = "" if value is None else str(value)
    if kind == "eq":
        return text == arg
    if kind == "begins":
        return text.startswith(arg)
    if kind == "ends":
        return text.endswith(arg)
    return arg in text                                       # "contains", the default


def work(rows: list[Any], args: Args) -> list[Any]:
    given = {k.removeprefix("api."): v for k, v in args.pairs if k.startswith("api.")}
    if rows and not all(isinstance(r, dict) for r in rows):
        return rows
    if given.get("filter.enable") == "1":
        for letter in sorted({m[1] for k in given if (m := re.match(r"filter\.(\w+)\.field$", k))}):
            column, kind = given[f"filter.{letter}.field"], given.get(f"filter.{letter}.type", "contains")
            rows = [r for r in rows if fits(r.get(column), kind, given.get(f"filter.{letter}.arg0", ""))]
    if given.get("sort.enable") == "1":
        for letter in sorted({m[1] for k in given if (m := re.match(r"sort\.(\w+)\.field$", k))}, reverse=True):
            column = given[f"sort.{letter}.field"]
            rows = sorted(rows, key=lambda r: (number(r.get(column)) is None, number(r.get(column)) or 0,
                                               str(r.get(column))), reverse=given.get(f"sort.{letter}.reverse") == "1")
    if given.get("chunk.enable") == "1":
        start, size = int(given.get("chunk.start", "1") or 1), int(given.get("chunk.size", "10") or 10)
        rows = rows[max(0, start - 1):max(0, start - 1) + size]
    if given.get("columns.enable") == "1":
        names = {v for k, v in given.items() if re.match(r"columns\.\w+$", k) and k != "columns.enable"}
        rows = [{k: v for k, v in r.items() if k in names} for r in rows]
    return rows
