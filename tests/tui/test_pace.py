"""How often a live screen looks."""

from __future__ import annotations

from tui.pace import Pace


def test_the_pace_quickens_after_a_key_and_slows_on_a_late_line():
    def looks(pace: Pace, beats: list[float]) -> int:
        return sum(pace.due(beat) for beat in beats)

    second = [100 + n / 10 for n in range(10)]
    assert looks(Pace(), second) in (4, 5)
    brisk = Pace()
    brisk.hurry(100.0)
    assert looks(brisk, second) == 10
    slow = Pace()
    assert looks(slow, [100 + n * 0.4 for n in range(25)]) <= 12 and slow.slow
    looks(slow, [110 + n / 10 for n in range(40)])
    assert not slow.slow


def test_a_line_is_called_slow_only_when_it_stays_so_for_seconds():
    pace = Pace()
    for beat in range(6):
        pace.due(100 + beat * 0.5)
    assert not pace.slow
    for beat in range(6):
        pace.due(103 + beat * 0.5)
    assert pace.slow
