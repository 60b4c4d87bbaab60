"""A run in a few values: what a list of ten thousand keeps of each. Its checkpoints are counted,
not kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.runs.averages import read_average
from engine.runs.digest import Digest, Points
from engine.runs.layout import checkpoint_step
from engine.runs.lock import is_owned
from engine.runs.marks import Marks, read_marks
from engine.runs.recovered import fill_in
from engine.runs.scan import FoundRun
from engine.runs.scores import Score, read_score
from engine.runs.store import folder_bytes
from engine.runs.summary import ENDED, RunSummary
from engine.train.checkpoints import why_not_resumable

POINTS = 24  # of the small curve


@dataclass(frozen=True, slots=True)
class RunHead:
    """``bytes`` are those of its checkpoints; ``best`` and ``last`` are names of checkpoints;
    ``adapter`` is None where it cannot be told; ``resumable`` whether training can go on. Of an
    average, ``model`` names its base and what it is the mean of."""

    name: str
    status: str
    step: int = 0
    steps: int | None = None
    epoch: float = 0.0
    loss: float | None = None
    eval_loss: float | None = None
    started: float | None = None
    ended: float | None = None
    changed: float = 0.0
    checkpoints: int = 0
    bytes: int = 0
    best: str | None = None
    last: str | None = None
    resumable: bool = False
    curve: tuple[float, ...] = ()
    model: str = ""
    adapter: bool | None = None
    score: Score | None = None
    pinned: bool = False
    error: str = ""
    recovered: bool = False

    @property
    def active(self) -> bool:
        """Whether a process trains it now."""
        return self.status not in (*ENDED, "damaged", "average")

    @property
    def chosen(self) -> str | None:
        """The checkpoint that its name stands for: the best, else the last."""
        return self.best or self.last


class HeadReader:
    """Reads heads; of runs that are being trained it reads on where it left off."""

    def __init__(self) -> None:
        self._digests: dict[str, Digest] = {}

    def read(self, run: FoundRun) -> RunHead:
        """The head of ``run`` now. Raises OSError when it is deleted meanwhile."""
        if run.kind == "average":
            return _average_head(run)
        digest = self._digests.pop(run.name, None) or Digest(Path(run.path))
        digest.read()
        alive = is_owned(digest.path)
        if alive:
            self._digests[run.name] = digest
        else:
            digest.loss = fill_in(digest.summary, run.path) or digest.loss
        return head_of(run, digest, read_marks(run.path), alive)


def head_of(run: FoundRun, digest: Digest, marks: Marks, alive: bool) -> RunHead:
    """The head made of what was read."""
    summary = digest.summary
    summary.choose(marks.best)
    paths = {c.path: c for c in summary.checkpoints}
    last = max(paths, key=checkpoint_step, default=None)
    best = next((path for path, c in paths.items() if c.best), None)
    chosen = best or last
    status = _status(summary, alive, run.damaged)
    unfinished = status not in ("finished", "damaged") and not alive
    return RunHead(
        run.name,
        status,
        summary.step,
        summary.steps,
        summary.epoch,
        summary.loss,
        summary.eval_loss,
        summary.started,
        summary.ended,
        run.changed,
        len(paths),
        sum(c.bytes for c in paths.values()),
        best,
        last,
        unfinished and last is not None and not why_not_resumable(digest.path / last),
        small_curve(digest.loss),
        str(digest.plan.get("model") or ""),
        _adapter(digest.plan),
        read_score(f"{run.path}/{chosen}") if chosen else None,
        marks.whole,
        _error(summary),
        summary.recovered,
    )


def _average_head(run: FoundRun) -> RunHead:
    """An average has no journal: what it is made of stands in its own record."""
    facts = read_average(run.path)
    return RunHead(
        run.name,
        "average",
        started=facts.get("created"),
        changed=run.changed,
        bytes=folder_bytes(Path(run.path)),
        model=" ".join([str(facts.get("base") or ""), *_sources(facts)]),
        adapter=True,
        score=read_score(run.path),
        pinned=read_marks(run.path).whole,
    )


def _sources(facts: dict[str, Any]) -> list[str]:
    found = facts.get("adapters")
    return [str(each.get("target")) for each in found if isinstance(each, dict)] if found else []


def _status(summary: RunSummary, alive: bool, damaged: bool) -> str:
    if damaged:
        return "damaged"
    return summary.status if alive or summary.status in ENDED else "interrupted"


def _error(summary: RunSummary) -> str:
    error = summary.error
    return f"{error.get('what', '')} {error.get('why', '')}".strip() if error else ""


def _adapter(plan: dict[str, Any]) -> bool | None:
    whole, trained = plan.get("parameters"), plan.get("trained_parameters")
    return trained < whole * 0.5 if whole and trained else None


def small_curve(points: Points, count: int = POINTS) -> tuple[float, ...]:
    """The curve as at most ``count`` values, evenly spaced by step, each the mean of its stretch;
    a stretch without a point repeats the one before."""
    finite = [(step, loss) for step, loss in points if loss == loss and abs(loss) != float("inf")]
    if len(finite) <= count:
        return tuple(round(loss, 4) for _, loss in finite)
    first, span = finite[0][0], max(1, finite[-1][0] - finite[0][0])
    stretches: list[list[float]] = [[] for _ in range(count)]
    for step, loss in finite:
        stretches[min(count - 1, int((step - first) / span * count))].append(loss)
    found: list[float] = []
    for losses in stretches:
        found.append(round(sum(losses) / len(losses), 4) if losses else found[-1])
    return tuple(found)
