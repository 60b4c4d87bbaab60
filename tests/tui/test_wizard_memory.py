"""Step 3 of the wizard: does it fit, and what would change that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine import words
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.wizard_parts import (
    CARD,
    CPU,
    FILLED,
    estimate_of,
    identity,
    opened,
    put_embedded,
    rest,
    steady,
    wizard,
)
from tui.widgets.stacked_bar import bar
from tui.wizard import estimates


def _estimates(monkeypatch: pytest.MonkeyPatch, required: float) -> list[object]:
    """Let every estimate come out at ``required`` GiB, or at 9 once the weights are packed."""
    asked: list[object] = []

    def estimate(spec, folder, machine, **given):  # type: ignore[no-untyped-def]
        asked.append(spec)
        packed = spec.model.quantization == "nf4"
        return estimate_of(spec, 17.5 if packed else required, 23.1)

    monkeypatch.setattr("engine.memory.estimate.estimate", estimate)
    monkeypatch.setattr("tui.wizard.findings.ask_tokenizer", lambda draft: None)
    return asked


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("name", "required"), [("fits", 19.2), ("too_much", 27.5)])
async def test_the_estimate_is_a_bar_its_items_and_what_would_help(
    language: str,
    name: str,
    required: float,
    danlu_home: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steady(monkeypatch, danlu_home, replace(CPU, gpus=(CARD,)))
    put_embedded(tiny_model)
    _estimates(monkeypatch, required)
    words.use_language(language)
    app, draft = wizard("memory", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: estimates.verdict(draft) is not None)
        assert_snapshot(app, f"wizard_memory_{name}_{language}")


async def test_enter_applies_a_change_and_z_takes_it_back(
    danlu_home: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home, replace(CPU, gpus=(CARD,)))
    put_embedded(tiny_model)
    _estimates(monkeypatch, 27.5)
    app, draft = wizard("memory", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: estimates.verdict(draft) == "does_not_fit")
        assert "DOES NOT FIT" in screen_text(app)
        await pilot.press("enter")
        assert draft.spec.model.quantization == "nf4"
        assert draft.spec.origin("model.quantization").by == "you"
        await rest(pilot, draft, lambda: estimates.verdict(draft) == "fits")
        await pilot.press("z")
        assert draft.spec.model.quantization == "none"


async def test_enter_goes_on_where_the_run_fits(
    danlu_home: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    put_embedded(tiny_model)
    asked = _estimates(monkeypatch, 19.2)
    app, draft = wizard("memory", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: estimates.verdict(draft) == "fits")
        count = len(asked)
        await pilot.press("enter")
        await pilot.pause()
        assert draft.at == "parameters"
        await pilot.press("3")
        await rest(pilot, draft)
        assert len(asked) == count, "nothing changed, so nothing is estimated again"


async def test_a_model_that_is_not_here_can_be_fetched_or_passed_by(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    unknown = {**identity(fill=FILLED), "model": {"source": "a/b"}}
    async with opened("memory", unknown) as (app, draft, pilot):
        assert "not on this machine yet" in screen_text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert draft.at == "parameters"


async def test_a_known_model_that_is_not_here_is_estimated_by_its_shapes(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    asked = _estimates(monkeypatch, 19.2)
    source = "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"
    app, draft = wizard("memory", {**identity(fill=FILLED), "model": {"source": source}})
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: estimates.verdict(draft) is not None)
        assert asked
        assert "this is told from its shapes" in screen_text(app)


def test_the_bar_fills_its_cells_and_marks_the_limit() -> None:
    for parts, limit in (([1, 2, 3], 10), ([5, 5, 5], 10), ([10], 10), ([1], 1000)):
        text = bar(parts, limit, 40).plain
        assert len(text) == 40
        assert text.count("│") == 1
