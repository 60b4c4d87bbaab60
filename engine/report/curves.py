"""The curves of a run from its journal: loss, evaluation loss, learning rate over steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.runs.journal import Event

Points = list[tuple[float, float]]  # (step, value)


@dataclass
class Curves:
    """Each curve by step, the last value where a step was trained again."""

    loss: Points = field(default_factory=list)
    eval_loss: Points = field(default_factory=list)
    learning_rate: Points = field(default_factory=list)

    def document(self) -> dict[str, list[list[float]]]:
        return {name: [list(point) for point in points] for name, points in vars(self).items()}


def curves_of(events: Iterable[Event]) -> Curves:
    """The curves that ``events`` tell of. What was trained after a checkpoint that was gone back to
    counts no more."""
    found: dict[str, dict[float, float]] = {"loss": {}, "eval_loss": {}, "learning_rate": {}}
    last = 0.0
    for event in events:
        if event["kind"] == "step":
            if event["step"] <= last:  # resumed from an earlier checkpoint
                _forget_from(found, event["step"])
            last = event["step"]
            _keep(found["loss"], event, "loss")
            _keep(found["learning_rate"], event, "learning_rate")
        elif event["kind"] == "eval":
            _keep(found["eval_loss"], event, "loss")
    return Curves(**{name: sorted(points.items()) for name, points in found.items()})


def _keep(points: dict[float, float], event: Event, name: str) -> None:
    value = event.get(name)
    if isinstance(value, int | float):
        points[event["step"]] = value


def _forget_from(found: dict[str, dict[float, float]], step: float) -> None:
    for points in found.values():
        for later in [at for at in points if at >= step]:
            del points[later]


def thinned(points: Points, most: int = 400) -> Points:
    """At most about ``most`` of ``points``: of each stretch its lowest and highest, so that spikes
    stay to be seen."""
    if len(points) <= most:
        return points
    stretch = -(-len(points) * 2 // most)
    kept: Points = []
    for start in range(0, len(points), stretch):
        part = points[start : start + stretch]
        ends = {min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])}
        kept += sorted(ends)
    return sorted({points[0], *kept, points[-1]})


def smoothed(points: Points) -> Points:
    """A running mean over about a twentieth of ``points``, without the bias to its start that a
    plain one has; empty where that would be hardly smoother."""
    if len(points) < 60:
        return []
    weight = 1 - 20 / len(points)
    mean, mass, out = 0.0, 0.0, []
    for step, value in points:
        mean = weight * mean + (1 - weight) * value
        mass = weight * mass + (1 - weight)
        out.append((step, mean / mass))
    return out
