"""Curves as text: points in, rows of braille (or ASCII) out. Pure functions, no screen.

A braille cell is 2 dots wide and 4 high. Every line is drawn as vertical spans, one a dot column:
from the lowest to the highest value that falls into it, joined to its neighbour.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Stroke = Literal["solid", "dashed", "dots"]
NOTHING, GAP = -1, -2

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_ASCII_MARKS: dict[Stroke, str] = {"solid": "*", "dashed": "+", "dots": "."}


class Point(NamedTuple):
    """One x with the span of values there; ``low`` None is a gap (NaN, infinite, missing)."""

    x: float
    low: float | None
    high: float | None
    last: float | None


@dataclass(frozen=True)
class Line:
    """One curve: points by rising x, and how it is stroked. Later lines are drawn over earlier."""

    points: Sequence[Point]
    stroke: Stroke = "solid"


@dataclass(frozen=True)
class Frame:
    """The plane a plot shows. ``log`` spaces y by powers of ten; what is not positive lies on the
    lower edge then."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    log: bool = False

    def column(self, x: float, columns: int) -> int:
        """The dot column of ``x`` among ``columns``."""
        span = self.x_high - self.x_low
        place = (x - self.x_low) / span if span > 0 else 0.5
        return min(columns - 1, max(0, round(place * (columns - 1))))

    def row(self, value: float, rows: int) -> int:
        """The dot row of ``value`` among ``rows``, 0 on top."""
        low, high, at = self.y_low, self.y_high, value
        if self.log:
            low, high = math.log10(low), math.log10(high)
            at = math.log10(value) if value > 0 else low
        place = (at - low) / (high - low) if high > low else 0.5
        return min(rows - 1, max(0, rows - 1 - round(place * (rows - 1))))


@dataclass
class Plot:
    """Rows of text, and for each cell the index of the line that colours it (or NOTHING, GAP)."""

    rows: list[str] = field(default_factory=list)
    owners: list[list[int]] = field(default_factory=list)


def _dots(ascii_only: bool) -> tuple[int, int]:
    """Dots across and down in one cell."""
    return (1, 1) if ascii_only else (2, 4)


def cell_of(
    frame: Frame, x: float, value: float, width: int, height: int, ascii_only: bool
) -> tuple[int, int]:
    """The cell, column and row, in which :func:`plot` draws a point."""
    across, down = _dots(ascii_only)
    column, row = frame.column(x, width * across), frame.row(value, height * down)
    return column // across, row // down


def plot(lines: Sequence[Line], width: int, height: int, frame: Frame, ascii_only: bool) -> Plot:
    """``lines`` drawn into ``width`` × ``height`` cells."""
    across, down = _dots(ascii_only)
    grid = [[0] * width for _ in range(height)]
    marks = [[" "] * width for _ in range(height)]
    owners = [[NOTHING] * width for _ in range(height)]
    gaps: set[int] = set()
    for index, line in enumerate(lines):
        spans, holes = dot_spans(line, width * across, height * down, frame)
        gaps |= {column // across for column in holes}
        for column, (top, bottom) in spans.items():
            for row in range(top, bottom + 1):
                if not _inked(line.stroke, column, row, ascii_only):
                    continue
                y, x = row // down, column // across
                grid[y][x] |= _DOTS[row % 4][column % 2]
                marks[y][x] = _ASCII_MARKS[line.stroke]
                owners[y][x] = index
    if not ascii_only:
        marks = [[chr(0x2800 + dots) if dots else " " for dots in row] for row in grid]
    for x in gaps:
        marks[height - 1][x] = "x" if ascii_only else "✗"
        owners[height - 1][x] = GAP
    return Plot(["".join(row) for row in marks], owners)


def _inked(stroke: Stroke, column: int, row: int, ascii_only: bool) -> bool:
    if stroke == "dashed" and not ascii_only:
        return (column + row) % 4 < 2
    if stroke == "dots" and not ascii_only:
        return (column + row) % 2 == 0
    return True


def dot_spans(
    line: Line, columns: int, rows: int, frame: Frame
) -> tuple[dict[int, tuple[int, int]], set[int]]:
    """For each dot column the top and bottom dot row that the line covers, and the columns where it
    has a gap."""
    spans: dict[int, tuple[int, int]] = {}
    holes: set[int] = set()
    before: tuple[int, int] | None = None  # column and row the pen is at; None after a gap
    for column, stretch in _by_column(line.points, columns, frame):
        if stretch is None:
            holes.add(column)
            before = None
            continue
        first, low, high, last = stretch
        if before is not None:
            _join(spans, before, (column, frame.row(first, rows)))
        _cover(spans, column, frame.row(high, rows), frame.row(low, rows))
        before = (column, frame.row(last, rows))
    return spans, holes


def _by_column(
    points: Sequence[Point], columns: int, frame: Frame
) -> Iterator[tuple[int, tuple[float, float, float, float] | None]]:
    """Neighbouring points of one dot column as one: first, lowest, highest and last value, or None
    for a gap. A long curve has many points a column; this is the loop that must be quick."""
    x_low, x_high = frame.x_low, frame.x_high
    scale = (columns - 1) / (x_high - x_low) if x_high > x_low else 0.0
    at, first, low, high, last = -1, 0.0, 0.0, 0.0, 0.0
    for x, lowest, highest, newest in points:
        if x < x_low or x > x_high:
            continue
        column = round((x - x_low) * scale)
        if at >= 0 and (column != at or lowest is None):
            yield at, (first, low, high, last)
            at = -1
        if lowest is None or highest is None or newest is None:
            yield column, None
        elif at < 0:
            at, first, low, high, last = column, newest, lowest, highest, newest
        else:
            last = newest
            low = lowest if lowest < low else low
            high = highest if highest > high else high
    if at >= 0:
        yield at, (first, low, high, last)


def _join(spans: dict[int, tuple[int, int]], start: tuple[int, int], end: tuple[int, int]) -> None:
    """Cover the straight way between two dots."""
    across = end[0] - start[0]
    if across <= 0:
        _cover(spans, end[0], min(start[1], end[1]), max(start[1], end[1]))
        return
    height = start[1]
    for step in range(1, across + 1):
        here = start[1] + round((end[1] - start[1]) * step / across)
        # One dot short of the last height, so that a slope is a stair and not a thick bar.
        near = height + (1 if here > height else -1 if here < height else 0)
        _cover(spans, start[0] + step, min(near, here), max(near, here))
        height = here


def _cover(spans: dict[int, tuple[int, int]], column: int, top: int, bottom: int) -> None:
    old = spans.get(column)
    spans[column] = (min(old[0], top), max(old[1], bottom)) if old else (top, bottom)
