"""What is wrong with a spec is named exactly, with the way out, and never a traceback."""

from __future__ import annotations

import math
from typing import Any

import pytest

from engine import words
from engine.errors import DanluError, DanluErrors
from engine.spec.check import check_mapping, check_value
from engine.spec.run_spec import RunSpec
from engine.spec.sections import PARAMETERS


def problems(mapping: Any) -> tuple[DanluError, ...]:
    with pytest.raises(DanluErrors) as caught:
        check_mapping(mapping)
    for tongue in words.LANGUAGES:  # every sentence can be said
        words.use_language(tongue)
        assert [error.document() for error in caught.value.errors]
    words.use_language("en")
    return caught.value.errors


def problem(mapping: Any) -> DanluError:
    found = problems(mapping)
    assert len(found) == 1, [str(error) for error in found]
    return found[0]


@pytest.mark.parametrize(
    ("mapping", "nearest"),
    [
        ({"train": {"learning_rat": 1}}, "train.learning_rate"),
        ({"train": {"lora_rank": 8}}, "method.lora_rank"),
        ({"method": {"lora_r": 8}}, "method.lora_rank"),
        ({"learning_rate": 1}, "train.learning_rate"),
        ({"Train": {}}, "train"),
        ({"modle": {}}, "model"),
        ({"train": {"batch_size": 1}}, "train.per_device_train_batch_size"),
        ({"data": {"train": [{"source": "a.jsonl", "sampel": 3}]}}, "sample"),
    ],
)
def test_an_unknown_key_names_the_nearest_right_one(mapping: Any, nearest: str) -> None:
    error = problem(mapping)
    assert error.code == "spec.unknown_key_near"
    assert error.values["nearest"] == nearest


def test_the_names_of_other_tools_lead_to_ours() -> None:
    for key, ours in {"cutoff_len": "data.max_length", "lr": "train.learning_rate"}.items():
        assert problem({"train": {key: 1}}).values["nearest"] == ours
        assert problem({key: 1}).values["nearest"] == ours


def test_a_key_like_no_other_is_said_to_be_unknown() -> None:
    assert problem({"train": {"zzzzqqqq": 1}}).code == "spec.unknown_key"
    assert problem({7: 1}).values["key"] == "7"


@pytest.mark.parametrize(
    ("path", "value", "found", "wanted"),
    [
        ("train.learning_rate", "fast", "text", "a number"),
        ("train.seed", 1.5, "a number", "a whole number"),
        ("train.seed", True, "true or false", "a whole number"),
        ("train.packing", 1, "a whole number", "true or false"),
        ("data.train", "rows.jsonl", "text", "a list"),
        ("watch.prompts", ["a", 3], "a whole number", "text"),
        ("data.fill", {"NAME": 5}, "a whole number", "text"),
        ("data.train", [5], "a whole number", "name: value pairs"),
    ],
)
def test_a_wrong_type_is_said_in_words(path: str, value: Any, found: str, wanted: str) -> None:
    error = check_value(path, value)
    assert error is not None and error.code == "spec.wrong_type"
    assert (error.values["found"], error.values["wanted"]) == (found, wanted)
    section, _, name = path.partition(".")
    assert problem({section: {name: value}}).values == error.values


def test_a_number_where_text_belongs_is_to_be_quoted() -> None:
    error = problem({"run": {"name": 20240712}})
    assert error.fix_text(error.fixes[0]).endswith('"20240712".')


def test_a_value_out_of_range_tells_the_range_and_the_default() -> None:
    error = problem({"train": {"seed": 2**33}})
    assert error.code == "spec.out_of_range"
    assert "0 ≤ x ≤ 4294967295" in error.what
    assert error.fixes[0].set == {"train.seed": 42}
    assert problem({"train": {"learning_rate": 0}}).values["range"] == "0 < x ≤ 1"


def test_out_of_range_without_a_default_offers_to_leave_it_to_the_rule() -> None:
    error = problem({"train": {"learning_rate": 5}})
    assert error.fixes[0].set == {"train.learning_rate": None}
    assert "1e-4 for LoRA" in error.fix_text(error.fixes[0])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    assert check_value("train.learning_rate", value) is not None
    assert check_value("train.weight_decay", value) is not None


def test_a_wrong_choice_names_the_nearest() -> None:
    error = problem({"model": {"dtype": "bf"}})
    assert error.values["nearest"] == "bfloat16"
    assert error.fixes[0].set == {"model.dtype": "bfloat16"}
    error = problem({"train": {"optim": "lion_of_judah"}})
    assert error.code == "spec.not_a_choice"
    assert error.fixes[0].set == {"train.optim": "adamw_torch"}


def test_a_fault_inside_a_source_is_named_by_its_place_and_never_empties_the_data() -> None:
    error = problem({"data": {"train": ["a.jsonl", {"source": "b.jsonl", "sample": 0}]}})
    assert error.code == "spec.part_out_of_range"
    assert error.values["key"] == "data.train[1].sample"
    assert all(fix.set is None for fix in error.fixes)
    error = problem({"data": {"train": [{"sample": 3}]}})
    assert (error.code, error.values["part"]) == ("spec.part_missing", "source")
    assert problem({"data": {"train": [""]}}).code == "spec.empty"


def test_every_problem_is_told_at_once() -> None:
    found = problems({"train": {"seed": -1, "learnin_rate": 1}, "method": {"lora_rank": "many"}})
    assert sorted(error.code for error in found) == [
        "spec.out_of_range",
        "spec.unknown_key_near",
        "spec.wrong_type",
    ]


def test_what_is_no_spec_at_all_is_said_so() -> None:
    assert problem(["a"]).code == "spec.not_a_mapping"
    assert problem({"train": [1]}).code == "spec.section_not_mapping"


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        (
            {"model": {"quantization": "nf4"}, "method": {"tuner": "full"}},
            "excluded.quantized_full",
        ),
        (
            {"method": {"tuner": "freeze", "adapter": "runs/a/checkpoint-3"}},
            "excluded.adapter_not_lora",
        ),
        ({"method": {"tuner": "full", "use_dora": True}}, "excluded.lora_option_not_lora"),
        ({"method": {"tuner": "full", "use_rslora": True}}, "excluded.rslora_not_lora"),
        ({"method": {"tuner": "full", "loraplus_lr_ratio": 16}}, "excluded.loraplus_not_lora"),
        ({"data": {"eval": ["e.jsonl"], "eval_fraction": 0.1}}, "excluded.eval_twice"),
        (
            {"data": {"mask_history": True, "train_on_prompt": True}},
            "excluded.history_and_prompt",
        ),
        ({"train": {"warmup_ratio": 0.1, "warmup_steps": 5}}, "excluded.warmup_twice"),
        ({"train": {"early_stopping_patience": 3}}, "excluded.early_stopping_no_eval"),
    ],
)
def test_a_combination_that_cannot_be_trained_is_refused_with_fixes(
    mapping: Any, code: str
) -> None:
    error = problem(mapping)
    assert error.code == code
    for fix in error.fixes:
        changed = {name: dict(values) for name, values in mapping.items()}
        for path, value in (fix.set or {}).items():
            section, _, name = path.partition(".")
            changed.setdefault(section, {})[name] = value
        check_mapping(changed)


def test_empty_sections_and_lists_are_what_they_look_like() -> None:
    spec = RunSpec.from_mapping({"model": None, "data": {"train": None, "fill": None}})
    assert spec.data.train == [] and spec.data.fill == {}


def test_numbers_get_the_type_declared() -> None:
    spec = RunSpec.from_mapping({"method": {"lora_rank": 8.0}, "train": {"num_train_epochs": 3}})
    assert type(spec.method.lora_rank) is int
    assert type(spec.train.num_train_epochs) is float


def test_no_value_of_any_kind_makes_a_check_fall_over() -> None:
    odd: list[Any] = [None, True, -1, 0, 1e300, math.nan, "", "x", [], [None], {}, {1: 2}, b"x"]
    for path in PARAMETERS:
        for value in odd:
            error = check_value(path, value)
            assert error is None or error.document()
