"""The time a training says is left."""

from __future__ import annotations

from engine.train.pace import Pace


def test_time_left_counts_evaluations_and_watch_prompts_between_the_steps() -> None:
    pace = Pace()
    for step in range(10):
        pace.add(100, 2.0)
        pace.aside(15.0 if step % 5 == 4 else 0.0)
    told = pace.fields(steps_left=10)
    assert told["seconds_left"] == 10 * (2.0 + 3.0)
    assert told["tokens_per_second"] == 50.0  # the pace of the steps alone


def test_the_first_slow_step_does_not_count_once_there_are_others() -> None:
    pace = Pace()
    pace.add(100, 30.0)
    pace.add(100, 2.0)
    assert pace.fields(steps_left=5)["seconds_left"] == 10.0
