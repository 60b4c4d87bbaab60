"""Checkpoints, runs, exports and averages set aside: out of the way at once by a rename,
brought back by another, deleted for good only when it is said that nobody wants them back.

What is set aside is held by a lock on its list; so what a process left behind when it ended can be
told from what a living one may still bring back.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.home import runs_root
from engine.runs.atomic import sync_folder, write_atomically
from engine.runs.journal import JOURNAL_NAME, JournalWriter
from engine.runs.layout import DELETING, TRASH_NAME, checkpoint_step
from engine.runs.lock import RunLock
from engine.runs.store import Run, folder_bytes

LIST_NAME = "trash.json"
_held: dict[Path, int] = {}  # what this process set aside, and the lock it holds on it


@dataclass(frozen=True)
class SetAside:
    """What was set aside in one go. ``names`` are checkpoints of ``run``, or the run itself when
    ``whole``; ``bytes`` are what its removal frees. A folder that stood elsewhere came from
    ``origin``, and is ``held`` beside it where that is on another disk."""

    folder: Path
    run: str
    names: tuple[str, ...]
    bytes: int
    whole: bool
    time: float
    origin: Path | None = None
    held: Path | None = None

    def place(self, name: str) -> Path:
        """Where ``name`` is now."""
        return self.held or self.folder / name


def set_aside(run: Run, checkpoints: Sequence[str]) -> SetAside:
    """Set checkpoints of ``run`` aside and say so in its journal. Raises DanluError
    ``run.already_running`` while a process trains it."""
    lock = RunLock(run.path)
    try:
        told = {c.path: vars(c) for c in run.summary().checkpoints}
        size = sum(folder_bytes(run.path / name) for name in checkpoints)
        made = _begin(run.path / TRASH_NAME, run.name, checkpoints, size, False, told)
        for name in checkpoints:
            with contextlib.suppress(FileNotFoundError):  # gone already: the journal learns it
                os.rename(run.path / name, made.folder / name)
        with _journal(run) as journal:
            for name in checkpoints:
                journal.write("checkpoint", step=checkpoint_step(name), path=name, deleted=True)
        sync_folder(run.path)
    finally:
        lock.release()
    return made


def set_aside_run(run: Run) -> SetAside:
    """Set a whole run aside. Raises DanluError ``run.already_running`` while it is trained."""
    lock = RunLock(run.path)
    try:
        size = folder_bytes(run.path)
        made = _begin(run.path.parent / TRASH_NAME, run.name, [run.name], size, True, {})
        os.rename(run.path, made.folder / run.name)
        sync_folder(run.path.parent)
    finally:
        lock.release()
    return made


def set_aside_folder(folder: Path, of: str) -> SetAside:
    """Set a folder aside that belongs to no run's own, such as an export of run ``of``."""
    size, name = folder_bytes(folder), folder.name
    trash = runs_root() / TRASH_NAME
    held = folder.with_name(f".{name}{DELETING}{time.time_ns()}")
    here = held if _another_disk(folder, runs_root()) else None
    made = _begin(trash, of, [name], size, True, {}, origin=folder, held=here)
    os.rename(folder, made.place(name))
    sync_folder(folder.parent)
    return made


def _another_disk(one: Path, other: Path) -> bool:
    other.mkdir(parents=True, exist_ok=True)
    return os.stat(one).st_dev != os.stat(other).st_dev


def bring_back(found: SetAside) -> None:
    """Put everything where it was. Raises DanluError ``run.name_taken`` where something else stands
    there now, and ``run.already_running``."""
    home = found.origin.parent if found.origin else found.folder.parent.parent
    told = _read(found.folder).get("checkpoints") or {}
    lock = None if found.whole else RunLock(home)
    try:
        back = [name for name in found.names if found.place(name).exists()]
        taken = next((name for name in back if (home / name).exists()), None)
        if taken:
            raise DanluError("run.name_taken", name=taken, run=found.run, folder=found.folder)
        for name in back:
            home.mkdir(parents=True, exist_ok=True)
            os.rename(found.place(name), home / name)
        if not found.whole:
            with _journal(Run(home)) as journal:
                for name in back:
                    fields = {"step": checkpoint_step(name), **told.get(name, {}), "path": name}
                    journal.write("checkpoint", **fields)
        _forget(found)
        _clear(found.folder)
        sync_folder(home)
    finally:
        if lock is not None:
            lock.release()


def remove(found: SetAside) -> None:
    """Delete it for good. It is out of reach at once; a deletion that is cut off is ended by
    :func:`sweep`."""
    if found.held is not None:
        shutil.rmtree(found.held, ignore_errors=True)
    gone = runs_root() / f"{DELETING}{time.time_ns()}"
    try:
        os.rename(found.folder, gone)
    except OSError:  # a run on another disk, or removed already
        gone = found.folder
    _forget(found)
    shutil.rmtree(gone, ignore_errors=True)
    _clear(found.folder)


def left_behind() -> list[SetAside]:
    """What processes that ended unexpectedly had set aside, and nobody holds now; oldest first."""
    root = runs_root()
    try:
        with os.scandir(root) as entries:
            homes = [entry.path for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return []
    found: list[SetAside] = []
    for home in (str(root), *homes):
        try:
            batches = os.listdir(f"{home}/{TRASH_NAME}")
        except OSError:
            continue
        for name in batches:
            batch = _left(Path(home) / TRASH_NAME / name)
            found += [batch] if batch else []
    return sorted(found, key=lambda batch: batch.time)


def sweep() -> None:
    """End deletions that were cut off."""
    for folder in runs_root().glob(f"{DELETING}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _begin(
    trash: Path,
    run: str,
    names: Sequence[str],
    size: int,
    whole: bool,
    told: dict[str, Any],
    **elsewhere: Path | None,
) -> SetAside:
    folder = trash / str(time.time_ns())
    folder.mkdir(parents=True)
    made = SetAside(folder, run, tuple(names), size, whole, time.time(), **elsewhere)
    kept = {name: told[name] for name in names if name in told}
    facts = {"run": run, "names": list(names), "bytes": size, "whole": whole, "time": made.time}
    places = {name: str(path) for name, path in elsewhere.items() if path is not None}
    text = json.dumps({**facts, **places, "checkpoints": kept}, ensure_ascii=False, indent=1)
    write_atomically(folder / LIST_NAME, text + "\n")
    _held[folder] = _lock(folder)
    return made


def _lock(folder: Path) -> int:
    descriptor = os.open(folder / LIST_NAME, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _left(folder: Path) -> SetAside | None:
    """What is set aside in ``folder``, from now on held by this process; None where another holds
    it, or nothing is there to bring back."""
    if folder in _held:
        return None
    try:
        descriptor = _lock(folder)
    except OSError:
        return None
    found = _listed(folder, _read(folder))
    if found is None:
        os.close(descriptor)
        _clear(folder)
        return None
    _held[folder] = descriptor
    return found


def _listed(folder: Path, facts: dict[str, Any]) -> SetAside | None:
    """What the list in ``folder`` names and is there still; None where nothing is."""
    origin, held = (Path(facts[at]) if facts.get(at) else None for at in ("origin", "held"))
    names = [name for name in facts.get("names") or () if (held or folder / name).exists()]
    size, at = int(facts.get("bytes") or 0), float(facts.get("time") or 0.0)
    if not names:
        return None
    run, whole = str(facts.get("run")), bool(facts["whole"])
    return SetAside(folder, run, tuple(names), size, whole, at, origin, held)


def _read(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / LIST_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _forget(found: SetAside) -> None:
    descriptor = _held.pop(found.folder, None)
    if descriptor is not None:
        os.close(descriptor)


def _clear(folder: Path) -> None:
    """Take away what is left of an emptied batch."""
    (folder / LIST_NAME).unlink(missing_ok=True)
    for each in (folder, folder.parent):
        with contextlib.suppress(OSError):  # something is in it still
            each.rmdir()


@contextlib.contextmanager
def _journal(run: Run) -> Iterator[JournalWriter]:
    """The run's journal, to note what was tidied up: no news of the run, so its place among the
    newest stays."""
    path = run.path / JOURNAL_NAME
    before = path.stat().st_mtime_ns if path.exists() else None
    journal = JournalWriter(run.path)
    try:
        yield journal
    finally:
        journal.close()
        if before is not None:
            os.utime(path, ns=(before, before))
