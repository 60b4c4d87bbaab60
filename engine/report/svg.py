"""Line charts as SVG text: readable on light and dark pages, without fonts or scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from engine.report.curves import Points, thinned
from engine.report.ticks import number_text, ticks

WIDTH, HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 40, 40
_GREY = "#8a8a8a"
_FONT = "system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"


@dataclass(frozen=True)
class Line:
    """One curve. ``faint`` is drawn thin and pale, ``dots`` marks every point."""

    label: str
    points: Points
    colour: str
    faint: bool = False
    dots: bool = False


def chart(
    title: str, x_label: str, lines: Sequence[Line], marks: Sequence[tuple[float, str]] = ()
) -> str:
    """An SVG document with ``lines`` over one axis of steps; those without points are left out.
    ``marks`` are steps at which something is to be told."""
    drawn = [line for line in lines if line.points]
    frame = _Frame.around(drawn)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
        f' height="{HEIGHT}" role="img" font-family="{escape(_FONT)}" font-size="12">',
        f"<title>{escape(title)}</title>",
        *_axes(frame, x_label),
        *[part for step, said in marks for part in _mark(frame, step, said)],
        *[part for line in drawn for part in _curve(line, frame)],
        *_legend(drawn),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


@dataclass(frozen=True)
class _Frame:
    """The ticks of both axes, and where a point falls between their ends."""

    x_ticks: list[float]
    y_ticks: list[float]

    @classmethod
    def around(cls, lines: Sequence[Line]) -> _Frame:
        points = [point for line in lines for point in line.points] or [(0.0, 0.0)]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        low = 0.0 if 0 <= min(ys) < max(ys) / 2 else min(ys)
        return cls(ticks(min(0, *xs), max(xs), 6), ticks(low, max(ys)))

    def x(self, value: float) -> float:
        share = (value - self.x_ticks[0]) / (self.x_ticks[-1] - self.x_ticks[0])
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        share = (value - self.y_ticks[0]) / (self.y_ticks[-1] - self.y_ticks[0])
        return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)


def _axes(frame: _Frame, x_label: str) -> list[str]:
    parts = []
    for value in frame.y_ticks:
        y = frame.y(value)
        parts.append(
            f'<line x1="{_LEFT}" y1="{y}" x2="{WIDTH - _RIGHT}" y2="{y}" stroke="{_GREY}"'
            f' stroke-opacity="0.3"/>'
        )
        parts.append(_text(_LEFT - 8, y + 4, number_text(value), "end"))
    for value in frame.x_ticks:
        parts.append(_text(frame.x(value), HEIGHT - _BOTTOM + 18, number_text(value), "middle"))
    parts.append(_text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 6, x_label, "middle"))
    return parts


def _mark(frame: _Frame, step: float, said: str) -> list[str]:
    x = frame.x(step)
    return [
        f'<line x1="{x}" y1="{_TOP}" x2="{x}" y2="{HEIGHT - _BOTTOM}" stroke="{_GREY}"'
        f' stroke-dasharray="4 3"/>',
        _text(x + 4, _TOP + 12, said, "start"),
    ]


def _curve(line: Line, frame: _Frame) -> list[str]:
    points = [(frame.x(x), frame.y(y)) for x, y in thinned(line.points)]
    path = " ".join(f"{x},{y}" for x, y in points)
    look = 'stroke-width="1" stroke-opacity="0.45"' if line.faint else 'stroke-width="2"'
    parts = [
        f'<polyline points="{path}" fill="none" stroke="{line.colour}" {look}'
        ' stroke-linejoin="round"/>'
    ]
    if line.dots or len(points) == 1:
        parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{line.colour}"/>' for x, y in points]
    return parts


def _legend(lines: Sequence[Line]) -> list[str]:
    parts, x = [], float(_LEFT)
    for line in lines:
        opacity = ' stroke-opacity="0.45"' if line.faint else ""
        parts.append(
            f'<line x1="{x}" y1="20" x2="{x + 20}" y2="20" stroke="{line.colour}"'
            f' stroke-width="3"{opacity}/>'
        )
        parts.append(_text(x + 26, 24, line.label, "start"))
        x += 26 + 26 + sum(12 if ord(char) > 0x2E7F else 7 for char in line.label)
    return parts


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" fill="{_GREY}" text-anchor="{anchor}">{escape(text)}</text>'
