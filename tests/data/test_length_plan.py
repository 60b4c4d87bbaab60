"""What the lengths say: who is cut at which length, what packing wins, what to set and why."""

from __future__ import annotations

import random

import pytest

from engine.data.length_plan import length_plan
from engine.data.packing import packs


def test_the_plan_tells_who_is_cut_and_what_an_epoch_reads() -> None:
    plan = length_plan([100, 500, 512, 513, 3000], max_length=512)
    assert plan is not None and plan.percentiles[100] == 3000 and plan.over == 2
    assert [(cut.max_length, cut.rows, cut.tokens) for cut in plan.cuts[:4]] == [
        (512, 2, 2136),
        (1024, 1, 2649),
        (2048, 1, 3673),
        (4096, 0, 4625),
    ]
    assert plan.tokens == 2136 and plan.document()["tokens_per_epoch"] == 2136
    assert length_plan([]) is None


@pytest.mark.parametrize(
    ("lengths", "context", "suggested", "cut", "why"),
    [
        ([100, 130], None, 192, 0, "all"),
        ([100] * 199 + [5000], None, 128, 1, "strays"),
        ([5000] * 3, 2048, 2048, 3, "context"),
        ([2000] * 3, 2010, 2010, 0, "all"),
    ],
)
def test_the_suggested_length_says_why(
    lengths: list[int], context: int | None, suggested: int, cut: int, why: str
) -> None:
    plan = length_plan(lengths, context=context)
    assert plan is not None
    assert (plan.suggested, plan.suggested_cut, plan.why) == (suggested, cut, why)
    assert all(not context or each.max_length <= context for each in plan.cuts)


def test_packs_hold_each_row_once_within_the_limit_and_little_room_is_left() -> None:
    draw = random.Random(3)
    lengths = [draw.randint(1, 120) for _ in range(500)] + [300]
    made = packs(lengths, 128)
    assert sorted(row for pack in made for row in pack) == list(range(501))
    assert all(sum(lengths[row] for row in pack) <= 128 for pack in made if 500 not in pack)
    assert [500] in made and made == packs(lengths, 128)
    assert len(made) <= 1.05 * sum(lengths[:500]) / 128 + 1
