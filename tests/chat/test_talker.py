"""One loaded base, with and without adapters; one answer at a time; stopping."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.chat.generate import Sampling, answer_batch
from engine.chat.talker import Talker
from engine.chat.target import resolve_target
from engine.errors import DanluError
from tests.chat.conftest import make_adapter

SHORT = Sampling(max_new_tokens=16)
ASKED = [{"role": "user", "content": "你是谁？"}]


def said(talker: Talker, voice: Any) -> str:
    return "".join(talker.stream(ASKED, SHORT, voice))


def test_the_base_answers_as_if_no_adapter_were_loaded(
    live: tuple[Any, Any], adapter: Path
) -> None:
    plain = answer_batch(*live, [ASKED], SHORT)[0]
    talker = Talker.load(str(adapter))
    tuned = said(talker, "tuned")
    assert said(talker, None) == plain
    assert tuned != plain
    assert said(talker, "tuned") == tuned
    assert talker.answer_batch([ASKED, ASKED], SHORT) == [tuned, tuned]
    assert talker.answer_batch([ASKED], SHORT, None) == [plain]


def test_adapters_are_swapped_on_one_loaded_base(adapter: Path, other_adapter: Path) -> None:
    talker = Talker.load(str(adapter))
    first, second = said(talker, "tuned"), said(talker, other_adapter)
    assert len({first, second, said(talker, None)}) == 3
    assert said(talker, adapter) == said(talker, "tuned") == first
    assert said(talker, other_adapter) == second == said(Talker.load(str(other_adapter)), "tuned")


def test_a_plain_model_takes_an_adapter_later(talkative: Path, adapter: Path) -> None:
    talker = Talker.load(str(talkative))
    before = said(talker, None)
    assert said(talker, adapter) != before
    assert said(talker, None) == before
    with pytest.raises(DanluError) as caught:
        said(talker, "tuned")
    assert caught.value.code == "chat.no_tuned"


@pytest.mark.parametrize("difference", [{"intermediate_size": 96}, {"num_hidden_layers": 3}])
def test_an_adapter_of_another_model_is_named_and_the_base_goes_on(
    talkative: Path, tmp_path: Path, difference: dict[str, int]
) -> None:
    from transformers import AutoModelForCausalLM, Qwen2Config

    config: dict[str, Any] = Qwen2Config.from_pretrained(talkative).to_dict()
    config |= {"layer_types": None, **difference}
    AutoModelForCausalLM.from_config(Qwen2Config(**config)).save_pretrained(tmp_path / "other")
    foreign = make_adapter(tmp_path / "other", tmp_path / "foreign", seed=1)
    talker = Talker.load(str(talkative))
    before = said(talker, None)
    with pytest.raises(DanluError) as caught:
        said(talker, foreign)
    assert caught.value.code == "chat.wrong_base"
    assert said(talker, None) == before


def test_a_fully_tuned_model_stands_beside_its_base(
    talkative: Path, tiny_model: Path, tmp_path: Path
) -> None:
    from engine.runs.store import create_run
    from engine.spec.run_spec import RunSpec

    mapping = {"model": {"source": str(tiny_model)}, "data": {"train": ["rows.jsonl"]}}
    run = create_run(RunSpec.from_mapping(mapping))
    shutil.copytree(talkative, run.path / "checkpoint-7")
    talker = Talker.load(run.name)
    assert said(talker, "tuned") == said(Talker.load(str(talkative)), None)
    assert said(talker, None) == said(Talker.load(str(tiny_model)), None)


def test_what_an_answer_took_is_known(adapter: Path) -> None:
    talker = Talker.load(str(adapter))
    said(talker, "tuned")
    spoken = talker.spoken
    assert spoken is not None
    assert 0 < spoken.tokens <= 16
    assert spoken.tokens_per_second > 0
    assert spoken.memory_bytes > 100_000
    assert not spoken.stopped


def test_an_answer_is_cancelled_midway_and_the_next_one_is_whole(adapter: Path) -> None:
    talker = Talker.load(str(adapter))
    whole = said(talker, "tuned")
    pieces = []
    for piece in talker.stream(ASKED, SHORT, "tuned"):
        pieces.append(piece)
        talker.cancel()
    assert whole.startswith("".join(pieces)) and "".join(pieces) != whole
    assert talker.spoken is not None and talker.spoken.stopped
    assert said(talker, "tuned") == whole


def test_a_stream_that_is_closed_lets_the_next_one_speak(adapter: Path) -> None:
    talker = Talker.load(str(adapter))
    base = said(talker, None)
    stream = talker.stream(ASKED, SHORT, None)
    next(stream)
    stream.close()
    assert said(talker, "tuned") != base
    assert said(talker, None) == base


def test_threads_take_turns(adapter: Path) -> None:
    talker = Talker.load(str(adapter))
    expected = {None: said(talker, None), "tuned": said(talker, "tuned")}
    heard: list[tuple[Any, str]] = []
    threads = [
        threading.Thread(target=lambda voice=voice: heard.append((voice, said(talker, voice))))
        for voice in (None, "tuned", None, "tuned")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(heard) == 4
    assert all(expected[voice] == answer for voice, answer in heard)


def test_a_closed_talker_loads_again_when_asked(adapter: Path) -> None:
    talker = Talker.load(resolve_target(str(adapter)))
    before = said(talker, "tuned")
    talker.close()
    assert said(talker, "tuned") == before
