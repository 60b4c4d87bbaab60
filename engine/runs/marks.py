"""What a person noted of a run's checkpoints: the best one, and those to keep. A small file beside
them, replaced whole."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.runs.atomic import write_atomically
from engine.runs.layout import MARKS_NAME


@dataclass(frozen=True)
class Marks:
    """``best`` is the checkpoint chosen as the best, above the lowest loss; ``pinned`` are
    checkpoints that pruning keeps; ``whole`` pins all of the run."""

    best: str | None = None
    pinned: tuple[str, ...] = ()
    whole: bool = False

    def keeps(self, checkpoint: str) -> bool:
        """Whether pruning passes ``checkpoint`` over."""
        return self.whole or checkpoint in self.pinned


def read_marks(run_folder: Path | str) -> Marks:
    """The run's marks; none where nothing was noted, or the file is broken."""
    try:
        with open(os.path.join(run_folder, MARKS_NAME), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return Marks()
    return _marks(found) if isinstance(found, dict) else Marks()


def pin(run_folder: Path, checkpoint: str | None, pinned: bool = True) -> Marks:
    """Pin a checkpoint (None: the whole run), or take the pin off."""
    with _own(run_folder):
        marks = read_marks(run_folder)
        if checkpoint is None:
            return _write(run_folder, replace(marks, whole=pinned))
        others = tuple(name for name in marks.pinned if name != checkpoint)
        return _write(
            run_folder, replace(marks, pinned=(*others, checkpoint) if pinned else others)
        )


def choose_best(run_folder: Path, checkpoint: str | None) -> Marks:
    """Take ``checkpoint`` for the best; None leaves it to the lowest loss again."""
    with _own(run_folder):
        return _write(run_folder, replace(read_marks(run_folder), best=checkpoint))


def _write(run_folder: Path, marks: Marks) -> Marks:
    path = run_folder / MARKS_NAME
    if marks == Marks():
        path.unlink(missing_ok=True)
    else:
        write_atomically(path, json.dumps(vars(marks), ensure_ascii=False, indent=1) + "\n")
    return marks


def _marks(found: dict[str, Any]) -> Marks:
    best, pinned = found.get("best"), found.get("pinned")
    names = pinned if isinstance(pinned, list) else []
    return Marks(
        best if isinstance(best, str) else None,
        tuple(name for name in names if isinstance(name, str)),
        found.get("whole") is True,
    )


@contextmanager
def _own(folder: Path) -> Iterator[None]:
    """Two screens that mark at once do it one after the other."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
