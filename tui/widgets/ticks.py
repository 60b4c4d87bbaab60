"""Numbers for the axes of a chart: round, few, and written alike."""

from __future__ import annotations

import math
from itertools import pairwise


def nice_step(span: float, count: int) -> float:
    """The round step (1, 2, 2.5 or 5 times a power of ten) that cuts ``span`` in some ``count``."""
    if span <= 0 or not math.isfinite(span):
        return 1.0
    rough = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)


def nice_range(low: float, high: float, log: bool) -> tuple[float, float]:
    """A little more than ``low`` … ``high``, on round numbers, so that an axis seldom moves."""
    if log:
        low = low if low > 0 else min(high, 1.0) * 1e-3 if high > 0 else 1e-3
        high = max(high, low)
        return _round_log(low * 0.98, math.floor), _round_log(high * 1.02, math.ceil)
    if high <= low:
        half = abs(low) * 0.1 or 1.0
        return low - half, high + half
    step = nice_step(high - low, 6)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def _round_log(value: float, towards: object) -> float:
    """The next of 1, 2, 5 times a power of ten, below or above."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = [m * power for m in (1, 2, 5, 10)]
    if towards is math.floor:
        return max(s for s in steps if s <= value * 1.0001)
    return min(s for s in steps if s >= value * 0.9999)


def ticks(low: float, high: float, count: int, log: bool = False) -> list[float]:
    """At most about ``count`` round numbers from ``low`` to ``high``, rising."""
    if log and low > 0:
        return _log_ticks(low, high, count)
    step = nice_step(high - low, count)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float, count: int) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for multiples in ((1, 2, 5), (1, 3), (1,)):
        found = [m * 10.0**d for d in decades for m in multiples]
        inside = [value for value in found if low * 0.9999 <= value <= high * 1.0001]
        if len(inside) <= count:
            return inside or [low, high]
    return inside[:: math.ceil(len(inside) / max(1, count))]


def number(value: float | None) -> str:
    """A measured value in two to four digits: ``0.612``, ``12.4``, ``8.1e-4``, ``–``."""
    if value is None or not math.isfinite(value):
        return "–"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 0.01 or size >= 1e5:
        return rate(value)
    decimals = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 10 else 3
    return f"{value:.{decimals}f}"


def rate(value: float | None) -> str:
    """A learning rate as people write it: ``8.1e-4``, ``2e-5``, ``–``."""
    if value is None or not math.isfinite(value):
        return "–"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}" if value else "0"


def tick_texts(values: list[float]) -> list[str]:
    """The texts of an axis, all with as many decimals as the finest needs."""
    shown = [abs(value) for value in values if value]
    if not shown:
        return ["0" for _ in values]
    gaps = [b - a for a, b in pairwise(values) if b > a]
    finest = min(*gaps, *shown) if gaps else min(shown)
    decimals = next((d for d in range(6) if math.isclose(round(finest, d), finest)), 6)
    if decimals > 4 or max(shown) >= 1e5:
        return [_scientific(value) for value in values]
    return [f"{value:.{decimals}f}" for value in values]


def _scientific(value: float) -> str:
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def step_text(step: float) -> str:
    """A step number short enough for an axis: ``800``, ``12k``, ``1.5M``."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if step >= size * 10 or (step >= size and unit == "M"):
            return f"{step / size:.3g}{unit}"
    return f"{step:.4g}"
