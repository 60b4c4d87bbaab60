"""The rows of a verification on screen: their columns, their parts, one in full."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from rich.text import Text
from textual.widget import Widget

from engine import words
from tui.cells import fit, width
from tui.ink import ink
from tui.screens.overlay import OverlayScreen
from tui.widgets.prose import Prose

if TYPE_CHECKING:
    from engine.chat.verify_report import VerifiedRow


def columns(cells: int) -> tuple[int, int, int]:
    """How many cells question, base and tuned have beside the verdict."""
    room = cells - 2 - 13 - 3
    question = room * 3 // 10
    base = (room - question) // 2
    return question, base, room - question - base


def parts(row: VerifiedRow, golden: bool) -> list[tuple[str, str, str]]:
    """Name, text and colour of all that belongs to a row; the names equally wide;
    ``golden`` says whose answer is expected."""
    parts = (
        ("question", row.question, "foreground"),
        ("golden" if golden else "expected", row.expected, "jade"),
        ("tuned", row.tuned, "foreground"),
        ("base", row.base, "ash"),
    )
    names = [words.t(f"verify.{name}") for name, _, _ in parts]
    widest = max(width(name) for name in names)
    return [
        (fit(name, widest + 2), said, colour)
        for name, (_, said, colour) in zip(names, parts, strict=True)
    ]


class RowScreen(OverlayScreen[None]):
    """One row in full: the question, the expected answer, both given ones."""

    AUTO_FOCUS = ".panel"

    def __init__(self, row: VerifiedRow, golden: bool) -> None:
        super().__init__()
        self._row = row
        self._golden = golden

    def work(self) -> list[Widget]:
        return [
            Prose(lead, said, style=ink(self, colour))
            for lead, said, colour in parts(self._row, self._golden)
        ]


def likeness(row: VerifiedRow) -> float:
    """How alike answer and expectation are, from 0 to 1 (an upper bound, quickly told)."""
    return difflib.SequenceMatcher(None, row.expected, row.tuned, autojunk=False).quick_ratio()


class Columns(Widget):
    """The names of the columns."""

    def render(self) -> Text:
        cells = columns(self.size.width)
        names = ("question", "base", "tuned")
        line = "  " + "".join(
            fit(words.t(f"verify.{name}"), room) + " "
            for name, room in zip(names, cells, strict=True)
        )
        return Text(line, ink(self, "ash"), no_wrap=True)
