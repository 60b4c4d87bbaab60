"""Two runs, checkpoints, exports or averages side by side: their curves in one chart, losses,
scores, settings."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from engine import words
from engine.report.curves import Points
from engine.runs.compare import Comparison, compare
from engine.runs.places import short_target
from engine.runs.side import Side
from tui.cells import fit, width
from tui.compare_rows import Pair, fact_rows, setting_rows, settings_remark
from tui.ink import ink
from tui.screens.finding import FindingScreen
from tui.series import Series
from tui.symbols import sign
from tui.widgets.chart import Chart, Curve, stroke_sign
from tui.widgets.row_list import RowList

_EMPTY = Pair("", "", "")


class CompareScreen(FindingScreen):
    """``one`` and ``two`` are what :func:`engine.runs.compare.compare` understands; their journals
    are read in a thread."""

    title_key = "compare.title"
    AUTO_FOCUS = "RowList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "eval", "keys.compare_eval", id="compare.eval"),
        Binding("g", "scale", "keys.live_scale", id="compare.scale"),
        Binding("equals_sign", "smooth(1)", "keys.live_smooth", id="compare.smooth"),
        Binding("minus", "smooth(-1)", "keys.live_smooth", id="compare.rough", show=False),
    ]
    DEFAULT_CSS = """
    CompareScreen Chart { height: 45%; min-height: 8; }
    """

    def __init__(self, one: str, two: str) -> None:
        super().__init__()
        self._targets = (one, two)
        self._found: Comparison | None = None
        self._eval = False
        self._chart = Chart([], self._title())

    def work(self) -> list[Widget]:
        curves, before = self._curves(), self._chart
        chart = self._chart = Chart(curves, self._title())
        chart.display = bool(curves) or self._found is None
        chart.logarithmic, chart.smoothing = before.logarithmic, before.smoothing
        chart.x_end = max((curve.series.last_x or 0 for curve in curves), default=0) or None
        rows = _Facts(self._draw, self._rows(), selectable=lambda row: bool(row.name))
        return [chart, Vertical(rows)]

    def head_right(self) -> str:
        a, b = (short_target(target) for target in self._targets)
        return f"{a}  {sign('bar')}  {b}   {words.language().upper()}"

    def on_mount(self) -> None:
        self.find(lambda: compare(*self._targets), self._compared, self.leave_with)

    async def _compared(self, found: Comparison) -> None:
        self._found = found
        await self.retranslate()

    async def action_eval(self) -> None:
        self._eval = not self._eval
        await self.retranslate()

    def action_scale(self) -> None:
        self._chart.scale()

    def action_smooth(self, change: int) -> None:
        self._chart.smooth_by(change)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "eval":
            found = self._found
            return found is not None and bool(found.a.eval_curve or found.b.eval_curve)
        if action in ("scale", "smooth"):
            return bool(self._chart.curves)
        return True

    def _title(self) -> str:
        return "compare.chart_eval" if self._eval else "compare.chart"

    def _curves(self) -> list[Curve]:
        if self._found is None:
            return []
        a, b = self._found.a, self._found.b
        one = Curve("", _series(self._points(a)), "ember", "solid", True, a.label)
        two = Curve("", _series(self._points(b)), "jade", "dashed", True, b.label)
        return [curve for curve, side in ((one, a), (two, b)) if side.run is not None]

    def _points(self, side: Side) -> Points:
        points = side.eval_curve if self._eval else side.loss_curve
        return [point for point in points if point[0] <= (side.step or 0)]

    def _rows(self) -> list[Pair]:
        if self._found is None:
            return [Pair(words.t("compare.reading"), "", "")]
        a, b = self._found.a.label, self._found.b.label
        rows = [Pair("", a, b), *fact_rows(self._found)]
        settings = setting_rows(self._found, labels=True)
        if not settings:
            return [*rows, _EMPTY, Pair(settings_remark(self._found), "", "")]
        return [*rows, Pair("", words.t("compare.differing"), ""), *settings]

    def _draw(self, row: Pair, cells: int, selected: bool) -> Text:
        lead = sign("next") if selected else " "
        text = Text().append(f" {lead} ", ink(self, "ember", bold=True))
        if not row.a and not row.b:
            return text.append(row.name, ink(self, "ash"))
        if not row.name and not row.b:
            return Text(f"   {row.a}", ink(self, "ash", bold=True))
        name = self._name_cells(cells - 4)
        each = (cells - 4 - name) // 2
        text.append(fit(row.name, name), ink(self, "ash")).append(" ")
        for value, which, role in ((row.a, "a", "ember"), (row.b, "b", "jade")):
            if not row.name:  # whose column it is, and which curve is theirs
                strokes = [stroke_sign(curve) for curve in self._chart.curves if curve.role == role]
                text.append(
                    fit(" ".join([*strokes, value]), each - 1), ink(self, role, bold=True)
                ).append(" ")
                continue
            better = row.better == which
            text.append(f"{sign('yes')} " if better else "  ", ink(self, role, bold=True))
            text.append(fit(value, each - 2), ink(self, "foreground", bold=better))
        return text

    def _name_cells(self, room: int) -> int:
        """Of ``room``, what the names get: what they need, as far as the values leave it."""
        rows = [row for row in self.query_one(RowList).rows if row.a and row.b]
        widest = max((width(value) + 4 for row in rows for value in (row.a, row.b)), default=0)
        longest = max((width(row.name) for row in rows), default=0)
        return max(18, min(longest, room - 2 * min(widest, room // 3)))


class _Facts(RowList):
    """Nothing is to be chosen in it."""

    def on_mount(self) -> None:
        super().on_mount()
        self._bindings.key_to_bindings.pop("g", None)  # here it is the chart's

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "choose"


def _series(points: Points) -> Series:
    series = Series()
    for step, value in points:
        series.add(step, value)
    return series
