"""Talking to base and tuned: streamed side by side, stopped at any time, each with its history."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from engine import words
from engine.chat.conversation import Answer, Conversation, Transcript, Turn, read_transcript
from engine.chat.kept_talks import UNSAVED, chats_root, find_talk, new_place, save_both
from engine.chat.part import Part
from engine.chat.sampling import Sampling
from engine.chat.talker import Footprint
from engine.chat.together import Pace
from engine.spec.sections import Model
from tests.chat.conftest import adapter, live, talkative
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import at_rest, until
from tui.app import DanluApp
from tui.screens.chat import ChatScreen
from tui.screens.error import ErrorScreen
from tui.screens.sampling import SamplingInput, SamplingScreen
from tui.talk import Voice
from tui.widgets.chat_input import ChatInput
from tui.widgets.line_input import LineInput
from tui.widgets.transcript import Transcript as Page
from tui.wrap import wrap

__all__ = ["adapter", "live", "talkative"]  # fixtures


def _turn(question: str, base: str, tuned: str) -> Turn:
    return Turn(
        question,
        {
            "base": Answer(base, "done", 24, 2.0),
            "tuned": Answer(tuned, "done", 9, 0.76),
        },
    )


TUNED = Footprint(538 << 20, 9_800_000, True)


class _Recorded(ChatScreen):
    """The screen with a conversation that was held before, without a model."""

    def __init__(self, turns: list[Turn]) -> None:
        super().__init__("identity-smollm2/checkpoint-160")
        self._conversation.turns = turns
        model = Model(source="SmolLM2-135M-Instruct")
        self._voices = [
            Voice("base", Part(model.source, model, kind="base"), Footprint(538 << 20, 0, False)),
            Voice("tuned", Part(self._target, model, Path("/"), None, "tuned"), TUNED),
        ]
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
        await at_rest(pilot)
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


async def test_a_model_answers_as_base_and_as_tuned(adapter: Path) -> None:
    app = DanluApp(first=ChatScreen(str(adapter)))
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


def _endless(talker: Any, asked: Any, sampling: Any, listener: Any, stop: Any) -> None:
    """Voices that talk until they are told to stop."""
    while not stop():
        time.sleep(0.01)
        for voice in range(len(asked)):
            listener.said(voice, "on and on ", Pace(3, 0.1))
    for voice in range(len(asked)):
        listener.ended_voice(voice, Pace(3, 0.1), None)


def _instant(talker: Any, asked: Any, sampling: Any, listener: Any, stop: Any) -> None:
    """Voices that say how much they have heard."""
    for voice, (part, messages) in enumerate(asked):
        said = f"<think>hm</think>{part.kind} heard {len(messages)}"
        listener.said(voice, said, Pace(3, 0.1))
        listener.ended_voice(voice, Pace(3, 0.1), None)


async def test_escape_stops_all_voices_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.chat.together.answer_together", _endless)
    app = DanluApp(first=_Recorded([]))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = cast(_Recorded, app.screen)
        screen._talker = cast(Any, object())
        screen._ask("say something")
        answers = screen._conversation.turns[0].answers
        await until(pilot, lambda: bool(answers["tuned"].text))
        await pilot.press("escape")
        await until(pilot, lambda: all(answer.ended for answer in answers.values()))
        assert all(answer.text.startswith("on and on") for answer in answers.values())
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
        await at_rest(pilot)
        assert app.screen.query_one(ChatInput).value == "snip", "nothing typed is lost"


async def test_a_long_conversation_follows_its_end_until_scrolled() -> None:
    turns = [_turn(f"question {n}", "word " * 60, "answer") for n in range(20)]
    app = DanluApp(first=_Recorded(turns))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        transcript = app.screen.query_one(Page)
        assert transcript.scroll_offset.y == transcript.max_scroll_y > 100
        await pilot.press("pageup")
        await pilot.pause()
        before = transcript.scroll_offset.y
        turns.append(_turn("one more", "a", "b"))
        transcript.show(turns, {"base": "base", "tuned": "tuned"})
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


async def test_a_question_is_edited_asked_again_and_the_conversation_saved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("engine.chat.together.answer_together", _instant)
    app = DanluApp(first=_Recorded([]))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = cast(_Recorded, app.screen)
        screen._talker = cast(Any, _Closed())
        turns = screen._conversation.turns
        for question in ("one", "two", "three"):
            screen.query_one(ChatInput).value = question
            await pilot.press("enter")
            await until(pilot, lambda: screen._exchange is None)
        assert "base heard 5" in turns[2].answers["base"].text
        assert "hm" not in screen_text(app).split("three")[1], "the thought is folded"
        await pilot.press("escape", "t")
        assert "hm" in screen_text(app).split("three")[1]
        await pilot.press("left_square_bracket", "left_square_bracket", "e")
        entry = screen.query_one(ChatInput)
        assert entry.value == "two" and words.t("chat_screen.editing", number=2) in screen_text(app)
        await pilot.press(*" again", "enter")
        await until(pilot, lambda: screen._exchange is None)
        assert [turn.question for turn in turns] == ["one", "two again"]
        await pilot.press("escape", "r")
        await until(pilot, lambda: screen._exchange is None)
        assert [turn.question for turn in turns] == ["one", "two again"]
        await pilot.press("w")
        app.screen.query_one(LineInput).value = str(tmp_path / "talk.json")
        await pilot.press("enter")
        await pilot.pause()
        assert (tmp_path / "talk.md").is_file()
        kept = read_transcript(tmp_path / "talk.json")
        assert kept.conversation == screen._conversation
        assert kept.parts == {voice.name: voice.part for voice in screen._voices}
        assert kept.sampling == screen._sampling
        assert "two again" in kept.markdown() and "base heard 3" in kept.markdown()


class _Closed:
    """A talker nobody needs to load."""

    def close(self) -> None:
        return

    def keep_only(self, parts: Any) -> None:
        return


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_three_voices_are_stacked_where_columns_would_be_narrow(language: str) -> None:
    words.use_language(language)
    turn = _turn("你是谁？", "我是一个语言模型。", "我由丹炉实验室开发和维护。")
    turn.answers["demo/checkpoint-25"] = Answer("<think>谁呢</think>我是小炉。", "done", 7, 0.5)
    screen = _Recorded([turn])
    part = Part("demo/checkpoint-25", Model(), Path("/"), None, "tuned")
    screen._voices.append(Voice("demo/checkpoint-25", part, TUNED))
    app = DanluApp(first=screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(pilot)
        assert_snapshot(app, f"chat-three-80x24-{language}")
        screen._talker = cast(Any, _Closed())
        await pilot.press("escape", "right", "z")
        await pilot.pause()
        assert "我是一个语言模型。" not in screen_text(app), "one alone"
        await pilot.press("z")
        await pilot.resize_terminal(200, 50)
        await at_rest(pilot)
        assert_snapshot(app, f"chat-three-200x50-{language}")
        await pilot.press("x")
        assert len(screen._voices) == 2


async def test_a_saved_conversation_goes_on_with_all_it_had(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = _Recorded([])
    voices = here._voices[::-1]
    sampling = Sampling(temperature=0.7, top_k=20, max_new_tokens=64)
    for name in ("older", "identity"):
        kept = Transcript(
            name,
            {voice.name: voice.title for voice in voices},
            Conversation("Be brief.", [_turn(f"who of {name}?", "b", "t")]),
            sampling,
            {voice.name: voice.part for voice in voices},
        )
        save_both(kept, new_place(name).with_name(f"20270115-080000-{name}"))
    monkeypatch.setattr(
        "tui.screens.talking.open_again", lambda kept, talker, job: (talker, voices)
    )
    app = DanluApp(first=here)
    async with app.run_test(size=(80, 24)) as pilot:
        here._talker = cast(Any, _Closed())
        await pilot.press("escape", "o")
        await until(pilot, lambda: "identity" in screen_text(app))
        await pilot.press(*"older", "enter")
        await until(pilot, lambda: here._kept is None and app.screen is here)
        assert here._conversation.turns[0].question == "who of older?"
        assert here._sampling == sampling and here._voices == voices
        assert "Be brief." in screen_text(app) and "T 0.7 · top-k 20" in screen_text(app)
        await pilot.press("w")
        assert app.screen.query_one(LineInput).value.endswith("20270115-080000-older")
        await pilot.press("escape", "n", "escape")
        await until(pilot, lambda: "Be brief." in screen_text(app))  # the system prompt stays
        assert not (chats_root() / f"{UNSAVED}.json").exists(), "it stands in its own file"
        here._talker = None


async def test_a_conversation_that_is_left_unsaved_can_be_opened_again() -> None:
    here = _Recorded([_turn("你是谁？", "我是一个语言模型。", "我是小炉。")])
    app = DanluApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(here)
        await until(pilot, lambda: app.screen is here)
        here._talker = cast(Any, _Closed())
        await pilot.press("escape", "escape")
        await until(pilot, lambda: (chats_root() / f"{UNSAVED}.json").is_file())
        kept = read_transcript(find_talk(UNSAVED))
        assert kept.conversation == here._conversation
        assert kept.parts == {voice.name: voice.part for voice in here._voices}


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_what_is_to_know_of_a_foreign_checkpoint_stands_before_the_talk(
    language: str,
) -> None:
    words.use_language(language)
    here = _Recorded([])
    made = ("foreign.made_by", {"maker": "LLaMA-Factory", "base": "Qwen2.5"})
    said = ("foreign.system", {"system": "You are Ember."})
    base, tuned = here._voices
    part = replace(tuned.part, notes=(made, said), system="You are Ember.")
    here._voices = [base, Voice("tuned", part, TUNED)]
    app = DanluApp(first=here)
    async with app.run_test(size=(80, 24)) as pilot:
        here._talker = cast(Any, _Closed())
        here.show_all()
        await pilot.pause()
        assert "LLaMA-Factory" in screen_text(app) and "You are Ember." in screen_text(app)
        assert "--system" not in screen_text(app)
        assert_snapshot(app, f"chat-foreign-80x24-{language}")
        await pilot.press("escape", "p", "enter")
        assert here._conversation.system == "You are Ember.", "one key takes it"
        here._talker = None
