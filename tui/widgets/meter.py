"""A bar that shows how full something is."""

from __future__ import annotations

from tui.symbols import ascii_only, sign
from tui.widgets.line_view import Row

_EIGHTHS = " ▏▎▍▌▋▊▉"


def meter(fraction: float | None, cells: int, role: str = "ember") -> Row:
    """``fraction`` (0…1) of ``cells`` filled, to an eighth of a cell; all empty when unknown."""
    if cells <= 0:
        return []
    part = min(1.0, max(0.0, fraction or 0.0))
    eighths = round(part * cells * 8)
    full, rest = divmod(eighths, 8)
    tip = "" if ascii_only() or not rest else _EIGHTHS[rest]
    filled = sign("full") * full + tip
    return [(filled, role), (sign("empty") * (cells - len(filled)), "rule")]
