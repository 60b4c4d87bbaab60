"""Step 4 of the wizard: the form made from the declarations."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import words
from engine.spec.sections import PARAMETERS
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.wizard_parts import FILLED, identity, opened, steady
from tui.wizard.draft import Draft
from tui.wizard.fields import fields_of, shown_value, typed_error, typed_value


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_form_tells_value_unit_and_who_chose_it(
    language: str, danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    words.use_language(language)
    async with opened("parameters", identity(fill=FILLED)) as (app, _draft, pilot):
        await pilot.press("down", "down", "down")
        await pilot.pause()
        assert_snapshot(app, f"wizard_parameters_{language}")


async def _at(app, pilot, path: str) -> None:  # type: ignore[no-untyped-def]
    app.screen._to_path(path)
    await pilot.pause()


async def test_a_value_is_typed_in_place_and_refused_while_it_is_wrong(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    async with opened("parameters", identity(fill=FILLED)) as (app, draft, pilot):
        await _at(app, pilot, "method.lora_rank")
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("9", "9", "9", "9")
        await pilot.pause()
        assert "outside 1 ≤ x ≤ 1024" in screen_text(app)
        await pilot.press("enter")
        assert draft.spec.method.lora_rank == 16, "a wrong value is not taken"
        await pilot.press("escape")
        assert draft.spec.method.lora_rank == 16
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("8", "enter")
        assert draft.spec.method.lora_rank == 8
        assert draft.spec.origin("method.lora_rank").by == "you"
        await pilot.press("d")
        assert draft.spec.method.lora_rank == 16
        assert draft.spec.origin("method.lora_rank").by == "default"


async def test_left_and_right_go_through_choices_and_double_numbers(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    async with opened("parameters", identity(fill=FILLED)) as (app, draft, pilot):
        await _at(app, pilot, "model.quantization")
        await pilot.press("right")
        assert draft.spec.model.quantization == "nf4"
        await pilot.press("left", "left")
        assert draft.spec.model.quantization == "int8"
        await _at(app, pilot, "method.lora_rank")
        await pilot.press("right", "right", "left")
        assert draft.spec.method.lora_rank == 32
        assert draft.at == "parameters"


async def test_values_that_cannot_go_together_are_shown_with_a_way_out(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    async with opened("parameters", identity(fill=FILLED)) as (app, draft, pilot):
        await _at(app, pilot, "model.quantization")
        await pilot.press("right")
        await _at(app, pilot, "method.tuner")
        await pilot.press("right")
        await pilot.pause()
        assert draft.spec.method.tuner == "full"
        assert [error.code for error in draft.exclusions()] == ["excluded.quantized_full"]
        assert "✗" in screen_text(app)
        await pilot.press("e")
        await pilot.pause()
        await pilot.press("1")
        await pilot.pause()
        assert draft.exclusions() == []


async def test_experts_see_more_and_a_filter_finds_by_name(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    async with opened("parameters", identity(fill=FILLED)) as (app, draft, pilot):
        await pilot.press("slash", *"neftune", "enter")
        await pilot.pause()
        assert "neftune" in screen_text(app).lower() or "NEFT" in screen_text(app)
        await pilot.press("escape", "slash", *"learning_rate", "enter")
        assert draft.places["parameters"] == "train.learning_rate", "the first that is found"
        await pilot.press("escape", "x")
        await pilot.pause()
        assert draft.places["parameters"] == "train.learning_rate", "it stays when all are shown"
    shown = {field.path for field in fields_of(draft, expert=True)}
    assert "train.adam_beta1" in shown
    assert "train.adam_beta1" not in {field.path for field in fields_of(draft, expert=False)}


def test_only_parameters_that_apply_are_in_the_form() -> None:
    draft = Draft()
    draft.change({"method.tuner": "full"})
    paths = {field.path for field in fields_of(draft, expert=True)}
    assert "method.lora_rank" not in paths
    assert "train.learning_rate" in paths


def test_every_default_reads_back_as_it_is_shown() -> None:
    for declared in PARAMETERS.values():
        text = shown_value(declared, declared.default)
        if declared.default in (None, ""):
            continue
        assert typed_value(declared, text) == declared.default, declared.path
        assert typed_error(declared, text) is None or declared.required


def test_several_prompts_are_typed_between_bars() -> None:
    declared = PARAMETERS["watch.prompts"]
    assert typed_value(declared, "你是谁？ | Who are you?") == ["你是谁？", "Who are you?"]
    assert shown_value(declared, ["a", "b"]) == "a | b"


async def test_full_width_digits_are_read_and_an_emptied_number_gives_the_default(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    declared = PARAMETERS["train.num_train_epochs"]
    assert typed_value(declared, "１．５") == 1.5
    assert typed_error(declared, "１．５") is None
    assert typed_error(declared, " ") is None
    async with opened("parameters", identity(fill=FILLED)) as (app, draft, pilot):
        draft.change({"train.num_train_epochs": 7.0})
        await _at(app, pilot, "train.num_train_epochs")
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("ctrl+u", "enter")
        assert draft.spec.train.num_train_epochs == 3
