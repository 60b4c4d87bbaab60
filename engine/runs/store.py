"""The runs on this machine: make one, find one, list them."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import time
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import DanluError
from engine.home import runs_root
from engine.runs.layout import SPEC_NAME, checkpoint_step
from engine.runs.lock import is_owned
from engine.runs.origins import read_origins, write_origins
from engine.runs.scan import look, scan
from engine.runs.summary import RunSummary, summarise
from engine.spec.anchor import anchor_spec
from engine.spec.run_spec import RunSpec
from engine.spec.yaml_form import read_spec, write_spec


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
        if self.damaged and self.path.is_dir():
            raise DanluError("run.damaged", run=self.name, folder=self.path)
        spec = read_spec(self.path / SPEC_NAME)
        return replace(spec, origins=read_origins(self.path, spec))

    def save_spec(self, spec: RunSpec) -> None:
        """Keep ``spec`` as what is asked of the run, with who chose each value."""
        write_origins(self.path, spec)
        where = self.path / SPEC_NAME
        write_spec(spec, where, header=f"danlu train {shlex.quote(str(where))}")

    @property
    def damaged(self) -> bool:
        """Whether its spec is gone: what it learned is there, what was asked is not."""
        return not (self.path / SPEC_NAME).is_file()

    def summary(self) -> RunSummary:
        return summarise(self.path)

    def owner_alive(self) -> bool:
        """Whether a process is training it now."""
        return is_owned(self.path)

    def checkpoint_folders(self) -> list[Path]:
        """Whole checkpoints on disk, oldest step first."""
        found = [p for p in self.path.glob("checkpoint-*") if checkpoint_step(p) >= 0]
        return sorted(found, key=checkpoint_step)

    def last_checkpoint(self) -> Path | None:
        folders = self.checkpoint_folders()
        return folders[-1] if folders else None

    def bytes(self) -> int:
        """Size on disk."""
        return folder_bytes(self.path)


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


def is_run(folder: Path) -> bool:
    """Whether ``folder`` holds a run, be it a damaged one."""
    return not folder.name.startswith(".") and look(folder.name, str(folder)) is not None


def list_runs() -> list[Run]:
    """Every run, the one in which something happened last first. One whose spec is gone is among
    them: its :meth:`Run.spec` raises."""
    return [Run(Path(found.path)) for found in scan(runs_root())]


def find_run(name: str | None) -> Run:
    """The run of that name or path; without a name the newest, one in progress first.
    Raises DanluError when there is none."""
    if name:
        for folder in (runs_root() / name, Path(name)):
            if is_run(folder):
                return Run(folder.resolve())
        raise DanluError("run.not_found", run=name)
    runs = list_runs()
    if not runs:
        raise DanluError("run.none_yet")
    return next((run for run in runs if run.owner_alive()), runs[0])
