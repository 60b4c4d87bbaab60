"""The learning rate over a run, also one that was made longer. Plain arithmetic, without torch.

Raising the epochs of a run and resuming it, as one does elsewhere, puts the schedule of the longer
run in place at once: the rate jumps, at the end of a cosine from nothing to a good part of its
peak, while the optimizer's averages are those of tiny steps. Here a longer run goes on in one of
two ways, and never by a jump:

- ``decay``: from the rate there is, down to the end, in the shape of the schedule. Never up. For a
  run that was stopped while its rate was still worth something.
- ``rewarm``: over a few steps of warm-up onto the curve that a run planned so long from its start
  would be on, and along it to the end. For a run whose schedule has run out: what decays from
  nothing learns nothing. Or, where a person names a rate, up to that one and down from there in the
  shape of the schedule. Re-warming and decaying again is what continued pre-training found to
  work (Gupta et al. 2023, arXiv 2308.04014; Ibrahim et al. 2024, arXiv 2403.08763); not back to
  the full peak, because the same rows go on, not new ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.spec.run_spec import RunSpec

Schedule = Literal["decay", "rewarm"]
ScheduleWish = Literal["auto", "decay", "rewarm"]  # auto: whichever suits the rate there is
Factor = Callable[[int], float]
_POLYNOMIAL_END = 1e-7  # transformers' lr_end


@dataclass(frozen=True)
class Extension:
    """A run made longer after ``step`` optimizer steps, from ``steps_before`` to ``steps`` in all;
    ``epochs`` likewise. ``warmup`` is the steps that ``rewarm`` takes to reach its curve, ``top``
    the share of the peak it rises to where a rate was named. For the person's eyes:
    ``rate_before`` is the rate it stood at, ``rate`` the highest ahead, ``rate_end`` that of the
    last step."""

    step: int
    steps_before: int
    steps: int
    epochs_before: float
    epochs: float
    schedule: Schedule
    warmup: int
    rate_before: float
    rate: float
    rate_end: float
    top: float | None = None


def warmup_steps(spec: RunSpec, steps: int) -> int:
    """Steps of warm-up: those asked for, else the share of ``steps``."""
    return spec.train.warmup_steps or round((spec.train.warmup_ratio or 0.0) * steps)


def factor(spec: RunSpec, steps: int, extensions: Sequence[Extension] = ()) -> Factor:
    """The share of its peak that the rate has at each optimizer step (from 0) of a run of ``steps``
    steps, which ``extensions``, oldest first, made so long."""
    found = planned(spec, extensions[0].steps_before if extensions else steps)
    for extension in extensions:
        found = _continued(found, extension, spec)
    return found


def planned(spec: RunSpec, steps: int) -> Factor:
    """The same for a run planned for ``steps`` steps from its start, as transformers'
    ``get_scheduler`` has it."""
    kind, warmup = spec.train.lr_scheduler_type, warmup_steps(spec, steps)
    if kind == "constant":
        return lambda step: 1.0
    end = _end(spec)

    def at(step: int) -> float:
        if step < warmup:
            return step / max(1, warmup)
        return _falling(kind, (step - warmup) / max(1, steps - warmup), end)

    return at


def _continued(before: Factor, extension: Extension, spec: RunSpec) -> Factor:
    start, warmup = before(extension.step), extension.warmup
    left = max(1, extension.steps - extension.step)
    kind, end = spec.train.lr_scheduler_type, _end(spec)
    curve = _risen(extension, spec) or planned(spec, extension.steps)
    reached = curve(extension.step + warmup - 1)

    def at(step: int) -> float:
        since = step - extension.step
        if since < 0:
            return before(step)
        if extension.schedule == "decay":
            return start * _falling(kind, since / left, end)
        if since < warmup:
            return start + (reached - start) * (since + 1) / warmup
        return curve(step)

    return at


def _risen(extension: Extension, spec: RunSpec) -> Factor | None:
    """Down from the rate a person named, once it is reached; None where none was named."""
    top, first = extension.top, extension.step + extension.warmup - 1
    if top is None:
        return None
    kind, end, left = spec.train.lr_scheduler_type, _end(spec), max(1, extension.steps - first)
    return lambda step: top * _falling(kind, (step - first) / left, end)


def _falling(kind: str, share: float, end: float) -> float:
    """The part of a schedule after its warm-up, ``share`` of it done."""
    share = min(1.0, share)
    match kind:
        case "cosine":
            return max(0.0, 0.5 * (1.0 + math.cos(math.pi * share)))
        case "linear":
            return 1.0 - share
        case "polynomial":
            return end + (1.0 - end) * (1.0 - share)
        case _:
            return 1.0


def _end(spec: RunSpec) -> float:
    rate = spec.train.learning_rate
    return _POLYNOMIAL_END / rate if rate else 0.0
