"""The panel's database: one JSON document, kept in a file.

Every reader and writer holds `state.lock`.  Changes are announced with
`changed()`; the file is written a moment later and at the end.
"""

from __future__ import annotations

import copy
import json
import os
import threading
from pathlib import Path
from typing import Any


def to_ascii(name: str) -> str:
    name = name.strip().rstrip(".").lower()
    try:
        return ".".join(label if label.isascii() else label.encode("idna").decode() for label in name.split("."))
    except UnicodeError:
        return name


class Store:
    def __init__(self, path: Path):
        self.path = path
        self.lock = threading.RLock()
        self.world: dict[str, Any] = json.loads(path.read_text())
        self.touched: set[str] = set()  # zones changed since they were last published
        self.muted = False              # a fault pretends that nothing is written
        self.dirty = threading.Event()
        threading.Thread(target=self.writer, daemon=True).start()

    # --- file

    def writer(self) -> None:
        while True:
            self.dirty.wait()
            threading.Event().wait(0.2)
            self.save()

    def save(self) -> None:
        with self.lock:
            self.dirty.clear()
            text = json.dumps(self.world, indent=1, ensure_ascii=True)
        new = self.path.with_suffix(".new")
        new.write_text(text)
        os.replace(new, self.path)

    def changed(self, zone: str | None = None) -> None:
        self.dirty.set()
        if zone is not None:
            self.touched.add(zone)

    def take_touched(self) -> list[str]:
        with self.lock:
            zones, self.touched = sorted(self.touched), set()
        return zones

    def snapshot(self) -> dict[str, Any]:
        return copy.deepcopy(self.world)

    def restore(self, before: dict[str, Any]) -> None:
        self.world = before
        self.touched.clear()
        self.dirty.set()

    def next_id(self) -> int:
        self.world["next_id"] += 1
        return self.world["next_id"]
