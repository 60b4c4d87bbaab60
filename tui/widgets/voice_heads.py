"""The lines above a conversation: who answers, how fast, and what each holds in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.text import Text
from textual.widget import Widget

from tui.cells import cut_start, fit, width
from tui.ink import ink
from tui.symbols import sign
from tui.widgets.transcript import column_widths


class Head(NamedTuple):
    """One voice: its title, its pace and memory, its title where there is little room."""

    title: str
    facts: str = ""
    short: str = ""


class VoiceHeads(Widget):
    """Titles over the columns with their facts below; where voices are stacked, the titles as tabs
    and the facts of the current one."""

    DEFAULT_CSS = "VoiceHeads { height: 2; }"

    def __init__(self) -> None:
        super().__init__()
        self._heads: Sequence[Head] = ()
        self._current = 0
        self._columns = True

    def show(self, heads: Sequence[Head], current: int, columns: bool) -> None:
        """Show these voices, the one numbered ``current`` marked."""
        if (heads, current, columns) != (self._heads, self._current, self._columns):
            self._heads, self._current, self._columns = heads, current, columns
            self.refresh()

    def render(self) -> Text:
        if not self._heads:
            return Text("")
        return self._as_columns() if self._columns else self._as_tabs()

    def _as_columns(self) -> Text:
        text = Text(no_wrap=True)
        cells = column_widths(self.size.width - 1, len(self._heads))
        for field in ("title", "facts"):
            for index, (head, room) in enumerate(zip(self._heads, cells, strict=True)):
                text.append(f" {sign('bar')} " if index else "", ink(self, "ash"))
                if field == "facts":
                    text.append(fit(head.facts, room), ink(self, "ash"))
                else:
                    text.append_text(self._title(index, head.title, room))
            text.append("\n" if field == "title" else "")
        return text

    def _title(self, index: int, title: str, room: int) -> Text:
        current = index == self._current and len(self._heads) > 1
        mark = f"{sign('now')} " if current else ""
        style = ink(self, "ember" if current or len(self._heads) == 1 else "foreground", bold=True)
        if width(mark + title) > room:  # a checkpoint's number stands last
            lead, dot, name = title.rpartition(f" {sign('dot')} ")
            mark += lead + dot
            title = cut_start(name, room - width(mark))
        return Text(fit(mark + title, room), style)

    def _as_tabs(self) -> Text:
        text = Text(no_wrap=True)
        room = (self.size.width - 1) // len(self._heads)
        for index, head in enumerate(self._heads):
            title = cut_start(head.short, room - 4)
            text.append_text(self._title(index, title, width(title) + 2)).append("  ")
        return text.append("\n").append(self._heads[self._current].facts, ink(self, "ash"))
