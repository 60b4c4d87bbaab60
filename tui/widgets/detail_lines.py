"""A few lines below a list about the row under the cursor, a rule above them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.text import Text
from textual.widget import Widget

from tui.cells import cut_start, fit, width
from tui.ink import ink
from tui.symbols import sign
from tui.wrap import wrap


class Detail(NamedTuple):
    """One piece of text, behind a ``lead`` that names it. ``long`` says what becomes of it when it
    does not fit: its end is cut, its start is cut (paths), or it is wrapped to ``most`` lines."""

    text: str
    colour: str = "foreground"
    long: Literal["cut", "cut_start", "wrap"] = "cut"
    lead: str = ""
    most: int = 100
    spare: bool = False  # left out where there is not enough room


class DetailLines(Widget):
    """As many lines as its height gives; the last detail keeps its place."""

    DEFAULT_CSS = "DetailLines { height: 4; color: $foreground; }"

    def __init__(self, details: Sequence[Detail] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._details = list(details)

    def show(self, details: Sequence[Detail]) -> None:
        """Show other details."""
        if list(details) != self._details:
            self._details = list(details)
            self.refresh()

    def render(self) -> Text:
        cells, height = self.size.width - 4, self.size.height - 1
        lines = [line for detail in self._details for line in _lines(detail, cells)]
        if len(lines) > height:
            needed = [detail for detail in self._details if not detail.spare]
            lines = [line for detail in needed for line in _lines(detail, cells)]
        if len(lines) > height:
            lines = [*lines[: height - 1], lines[-1]]
        text = Text(no_wrap=True).append(sign("line") * self.size.width, ink(self, "ash"))
        for lead, line, colour in lines:
            text.append(f"\n  {lead}", ink(self, "ash")).append(line, ink(self, colour))
        return text


def _lines(detail: Detail, cells: int) -> list[tuple[str, str, str]]:
    """Lead, text and colour of each line."""
    hang = width(detail.lead)
    cells -= hang
    if detail.long == "wrap":
        lines = wrap(detail.text, cells)
        if len(lines) > detail.most:
            rest = " ".join(lines[detail.most - 1 :])
            lines = [*lines[: detail.most - 1], fit(rest, cells)]
    elif detail.long == "cut_start":
        lines = [cut_start(detail.text, cells)]
    else:
        lines = [fit(detail.text, cells).rstrip()]
    leads = [detail.lead, *[" " * hang] * (len(lines) - 1)]
    return [(lead, line, detail.colour) for lead, line in zip(leads, lines, strict=True)]
