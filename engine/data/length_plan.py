"""What the lengths of the rows say: how many are cut at which longest length, what an epoch reads,
what packing wins, and which longest length to set, with the reason."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.data.packing import packs_needed
from engine.spec.stages import sequences_a_row

LIMITS = (512, 1024, 2048, 4096, 8192, 16384, 32768)
SHARES = (50, 90, 95, 99, 100)
_STEP = 64  # tokens: suggestions are multiples of it
_TAIL = 2.0  # a longest row beyond this many times the 99th percentile is a stray
_TRIED = 20_000  # rows packed to tell what packing wins

Why = Literal["all", "strays", "context"]


@dataclass(frozen=True)
class Cut:
    """At ``max_length`` so many ``rows`` are longer; ``tokens`` of all are still read."""

    max_length: int
    rows: int
    share: float
    tokens: int


@dataclass(frozen=True)
class LengthPlan:
    """Lengths in tokens, before any cut. ``over`` rows are longer than ``max_length`` (None: none
    is), and ``tokens`` are read in an epoch then; ``packed`` rows stand in one on average when
    packed to it. ``why`` the ``suggested`` length: it holds ``all`` rows, all but ``strays``, or
    the model's ``context``."""

    rows: int
    percentiles: dict[int, int]
    cuts: tuple[Cut, ...]
    over: int
    tokens: int
    packed: float
    suggested: int
    suggested_cut: int
    why: Why

    def document(self) -> dict[str, Any]:
        """The plan as the ``check`` JSON document has it, below ``lengths``."""
        return {
            "rows": self.rows,
            "percentiles": {str(share): length for share, length in self.percentiles.items()},
            "cuts": [vars(cut) for cut in self.cuts],
            "tokens_per_epoch": self.tokens,
            "rows_per_pack": round(self.packed, 2),
            "suggested": {
                "max_length": self.suggested,
                "cut": self.suggested_cut,
                "why": self.why,
            },
        }


def length_plan(
    lengths: Sequence[int],
    *,
    max_length: int | None = None,
    context: int | None = None,
    stage: str = "sft",
) -> LengthPlan | None:
    """The plan for rows of these lengths; None without rows. ``context`` is what the model takes at
    most: longer lengths are not among the cuts, nor suggested. Pairs count as if both sides were as
    long as the longer, and are not packed."""
    if not lengths:
        return None
    ordered = sorted(lengths)
    suggested, why = _suggested(ordered, context)
    limits = [limit for limit in LIMITS if not context or limit <= context]
    wholes = [0]
    for length in ordered:
        wholes.append(wholes[-1] + length)
    cuts = tuple(_cut(ordered, wholes, limit) for limit in limits)
    limit = max_length or suggested
    now = _cut(ordered, wholes, max_length or ordered[-1])
    tried = [min(length, limit) for length in ordered[:: math.ceil(len(ordered) / _TRIED)]]
    return LengthPlan(
        rows=len(ordered),
        percentiles={share: percentile(ordered, share / 100) for share in SHARES},
        cuts=cuts,
        over=now.rows,
        tokens=now.tokens * sequences_a_row(stage),
        packed=len(tried) / packs_needed(tried, limit) if stage == "sft" else 1.0,
        suggested=suggested,
        suggested_cut=len(ordered) - bisect_right(ordered, suggested),
        why=why,
    )


def percentile(ordered: Sequence[int], share: float) -> int:
    """The value that ``share`` (0 to 1) of the ordered values do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _cut(ordered: list[int], wholes: list[int], limit: int) -> Cut:
    within = bisect_left(ordered, limit + 1)
    over = len(ordered) - within
    return Cut(limit, over, over / len(ordered), wholes[within] + over * limit)


def _suggested(ordered: list[int], context: int | None) -> tuple[int, Why]:
    """The length that holds every row, or all but strays, and never more than ``context``."""
    longest, nearly_all = ordered[-1], percentile(ordered, 0.99)
    strays = longest > _TAIL * nearly_all
    wanted = -(-(nearly_all if strays else longest) // _STEP) * _STEP
    if context and wanted > context:
        return context, "context" if longest > context else "all"
    return wanted, "strays" if strays else "all"
