"""A widget drawn as rows of coloured pieces that repaints only the cells that changed.

Textual sends every cell of a refreshed region; over a slow line that is what costs. A LineView
compares the rows it draws with those it drew before and refreshes the changed stretch of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.cells import fit, width

Piece = tuple[str, str]
"""Text and its role: one of ROLES, or two joined by a space (``"gold bold"``)."""
Row = list[Piece]

ROLES = ("text", "ash", "ember", "gold", "jade", "cinnabar", "bold", "rule")


class LineView(Widget):
    """Subclasses give :meth:`draw`; :meth:`redraw` shows what it gives now."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"role--{name}" for name in ROLES}
    DEFAULT_CSS = """
    LineView {
        width: 1fr;
        height: 1fr;
        & > .role--text { color: $foreground; }
        & > .role--ash { color: $ash; }
        & > .role--ember { color: $ember; }
        & > .role--gold { color: $gold; }
        & > .role--jade { color: $jade; }
        & > .role--cinnabar { color: $cinnabar; }
        & > .role--bold { color: $foreground; text-style: bold; }
        & > .role--rule { color: $ash 60%; }
        &:nocolor > .role--ember { text-style: bold; }
        &:nocolor > .role--gold { text-style: bold; }
        &:nocolor > .role--cinnabar { text-style: reverse; }
        &:nocolor > .role--ash { text-style: dim; }
        &:nocolor > .role--rule { text-style: dim; }
        &:ansi > .role--rule { color: $ash; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._strips: list[Strip] = []
        self._styles_by_role: dict[str, Style] = {}
        self._drawn_size = (0, 0)

    def draw(self, width: int, height: int) -> Sequence[Row]:
        """The rows to show in ``width`` × ``height`` cells. Called in the event loop: quick."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw again and repaint the cells that changed; nothing while it is out of sight."""
        size = (self.size.width, self.size.height)
        if not self.display or size[0] <= 0 or size[1] <= 0:
            return
        before = self._strips if size == self._drawn_size else []
        self._strips = self._make_strips(*size)
        self._drawn_size = size
        if not before:
            self.refresh()
            return
        changed = [
            Region(span[0], y, span[1] - span[0], 1)
            for y, (old, new) in enumerate(zip(before, self._strips, strict=True))
            if (span := changed_span(old, new))
        ]
        if changed:
            self.refresh(*changed)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_by_role.clear()
        self._drawn_size = (0, 0)

    def on_resize(self) -> None:
        self.redraw()

    def on_show(self) -> None:
        self._drawn_size = (0, 0)
        self.redraw()

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    def render_line(self, y: int) -> Strip:
        size = (self.size.width, self.size.height)
        if size != self._drawn_size:
            self._strips = self._make_strips(*size)
            self._drawn_size = size
        return self._strips[y] if y < len(self._strips) else Strip.blank(size[0])

    def _make_strips(self, cells: int, height: int) -> list[Strip]:
        rows = list(self.draw(cells, height))[:height]
        rows += [[] for _ in range(height - len(rows))]
        return [self._strip(row, cells) for row in rows]

    def _strip(self, row: Row, cells: int) -> Strip:
        segments = [Segment(text, self._style(role)) for text, role in row if text]
        return Strip(segments).adjust_cell_length(cells, self._style("text"))

    def _style(self, role: str) -> Style:
        style = self._styles_by_role.get(role)
        if style is None:
            colour, _, weight = role.partition(" ")
            style = self.get_component_rich_style(f"role--{colour}")
            if weight:
                style += Style(bold=True)
            self._styles_by_role[role] = style
        return style


def changed_span(old: Strip, new: Strip) -> tuple[int, int] | None:
    """First and last+1 cell in which two strips of one length differ; None when they are alike."""
    if old == new:
        return None
    before, after = _cells(old), _cells(new)
    if len(before) != len(after):
        return 0, new.cell_length
    differing = [x for x, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    return (differing[0], differing[-1] + 1) if differing else None


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    cells: list[tuple[str, Style | None]] = []
    for text, style, _ in strip:
        for character in text:
            cells.append((character, style))
            # The second half of a wide character: never equal to a cell of its own.
            cells += [(f"{character}+", style)] * (width(character) - 1)
    return cells


def row_width(row: Row) -> int:
    """Its width in cells."""
    return sum(width(text) for text, _ in row)


def clip(row: Row, cells: int) -> Row:
    """``row`` cut, with an ellipsis, to at most ``cells``."""
    if row_width(row) <= cells:
        return row
    kept: Row = []
    room = cells
    for text, role in row:
        if width(text) > room or (width(text) == room and len(kept) < len(row) - 1):
            return [*kept, (fit(text + "  ", room), role)] if room > 0 else kept
        kept.append((text, role))
        room -= width(text)
    return kept


def spread(left: Row, right: Row, cells: int) -> Row:
    """``left`` and ``right`` at the two ends of a line; the left gives way when both do not fit."""
    room = cells - row_width(right)
    if not right:
        return clip(left, cells)
    if room < 4:
        return clip(left, cells)
    shown = clip(left, room - 1)
    return [*shown, (" " * (room - row_width(shown)), "text"), *right]
