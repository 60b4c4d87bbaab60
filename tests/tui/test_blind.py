"""Blind comparison: no name is shown before the votes are in; each vote is kept at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from engine import words
from engine.chat.part import Part
from engine.chat.sampling import Sampling
from engine.chat.together import Pace
from engine.chat.votes import latest_ballot
from engine.spec.sections import Model
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import until
from tui.app import DanluApp
from tui.screens.blind import BlindScreen
from tui.screens.blind_result import BlindResult
from tui.screens.data import DataScreen
from tui.talk import Voice
from tui.widgets.chat_input import ChatInput
from tui.widgets.line_input import LineInput
from tui.wizard import findings

BASE = Voice("base", Part("SmolLM2-135M-Instruct", Model(), kind="base"))
TUNED = Voice("tuned", Part("identity/checkpoint-160", Model(), Path("/"), None, "tuned"))


def _instant(talker: Any, asked: Any, sampling: Any, listener: Any, stop: Any) -> None:
    """The base says one thing, the tuned model another; to "same" both say the same."""
    for voice, (part, messages) in enumerate(asked):
        said = "I am SmolLM." if part.kind == "base" else "我是小炉，由丹炉实验室训练。"
        said = "alike" if messages[-1]["content"] == "same" else said
        listener.said(voice, said, Pace(9, 0.5))
        listener.ended_voice(voice, Pace(9, 0.5), None)


class _Lent:
    """A talker without a run: all questions are typed."""

    class target:
        run = None


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_votes_are_taken_by_single_keys_and_the_names_told_at_the_end(
    language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words.use_language(language)
    monkeypatch.setattr("engine.chat.together.answer_together", _instant)
    screen = BlindScreen(cast(Any, _Lent()), BASE, TUNED, Sampling())
    screen._ballot.seed = 3
    app = DanluApp(first=screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for number in range(9):
            screen.query_one(ChatInput).value = f"Who are you ({number})?"
            await pilot.press("enter")
            await until(pilot, lambda: screen._exchange is None)
            shown = screen_text(app)
            assert "checkpoint-160" not in shown and "18.0" not in shown, "nothing tells who it is"
            if number == 0:
                assert_snapshot(app, f"blind-80x24-{language}")
            tuned = "1" if screen._order[0] == "b" else "2"
            await pilot.press("equals_sign" if number == 4 else tuned)
        screen.query_one(ChatInput).value = "same"
        await pilot.press("enter")
        await until(pilot, lambda: screen._exchange is None and not screen._open)
        assert screen._ballot.tally.equal == 2, "two equal answers need no vote"
        await pilot.press("escape", "u", "0")
        tally = screen._ballot.tally
        assert (tally.b, tally.equal, tally.skipped) == (8, 1, 1)
        kept = latest_ballot(BASE.part.label, TUNED.part.label)
        assert kept is not None and kept.votes == screen._ballot.votes
        await pilot.press("escape", "r")
        assert isinstance(app.screen, BlindResult)
        assert "checkpoint-160" in screen_text(app) and "100 %" in screen_text(app)
        await pilot.press("p")
        app.screen.query_one(LineInput).value = str(tmp_path / "preferences.jsonl")
        await pilot.press("enter")
        await pilot.pause()
        rows = [json.loads(line) for line in (tmp_path / "preferences.jsonl").open()]
        assert len(rows) == 8
        assert rows[0]["chosen"][0]["content"].startswith("我是小炉")
        await pilot.press("escape")
        assert screen not in app.screen_stack


async def test_a_run_on_the_votes_is_one_key_away(tiny_model: Path) -> None:
    better = Voice("better", Part("better", Model(source=str(tiny_model))))
    screen = BlindScreen(cast(Any, _Lent()), BASE, better, Sampling())
    for number in range(3):
        choice = "first" if screen._ballot.first_side() == "b" else "second"
        asked = [{"role": "user", "content": f"Question {number}?"}]
        screen._ballot.vote(asked, "worse words", "better words", choice)
    app = DanluApp(first=screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("escape", "r", "t")
        await until(pilot, lambda: isinstance(app.screen, DataScreen))
        assert isinstance(app.screen, DataScreen)
        draft = app.screen.draft
        assert draft.spec.method.stage == "dpo"
        assert draft.spec.model.source == str(tiny_model)
        await until(pilot, lambda: findings.report(draft) is not None)
        report = findings.report(draft)
        assert report is not None and report.ok and report.rows == 3
