"""How often each length occurs, as columns of eighths of a cell."""

from __future__ import annotations

import math
from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from engine.units import human_count
from tui.cells import width
from tui.symbols import ascii_only, sign

_WIDEST = 5  # cells of one column: rows of few lengths are no wall
_ALIKE = 30  # cells of the axis where all rows are of one length
_EIGHTHS = " ▁▂▃▄▅▆▇█"


class Histogram(Widget):
    """Columns over an axis from the smallest to the largest value. ``mark`` is a limit: columns
    beyond it are drawn in another colour and with another sign."""

    DEFAULT_CSS = "Histogram { height: 5; color: $foreground; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._values: Sequence[int] = ()
        self._mark: int | None = None

    def show(self, values: Sequence[int], mark: int | None = None) -> None:
        """Draw other values."""
        if (values, mark) != (self._values, self._mark):
            self._values, self._mark = values, mark
            self.refresh()

    def render(self) -> Content:
        cells, rows = self.size.width, self.size.height - 2
        if not self._values or cells < 10 or rows < 1:
            return Content("")
        low, high = min(self._values), max(self._values)
        counts = bins(self._values, min(cells, max(1, high - low + 1)))
        stretch = min(_WIDEST, max(1, cells // len(counts)))
        gap = int(stretch >= 3)
        columns = [cell for n in counts for cell in [n] * (stretch - gap) + [0] * gap]
        span = max(1, high - low)
        beyond = [
            self._mark is not None and low + span * (n + 0.5) / len(columns) > self._mark
            for n in range(len(columns))
        ]
        across = len(columns)
        if low == high:  # one column, above its length
            across = min(cells, _ALIKE)
            before = (across - len(columns)) // 2
            columns, beyond = [0] * before + columns, [False] * before + beyond
        lines = [_line(columns, beyond, rows - 1 - row, rows, max(counts)) for row in range(rows)]
        rule = Content.styled(sign("line") * across, "$ash")
        return Content("\n").join([*lines, rule, _axis(low, high, across)])


def bins(values: Sequence[int], count: int) -> list[int]:
    """How many of ``values`` fall into each of ``count`` equal parts of their range."""
    low, high = min(values), max(values)
    size = (high - low + 1) / count
    found = [0] * count
    for value in values:
        found[min(count - 1, int((value - low) / size))] += 1
    return found


def _line(columns: list[int], beyond: list[bool], row: int, rows: int, top: int) -> Content:
    pieces: list[tuple[str, str]] = []
    for count, over in zip(columns, beyond, strict=True):
        eighths = count * rows * 8 / top - row * 8
        # A single row among thousands must still be seen.
        level = max(0, min(8, math.ceil(eighths) if row == 0 and count else round(eighths)))
        pieces.append((_cell(level, over), "$cinnabar" if over else "$ember"))
    return Content.assemble(*pieces)


def _cell(level: int, over: bool) -> str:
    if ascii_only():
        return " " if level == 0 else "." if level < 4 else "x" if over else "#"
    if over and level == 8:
        return sign("half")
    return _EIGHTHS[level]


def _axis(low: int, high: int, cells: int) -> Content:
    if low == high:
        return Content.styled(human_count(low).center(cells).rstrip(), "$ash")
    left, right = human_count(low), human_count(high)
    middle = human_count((low + high) // 2)
    room = cells - width(left) - width(right) - width(middle)
    if room < 4:
        return Content.styled(f"{left} … {right}", "$ash")
    half = room // 2
    return Content.styled(f"{left}{' ' * half}{middle}{' ' * (room - half)}{right}", "$ash")
