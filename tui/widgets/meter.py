"""A bar that shows how full something is."""

from __future__ import annotations

from tui.symbols import sign
from tui.widgets.line_view import Row


def meter(fraction: float | None, cells: int, role: str = "ember") -> Row:
    """``fraction`` (0…1) of ``cells`` filled, to half a cell; all empty when unknown."""
    if cells <= 0:
        return []
    part = min(1.0, max(0.0, fraction or 0.0))
    full, half = divmod(round(part * cells * 2), 2)
    filled = sign("thick") * full + sign("thick_half") * half
    return [(filled, role), (sign("thin") * (cells - len(filled)), "rule")]
