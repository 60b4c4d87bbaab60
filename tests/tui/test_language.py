"""The other language, wherever one is."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.screen import Screen

from engine import words
from tui.app import DanluApp
from tui.screens.evaluate import EvaluateScreen
from tui.screens.export import ExportScreen
from tui.screens.jobs import JobsScreen
from tui.widgets.row_list import RowList


async def test_a_change_of_language_leaves_every_cursor_of_the_open_screens_where_it_was(
    danlu_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    words.use_language("en")
    app = DanluApp()
    screens: list[Screen[None]] = [
        JobsScreen(),
        ExportScreen("embedded"),
        EvaluateScreen("embedded"),
    ]
    async with app.run_test(size=(80, 24)) as pilot:
        for screen in screens:
            await app.push_screen(screen)
            await pilot.press("down")
        before = [screen.query_one(RowList).cursor for screen in screens]
        await pilot.press("f2")
        await pilot.pause()
        assert words.language() == "zh"
        assert [screen.query_one(RowList).cursor for screen in screens] == before
        assert isinstance(app.focused, RowList)
