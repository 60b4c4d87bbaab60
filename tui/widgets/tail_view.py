"""A pane over a growing list: it follows the end only while it stands there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from engine import words
from tui.widgets.line_view import Row
from tui.widgets.pane import Pane


class TailView(Pane):
    """Subclasses give the entries by number; each may take several rows.

    ``held`` is the number behind the last entry shown, None while it follows the end.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "keys.live_scroll", id="tail.up", key_display="↑↓"),
        Binding("down,j", "scroll_by(1)", "keys.live_scroll", id="tail.down", show=False),
        Binding("pageup", "page(-1)", "keys.live_scroll", id="tail.page_up", show=False),
        Binding("pagedown", "page(1)", "keys.live_scroll", id="tail.page_down", show=False),
        Binding("home", "to_start", "keys.live_scroll_ends", id="tail.home", show=False),
        Binding("end,G", "to_end", "keys.live_scroll_ends", id="tail.end", show=False),
    ]

    def __init__(self, number: str = "", *, id: str | None = None) -> None:
        super().__init__(number, id=id)
        self.held: int | None = None
        self._shown = 1

    def numbers(self) -> Sequence[int]:
        """The numbers of the entries there are, rising; a number stays with its entry."""
        raise NotImplementedError

    def entry_rows(self, number: int, width: int) -> list[Row]:
        """One entry, at least one row."""
        raise NotImplementedError

    def nothing(self, width: int) -> list[Row]:
        """What stands there while there is no entry."""
        return []

    def legend(self) -> Row:
        if self.held is None:
            return []
        new = sum(1 for number in self.numbers() if number >= self.held)
        return [(words.t("live.tail.paused", count=new), "gold")]

    def body(self, width: int, height: int) -> Sequence[Row]:
        numbers = self.numbers()
        if not numbers:
            return self.nothing(width)
        rows: list[Row] = []
        shown = 0
        for number in reversed(numbers):
            if self.held is not None and number >= self.held:
                continue
            rows = self.entry_rows(number, width) + rows
            shown += 1
            if len(rows) >= height:
                break
        self._shown = max(1, shown)
        if self.held is not None and len(rows) < height:
            return self._from_start(numbers, width, height)
        return rows[-height:]

    def _from_start(self, numbers: Sequence[int], width: int, height: int) -> list[Row]:
        """The first screenful: the start of the list has been reached."""
        rows: list[Row] = []
        for number in numbers:
            rows += self.entry_rows(number, width)
            if len(rows) >= height:
                break
        return rows[:height]

    def action_scroll_by(self, entries: int) -> None:
        numbers = self.numbers()
        if not numbers:
            return
        behind = len(numbers)
        if self.held is not None:
            behind = sum(1 for number in numbers if number < self.held)
        behind = max(min(self._shown, len(numbers)), behind + entries)
        self.held = None if behind >= len(numbers) else numbers[behind]
        self.redraw()

    def action_page(self, direction: int) -> None:
        self.action_scroll_by(direction * max(1, self._shown - 1))

    def action_to_start(self) -> None:
        self.action_scroll_by(-len(self.numbers()))

    def action_to_end(self) -> None:
        self.held = None
        self.redraw()
