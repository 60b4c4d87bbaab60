"""What was made of a run beside its checkpoints: exports and averages, found by their folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.runs.averages import RECORD_NAME, find_average, read_average
from engine.runs.layout import MARKS_NAME, SPEC_NAME
from engine.runs.store import Run

_MANIFEST = "export.json"
# What danlu itself adds later to a folder it made.
_OWN = (_MANIFEST, MARKS_NAME, "exports.jsonl", "verify.json", "verify.md")


@dataclass(frozen=True)
class Made:
    """An export, or an average. ``of`` is the folder that marks are kept in: its run's, or its own;
    ``strange`` are files in it that danlu did not write."""

    folder: Path
    of: Path
    strange: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return str(self.folder)

    @property
    def mark(self) -> str | None:
        """By which name it is pinned in :attr:`of`."""
        return None if self.of == self.folder else str(self.folder)


def find_made(text: str) -> Made | None:
    """The export or average that ``text`` names by its path; None for anything else."""
    average = find_average(text)
    if average is not None:
        return Made(average, average)
    folder = Path(text).expanduser().absolute()
    facts = _manifest(folder)
    if facts is None:
        return None
    return Made(folder, _home_of(facts) or folder, strange_files(folder))


def _home_of(facts: dict[str, Any]) -> Path | None:
    """The run, or the average, below which an export is listed."""
    for name in ("run", "checkpoint"):
        home = Path(str(facts.get(name) or ""))
        if home.is_absolute() and any((home / own).is_file() for own in (SPEC_NAME, RECORD_NAME)):
            return home
    return None


def runs_behind(folder: Path) -> list[Run]:
    """The runs of which an export or average was made and which are still there, each once."""
    exported = (_manifest(folder) or {}).get("run")
    places = [Path(str(exported))] if exported else []
    for adapter in read_average(folder).get("adapters") or ():
        if isinstance(adapter, dict) and adapter.get("run") and adapter.get("path"):
            places.append(Path(str(adapter["path"])).parent)
    return [Run(place) for place in dict.fromkeys(places) if (place / SPEC_NAME).is_file()]


def strange_files(folder: Path) -> tuple[str, ...]:
    """The files in an export's folder that came there later, from elsewhere."""
    written = (_manifest(folder) or {}).get("files")
    if not isinstance(written, dict):
        return ()
    there = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return tuple(sorted(name for name in there if name not in written and name not in _OWN))


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "format" in found else None
