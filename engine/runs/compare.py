"""Two runs or checkpoints side by side: curves, losses, scores, and the settings that differ."""

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
from engine.runs.places import Place, find_checkpoint
from engine.runs.scores import Score, read_score
from engine.runs.store import folder_bytes
from engine.spec.run_spec import RunSpec, plain
from engine.spec.sections import PARAMETERS
from engine.spec.typed import show_value

_NOT_COMPARED = ("run.name",)


@dataclass(frozen=True)
class Side:
    """One of the two. Losses are those at its step; ``evaluations`` by data name, the metrics;
    ``spec`` is None where the run is damaged."""

    place: Place
    step: int
    steps: int | None
    loss: float | None
    eval_loss: float | None
    best_eval: tuple[float, float] | None  # step and lowest evaluation loss up to its step
    seconds: float | None
    bytes: int
    score: Score | None
    evaluations: dict[str, dict[str, float]]
    loss_curve: Points = field(repr=False)
    eval_curve: Points = field(repr=False)
    spec: RunSpec | None = field(repr=False)

    def document(self) -> dict[str, Any]:
        """Its part of the JSON document."""
        score = self.score
        return {
            "target": self.place.label,
            "run": self.place.run.name,
            "checkpoint": self.place.checkpoint,
            "step": self.step,
            "steps": self.steps,
            "loss": self.loss,
            "eval_loss": self.eval_loss,
            "best_eval_loss": self.best_eval[1] if self.best_eval else None,
            "best_eval_step": self.best_eval[0] if self.best_eval else None,
            "seconds": self.seconds,
            "bytes": self.bytes,
            "verified": score_document(score),
            "evaluations": self.evaluations,
            "curves": {"loss": self.loss_curve, "eval_loss": self.eval_curve},
        }


@dataclass(frozen=True)
class Comparison:
    """``differing`` lists setting, value in ``a``, value in ``b``, as a spec writes them."""

    a: Side
    b: Side
    differing: list[tuple[str, str, str]]

    def document(self) -> dict[str, Any]:
        """``{a, b, differing: [{setting, a, b}]}``; a and b as :meth:`Side.document` says."""
        differing = [{"setting": name, "a": one, "b": two} for name, one, two in self.differing]
        return {"a": self.a.document(), "b": self.b.document(), "differing": differing}


def compare(one: str, two: str) -> Comparison:
    """Compare two runs or checkpoints by name or path; a run stands for its best checkpoint, else
    its last. Reads both journals. Raises DanluError ``run.*``."""
    a, b = side_of(find_checkpoint(one)), side_of(find_checkpoint(two))
    return Comparison(a, b, differing(a.spec, b.spec))


def side_of(place: Place) -> Side:
    """Read one side."""
    run, step = place.run, checkpoint_step(place.checkpoint or "")
    events = read_journal(run.path)
    curves, summary = curves_of(events), run.summary()
    evals = [point for point in curves.eval_loss if point[0] <= step]
    kept = next((c for c in summary.checkpoints if c.path == place.checkpoint), None)
    times = [e["time"] for e in events if e["kind"] == "step" and e.get("step", 0) <= step]
    eval_loss = kept.eval_loss if kept and kept.eval_loss is not None else _last_at(evals, step)
    return Side(
        place,
        step,
        summary.steps,
        kept.loss if kept and kept.loss is not None else _last_at(curves.loss, step),
        eval_loss,
        min(evals, key=lambda point: point[1], default=None),
        round(times[-1] - times[0], 1) if len(times) > 1 else None,
        folder_bytes(place.folder),
        read_score(place.folder),
        _evaluations(place),
        curves.loss,
        curves.eval_loss,
        _spec(place),
    )


def differing(a: RunSpec | None, b: RunSpec | None) -> list[tuple[str, str, str]]:
    """The settings in which two specs differ, in the order of the declarations."""
    if a is None or b is None:
        return []
    return [
        (path, show_value(plain(a.get(path))), show_value(plain(b.get(path))))
        for path in PARAMETERS
        if path not in _NOT_COMPARED and plain(a.get(path)) != plain(b.get(path))
    ]


def score_document(score: Score | None) -> dict[str, Any] | None:
    """A score as JSON: ``{right, questions, base_right, worse, share}``."""
    if score is None:
        return None
    names = ("right", "questions", "base_right", "worse")
    return {**{name: getattr(score, name) for name in names}, "share": round(score.share, 4)}


def _last_at(points: Points, step: int) -> float | None:
    return next((value for at, value in reversed(points) if at <= step), None)


def _spec(place: Place) -> RunSpec | None:
    try:
        return place.run.spec()
    except DanluError:
        return None


def _evaluations(place: Place) -> dict[str, dict[str, float]]:
    folder = place.run.path / EVALUATIONS
    found: dict[str, dict[str, float]] = {}
    for document in stored_evaluations(folder) if folder.is_dir() else ():
        if str(document.get("target")) == place.label and isinstance(document["metrics"], dict):
            found.setdefault(Path(str(document.get("data"))).name, document["metrics"])
    return found
