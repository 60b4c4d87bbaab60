"""A chart of curves over steps: axes, legend, cursor, best point; log scale, smoothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from engine import words
from tui.cells import right, width
from tui.series import Bucket, Series
from tui.symbols import ascii_only, sign
from tui.widgets import ticks
from tui.widgets.braille import GAP, NOTHING, Frame, Line, Plot, Point, Stroke, cell_of, plot
from tui.widgets.line_view import Row
from tui.widgets.pane import Pane

_WIDE = 100.0  # highest over lowest: a curve that far down is a flat line otherwise
SMOOTHINGS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98)


@dataclass(frozen=True)
class Curve:
    """One series and how it looks. ``name_key`` is its word key; ``smooth`` whether smoothing
    applies to it."""

    name_key: str
    series: Series
    role: str
    stroke: Stroke = "solid"
    smooth: bool = False
    name: str = ""  # in place of the word key: what a person named

    @property
    def title(self) -> str:
        return self.name or words.t(self.name_key)


class Chart(Pane):
    """Shows ``curves``. ``empty`` draws the body while there is nothing to show; ``x_end`` is the
    last step of the plan, ``best`` the point to mark, ``from_zero`` keeps 0 in sight."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", "keys.live_cursor", id="chart.left", key_display="←→"),
        Binding("right", "move(1)", "keys.live_cursor", id="chart.right", show=False),
        Binding("home", "move(-9999)", "keys.live_cursor", id="chart.home", show=False),
        Binding("end", "leave_cursor", "keys.live_cursor_off", id="chart.end", show=False),
    ]

    class CursorMoved(Message):
        """The cursor now stands at another step, or nowhere."""

    def __init__(
        self,
        curves: Sequence[Curve],
        title_key: str,
        number: str = "",
        *,
        from_zero: bool = False,
        empty: Callable[[int, int], Sequence[Row]] | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(number, id=id)
        self.curves = curves
        self.title_key = title_key
        self.logarithmic: bool | None = None  # None: where the curves go down far
        self.smoothing = 0
        self.x_end: float | None = None
        self.best: tuple[float, float] | None = None
        self.cursor: float | None = None
        self._empty = empty
        self._from_zero = from_zero
        self._frame: Frame | None = None
        self._plot_width = 0
        self._roles: list[str] = []

    def title(self) -> Row:
        row: Row = [(words.t(self.title_key), "bold")]
        if self.in_log:
            row.append((f" {words.t('live.chart.log')}", "ash"))
        if self.smoothing:
            smoothed = words.t("live.chart.smoothed", weight=f"{SMOOTHINGS[self.smoothing]:g}")
            row.append((f" {smoothed}", "ash"))
        return row

    def legend(self) -> Row:
        if self.cursor is not None:
            return self._values_at(self.cursor)
        if len(self.curves) == 1:
            return [(ticks.number(self.curves[0].series.last), "text")]
        row: Row = []
        for curve in self.curves:
            if not curve.series.buckets:
                continue
            gap = "  " if row else ""
            row += [(gap + curve.title, "ash"), (f" {stroke_sign(curve)} ", curve.role)]
            row.append((ticks.number(curve.series.last), "text"))
        if self.best:
            row.append((f"  {_best_mark()} {ticks.number(self.best[1])}", "gold"))
        return row

    def _values_at(self, x: float) -> Row:
        row: Row = [(words.t("live.chart.at", step=f"{x:.0f}"), "ash")]
        for curve in self.curves:
            bucket = curve.series.nearest(x)
            if bucket is None:
                continue
            name = f"  {curve.title} " if len(self.curves) > 1 else "  "
            row += [(name, "ash"), (ticks.number(bucket.last), f"{curve.role} bold")]
            if bucket.count > 1 and bucket.low != bucket.high:
                span = f" ({ticks.number(bucket.low)}…{ticks.number(bucket.high)})"
                row.append((span, "ash"))
        return row

    def body(self, width: int, height: int) -> Sequence[Row]:
        if not any(curve.series.buckets for curve in self.curves):
            self._frame = None
            return self._empty(width, height) if self._empty else []
        rows = height - 1
        if rows < 2 or width < 16:
            return []
        y_low, y_high = self._y_range()
        marks = ticks.ticks(y_low, y_high, 2 + rows // 4, self.in_log)
        labels = ticks.tick_texts(marks)
        gutter = max(5, max((len(label) for label in labels), default=0)) + 1
        self._plot_width = width - gutter - 1
        frame = self._frame = Frame(*self._x_range(), y_low, y_high, self.in_log)
        drawn = plot(self._lines(), self._plot_width, rows, frame, ascii_only())
        self._mark_best(drawn, frame)
        by_row = {
            cell_of(frame, frame.x_low, mark, self._plot_width, rows, ascii_only())[1]: label
            for mark, label in zip(marks, labels, strict=True)
        }
        shown = [
            [(right(by_row.get(y, ""), gutter - 1) + " ", "ash"), *self._cells(drawn, y, frame)]
            for y in range(rows)
        ]
        return [*shown, self._x_axis(gutter, frame)]

    def _y_range(self) -> tuple[float, float]:
        ranges = self._ranges()
        if not ranges:
            return (0.1, 1.0) if self.in_log else (0.0, 1.0)
        low, high = min(r[0] for r in ranges), max(r[1] for r in ranges)
        if self._from_zero and not self.in_log:
            low = min(0.0, low)
        return ticks.nice_range(low, high, self.in_log)

    def _ranges(self) -> list[tuple[float, float]]:
        return [found for c in self.curves if (found := c.series.range())]

    @property
    def in_log(self) -> bool:
        """Whether the y axis is logarithmic: as the person wants it, else as the curves need it."""
        if self.logarithmic is not None:
            return self.logarithmic
        ranges = self._ranges()
        low, high = min((r[0] for r in ranges), default=0), max((r[1] for r in ranges), default=0)
        return not self._from_zero and low > 0 and high >= low * _WIDE

    def scale(self) -> None:
        """The other y axis: logarithmic or linear."""
        self.logarithmic = not self.in_log
        self.redraw()

    def _x_range(self) -> tuple[float, float]:
        """From 0 to the plan's end, or to a round number well past the newest point while that is
        early: so that the axis moves seldom and the curve fills the chart."""
        newest = max((c.series.last_x or 0 for c in self.curves), default=0)
        reach = ticks.nice_range(0, max(newest * 1.25, 10), log=False)[1]
        end = self.x_end if self.x_end and reach > self.x_end * 0.7 else reach
        return 0.0, max(end, newest, 1.0)

    def _lines(self) -> list[Line]:
        weight = SMOOTHINGS[self.smoothing]
        lines = []
        for curve in self.curves:
            raw = [Point(b.end, b.low, b.high, b.last) for b in curve.series.buckets]
            if weight and curve.smooth:
                smooth = [Point(x, y, y, y) for x, y in curve.series.smoothed(weight)]
                lines.append((curve, Line(raw, "dots"), Line(smooth, curve.stroke)))
            else:
                lines.append((curve, None, Line(raw, curve.stroke)))
        behind = [(curve, "ash", ghost) for curve, ghost, _ in lines if ghost]
        front = [(curve, curve.role, line) for curve, _, line in lines]
        self._roles = [role for _, role, _ in behind + front]
        return [line for _, _, line in behind + front]

    def _mark_best(self, drawn: Plot, frame: Frame) -> None:
        if not self.best or not frame.x_low <= self.best[0] <= frame.x_high:
            return
        rows, cells = len(drawn.rows), self._plot_width
        x, y = cell_of(frame, *self.best, cells, rows, ascii_only())
        drawn.rows[y] = drawn.rows[y][:x] + _best_mark() + drawn.rows[y][x + 1 :]
        drawn.owners[y][x] = len(self._roles)
        self._roles.append("gold bold")

    def _cells(self, drawn: Plot, y: int, frame: Frame) -> Row:
        """One row of the plot as pieces, neighbours of one colour together, the cursor in it."""
        text, owners = drawn.rows[y], drawn.owners[y]
        cursor = None if self.cursor is None else frame.column(self.cursor, self._plot_width)
        row: Row = []
        for x, (character, owner) in enumerate(zip(text, owners, strict=True)):
            role = "cinnabar" if owner == GAP else "ash"
            if owner >= 0:
                role = self._roles[owner]
            if x == cursor and owner == NOTHING:
                character = sign("bar")
            if row and row[-1][1] == role:
                row[-1] = (row[-1][0] + character, role)
            else:
                row.append((character, role))
        return row

    def _x_axis(self, gutter: int, frame: Frame) -> Row:
        """Step numbers under their columns, as many as stand apart."""
        cells = self._plot_width
        line = [" "] * (gutter + cells + 1)
        marks = ticks.ticks(frame.x_low, frame.x_high, max(2, cells // 10))
        if self.x_end and frame.x_high == self.x_end:
            marks = [m for m in marks if m < self.x_end * 0.93] + [self.x_end]
        free = 0
        for mark in marks:
            label = ticks.step_text(mark)
            start = gutter + frame.column(mark, cells) - (len(label) - 1) // 2
            start = max(gutter, min(start, len(line) - len(label)))
            if start < free or width(label) > cells:
                continue
            line[start : start + len(label)] = label
            free = start + len(label) + 2
        return [("".join(line), "ash")]

    def action_move(self, cells: int) -> None:
        """Move the cursor by cells; from nowhere it starts at the newest point."""
        newest = max((c.series.last_x or 0 for c in self.curves), default=0)
        if self._frame is None:
            return
        frame, span = self._frame, self._frame.x_high - self._frame.x_low
        if self.cursor is None:
            wanted = newest
        else:
            column = frame.column(self.cursor, self._plot_width) + cells
            wanted = frame.x_low + max(0, column) * span / max(1, self._plot_width - 1)
        bucket = self.curves[0].series.nearest(min(wanted, newest))
        if bucket is None:
            return
        if self.cursor is not None and bucket.end == self.cursor and abs(cells) == 1:
            bucket = self._neighbour(cells) or bucket
        self.cursor = bucket.end
        self.redraw()
        self.post_message(self.CursorMoved())

    def _neighbour(self, direction: int) -> Bucket | None:
        """The next point on one side: where points stand further apart than cells."""
        buckets = self.curves[0].series.buckets
        at = next((i for i, b in enumerate(buckets) if b.end == self.cursor), None)
        if at is None or not 0 <= at + direction < len(buckets):
            return None
        return buckets[at + direction]

    def action_leave_cursor(self) -> None:
        """No cursor any more."""
        self.cursor = None
        self.redraw()
        self.post_message(self.CursorMoved())

    def smooth_by(self, change: int) -> None:
        """One level more or less of smoothing."""
        self.smoothing = min(len(SMOOTHINGS) - 1, max(0, self.smoothing + change))
        self.redraw()


def _best_mark() -> str:
    return "@" if ascii_only() else sign("best")  # the ASCII star is the training line


def stroke_sign(curve: Curve) -> str:
    """How its line is drawn, in two or three cells."""
    if ascii_only():
        return {"solid": "***", "dashed": "+ +", "dots": "..."}[curve.stroke]
    return {"solid": "⠤⠤", "dashed": "⠄⠄", "dots": "⡠⠊"}[curve.stroke]
