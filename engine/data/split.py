"""Holding rows back for evaluation, by what they ask: a row stays on its side as its file grows.

Rows that ask the same (:func:`engine.data.prompt_key.prompt_key`) are together on one side, so that
nothing that is asked of the model for its score was answered for it in training.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from engine.data.prompt_key import prompt_key

if TYPE_CHECKING:
    from engine.data.example import Example

_SPACE = 2**64


class Places:
    """Where rows stand among all there could be, by what they ask and by all they say: sixteen
    bytes a row."""

    def __init__(self) -> None:
        self._asked, self._said = array("Q"), array("Q")

    def __len__(self) -> int:
        return len(self._asked)

    def add(self, row: Example) -> None:
        said = _place(row.key)
        asked = prompt_key(row)
        self._said.append(said)
        self._asked.append(said if asked is None else _place(asked))

    def sides(self, fraction: float) -> list[bool]:
        """For each row whether it is held back: about ``fraction`` of them, at least one and not
        all of two or more."""
        alike = all(place == self._asked[0] for place in self._asked)
        # Of rows that all ask the same, nothing but the answers can part some.
        return sides_of(self._said if alike else self._asked, fraction)


def held_back(rows: Iterable[Example], fraction: float) -> list[bool]:
    """For each row whether it is held back, as :meth:`Places.sides` says."""
    places = Places()
    for row in rows:
        places.add(row)
    return places.sides(fraction)


def sides_of(places: Sequence[int], fraction: float) -> list[bool]:
    """Which of the places (0 to 2⁶⁴ - 1) are held back; equal ones are together."""
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


def _place(key: str) -> int:
    return int(key[:16], 16)
