"""Notes at the edge of the screen."""

from __future__ import annotations

import pytest

from tests.snapshot import screen_text
from tui.app import DanluApp

_SAID = "这里要在文件里改：rows.json:206 (第 18 条) /conversations/1/value。改完按 r 重新检查[bold]"


@pytest.mark.parametrize("cells", [80, 200])
async def test_a_note_is_read_whole_and_its_brackets_are_no_markup(cells: int) -> None:
    app = DanluApp()
    async with app.run_test(size=(cells, 24), notifications=True) as pilot:
        await pilot.pause()
        app.notify(_SAID)
        await pilot.pause()
        lines = [line.partition("▌ ")[2] for line in screen_text(app).splitlines() if "▌" in line]
        assert "".join("".join(lines).split()) == "".join(_SAID.split())
        assert not any(line.startswith("。") for line in lines)
