"""Holding rows back for evaluation, by what they say: a row stays on its side as its file grows."""

from __future__ import annotations

from collections.abc import Sequence

_SPACE = 2**64


def split_of(keys: Sequence[str], fraction: float) -> list[bool]:
    """For each row, by its content key, whether it is held back: about ``fraction`` of the rows,
    equal rows together, at least one and not all of two or more."""
    if fraction <= 0 or len(keys) < 2:
        return [False] * len(keys)
    places = [int(key[:16], 16) / _SPACE for key in keys]
    sides = [place < fraction for place in places]
    if not any(sides):
        lowest = min(places)
        sides = [place == lowest for place in places]
    if all(sides):
        highest = max(places)
        sides = [place != highest for place in places]
    if not any(sides):  # all rows alike
        sides[-1] = True
    return sides
