"""Screens as plain text, held against the files in ``snapshots/``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from textual.app import App

from tui.widgets.line_view import Row

_FOLDER = Path(__file__).parent.parent / "snapshots"


def screen_text(app: App[Any]) -> str:
    """What the terminal shows now, line by line, trailing spaces cut."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(s.text for s in strip).rstrip() for strip in lines) + "\n"


def row_text(row: Row) -> str:
    """A row of a widget without its colours."""
    return "".join(text for text, _ in row)


def assert_snapshot(app: App[Any], name: str) -> None:
    """Hold the screen against ``snapshots/<name>.txt``; ``DANLU_UPDATE_SNAPSHOTS=1`` accepts it."""
    path = _FOLDER / f"{name}.txt"
    received = screen_text(app)
    if os.environ.get("DANLU_UPDATE_SNAPSHOTS") == "1":
        path.write_text(received, encoding="utf-8")
        return
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    if received != expected:
        seen = path.with_suffix(".received.txt")
        seen.write_text(received, encoding="utf-8")
    assert received == expected, f"{name} changed; see snapshots/{name}.received.txt"
