"""A curve in a few cells: one bar a cell."""

from __future__ import annotations

from collections.abc import Sequence

from tui.symbols import ascii_only

_BARS = "▁▂▃▄▅▆▇█"
_ASCII = "_.,-=+*#"


def spark(values: Sequence[float], cells: int, share: float = 1.0) -> str:
    """``values`` as ``cells`` bars; only the first ``share`` of them are drawn, the rest is left
    blank, on the same scale: how far something had come."""
    if not values or cells <= 0:
        return " " * max(0, cells)
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
