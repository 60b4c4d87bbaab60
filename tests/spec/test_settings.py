"""What is typed behind --set or in a form field becomes the value meant, or is named."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import DanluError
from engine.spec.check import check_value
from engine.spec.run_spec import RunSpec, plain
from engine.spec.sections import PARAMETERS, Source
from engine.spec.typed import parse_overrides, parse_value, show_value


@pytest.mark.parametrize(
    ("pair", "path", "value"),
    [
        ("lora_rank=8", "method.lora_rank", 8),
        ("method.lora_rank=8", "method.lora_rank", 8),
        ("learning_rate=1e-4", "train.learning_rate", 1e-4),
        ("learning_rate=", "train.learning_rate", None),
        ("packing=true", "train.packing", True),
        ("tuner=full", "method.tuner", "full"),
        ("quantization=none", "model.quantization", "none"),
        ("name=a=b", "run.name", "a=b"),
        ("system=", "data.system", None),
        ("prompts=你是谁？", "watch.prompts", ["你是谁？"]),
        ("prompts=[a, 2]", "watch.prompts", ["a", "2"]),
        ("train=rows.jsonl", "data.train", ["rows.jsonl"]),
        ("train=[a.jsonl, b/c#500]", "data.train", ["a.jsonl", "b/c#500"]),
        ("train={source: a, sample: 3}", "data.train", [{"source": "a", "sample": 3}]),
        ("eval=", "data.eval", []),
        ("fill={NAME: 小炉}", "data.fill", {"NAME": "小炉"}),
        ("fill=NAME: 小炉, VERSION: 2", "data.fill", {"NAME": "小炉", "VERSION": "2"}),
        ("fill=", "data.fill", {}),
    ],
)
def test_a_setting_is_read_as_it_is_meant(pair: str, path: str, value: Any) -> None:
    assert parse_overrides([pair]) == {path: value}
    assert check_value(path, value) is None


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        ("lora_rank", "spec.not_a_setting"),
        ("=8", "spec.not_a_setting"),
        ("lora_ran=8", "spec.unknown_key_near"),
        ("train.lora_rank=8", "spec.unknown_key_near"),
        ("zzzzqqqq=1", "spec.unknown_key"),
    ],
)
def test_what_is_no_setting_is_named(pair: str, code: str) -> None:
    with pytest.raises(DanluError) as caught:
        parse_overrides([pair])
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("learning_rate", "fast"),
        ("seed", "1.5"),
        ("seed", "[1]"),
        ("packing", "maybe"),
        ("fill", "just words"),
        ("train", "{sample: 3}"),
        ("train", "[a: : b"),
        ("tuner", ""),
        ("lora_rank", ""),
    ],
)
def test_a_value_that_makes_no_sense_is_left_for_the_check_to_name(name: str, text: str) -> None:
    for path, value in parse_overrides([f"{name}={text}"]).items():
        assert check_value(path, value) is not None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("train.learning_rate", 1e-4),
        ("train.num_train_epochs", 3.0),
        ("train.seed", 7),
        ("train.packing", True),
        ("run.name", None),
        ("model.dtype", "bfloat16"),
        ("data.fill", {"NAME": "小炉, the: first"}),
        ("watch.prompts", ["Who are you?", "[x]", "1e5"]),
        ("data.train", [{"source": "a b.jsonl", "sample": 3}, {"source": "c"}]),
        ("data.eval", []),
    ],
)
def test_what_is_shown_reads_back_to_the_same(path: str, value: Any) -> None:
    shown = show_value(value)
    assert "\n" not in shown
    assert parse_value(PARAMETERS[path], shown) == value


def test_every_default_is_shown_and_reads_back() -> None:
    for path, declared in PARAMETERS.items():
        value = plain(declared.default)
        assert parse_value(declared, show_value(value)) == value, path


def test_small_numbers_are_shown_short() -> None:
    assert [show_value(x) for x in (1e-4, 1.5e-5, 0.002, 0.05, 15.0)] == [
        "1e-4",
        "1.5e-5",
        "0.002",
        "0.05",
        "15",
    ]


def test_settings_are_laid_over_a_spec_and_are_the_persons() -> None:
    spec = RunSpec.from_mapping({"method": {"lora_rank": 4}}, by="recipe")
    changed = spec.with_values(parse_overrides(["lora_alpha=16", "train=own/rows#500"]))
    assert (changed.method.lora_rank, changed.method.lora_alpha) == (4, 16)
    assert changed.data.train == [Source("own/rows", sample=500)]
    assert changed.origin("method.lora_alpha").by == "you"
    assert changed.origin("method.lora_rank").by == "recipe"
    assert changed.origin("train.seed").by == "default"
    assert spec.method.lora_alpha == 32
