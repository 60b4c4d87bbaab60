"""Which checkpoints of a run a rule keeps, and what the disk gets back for the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from engine.errors import DanluError
from engine.runs.marks import read_marks
from engine.runs.store import Run, folder_bytes
from engine.runs.summary import Checkpoint
from engine.runs.trash import SetAside, set_aside

Reason = Literal["best", "last", "pinned"]


@dataclass(frozen=True)
class PruneRule:
    """Keep the ``last`` newest, the ``best`` one, the ``pinned`` ones."""

    last: int = 1
    best: bool = True
    pinned: bool = True


@dataclass(frozen=True)
class PrunePlan:
    """``keep`` says for each checkpoint why it stays; ``bytes`` by name are those on disk of what
    goes. Both newest first."""

    run: Run
    keep: dict[str, tuple[Reason, ...]]
    drop: dict[str, int]

    @property
    def bytes(self) -> int:
        return sum(self.drop.values())

    def document(self) -> dict[str, Any]:
        """``{run, keep: [{checkpoint, why: […]}], drop: [{checkpoint, bytes}], bytes}``."""
        return {
            "run": self.run.name,
            "keep": [{"checkpoint": name, "why": list(why)} for name, why in self.keep.items()],
            "drop": [{"checkpoint": name, "bytes": size} for name, size in self.drop.items()],
            "bytes": self.bytes,
        }


def plan_prune(run: Run, rule: PruneRule) -> PrunePlan:
    """What ``rule`` keeps of ``run`` and what goes. Raises DanluError ``run.nothing_saved``, and
    ``run.prune_all`` where nothing at all would stay."""
    known = {checkpoint.path: checkpoint for checkpoint in run.summary().checkpoints}
    folders = run.checkpoint_folders()[::-1]
    if not folders:
        raise DanluError("run.nothing_saved", run=run.name)
    marks = read_marks(run.path)
    keep: dict[str, tuple[Reason, ...]] = {}
    for place, folder in enumerate(folders):
        pinned = rule.pinned and marks.keeps(folder.name)
        best = rule.best and _is_best(known.get(folder.name))
        why = {"best": best, "last": place < rule.last, "pinned": pinned}
        if any(why.values()):
            keep[folder.name] = tuple(name for name, holds in why.items() if holds)  # type: ignore[misc]
    if not keep:
        raise DanluError("run.prune_all", run=run.name)
    drop = {f.name: folder_bytes(f) for f in folders if f.name not in keep}
    return PrunePlan(run, keep, drop)


def prune(plan: PrunePlan) -> SetAside:
    """Set aside what ``plan`` drops. Raises DanluError while a process trains the run."""
    return set_aside(plan.run, tuple(plan.drop))


def _is_best(checkpoint: Checkpoint | None) -> bool:
    return checkpoint is not None and checkpoint.best
