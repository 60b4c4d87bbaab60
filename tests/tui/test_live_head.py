"""The first line of a live run keeps what matters on a narrow terminal."""

from __future__ import annotations

import pytest

from engine import words
from engine.runs.journal import read_journal
from tests.recorded.replay import IDENTITY
from tests.snapshot import row_text
from tui.run_model import RunModel
from tui.widgets.live_head import LiveHead

LONG_NAME = "1122-qwen2.5-7b-instruct-lora-customer-support"


def training() -> RunModel:
    model = RunModel(now=lambda: 1_790_000_110.0)
    model.apply(read_journal(IDENTITY)[:200])
    model.summary.steps, model.summary.seconds_left = 120_000, 3 * 86_400.0
    return model


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("asked", [{}, {"save": 0.0}])
def test_the_time_left_is_told_however_long_the_runs_name(
    language: str, asked: dict[str, float]
) -> None:
    words.use_language(language)
    model = training()
    model.asked = asked
    line = row_text(LiveHead(LONG_NAME, model).draw(80, 1)[0])
    assert words.t("live.head.left", time="3 d 00:00") in line
    assert words.t("status.evaluating") in line and "/120000" in line and "1122-" in line


def test_a_name_is_whole_where_there_is_room() -> None:
    line = row_text(LiveHead(LONG_NAME, training()).draw(200, 1)[0])
    assert LONG_NAME in line
