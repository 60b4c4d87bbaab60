"""Several voices on one base, a token of each in turn; other models beside it if they fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import engine.chat.rack
from engine.chat.conversation import Conversation, Transcript
from engine.chat.generate import Sampling
from engine.chat.part import Part, part_of
from engine.chat.talker import Talker
from engine.chat.together import Pace, answer_together
from engine.errors import DanluError
from engine.hardware import machine
from engine.job import Job
from tui.opening import open_again

SHORT = Sampling(max_new_tokens=16)
ASKED: list[dict[str, Any]] = [{"role": "user", "content": "你是谁？"}]


class _Heard:
    def __init__(self) -> None:
        self.order: list[int] = []
        self.text: dict[int, str] = {}
        self.pace: dict[int, Pace] = {}
        self.errors: dict[int, DanluError | None] = {}

    def said(self, voice: int, piece: str, pace: Pace) -> None:
        self.order.append(voice)
        self.text[voice] = self.text.get(voice, "") + piece

    def ended_voice(self, voice: int, pace: Pace, error: DanluError | None) -> None:
        self.pace[voice], self.errors[voice] = pace, error


def heard(talker: Talker, *parts: Part, stop_after: int = 10_000) -> _Heard:
    listener = _Heard()
    asked = [(part, ASKED) for part in parts]
    ended = lambda: len(listener.order) >= stop_after  # noqa: E731
    answer_together(talker, asked, SHORT, listener, ended)
    return listener


def test_voices_take_turns_and_each_says_what_it_says_alone(
    adapter: Path, other_adapter: Path
) -> None:
    talker = Talker.load(str(adapter))
    base, tuned, other = talker.part(None), talker.part("tuned"), part_of(str(other_adapter))
    listener = heard(talker, base, tuned, other)
    assert listener.order[:3] == [0, 1, 2] and listener.order[3:6] == [0, 1, 2]
    for place, part in enumerate((base, tuned, other)):
        assert listener.text[place] == "".join(talker.stream(ASKED, SHORT, part))
        assert 0 < listener.pace[place].tokens <= 16
    assert len(set(listener.text.values())) == 3
    assert listener.errors == {0: None, 1: None, 2: None}


def test_all_are_stopped_at_once(adapter: Path) -> None:
    talker = Talker.load(str(adapter))
    listener = heard(talker, talker.part(None), talker.part("tuned"), stop_after=4)
    assert listener.order == [0, 1, 0, 1]
    assert listener.errors.keys() == {0, 1}


def test_an_adapter_shares_the_base_and_another_model_stands_beside_it(
    adapter: Path, other_adapter: Path, tiny_model: Path
) -> None:
    talker = Talker.load(str(adapter))
    first = talker.add(talker.part("tuned"))
    second = talker.add(part_of(str(other_adapter)))
    assert first.shared and second.shared
    assert 0 < second.adapter_bytes < second.model_bytes == first.model_bytes
    third = talker.add(part_of(str(tiny_model)))
    assert not third.shared and third.adapter_bytes == 0
    listener = heard(talker, talker.part("tuned"), part_of(str(tiny_model)))
    assert all(listener.text.values())


def test_weights_with_several_names_are_loaded_once(adapter: Path, tmp_path: Path) -> None:
    talker = Talker.load(str(adapter))
    base = talker.part(None)
    link = tmp_path / "the same folder"
    link.symlink_to(base.model.source)
    alike = talker.add(part_of(str(link)))
    assert alike.shared, "its folder by another name"
    explicit = replace(base, model=replace(base.model, dtype="float32"))
    assert talker.add(explicit).shared == (machine().gpu is None), "what auto means, by its name"
    talker.keep_only([part_of(str(link))])
    assert talker.add(talker.part("tuned")).shared, "one name of it is still in use"
    halved = replace(base, model=replace(base.model, dtype="bfloat16"))
    assert talker.add(halved).shared == (machine().gpu is not None)


def test_a_model_that_does_not_fit_beside_is_refused_and_the_others_go_on(
    adapter: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talker = Talker.load(str(adapter))
    full = replace(machine(), gpus=(), ram_free_bytes=1000)
    monkeypatch.setattr(engine.chat.rack, "machine", lambda: full)
    with pytest.raises(DanluError) as caught:
        talker.add(part_of(str(tiny_model)))
    assert caught.value.code == "chat.no_room" and "1000 B" in caught.value.why
    listener = heard(talker, part_of(str(tiny_model)), talker.part("tuned"))
    refused = listener.errors[0]
    assert refused is not None and refused.code == "chat.no_room"
    assert listener.text.keys() == {1} and listener.errors[1] is None


def test_switching_adapters_directly_says_what_peft_says(
    adapter: Path, other_adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_three() -> dict[int, str]:
        talker = Talker.load(str(adapter))
        parts = (talker.part("tuned"), talker.part(None), part_of(str(other_adapter)))
        return heard(talker, *parts).text

    directly = all_three()
    monkeypatch.setattr("engine.chat.switch._plain_layers", lambda model: None)
    assert all_three() == directly and len(set(directly.values())) == 3


@pytest.mark.slow
def test_a_saved_conversation_is_opened_on_what_is_loaded(
    adapter: Path, other_adapter: Path, tiny_model: Path
) -> None:
    talker = Talker.load(str(adapter))
    parts = {
        "base": talker.part(None),
        "tuned": talker.part("tuned"),
        "other": part_of(str(other_adapter)),
    }
    kept = Transcript("talk", {}, Conversation(), SHORT, parts)
    again, voices = open_again(kept, talker, Job())
    assert again is talker and [voice.name for voice in voices] == list(parts)
    assert all(voice.footprint and voice.footprint.shared for voice in voices)
    alone = Transcript("talk", {}, Conversation(), SHORT, {"plain": part_of(str(tiny_model))})
    _, (voice,) = open_again(alone, talker, Job())
    assert talker.target.base == voice.part.model and talker.target.tuned is None
    fresh, voices = open_again(kept, None, Job())
    said = heard(fresh, *(voice.part for voice in voices)).text
    assert len(set(said.values())) == 3
    talker.give_way()
    assert heard(talker, voices[0].part).text[0] == said[0], "loaded again where it gave way"
