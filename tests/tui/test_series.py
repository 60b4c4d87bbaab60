"""Curves in fixed memory."""

from __future__ import annotations

import math

import pytest

from tui.series import Series


def test_a_few_points_are_kept_as_they_are():
    series = Series()
    for step, value in ((5, 3.0), (10, 2.0), (15, 1.0)):
        series.add(step, value)
    assert [(b.end, b.last) for b in series.buckets] == [(5, 3.0), (10, 2.0), (15, 1.0)]
    assert series.last == 1.0 and series.last_x == 15 and series.range() == (1.0, 3.0)


def test_a_million_points_take_no_more_than_the_limit_and_keep_their_spikes():
    series = Series()
    for step in range(1, 1_000_001):
        series.add(step, 99.0 if step == 123_456 else 1.0 if step != 800_001 else -5.0)
    assert len(series.buckets) <= 2048
    assert series.range() == (-5.0, 99.0)
    assert series.nearest(123_456).high == 99.0  # type: ignore[union-attr]
    assert series.points == 1_000_000 == sum(b.count for b in series.buckets)
    assert series.buckets[0].start == 1 and series.last_x == 1_000_000


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_is_no_number_is_a_gap(value: float | None):
    series = Series()
    series.add(1, 2.0)
    series.add(2, value)
    series.add(3, 4.0)
    assert [b.last for b in series.buckets] == [2.0, None, 4.0]
    assert series.last == 4.0 and series.range() == (2.0, 4.0)


def test_a_gap_survives_among_merged_points():
    series = Series(limit=4)
    for step in range(64):
        series.add(step, None if step == 10 else 1.0)
    assert len(series.buckets) <= 4
    assert sum(b.gaps for b in series.buckets) == 1


def test_a_resumed_run_rewinds_the_curve():
    series = Series()
    for step in range(1, 101):
        series.add(step, float(step))
    series.add(81, 7.0)
    assert series.last_x == 81 and series.last == 7.0 and series.points == 81
    assert series.range() == (1.0, 80.0)


def test_without_points_there_is_nothing():
    series = Series()
    assert series.range() is None and series.last is None and series.nearest(3) is None
    assert series.smoothed(0.9) == []


def test_smoothing_starts_without_bias_and_steps_over_gaps():
    series = Series()
    for step, value in enumerate((4.0, None, 4.0, 4.0)):
        series.add(step, value)
    assert [value for _, value in series.smoothed(0.9)] == pytest.approx([4.0, None, 4.0, 4.0])
    series.add(9, 0.0)
    assert 2.0 < (series.smoothed(0.9)[-1][1] or 0) < 4.0


def test_only_the_buckets_in_sight_are_given():
    series = Series()
    for step in range(0, 100, 10):
        series.add(step, 1.0)
    assert [b.end for b in series.between(25, 50)] == [30, 40, 50]


def test_an_odd_limit_is_refused():
    with pytest.raises(ValueError):
        Series(limit=3)
