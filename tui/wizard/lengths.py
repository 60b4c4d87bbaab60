"""What the lengths of the rows say about the longest length to set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.widgets.histogram import percentile

_STEP = 64  # tokens: suggestions are multiples of it
_TAIL = 2.0  # a longest row beyond this many times the 99th percentile is a stray


@dataclass(frozen=True)
class Lengths:
    """Tokens: the shortest, the median, the 95th and 99th percentile and the longest row."""

    shortest: int
    half: int
    most: int
    nearly_all: int
    longest: int
    suggested: int
    cut: int  # rows longer than the suggestion


def lengths_of(values: Sequence[int], context: int | None) -> Lengths | None:
    """The summary of the rows' lengths; None without rows. The suggestion holds every row, or all
    but strays, and never more than the model's ``context``."""
    if not values:
        return None
    ordered = sorted(values)
    longest, nearly_all = ordered[-1], percentile(ordered, 0.99)
    wanted = nearly_all if longest > _TAIL * nearly_all else longest
    suggested = -(-wanted // _STEP) * _STEP
    if context:
        suggested = min(suggested, context)
    return Lengths(
        shortest=ordered[0],
        half=percentile(ordered, 0.5),
        most=percentile(ordered, 0.95),
        nearly_all=nearly_all,
        longest=longest,
        suggested=suggested,
        cut=sum(value > suggested for value in ordered),
    )
