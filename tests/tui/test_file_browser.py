"""Finding a file by typing where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.app import DanluApp
from tui.screens.browse import BrowseScreen
from tui.widgets.file_browser import PathInput, _meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/data/rows", "/data/rows"),
        ("/data//tmp/mine/rows.json", "/tmp/mine/rows.json"),
        ("/data/~/rows.json", "~/rows.json"),
        ("/data//home//tmp/", "/tmp/"),
        ("~/rows", "~/rows"),
    ],
)
def test_a_whole_path_pasted_behind_the_folder_stands_for_itself(typed: str, meant: str) -> None:
    assert _meant(typed) == meant


async def test_a_pasted_path_is_listed_and_chosen(tmp_path: Path, danlu_home: Path) -> None:
    rows = tmp_path / "rows.json"
    rows.write_text("[]")
    chosen: list[Path | None] = []
    app = DanluApp()
    async with app.run_test() as pilot:
        await app.push_screen(BrowseScreen(tmp_path.parent, "", "data"), chosen.append)
        line = app.screen.query_one(PathInput)
        line.insert_text_at_cursor(str(rows))
        await pilot.pause()
        assert line.value == str(rows)
        await pilot.press("enter")
        await pilot.pause()
    assert chosen == [rows.resolve()]
