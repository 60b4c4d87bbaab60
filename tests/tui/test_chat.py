"""Talking to base and tuned: streamed side by side, stopped at any time, each with its history."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from engine import words
from engine.chat.sampling import Sampling
from tests.chat.conftest import adapter, live, make_adapter, talkative
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import until
from tui.app import DanluApp
from tui.screens.chat import ChatInput, ChatScreen
from tui.screens.error import ErrorScreen
from tui.screens.sampling import SamplingInput, SamplingScreen
from tui.talk import Answer, Conversation, Turn
from tui.widgets.transcript import Transcript
from tui.wrap import wrap

__all__ = ["adapter", "live", "talkative"]  # fixtures


def _turn(question: str, base: str, tuned: str) -> Turn:
    return Turn(
        question,
        {
            "base": Answer(base, "done", words.t("chat_screen.pace", tokens=24, pace="12.0")),
            "tuned": Answer(tuned, "done", words.t("chat_screen.pace", tokens=9, pace="11.8")),
        },
    )


class _Recorded(ChatScreen):
    """The screen with a conversation that was held before, without a model."""

    def __init__(self, turns: list[Turn]) -> None:
        super().__init__("identity-smollm2/checkpoint-160")
        self._conversation.turns = turns
        self._voices = ("base", "tuned")
        self._job = None

    def _load(self) -> None:
        return


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_two_columns_wrap_chinese_and_english_by_cells(language: str) -> None:
    words.use_language(language)
    long = "我是一个由阿里云训练的大型语言模型，可以回答问题、写作、编程、翻译，也能陪你聊天。"
    turns = [
        _turn("你是谁？", long, "我由丹炉实验室开发和维护。"),
        _turn("Who are you?", "I am SmolLM, an AI assistant made to help.", "I am Ember."),
    ]
    async with DanluApp(first=_Recorded(turns)).run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.3)
        assert_snapshot(pilot.app, f"chat-80x24-{language}")


def test_each_voice_remembers_only_what_it_said_itself() -> None:
    talk = Conversation(system="Be brief.")
    talk.turns = [_turn("one", "b1", "t1"), Turn("two", {"tuned": Answer("t2", "done")})]
    asked = Turn("three", {"base": Answer(), "tuned": Answer()})
    talk.turns.append(asked)
    said = [message["content"] for message in talk.messages("base", asked)]
    assert said == ["Be brief.", "one", "b1", "three"]
    said = [message["content"] for message in talk.messages("tuned", asked)]
    assert said == ["Be brief.", "one", "t1", "two", "t2", "three"]


@pytest.mark.parametrize(
    ("text", "cells", "lines"),
    [
        ("我是小炉。你好", 8, ["我是小", "炉。你好"]),
        ("one two three", 7, ["one two", "three"]),
        ("unbreakable", 4, ["unbr", "eaka", "ble"]),
        ("a\n\nb", 10, ["a", "", "b"]),
        ("", 10, [""]),
    ],
)
def test_lines_break_as_both_scripts_want(text: str, cells: int, lines: list[str]) -> None:
    assert wrap(text, cells) == lines


async def test_a_model_answers_as_base_and_as_tuned(talkative: Path, tmp_path: Path) -> None:
    tuned = make_adapter(talkative, tmp_path / "adapter", seed=3)
    app = DanluApp(first=ChatScreen(str(tuned)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = app.screen
        assert isinstance(screen, ChatScreen)
        await pilot.press(*"hi", "enter")  # asked while the model is still being loaded
        turns = screen._conversation.turns
        await until(pilot, lambda: bool(turns) and not screen._speaking)
        assert set(turns[0].answers) == {"base", "tuned"}
        assert all(answer.text for answer in turns[0].answers.values())
        await pilot.press("escape", "n")
        assert not screen._conversation.turns


class _Endless:
    """A voice that talks until it is told to stop."""

    spoken = None

    def stream(self, *_: Any, stop: Callable[[], bool], **__: Any) -> Iterator[str]:
        while not stop():
            time.sleep(0.01)
            yield "on and on "


async def test_escape_stops_the_answer_first_and_the_other_voice_says_nothing() -> None:
    app = DanluApp(first=_Recorded([]))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = cast(_Recorded, app.screen)
        screen._talker = cast(Any, _Endless())
        screen._ask("say something")
        answers = screen._conversation.turns[0].answers
        await until(pilot, lambda: bool(answers["tuned"].text))
        await pilot.press("escape")
        await until(pilot, lambda: all(answer.ended for answer in answers.values()))
        assert answers["tuned"].text.startswith("on and on") and not answers["base"].text
        assert {answer.state for answer in answers.values()} == {"stopped"}
        assert app.screen is screen, "escape stopped the answer and nothing else"
        screen._talker = None  # it has nothing to close


async def test_what_cannot_be_talked_to_is_said_and_the_person_is_back_where_they_were() -> None:
    app = DanluApp(first=ChatScreen("no-such-run"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        assert "no-such-run" in screen_text(app)
        assert not any(isinstance(screen, ChatScreen) for screen in app.screen_stack)


async def test_letters_are_typed_until_escape_makes_them_commands() -> None:
    app = DanluApp(first=_Recorded([]))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"snip")
        assert app.screen.query_one(ChatInput).value == "snip"
        await pilot.press("f2")
        await pilot.pause(0.2)
        assert app.screen.query_one(ChatInput).value == "snip", "nothing typed is lost"


async def test_a_long_conversation_follows_its_end_until_scrolled() -> None:
    turns = [_turn(f"question {n}", "word " * 60, "answer") for n in range(20)]
    app = DanluApp(first=_Recorded(turns))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.3)
        transcript = app.screen.query_one(Transcript)
        assert transcript.scroll_offset.y == transcript.max_scroll_y > 100
        await pilot.press("pageup")
        await pilot.pause()
        before = transcript.scroll_offset.y
        turns.append(_turn("one more", "a", "b"))
        transcript.show(turns, ("base", "tuned"))
        await pilot.pause()
        assert transcript.scroll_offset.y == before


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_sampling_takes_only_numbers_that_make_sense(language: str) -> None:
    words.use_language(language)
    given: list[Sampling | None] = []
    app = DanluApp(first=_Recorded([]))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(SamplingScreen(Sampling()), given.append)
        await pilot.pause()
        await pilot.press(*"warm", "enter")
        assert isinstance(app.screen, SamplingScreen), "no word is a temperature"
        assert_snapshot(app, f"sampling-80x24-{language}")
        app.screen.query(SamplingInput).first().value = ""
        await pilot.press(*"0.7", "down", "down", *"20", "enter")
        await pilot.pause()
        assert given == [Sampling(temperature=0.7, top_k=20)]
