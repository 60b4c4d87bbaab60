"""What the lengths of the rows say about the longest length to set, ready to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.data.length_plan import LengthPlan, length_plan

_DRAWN = 4000  # lengths a histogram is drawn of: spread evenly over all of them


@dataclass(frozen=True)
class Lengths:
    """The plan, and some of the lengths in order: the shortest, the longest, and between them as
    many of each length as its share."""

    plan: LengthPlan
    drawn: tuple[int, ...]

    @property
    def half(self) -> int:
        return self.plan.percentiles[50]

    @property
    def most(self) -> int:
        return self.plan.percentiles[95]

    @property
    def longest(self) -> int:
        return self.drawn[-1]

    @property
    def suggested(self) -> int:
        return self.plan.suggested

    @property
    def cut(self) -> int:
        """Rows longer than the suggestion."""
        return self.plan.suggested_cut


def lengths_of(
    values: Sequence[int], context: int | None, max_length: int | None = None, stage: str = "sft"
) -> Lengths | None:
    """The summary of the rows' lengths; None without rows. Takes a moment for a million rows."""
    plan = length_plan(values, max_length=max_length, context=context, stage=stage)
    if plan is None:
        return None
    ordered = sorted(values)
    step = -(-len(ordered) // _DRAWN)
    drawn = ordered[::step] if step == 1 else [*ordered[::step], ordered[-1]]
    return Lengths(plan, tuple(drawn))
