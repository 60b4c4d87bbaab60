"""One side of a comparison: where a checkpoint stands in its run, its size, its scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.evaluate.stored_rows import stored_evaluations
from engine.report.curves import Points, curves_of
from engine.runs.contents import EVALUATIONS
from engine.runs.journal import read_journal
from engine.runs.layout import checkpoint_step
from engine.runs.places import Place
from engine.runs.scores import Score, read_score, score_document
from engine.runs.store import Run, folder_bytes
from engine.spec.run_spec import RunSpec


@dataclass(frozen=True)
class Side:
    """One of the two. Losses are those at its step; ``evaluations`` by data name, the metrics;
    ``spec`` is None where its run is damaged. Of what was made of a checkpoint ``made`` tells, and
    all that the training tells is that checkpoint's; where there is none, it is None and empty."""

    target: str
    run: Run | None = None
    checkpoint: str | None = None
    step: int | None = None
    steps: int | None = None
    loss: float | None = None
    eval_loss: float | None = None
    best_eval: tuple[float, float] | None = None  # step and lowest evaluation loss up to its step
    seconds: float | None = None
    bytes: int = 0
    score: Score | None = None
    evaluations: dict[str, dict[str, float]] = field(default_factory=dict)
    loss_curve: Points = field(default_factory=list, repr=False)
    eval_curve: Points = field(default_factory=list, repr=False)
    spec: RunSpec | None = field(default=None, repr=False)
    made: dict[str, Any] | None = None

    @property
    def label(self) -> str:
        """How it is called: what was made, by its folder's name."""
        return self.target if self.made is None else Path(self.target).name

    def document(self) -> dict[str, Any]:
        """Its part of the JSON document."""
        return {
            "target": self.target,
            "run": self.run.name if self.run else None,
            "checkpoint": self.checkpoint,
            "made": self.made,
            "step": self.step,
            "steps": self.steps,
            "loss": self.loss,
            "eval_loss": self.eval_loss,
            "best_eval_loss": self.best_eval[1] if self.best_eval else None,
            "best_eval_step": self.best_eval[0] if self.best_eval else None,
            "seconds": self.seconds,
            "bytes": self.bytes,
            "verified": score_document(self.score),
            "evaluations": self.evaluations,
            "curves": {"loss": self.loss_curve, "eval_loss": self.eval_curve},
        }


def side_of(place: Place) -> Side:
    """Read one side that is a checkpoint."""
    run, step = place.run, checkpoint_step(place.checkpoint or "")
    events = read_journal(run.path)
    curves, summary = curves_of(events), run.summary()
    evals = [point for point in curves.eval_loss if point[0] <= step]
    kept = next((c for c in summary.checkpoints if c.path == place.checkpoint), None)
    times = [e["time"] for e in events if e["kind"] == "step" and e.get("step", 0) <= step]
    eval_loss = kept.eval_loss if kept and kept.eval_loss is not None else _last_at(evals, step)
    return Side(
        place.label,
        run,
        place.checkpoint,
        step,
        summary.steps,
        kept.loss if kept and kept.loss is not None else _last_at(curves.loss, step),
        eval_loss,
        min(evals, key=lambda point: point[1], default=None),
        round(times[-1] - times[0], 1) if len(times) > 1 else None,
        folder_bytes(place.folder),
        read_score(place.folder),
        evaluations_of([run.path / EVALUATIONS], place.label),
        curves.loss,
        curves.eval_loss,
        _spec(place),
    )


def evaluations_of(
    folders: list[Path], target: str, place: Path | None = None
) -> dict[str, dict[str, float]]:
    """The newest metrics of ``target`` in ``folders``, by the name of the data; where several are
    called so, of that at ``place``."""
    found: dict[str, dict[str, float]] = {}
    for folder in (folder for folder in folders if folder.is_dir()):
        for document in stored_evaluations(folder):
            lies = document.get("folder")
            if place is not None and lies is not None and Path(str(lies)) != place.resolve():
                continue
            if str(document.get("target")) == target and isinstance(document["metrics"], dict):
                found.setdefault(Path(str(document.get("data"))).name, document["metrics"])
    return found


def _last_at(points: Points, step: int) -> float | None:
    return next((value for at, value in reversed(points) if at <= step), None)


def _spec(place: Place) -> RunSpec | None:
    try:
        return place.run.spec()
    except DanluError:
        return None
