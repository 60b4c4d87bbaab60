"""Holding rows back for evaluation, by what they say: a row stays on its side as its file grows."""

from __future__ import annotations

from collections.abc import Sequence

_SPACE = 2**64


def split_of(keys: Sequence[str], fraction: float) -> list[bool]:
    """For each row, by its content key, whether it is held back: about ``fraction`` of the rows,
    equal rows together, at least one and not all of two or more."""
    return sides_of([place_of(key) for key in keys], fraction)


def place_of(key: str) -> int:
    """Where a row stands among all there could be, by its key: 0 to 2⁶⁴ - 1."""
    return int(key[:16], 16)


def sides_of(places: Sequence[int], fraction: float) -> list[bool]:
    """:func:`split_of` by the rows' places."""
    if fraction <= 0 or len(places) < 2:
        return [False] * len(places)
    sides = [place / _SPACE < fraction for place in places]
    if not any(sides):
        lowest = min(places)
        sides = [place == lowest for place in places]
    if all(sides):
        highest = max(places)
        sides = [place != highest for place in places]
    if not any(sides):  # all rows alike
        sides[-1] = True
    return sides
