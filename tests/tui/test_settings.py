"""What a person sets is shown at once, kept atomically, and sound whatever the file holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import words
from tests.snapshot import assert_snapshot, screen_text
from tests.tui.settle import settle
from tui.app import DanluApp
from tui.screens.settings import SettingsScreen
from tui.settings import Settings, change_settings, load_settings, settings_path
from tui.symbols import ascii_only, use_ascii
from tui.widgets.row_list import RowList


@pytest.fixture(autouse=True)
def short_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home at a path that is the same in every run: it is shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DANLU_HOME", "home")
    monkeypatch.setattr("tui.screens.settings.home", lambda: Path("home"))


def test_settings_are_kept() -> None:
    change_settings(theme="paper")
    change_settings(language="zh")
    assert load_settings() == Settings(language="zh", theme="paper")
    assert not list(settings_path().parent.glob(".settings.json.*"))


@pytest.mark.parametrize("text", ["", "[]", '{"theme": 7, "language": "xx", "ascii": "yes"}', "{"])
def test_a_broken_file_gives_the_defaults(text: str) -> None:
    settings_path().parent.mkdir(parents=True)
    settings_path().write_text(text)
    assert load_settings() == Settings()


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_the_screen_shows_every_choice(language: str) -> None:
    words.use_language(language)
    async with DanluApp(first=SettingsScreen()).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert_snapshot(pilot.app, f"settings-80x24-{language}")


async def test_a_change_shows_at_once_and_is_kept() -> None:
    async with DanluApp(first=SettingsScreen()).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "right")
        assert pilot.app.theme == load_settings().theme == "paper"
        await pilot.press("up", "enter")
        await settle(pilot)
        assert "语言" in screen_text(pilot.app) and load_settings().language == "zh"


async def test_the_cursor_stays_where_it_was_when_the_language_changes() -> None:
    async with DanluApp(first=SettingsScreen()).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "f2")
        await settle(pilot)
        rows = pilot.app.screen.query_one(RowList)
        assert rows.has_focus and rows.current is not None and rows.current.name == "theme"
        assert "炉火" in screen_text(pilot.app)


async def test_ascii_is_drawn_at_once() -> None:
    try:
        async with DanluApp(first=SettingsScreen()).run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await pilot.press("down", "down", "space")
            await settle(pilot)
            assert ascii_only() and load_settings().ascii
            assert "---" in screen_text(pilot.app)
    finally:
        use_ascii(False)
