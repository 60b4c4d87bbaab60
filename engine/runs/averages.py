"""The averages that were made of adapters, listed beside the runs."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

from engine.home import home
from engine.runs.scan import FoundRun

RECORD_NAME = "average.json"  # in its folder: what it is the mean of
_LIST_NAME = "made.jsonl"  # those that were written elsewhere, one a line


def averages_root() -> Path:
    """Where averages are written unless asked otherwise."""
    return home() / "averages"


def note_average(folder: Path) -> None:
    """Remember an average that does not lie in :func:`averages_root`."""
    root = averages_root()
    if folder.parent == root:
        return
    root.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"time": round(time.time(), 3), "path": str(folder)}, ensure_ascii=False)
    with (root / _LIST_NAME).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def list_averages() -> list[FoundRun]:
    """Every average that is still where it was put, newest first. Its name is its folder's path."""
    found = [average for path in _places() if (average := look_at_average(path)) is not None]
    found.sort(key=lambda each: each.changed, reverse=True)
    return found


def look_at_average(folder: Path | str) -> FoundRun | None:
    """The average in ``folder``; None where there is none."""
    try:
        made, around = os.stat(f"{folder}/{RECORD_NAME}"), os.stat(folder)
    except OSError:
        return None
    state = (made.st_size, made.st_mtime_ns, around.st_mtime_ns)
    path = str(folder)
    return FoundRun(path, path, False, made.st_mtime, state, kind="average")


def read_average(folder: Path | str) -> dict[str, Any]:
    """Its ``average.json``; empty where that is broken."""
    try:
        with open(f"{folder}/{RECORD_NAME}", encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def find_average(text: str) -> Path | None:
    """The folder of the average called ``text``: its path, or its name where averages are kept."""
    for folder in (averages_root() / text, Path(text).expanduser()):
        if (folder / RECORD_NAME).is_file():
            return folder.absolute()
    return None


def _places() -> list[str]:
    root, places = averages_root(), dict[str, None]()
    with contextlib.suppress(OSError), os.scandir(root) as entries:
        places |= {e.path: None for e in entries if not e.name.startswith(".") and e.is_dir()}
    with contextlib.suppress(OSError):
        for line in (root / _LIST_NAME).read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):  # a line cut short
                places[str(json.loads(line)["path"])] = None
    return list(places)
