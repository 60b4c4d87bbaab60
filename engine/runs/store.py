"""The runs on this machine: make one, find one, list them, delete one or a checkpoint of it."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import DanluError
from engine.home import runs_root
from engine.runs.lock import RunLock, is_owned
from engine.runs.origins import read_origins, write_origins
from engine.runs.summary import RunSummary, summarise
from engine.spec.anchor import anchor_spec
from engine.spec.run_spec import RunSpec
from engine.spec.yaml_form import read_spec, write_spec

SPEC_NAME = "spec.yaml"
_DELETING = ".deleting-"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)$")


@dataclass(frozen=True)
class Run:
    """One run's folder."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def log_path(self) -> Path:
        return self.path / "log.txt"

    def spec(self) -> RunSpec:
        """What was asked, and who chose each value. Raises DanluError when the spec is missing or
        broken."""
        spec = read_spec(self.path / SPEC_NAME)
        return replace(spec, origins=read_origins(self.path, spec))

    def save_spec(self, spec: RunSpec) -> None:
        """Keep ``spec`` as what is asked of the run, with who chose each value."""
        write_origins(self.path, spec)
        where = self.path / SPEC_NAME
        write_spec(spec, where, header=f"danlu train {shlex.quote(str(where))}")

    def summary(self) -> RunSummary:
        return summarise(self.path)

    def owner_alive(self) -> bool:
        """Whether a process is training it now."""
        return is_owned(self.path)

    def checkpoint_folders(self) -> list[Path]:
        """Whole checkpoints on disk, oldest step first."""
        found = [p for p in self.path.glob("checkpoint-*") if _CHECKPOINT.search(p.name)]
        return sorted(found, key=checkpoint_step)

    def last_checkpoint(self) -> Path | None:
        folders = self.checkpoint_folders()
        return folders[-1] if folders else None

    def bytes(self) -> int:
        """Size on disk."""
        return folder_bytes(self.path)


def checkpoint_step(folder: Path) -> int:
    """The step in ``checkpoint-<step>``; -1 for another name."""
    match = _CHECKPOINT.search(folder.name)
    return int(match.group(1)) if match else -1


def folder_bytes(folder: Path) -> int:
    """The bytes of all files below ``folder``. Files that vanish meanwhile count nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
    return total


def create_run(spec: RunSpec) -> Run:
    """A new run folder with its spec in it; a name that is taken gets a number behind it."""
    root = runs_root()
    root.mkdir(parents=True, exist_ok=True)
    base = _safe_name(spec.run.name) if spec.run.name else _name_from(spec)
    for attempt in range(1, 10_000):
        folder = root / (base if attempt == 1 else f"{base}-{attempt}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        run = Run(folder)
        run.save_spec(anchor_spec(spec, Path.cwd()))
        return run
    raise DanluError("run.no_free_name", name=base)


def _name_from(spec: RunSpec) -> str:
    model = Path(spec.model.source.rstrip("/")).name
    return _safe_name(f"{time.strftime('%m%d-%H%M')}-{model}-{spec.method.tuner}")


def _safe_name(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text.strip()).strip("-.")[:80] or "run"


def _is_run(folder: Path) -> bool:
    return not folder.name.startswith(".") and (folder / SPEC_NAME).is_file()


def list_runs() -> list[Run]:
    """Every run, newest first."""
    root = runs_root()
    if not root.is_dir():
        return []
    found = [Run(path) for path in root.iterdir() if _is_run(path)]
    return sorted(found, key=_changed, reverse=True)


def _changed(run: Run) -> float:
    try:
        return run.path.stat().st_mtime
    except OSError:  # deleted meanwhile
        return 0.0


def find_run(name: str | None) -> Run:
    """The run of that name or path; without a name the newest, one in progress first.
    Raises DanluError when there is none."""
    if name:
        for folder in (runs_root() / name, Path(name)):
            if _is_run(folder):
                return Run(folder.resolve())
        raise DanluError("run.not_found", run=name)
    runs = list_runs()
    if not runs:
        raise DanluError("run.none_yet")
    return next((run for run in runs if run.owner_alive()), runs[0])


def delete_run(run: Run) -> None:
    """Delete a run and all it holds. Raises DanluError while a process trains it."""
    lock = RunLock(run.path)
    try:
        _set_aside(run.path)
    finally:
        lock.release()
    _sweep(run.path.parent)


def delete_checkpoint(run: Run, folder: Path) -> None:
    """Delete one checkpoint of ``run`` and say so in the journal. Raises DanluError while a process
    trains it."""
    from engine.runs.journal import JournalWriter

    lock = RunLock(run.path)
    try:
        _set_aside(folder)
        journal = JournalWriter(run.path)
        journal.write("checkpoint", step=checkpoint_step(folder), path=folder.name, deleted=True)
        journal.close()
    finally:
        lock.release()
    _sweep(run.path)


def _set_aside(folder: Path) -> None:
    """Take ``folder`` out of sight at once: deleting gigabytes takes a while and may be cut off."""
    folder.rename(folder.with_name(f"{_DELETING}{folder.name}-{time.time_ns()}"))


def _sweep(parent: Path) -> None:
    """Delete what was set aside in ``parent``, now or when a deletion was cut off."""
    for folder in parent.glob(f"{_DELETING}*"):
        shutil.rmtree(folder, ignore_errors=True)
