"""Rows that say the same as a row before them, in whatever file."""

from __future__ import annotations

from typing import NamedTuple

_DIGITS = 24  # 96 bits of a row's key: two of 10⁹ rows that differ meet once in 10¹¹ runs
_PLACE = 40  # bits for the row; the file's number stands above them


class Place(NamedTuple):
    """Where a row stands."""

    file: str
    line: int
    row: int


class Seen:
    """Every row met so far, in about 110 bytes each, so that a million fit in little memory."""

    def __init__(self) -> None:
        self._files: list[str] = []
        self._numbers: dict[str, int] = {}
        self._rows: dict[int, int] = {}
        self._lines: dict[int, int] = {}

    def first(self, key: str, place: Place) -> Place | None:
        """Where the row of this key (hexadecimal) stood first; None when it is new."""
        number = self._numbers.setdefault(place.file, len(self._numbers))
        if number == len(self._files):
            self._files.append(place.file)
        packed = number << _PLACE | place.row
        before = self._rows.setdefault(int(key[:_DIGITS], 16), packed)
        if before == packed:
            if place.line != place.row:
                self._lines[packed] = place.line
            return None
        row = before & ((1 << _PLACE) - 1)
        return Place(self._files[before >> _PLACE], self._lines.get(before, row), row)
