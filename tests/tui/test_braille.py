"""Curves as text."""

from __future__ import annotations

from tui.widgets.braille import GAP, NOTHING, Frame, Line, Point, Stroke, dot_spans, plot

FRAME = Frame(0, 10, 0, 10)


def line(*values: float | None, stroke: Stroke = "solid") -> Line:
    """Points at x = 0, 1, 2…"""
    return Line([Point(x, v, v, v) for x, v in enumerate(values)], stroke)


def test_nothing_to_draw_is_blank():
    assert plot([line()], 4, 2, FRAME, False).rows == ["    ", "    "]


def test_one_point_is_one_dot():
    drawn = plot([line(0)], 5, 2, FRAME, False)
    assert "".join(drawn.rows).strip() == "⡀" and drawn.owners[1][0] == 0


def test_two_points_are_joined():
    points = [Point(0, 0, 0, 0), Point(10, 10, 10, 10)]
    drawn = plot([Line(points)], 4, 2, FRAME, False)
    assert drawn.rows == ["  ⡠⠊", "⡠⠊  "]


def test_a_constant_is_a_level_line():
    drawn = plot([line(*[5.0] * 11)], 6, 1, Frame(0, 10, 4, 6), False)
    assert len(set(drawn.rows[0])) == 1


def test_a_spike_within_a_column_is_drawn_in_full():
    spans, _ = dot_spans(Line([Point(5, 0, 10, 1)]), 11, 8, FRAME)
    assert spans == {5: (0, 7)}


def test_a_gap_breaks_the_line_and_is_marked():
    whole = plot([line(*[5.0] * 11)], 11, 3, FRAME, True)
    broken = plot([line(*[5.0] * 4, None, None, None, *[5.0] * 4)], 11, 3, FRAME, True)
    assert "*" * 11 in whole.rows[1]
    assert broken.rows[1] == "****   ****" and broken.rows[2] == "    xxx    "
    assert broken.owners[2][5] == GAP and broken.owners[0][0] == NOTHING


def test_lines_differ_without_colour():
    solid = plot([line(*[5.0] * 11)], 6, 1, FRAME, False).rows
    dashed = plot([line(*[5.0] * 11, stroke="dashed")], 6, 1, FRAME, False).rows
    dots = plot([line(*[5.0] * 11, stroke="dots")], 6, 1, FRAME, False).rows
    assert len({*solid, *dashed, *dots}) == 3
    ascii_rows = [
        plot([line(*[5.0] * 11, stroke=stroke)], 6, 1, FRAME, True).rows[0].strip()[0]
        for stroke in ("solid", "dashed", "dots")
    ]
    assert ascii_rows == ["*", "+", "."]


def test_ascii_is_ascii():
    drawn = plot([line(1, 5, None, 9), line(9, 2, 1, stroke="dashed")], 20, 6, FRAME, True)
    assert "".join(drawn.rows).isascii()


def test_a_logarithmic_axis_spaces_by_powers_and_takes_zero():
    frame = Frame(0, 10, 0.01, 100, log=True)
    assert [frame.row(value, 5) for value in (100, 10, 1, 0.1, 0.01)] == [0, 1, 2, 3, 4]
    assert frame.row(0.0, 5) == 4 and frame.row(-3.0, 5) == 4


def test_points_outside_are_left_out():
    spans, _ = dot_spans(Line([Point(-1, 1, 1, 1), Point(11, 1, 1, 1)]), 10, 4, FRAME)
    assert spans == {}
