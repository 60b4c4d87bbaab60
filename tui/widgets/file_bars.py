"""The files that are on their way, one line each, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from engine.job import Part
from engine.units import human_bytes
from tui.cells import fit, right
from tui.symbols import sign

_BAR, _COUNTS = 12, 22  # cells


class FileBars(Widget):
    """Nothing is drawn, and no room taken, while nothing is under way."""

    DEFAULT_CSS = "FileBars { height: auto; max-height: 6; color: $foreground; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: Sequence[Part] = ()

    def show(self, parts: Sequence[Part]) -> None:
        """Draw other parts, or the same ones further on."""
        if parts != self._parts:
            taller = len(parts) != len(self._parts)
            self._parts = parts
            self.refresh(layout=taller)

    def render(self) -> Content:
        cells = self.size.width
        return Content("\n").join(_line(part, cells) for part in self._parts)


def _line(part: Part, cells: int) -> Content:
    full = min(_BAR, int(_BAR * part.done / part.total)) if part.total else 0
    counts = f"{human_bytes(part.done)} / {human_bytes(part.total)}"
    return Content.assemble(
        f"{fit(part.name, max(8, cells - _BAR - _COUNTS - 2))}  ",
        (sign("full") * full, "$ember"),
        (sign("empty") * (_BAR - full), "$ash"),
        (right(counts, _COUNTS), "$ash"),
    )
