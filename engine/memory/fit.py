"""The first spec that fits: a chain of changes, least harmful first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DanluError
from engine.memory.estimate import Estimate, estimate

if TYPE_CHECKING:
    from engine.hardware import Machine
    from engine.job import Job
    from engine.memory.cards import Card
    from engine.spec.run_spec import RunSpec

_HARMLESS = ("recompute", "fewer_rows", "no_smoothing", "small_states")
_ORDER = (*_HARMLESS, "adapter_only", "four_bits", "shorter_rows", "smaller_rank")
_MOST = 24


@dataclass(frozen=True)
class Fit:
    """``estimate`` of the last spec tried, ``set`` the changes from the asked spec (dotted →
    value), ``steps`` their word codes in the order made. It fits when ``estimate.verdict`` says."""

    estimate: Estimate
    set: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        return self.estimate.verdict != "does_not_fit"

    def document(self) -> dict[str, Any]:
        return {"fits": self.fits, "set": dict(self.set), "steps": list(self.steps)}


def fit(
    spec: RunSpec,
    folder: Path,
    machine: Machine,
    *,
    card: Card | None = None,
    max_row_tokens: int | None = None,
    rows: int | None = None,
    job: Job,
) -> Fit:
    """Change ``spec`` step by step until it fits, or until nothing is left to change.

    Raises DanluError as :func:`engine.memory.estimate.estimate` does.
    """
    changed: dict[str, Any] = {}
    steps: list[str] = []
    while True:
        job.check()
        found = estimate(
            spec,
            folder,
            machine,
            card=card,
            max_row_tokens=max_row_tokens,
            rows=rows,
            job=job,
        )
        if found.verdict != "does_not_fit" or len(steps) >= _MOST:
            return Fit(found, changed, tuple(steps))
        savers = [change for change in found.changes if change.saves_bytes > 0]
        if not savers:
            return Fit(found, changed, tuple(steps))
        chosen = min(savers, key=lambda change: _ORDER.index(change.why))
        try:
            spec = found.spec.with_values(chosen.set)
        except DanluError:
            return Fit(found, changed, tuple(steps))
        changed |= chosen.set
        steps.append(chosen.why)
