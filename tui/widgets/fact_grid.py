"""Names and values in columns that line up, as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.cells import fit, width
from tui.wrap import wrap

_COLUMN = 36


@dataclass(frozen=True)
class Fact:
    """``style`` is that of the value; a ``wide`` one takes a line of its own and wraps."""

    name: str
    value: str
    style: str = ""
    wide: bool = False


class FactGrid(Widget):
    """A title over names and values."""

    DEFAULT_CSS = "FactGrid { height: auto; color: $foreground; }"

    def __init__(self, id: str | None = None, columns: int | None = None) -> None:
        super().__init__(id=id)
        self._title = Content("")
        self._facts: Sequence[Fact] = ()
        self._columns = columns

    def show(self, title: str | Content, facts: Sequence[Fact]) -> None:
        """Show other facts."""
        self._title = Content(title) if isinstance(title, str) else title
        self._facts = facts
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, cells: int) -> list[Content]:
        lines = [self._title.truncate(cells, ellipsis=True)] if self._title.plain else []
        columns = self._columns or max(1, cells // _COLUMN)
        label = max((width(fact.name) for fact in self._facts), default=0) + 2
        row: list[Fact] = []
        for fact in [*self._facts, None]:
            if row and (fact is None or fact.wide or len(row) == columns):
                lines.append(_row(row, label, cells // columns))
                row = []
            if fact is None:
                break
            if fact.wide:
                lines += _wide(fact, label, cells)
            else:
                row.append(fact)
        return lines


def _row(facts: Sequence[Fact], label: int, column: int) -> Content:
    parts: list[tuple[str, str]] = []
    for fact in facts:
        parts.append((fit(fact.name, label), "$ash"))
        parts.append((fit(fact.value, max(1, column - label)), fact.style))
    return Content.assemble(*parts)


def _wide(fact: Fact, label: int, cells: int) -> list[Content]:
    return [
        Content.assemble((fit(fact.name if n == 0 else "", label), "$ash"), (line, fact.style))
        for n, line in enumerate(wrap(fact.value, max(8, cells - label)))
    ]
