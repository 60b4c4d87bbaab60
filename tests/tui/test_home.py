"""The first screen shows what is running, where to start and what to go on with."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

import tui.home_facts
import tui.screens.home
from engine import words
from engine.runs.lock import RunLock
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.sample_runs import make_run, make_some_runs
from tests.tui.settle import settle, until
from tui.app import DanluApp
from tui.home_facts import Facts
from tui.screens.home import HomeScreen
from tui.symbols import use_ascii
from tui.widgets.run_chart import RunChart


@pytest.fixture(autouse=True)
def one_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same machine and no count of recipes, wherever the test runs."""

    def machine_line() -> str:
        free = words.t("home.free", bytes="21.4 GiB")
        return f"cpu · {words.t('home.cores', cores=2)} · {free}"

    def without_recipes(facts: Facts) -> Facts:
        return facts

    monkeypatch.setattr(tui.home_facts, "machine_line", machine_line)
    monkeypatch.setattr(tui.screens.home, "with_recipes", without_recipes)


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_a_new_person_is_told_where_to_start(language: str) -> None:
    words.use_language(language)
    async with DanluApp().run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert_snapshot(pilot.app, f"home-new-80x24-{language}")


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_runs_in_progress_stand_on_top(language: str) -> None:
    words.use_language(language)
    make_some_runs()
    running = make_run("qwen2.5-7b-support", "training", step=412, steps=900, loss=1.083)
    lock = RunLock(running.path)
    try:
        async with DanluApp().run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            assert_snapshot(pilot.app, f"home-running-80x24-{language}")
    finally:
        lock.release()


async def test_a_large_screen_tells_the_run_under_the_cursor_and_the_machine() -> None:
    make_some_runs()
    async with DanluApp().run_test(size=(200, 50)) as pilot:
        app = pilot.app
        await until(
            pilot, lambda: "base Qwen" in screen_text(app) and "free of" in screen_text(app)
        )
        first = app.screen.query_one(RunChart).title()
        await pilot.press("end")
        await until(pilot, lambda: app.screen.query_one(RunChart).title() != first)


async def test_without_a_run_in_progress_there_is_nothing_to_attach_to() -> None:
    make_some_runs()
    async with DanluApp().run_test() as pilot:
        await settle(pilot)
        assert "attach" not in screen_text(pilot.app)
        await pilot.press("a")
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_the_language_key_changes_every_word_and_is_remembered(danlu_home: Path) -> None:
    async with DanluApp().run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("l")
        await settle(pilot)
        assert "快速上手" in screen_text(pilot.app)
        assert '"language": "zh"' in (danlu_home / "settings.json").read_text()


@pytest.mark.parametrize(("key", "screen"), [("3", "RecipesScreen"), ("4", "RunsScreen")])
async def test_each_number_opens_its_screen(key: str, screen: str) -> None:
    async with DanluApp().run_test() as pilot:
        await settle(pilot)
        await pilot.press(key)
        await settle(pilot)
        assert type(pilot.app.screen).__name__ == screen
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_arrows_and_enter_do_what_the_numbers_do() -> None:
    async with DanluApp().run_test() as pilot:
        await settle(pilot)
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        assert type(pilot.app.screen).__name__ == "RecipesScreen"


async def test_escape_never_leaves_danlu() -> None:
    async with DanluApp().run_test() as pilot:
        await settle(pilot)
        await pilot.press("escape", "escape")
        assert pilot.app.is_running and isinstance(pilot.app.screen, HomeScreen)
        assert not pilot.app.screen.query(Input)


async def test_ascii_draws_no_sign_a_plain_font_lacks() -> None:
    use_ascii(True)
    try:
        async with DanluApp().run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            drawn = screen_text(pilot.app).replace("丹炉", "").replace("中文", "")
            assert drawn.isascii()
    finally:
        use_ascii(False)
