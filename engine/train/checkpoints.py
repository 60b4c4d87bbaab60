"""Checkpoints on disk: written whole or not at all, the newest and the best kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from engine.runs.atomic import sync_folder
from engine.runs.marks import read_marks
from engine.runs.store import checkpoint_step, folder_bytes

_PARTIAL = ".saving"
# What exact resumption needs beside the weights.
RESUME_FILES = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json")


@dataclass
class CheckpointShelf:
    """The checkpoints of one run. ``keep`` is how many stay on disk; None keeps all."""

    run_folder: Path
    keep: int | None
    eval_losses: dict[int, float] = field(default_factory=dict)
    bytes_each: int = 0

    def save(self, step: int, write: Callable[[Path], None]) -> Path:
        """Have ``write`` fill a folder, then make it ``checkpoint-<step>`` in one rename."""
        partial = self.run_folder / _PARTIAL
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            write(partial)
            made = partial / f"checkpoint-{step}"
            _sync_tree(made)
            final = self.run_folder / made.name
            shutil.rmtree(final, ignore_errors=True)
            os.rename(made, final)
            sync_folder(self.run_folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        self.bytes_each = folder_bytes(final)
        return final

    def best_step(self) -> int | None:
        """The step whose checkpoint has the lowest evaluation loss; None without evaluations."""
        kept = {checkpoint_step(folder) for folder in self.folders()}
        scored = {step: loss for step, loss in self.eval_losses.items() if step in kept}
        return min(scored, key=lambda step: scored[step], default=None)

    def folders(self) -> list[Path]:
        """Whole checkpoints, oldest first."""
        found = [p for p in self.run_folder.glob("checkpoint-*") if checkpoint_step(p) >= 0]
        return sorted(found, key=checkpoint_step)

    def prune(self) -> list[Path]:
        """Delete the oldest beyond ``keep``, never the best or the newest; return those. What a
        person pinned or called the best stays, and does not count."""
        if self.keep is None:
            return []
        marks, best = read_marks(self.run_folder), self.best_step()
        folders = [f for f in self.folders() if not marks.keeps(f.name) and f.name != marks.best]
        newest = self.folders()[-1:]
        spare = [f for f in folders if checkpoint_step(f) != best and f not in newest]
        surplus = spare[: max(0, len(folders) - self.keep)]
        for folder in surplus:
            shutil.rmtree(folder)
        return surplus


def why_not_resumable(folder: Path) -> tuple[str, ...]:
    """The files whose absence keeps a checkpoint from being resumed exactly; empty when it can."""
    return tuple(name for name in RESUME_FILES if not (folder / name).is_file())


def _sync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    sync_folder(folder)
