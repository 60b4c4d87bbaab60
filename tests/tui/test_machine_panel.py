"""The pace of a run, beside what the machine does."""

from __future__ import annotations

import pytest

from engine import words
from tui.widgets.machine_panel import pace_rows

STEP = {"kind": "step", "step": 3, "tokens_per_second": 1200.0, "learning_rate": 5e-6}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_of_preferences_the_order_and_the_margin_are_told(language: str) -> None:
    words.use_language(language)
    plain = pace_rows(STEP, 20)
    told = pace_rows({**STEP, "reward_accuracy": 0.875, "reward_margin": 0.4213}, 20)
    assert told[-len(plain) :] == plain
    figures = ["".join(text for text, _ in row) for row in told[: -len(plain)]]
    assert [figure.split()[-1] for figure in figures] == ["88%", "0.421"]
