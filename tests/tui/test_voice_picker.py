"""Who may join a conversation: listed quickly however many there are, found by typing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine import words
from engine.chat.part import Part
from engine.chat.target import ChatTarget
from engine.runs.store import Run
from engine.spec.run_spec import RunSpec
from engine.spec.sections import Model
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.sample_runs import make_average
from tests.tui.settle import until
from tui.app import DanluApp
from tui.screens.ask import AskScreen
from tui.screens.chat_picker import ChatPicker
from tui.screens.kept_talks import KeptTalksScreen
from tui.screens.picker import Entry
from tui.screens.voice_picker import VoicePicker
from tui.voice_choices import choices
from tui.widgets.pick_list import PickList


def make_runs(home: Path, names: list[str], checkpoints: int) -> None:
    """Runs of the embedded model whose checkpoints say no more than that they are there."""
    for name in names:
        run = Run(home / "runs" / name)
        run.path.mkdir(parents=True)
        run.save_spec(RunSpec())
        for step in range(1, checkpoints + 1):
            folder = run.path / f"checkpoint-{step}"
            folder.mkdir()
        (run.path / f"checkpoint-{checkpoints}" / "adapter_config.json").write_text("{}")


def asked(chosen: list[Part], run: str, home: Path) -> VoicePicker:
    """The picker beside the last checkpoint of ``run``."""
    folder = home / "runs" / run / "checkpoint-3"
    target = ChatTarget(Model(), f"{run}/checkpoint-3", adapter=folder, run=Run(folder.parent))
    there = [Part("embedded", Model(), None, None, "base"), Part("x", Model(), folder)]
    return VoicePicker(target, there, chosen.append)


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_typing_narrows_the_list_and_enter_takes_the_first(
    language: str, danlu_home: Path
) -> None:
    words.use_language(language)
    make_runs(danlu_home, ["identity", "news-r1"], 3)
    (danlu_home / "runs" / "news-r1" / "checkpoint-2" / "adapter_config.json").write_text("{}")
    make_average("mean", "identity/checkpoint-3", "news-r1/checkpoint-3")
    chosen: list[Part] = []
    app = DanluApp(first=asked(chosen, "identity", danlu_home))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "news-r1/checkpoint-3" in screen_text(app))
        said = screen_text(app)
        assert "identity/checkpoint-2" in said and "  identity/checkpoint-3" not in said
        assert "mean" in said and words.t("voice_picker.averages") in said
        await pilot.press(*"news 2")
        await until(pilot, lambda: "checkpoint-3" not in screen_text(app))
        said = screen_text(app)
        assert "news-r1/checkpoint-2" in said
        assert words.t("voice_picker.trained") in said
        assert words.t("voice_picker.exports") not in said, "a heading of nothing"
        assert_snapshot(app, f"voices-80x24-{language}")
        await pilot.press("f2")
        await pilot.pause()
        assert app.screen.query_one(PickList).typed == "news 2", "nothing typed is lost"
        await pilot.press("enter")
        assert [part.label for part in chosen] == ["news-r1/checkpoint-2"]


@pytest.mark.slow
async def test_what_is_not_listed_is_named(danlu_home: Path) -> None:
    make_runs(danlu_home, ["identity"], 3)
    app = DanluApp(first=asked([], "identity", danlu_home))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "identity/checkpoint-1" in screen_text(app))
        await pilot.press(*"owner/other", "enter")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        # What was typed is not typed again.
        await until(pilot, lambda: "owner/other" in screen_text(app))


@pytest.mark.slow
def test_ten_thousand_checkpoints_are_listed_and_filtered_quickly(danlu_home: Path) -> None:
    make_runs(danlu_home, [f"run-{number:03}" for number in range(100)], 100)
    start = time.monotonic()
    found = choices(ChatTarget(Model(), "embedded"), [])
    listed = time.monotonic() - start
    picks = PickList(lambda *_: None, lambda each: each.searched, enter="keys.choose", rows=found)  # type: ignore[arg-type, return-value]
    picks.typed = "042 checkpoint-77"
    start = time.monotonic()
    assert [each.title for each in picks._found() if each.target] == ["run-042/checkpoint-77"]
    filtered = time.monotonic() - start
    assert len(found) > 10_000
    assert listed < 10 and filtered < 0.5, (listed, filtered)


async def test_whom_to_talk_to_is_found_by_typing(danlu_home: Path) -> None:
    app = DanluApp(first=ChatPicker())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "embedded" in screen_text(app))
        picker = app.screen
        assert isinstance(picker, ChatPicker)
        picker._trained = [Entry(f"run-{n}", f"run-{n}") for n in range(30)]
        await pilot.press("slash", *"run-27")
        assert "run-27" in screen_text(app) and "run-14" not in screen_text(app)
        await pilot.press("enter", "escape")
        assert "run-14" in screen_text(app), "escape shows all again"
        await pilot.press("s")
        assert isinstance(app.screen, KeptTalksScreen)
