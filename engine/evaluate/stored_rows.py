"""The rows of a kept evaluation, a page at a time: a large file is not read whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class StoredRows:
    """The rows of a ``.rows.jsonl`` file, worst first, by number."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts: list[int] = []
        at = 0
        with open(path, "rb") as file:
            for line in file:
                self._starts.append(at)
                at += len(line)

    def __len__(self) -> int:
        return len(self._starts)

    def page(self, start: int, count: int) -> list[dict[str, Any]]:
        """``count`` rows from number ``start`` on."""
        wanted = self._starts[start : start + count]
        if not wanted:
            return []
        with open(self._path, "rb") as file:
            file.seek(wanted[0])
            return [json.loads(file.readline()) for _ in wanted]


def stored_evaluations(folder: Path) -> list[dict[str, Any]]:
    """The documents of all evaluations in ``folder``, newest first; broken ones left out."""
    found = []
    for path in sorted(folder.glob("*.json"), key=lambda each: -each.stat().st_mtime):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(document, dict) and "metrics" in document:
            found.append(document)
    return found
