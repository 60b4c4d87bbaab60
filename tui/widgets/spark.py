"""A curve in a few cells: one bar a cell."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tui.symbols import ascii_only

_BARS = "▁▂▃▄▅▆▇█"
_ASCII = "_.,-=+*#"
_DECADE = 10


def spark(values: Sequence[float], cells: int, share: float = 1.0) -> str:
    """``values`` as ``cells`` bars; only the first ``share`` of them are drawn, the rest is left
    blank, on the same scale: how far something had come. What spans more than a power of ten is
    spaced by powers of ten, or all of its end would lie on the ground."""
    if not values or cells <= 0:
        return " " * max(0, cells)
    values = _logs(values)
    low, high = min(values), max(values)
    bars = _ASCII if ascii_only() else _BARS
    text, count = "", len(values)
    for cell in range(max(1, round(cells * min(1.0, share)))):
        start = cell * count // cells
        stretch = values[start : max(start + 1, (cell + 1) * count // cells)]
        value = sum(stretch) / len(stretch)
        level = (value - low) / (high - low) if high > low else 0.0
        text += bars[round(level * (len(bars) - 1))]
    return text.ljust(cells)


def _logs(values: Sequence[float]) -> Sequence[float]:
    low = min(values)
    wide = low > 0 and max(values) > _DECADE * low
    return [math.log10(value) for value in values] if wide else values
