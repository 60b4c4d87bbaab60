"""The pictures of the README: ``DANLU_UPDATE_SNAPSHOTS=1`` draws them anew, otherwise their text
must still be what the screens show."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

import tui.home_facts
import tui.screens.home
from engine import words
from engine.hardware import Machine
from engine.home import runs_root
from engine.memory.estimate import Estimate
from engine.runs.lock import RunLock
from engine.spec.run_spec import RunSpec
from tests.recorded.replay import recorded_run
from tests.tui.picture import picture, picture_text
from tests.tui.settle import at_rest, settle
from tests.tui.wizard_parts import (
    CARD,
    CPU,
    FILLED,
    GIB,
    estimate_of,
    identity,
    put_embedded,
    rest,
    steady,
    wizard,
)
from tui.app import DanluApp
from tui.pace import Pace
from tui.screens.live import LiveScreen
from tui.wizard import estimates, findings

_FOLDER = Path(__file__).parent.parent.parent / "snapshots"
_IN_TRAINING = 170  # events of the recorded journal, up to the middle of the run
_WHEN = 1_790_000_092.5  # a moment at which those have happened


def hold(app: App[Any], name: str) -> None:
    """Hold the text of the screen against that of ``snapshots/<name>.svg``."""
    path = _FOLDER / f"{name}.svg"
    drawn = picture(app)
    if os.environ.get("DANLU_UPDATE_SNAPSHOTS") == "1":
        path.write_text(drawn, encoding="utf-8")
    assert path.exists(), "DANLU_UPDATE_SNAPSHOTS=1 draws it"
    held = picture_text(path.read_text(encoding="utf-8"))
    assert picture_text(drawn) == held, f"{name}.svg is out of date"


def _too_much(spec: RunSpec, folder: Path, machine: Machine, **given: object) -> Estimate:
    """A 7B model with LoRA on long rows, as it would be on a card of 24 GB."""
    packed = spec.model.quantization == "nf4"
    whole = estimate_of(spec, 17.5 if packed else 27.5, 23.1)
    sizes = {"activations": 9.6, "loss": 2.9, "context": 0.7}
    items = tuple(
        replace(item, bytes=int(sizes[item.name] * GIB)) if item.name in sizes else item
        for item in whole.items
    )
    return replace(whole, items=items)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clocks in the log read alike everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_home(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words.use_language(language)
    free = words.t("home.free", bytes="23.1 GiB")
    monkeypatch.setattr(tui.home_facts, "machine_line", lambda: f"NVIDIA RTX 4090 · {free}")
    monkeypatch.setattr(tui.screens.home, "with_recipes", lambda facts: facts)
    async with DanluApp().run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        hold(pilot.app, f"home-{language}")


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_a_run_in_training(language: str) -> None:
    words.use_language(language)
    run = recorded_run(runs_root() / "identity-smollm2", _IN_TRAINING)
    lock = RunLock(run.path)
    screen = LiveScreen(run)
    screen.model.now = lambda: _WHEN
    screen.follow.pace = Pace(late=60)  # a busy machine must not change what is drawn
    async with DanluApp(first=screen).run_test(size=(120, 36)) as pilot:
        await at_rest(pilot)
        hold(pilot.app, f"live-{language}")
    lock.release()


async def test_the_rows_as_the_model_sees_them(
    danlu_home: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home)
    put_embedded(tiny_model)
    app, draft = wizard("data", identity(fill=FILLED))
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: bool(report := findings.report(draft)) and report.ok)
        await pilot.press("v", "right", "right")
        await rest(pilot, draft)
        hold(app, "data-rows-en")


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_the_memory_step(
    language: str, danlu_home: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady(monkeypatch, danlu_home, replace(CPU, gpus=(CARD,)))
    model = danlu_home.parent / "Qwen2.5-7B-Instruct"
    model.symlink_to(tiny_model)
    monkeypatch.setattr("engine.memory.estimate.estimate", _too_much)
    monkeypatch.setattr("tui.wizard.findings.ask_tokenizer", lambda draft: None)
    words.use_language(language)
    app, draft = wizard("memory", {**identity(fill=FILLED), "model": {"source": str(model)}})
    async with app.run_test(size=(80, 24)) as pilot:
        await rest(pilot, draft, lambda: estimates.verdict(draft) is not None)
        hold(app, f"memory-{language}")
