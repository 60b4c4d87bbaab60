"""The names of a list's columns, above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.widget import Widget

from engine import words
from tui.cells import fit, right
from tui.ink import ink


class RowTitles(Widget):
    """The names of the columns: ``names`` are word keys, ``columns`` their cells, ``figure`` stands
    at the right in ``room`` cells."""

    DEFAULT_CSS = "RowTitles { height: 1; }"

    def __init__(
        self, names: Sequence[str], columns: Callable[[int], Sequence[int]], figure: str, room: int
    ) -> None:
        super().__init__()
        self._names, self._columns = names, columns
        self._figure, self._room = figure, room

    def render(self) -> Text:
        rooms = self._columns(self.size.width)
        line = "  " + "".join(
            fit(words.t(name), room) + " " for name, room in zip(self._names, rooms, strict=True)
        )
        figure = right(fit(self._figure, self._room).rstrip(), self._room)
        return Text(line + figure, ink(self, "ash"))
