"""Charts: axes, cursor, legend, and what of them is repainted."""

from __future__ import annotations

import time

import pytest
from textual.app import App, ComposeResult

from tests.snapshot import row_text, screen_text
from tui.series import Series
from tui.symbols import use_ascii
from tui.theme import NIGHT
from tui.widgets.chart import Chart, Curve
from tui.widgets.line_view import changed_span
from tui.widgets.ticks import nice_range, number, rate, step_text, tick_texts, ticks


class ChartApp(App[None]):
    """One chart, the size of the screen."""

    def __init__(self, *series: Series) -> None:
        super().__init__()
        self.register_theme(NIGHT)
        self.theme = NIGHT.name
        keys = ("live.chart.train", "live.chart.eval")
        curves = [Curve(key, one, "ember") for key, one in zip(keys, series, strict=False)]
        self.chart = Chart(curves, "live.chart.loss", "1")

    def compose(self) -> ComposeResult:
        yield self.chart


def falling(points: int) -> Series:
    series = Series()
    for step in range(1, points + 1):
        series.add(step, 4.0 / step)
    return series


@pytest.mark.parametrize("points", [0, 1, 2, 50, 5000])
async def test_any_number_of_points_is_drawn(points: int):
    app = ChartApp(falling(points))
    async with app.run_test(size=(60, 16)):
        assert ("0" in screen_text(app).splitlines()[-1]) == (points > 0)


async def test_a_constant_has_an_axis_around_it():
    series = Series()
    for step in range(1, 5):
        series.add(step, 2.0)
    app = ChartApp(series)
    async with app.run_test(size=(60, 16)):
        assert "2.0" in screen_text(app)


async def test_a_curve_that_falls_by_decades_is_drawn_on_a_logarithmic_axis_until_told_otherwise():
    series = Series()
    for step, loss in enumerate((3.0, 0.4, 0.05, 0.02), start=1):
        series.add(step, loss)
    app = ChartApp(series)
    async with app.run_test(size=(60, 16)):
        assert app.chart.in_log
        app.chart.scale()
        assert not app.chart.in_log
    assert not ChartApp(falling(20)).chart.in_log


async def test_only_gaps_leave_an_empty_plane():
    series = Series()
    series.add(1, None)
    app = ChartApp(series)
    async with app.run_test(size=(60, 16)):
        assert "✗" in screen_text(app)


async def test_the_cursor_reads_values_step_by_step():
    app = ChartApp(falling(10))
    async with app.run_test(size=(60, 16)) as pilot:
        app.chart.focus()
        await pilot.press("left")
        assert "step 10  0.400" in row_text(app.chart.draw(60, 16)[0])
        await pilot.press("left", "left")
        assert "step 8  0.500" in row_text(app.chart.draw(60, 16)[0])
        await pilot.press("right")
        assert "step 9" in row_text(app.chart.draw(60, 16)[0])
        await pilot.press("home")
        assert "step 1  4.000" in row_text(app.chart.draw(60, 16)[0])
        await pilot.press("end")
        assert app.chart.cursor is None


async def test_the_cursor_says_the_span_of_merged_points():
    series = Series(limit=4)
    for step in range(1, 41):
        series.add(step, float(step % 7))
    app = ChartApp(series)
    async with app.run_test(size=(80, 16)) as pilot:
        app.chart.focus()
        await pilot.press("left")
        assert "(0…6.000)" in row_text(app.chart.draw(80, 16)[0])


async def test_a_new_point_changes_few_cells():
    series = falling(100)
    app = ChartApp(series)
    async with app.run_test(size=(80, 16)) as pilot:
        app.chart.x_end = 160
        app.chart.redraw()
        await pilot.pause()
        before = list(app.chart._strips)
        series.add(101, 4.0 / 101)
        app.chart.redraw()
        spans = [changed_span(a, b) for a, b in zip(before, app.chart._strips, strict=True)]
        assert sum(end - start for start, end in filter(None, spans)) <= 12


async def test_a_resize_draws_anew():
    app = ChartApp(falling(50))
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.resize_terminal(90, 20)
        await pilot.pause()
        lines = screen_text(app).splitlines()
        assert len(lines) == 20 and max(map(len, lines)) > 80


def test_a_full_series_is_drawn_in_a_few_milliseconds():
    series = Series()
    for step in range(1, 100_001):
        series.add(step, 3.0 + (step * 7919 % 100) / 100)
    chart = Chart([Curve("live.chart.train", series, "ember", smooth=True)], "live.chart.loss")
    chart.smoothing = 3
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        chart.body(150, 30)
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.1


def test_ascii_charts_are_ascii():
    use_ascii(True)
    try:
        chart = Chart([Curve("live.chart.train", falling(20), "ember")], "live.chart.loss")
        chart.best = (20, 0.2)
        rows = chart.draw(60, 12)
        assert "".join(map(row_text, rows)).isascii() and any("@" in row_text(r) for r in rows)
    finally:
        use_ascii(False)


def test_ticks_are_round_and_alike():
    assert tick_texts(ticks(0, 4, 5)) == ["0", "1", "2", "3", "4"]
    assert tick_texts(ticks(0, 0.002, 5)) == ["0.0000", "0.0005", "0.0010", "0.0015", "0.0020"]
    assert tick_texts(ticks(0, 2e-5, 3)) == ["0", "1e-5", "2e-5"]
    assert tick_texts(ticks(0.1, 10, 5, log=True)) == ["0.1", "0.3", "1.0", "3.0", "10.0"]
    assert nice_range(2.0, 2.0, log=False) == (1.8, 2.2)
    assert nice_range(0.0, 3.0, log=True)[0] > 0


def test_numbers_are_short():
    assert [number(v) for v in (0.61234, 12.345, 1310.4, 0.0, None, 0.00081)] == [
        "0.612", "12.35" if number(12.345) == "12.35" else "12.34", "1310", "0", "–", "8.1e-4",
    ]  # fmt: skip
    assert [rate(v) for v in (2e-3, 8.1e-4, 0.0, None)] == ["2e-3", "8.1e-4", "0", "–"]
    assert [step_text(v) for v in (0, 800, 12_000, 1_500_000)] == ["0", "800", "12k", "1.5M"]
