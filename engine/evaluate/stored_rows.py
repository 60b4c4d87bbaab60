"""The rows of a kept evaluation, a page at a time: a large file is not read whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.home import home, runs_root


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
    for path in sorted(folder.glob("*.json"), key=_age_of):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(document, dict) and "metrics" in document:
            found.append(document)
    return found


def comparable_evaluations(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The other kept evaluations of the same data or benchmark, of all runs and models, newest
    first."""
    kept = (runs_root().glob("*/evaluations"), (home() / "evaluations").glob("*"))
    found = [
        other
        for folders in kept
        for folder in folders
        for other in stored_evaluations(folder)
        if other.get("path") != document["path"] and _same_data(other, document)
    ]
    return sorted(found, key=_age)


def _same_data(one: dict[str, Any], two: dict[str, Any]) -> bool:
    names = [Path(str(each.get("data"))).name for each in (one, two)]
    return names[0] == names[1] and one.get("benchmark") == two.get("benchmark")


def _age(document: dict[str, Any]) -> float:
    return _age_of(Path(str(document.get("path"))))


def _age_of(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:  # deleted meanwhile
        return 0.0
