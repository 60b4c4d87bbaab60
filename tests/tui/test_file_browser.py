"""Finding a file by typing where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.app import DanluApp
from tui.screens.browse import BrowseScreen
from tui.widgets.file_browser import PathInput, _meant, listing


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


def test_checkpoints_are_listed_newest_first_and_called_what_they_are(tmp_path: Path) -> None:
    for name, file in (
        ("checkpoint-100", "adapter_config.json"),
        ("checkpoint-50", "config.json"),
        ("a-model", "config.json"),
        ("a-folder", "notes.txt"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("{}")
    _, *found = listing(tmp_path, "", "trained")
    assert [(entry.path.name, entry.kind) for entry in found] == [
        ("checkpoint-100", "adapter_folder"),
        ("checkpoint-50", "model_folder"),
        ("a-model", "model_folder"),
        ("a-folder", ""),
    ]
