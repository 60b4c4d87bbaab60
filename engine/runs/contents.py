"""What one run holds: its checkpoints as they are on disk, and the exports made from them. Read for
the runs whose checkpoints are shown, not for all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.evaluate.stored_rows import stored_evaluations
from engine.export.manifest import exports_of
from engine.runs.digest import Digest
from engine.runs.layout import checkpoint_step
from engine.runs.marks import read_marks
from engine.runs.recovered import fill_in, saved_steps
from engine.runs.scores import Score, read_score
from engine.runs.store import Run, folder_bytes
from engine.runs.summary import Checkpoint
from engine.train.checkpoints import RESUME_FILES

EVALUATIONS = "evaluations"  # where engine.evaluate.evaluate keeps them, below the run
Kind = Literal["adapter", "full", ""]


@dataclass(frozen=True)
class Kept:
    """One checkpoint. ``missing`` are the files without which it cannot be resumed; ``there`` is
    false where the journal tells of it and the disk has it no more; ``chosen`` whether a person
    marked it as the best; ``metrics`` are those of its newest evaluation on ``data``."""

    checkpoint: Checkpoint
    kind: Kind = ""
    missing: tuple[str, ...] = ()
    there: bool = True
    pinned: bool = False
    chosen: bool = False
    score: Score | None = None
    data: str = ""
    metrics: tuple[tuple[str, float], ...] = ()

    @property
    def name(self) -> str:
        return self.checkpoint.path

    @property
    def resumable(self) -> bool:
        return self.there and not self.missing


@dataclass(frozen=True)
class Exported:
    """One export of the run. ``checkpoint`` is the name of what it was made from; ``verified`` is
    None where nobody asked; ``why`` names what is wrong (word keys below ``export.why``)."""

    folder: Path
    format: str
    quant: str | None
    checkpoint: str | None
    bytes: int
    verified: bool | None
    why: tuple[str, ...] = ()
    reason: str = ""
    pinned: bool = False


@dataclass(frozen=True)
class Contents:
    """Checkpoints by falling step, exports oldest first."""

    kept: tuple[Kept, ...] = ()
    exports: tuple[Exported, ...] = ()


def contents_of(run: Run) -> Contents:
    """Read what ``run`` holds. Costs a few looks at the disk a checkpoint: call it in a thread."""
    return Contents(_kept(run), tuple(_exports(run)))


def _kept(run: Run) -> tuple[Kept, ...]:
    digest = Digest(run.path)
    digest.read()
    summary, marks = digest.summary, read_marks(run.path)
    if not run.owner_alive():
        fill_in(summary, run.path)
    _add_untold(summary.checkpoints, run.path)
    summary.choose(marks.best)
    evaluated = _evaluations(run)
    found = []
    for checkpoint in sorted(summary.checkpoints, key=lambda c: -c.step):
        folder = f"{run.path}/{checkpoint.path}"
        names = _names(folder)
        data, metrics = evaluated.get(checkpoint.path, ("", ()))
        found.append(
            Kept(
                checkpoint,
                _kind(names),
                tuple(name for name in RESUME_FILES if name not in names),
                bool(names),
                marks.keeps(checkpoint.path),
                marks.best == checkpoint.path,
                read_score(folder) if "verify.json" in names else None,
                data,
                metrics,
            )
        )
    return tuple(found)


def _add_untold(checkpoints: list[Checkpoint], folder: Path) -> None:
    """Checkpoints on disk that the journal does not tell of, as after it was cut."""
    told = {checkpoint.step for checkpoint in checkpoints}
    for step in saved_steps(folder):
        if step not in told:
            name = f"checkpoint-{step}"
            checkpoints.append(Checkpoint(step, name, folder_bytes(folder / name)))


def _names(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()


def _kind(names: set[str]) -> Kind:
    if "adapter_config.json" in names:
        return "adapter"
    return "full" if "config.json" in names else ""


def _evaluations(run: Run) -> dict[str, tuple[str, tuple[tuple[str, float], ...]]]:
    """The newest evaluation of each checkpoint: the data's name and the metrics."""
    found: dict[str, tuple[str, tuple[tuple[str, float], ...]]] = {}
    folder = run.path / EVALUATIONS
    if not folder.is_dir():
        return found
    for document in stored_evaluations(folder):
        checkpoint = str(document.get("target", "")).rpartition("/")[2]
        if checkpoint_step(checkpoint) >= 0:
            metrics = tuple(_numbers(document["metrics"]))
            found.setdefault(checkpoint, (Path(str(document.get("data"))).name, metrics))
    return found


def _numbers(metrics: Any) -> list[tuple[str, float]]:
    items = metrics.items() if isinstance(metrics, dict) else ()
    return [(str(name), float(value)) for name, value in items if isinstance(value, int | float)]


def _exports(run: Run) -> list[Exported]:
    found, pinned = [], read_marks(run.path).pinned
    for report in exports_of(run):
        facts = report.document
        checkpoint = facts.get("checkpoint")
        found.append(
            Exported(
                report.folder,
                str(facts.get("format")),
                facts.get("quant"),
                Path(checkpoint).name if checkpoint else None,
                int(facts.get("bytes") or 0),
                facts.get("verified"),
                tuple(str(each) for each in facts.get("why") or ()),
                str(facts.get("reason") or ""),
                str(report.folder) in pinned,
            )
        )
    return found
