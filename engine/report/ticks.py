"""Round numbers for an axis, and how they are written."""

from __future__ import annotations

import math


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers from at or below ``low`` to at or above ``high``, about ``wanted`` of them."""
    if not high > low:
        high = low + (abs(low) or 1.0)
    step = _round_step((high - low) / max(1, wanted))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    enough = (nice * power for nice in (1, 2, 2.5, 5) if nice * power >= step * 0.999)
    return next(enough, 10 * power)


def number_text(value: float) -> str:
    """``value`` as short as it can be: ``0.25``, ``1200``, ``2e-05``."""
    if value == 0 or abs(value) < 1e-15:
        return "0"
    if abs(value) < 9.9e-5 or abs(value) >= 1e6:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    return f"{value:.4g}"
