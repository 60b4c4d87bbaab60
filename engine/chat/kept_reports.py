"""Verifications kept in a run's folder, to tell what got worse since. A golden set and the trained
questions are kept apart; a checkpoint that is deleted leaves its report."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.chat.target import ChatTarget

FOLDER = "verified"  # in the run's folder


@dataclass(frozen=True)
class Earlier:
    """A report kept before: what was tuned, and what it answered to (question, expected)."""

    target: str
    answers: dict[tuple[str, str], str]


def place_of(target: ChatTarget, golden: str | None) -> Path | None:
    """Where the report of ``target`` is kept; None where it belongs to no run."""
    if target.run is None or target.tuned is None:
        return None
    return target.run.path / FOLDER / _set_name(golden) / f"{target.tuned.name}.json"


def earlier_report(target: ChatTarget, golden: str | None) -> Earlier | None:
    """The last report of the same checkpoint on the same questions, else the newest of another
    checkpoint of the run; None where there is none."""
    place = place_of(target, golden)
    if place is None or not place.parent.is_dir():
        return None
    others = [path for path in place.parent.glob("*.json") if path != place]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in (place, *others):
        found = _read(path)
        if found is not None:
            return found
    return None


def _set_name(golden: str | None) -> str:
    if golden is None:
        return "trained"
    named = str(Path(golden).resolve()) if Path(golden).exists() else golden
    return f"golden-{hashlib.sha256(named.encode()).hexdigest()[:12]}"


def _read(path: Path) -> Earlier | None:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        rows = {(row["question"], row["expected"]): row["tuned"] for row in document["rows"]}
        return Earlier(str(document["target"]), rows)
    except (OSError, ValueError, KeyError, TypeError):
        return None
