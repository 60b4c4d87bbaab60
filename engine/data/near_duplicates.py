"""Rows that say nearly the same, by their sketches (:mod:`engine.data.sketches`).

Rows that agree in a whole band of bins are compared; so no row is compared with every other, and
memory is 256 bytes a row for at most ``MOST`` rows.

Own code instead of datasketch (a millisecond a row, all bands in Python dicts: 2 KB a row) or rensa
(quick, but a compiled wheel more to have on every machine, and its index is held in memory whole).
Imports numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from engine.data.duplicates import Place
from engine.data.sketches import BINS, LONGEST, sketches

MOST = 200_000  # rows compared; the rest is said to be left out
ALIKE = 0.85
_BAND = 8  # bins in a band: found at 0.85 with 99 %, at 0.5 with 6 %
_SHORTEST = 64  # characters; shorter rows are alike by chance
_TOGETHER = 1 << 18  # characters that wait to be sketched
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Alike(NamedTuple):
    """Two rows by the numbers they were added with; ``share`` of their runs is the same."""

    row: int
    first: int
    share: float


class Sketches:
    """The sketches of many rows, in the order they were added."""

    def __init__(self) -> None:
        self._table = np.empty((1024, BINS), dtype=np.uint16)
        self._waiting: list[str | bytes] = []
        self._characters = 0  # of those waiting
        self.places: list[Place] = []
        self._keys: set[bytes] = set()
        self.left_out = 0
        self.most = MOST

    def __len__(self) -> int:
        return len(self.places)

    @property
    def full(self) -> bool:
        """Whether no more rows are compared."""
        return len(self) >= self.most

    def add(self, text: str | bytes, place: Place, key: bytes) -> int | None:
        """The number of the row that says ``text`` (``bytes`` are ASCII); None when it is too short
        to compare, one too many, or equal (by the first 8 bytes of its key) to one before it."""
        short = key[:8]
        if len(text) < _SHORTEST or short in self._keys:
            return None
        if self.full:
            self.left_out += 1
            return None
        self._keys.add(short)
        self.places.append(place)
        self._waiting.append(text[:LONGEST])
        self._characters += len(text)
        if self._characters >= _TOGETHER:
            self._sketch()
        return len(self) - 1

    def _sketch(self) -> None:
        """Sketch the rows that wait for it."""
        start = len(self) - len(self._waiting)
        if len(self) > len(self._table):
            grown = np.empty((max(2 * len(self._table), len(self)), BINS), dtype=np.uint16)
            grown[:start] = self._table[:start]
            self._table = grown
        if self._waiting:
            self._table[start : len(self)] = sketches(self._waiting)
        self._waiting, self._characters = [], 0

    def alike(self) -> Iterator[Alike]:
        """Each row that is much like one before it, once, with the first such row."""
        if not self.places:
            return
        self._sketch()
        table = self._table[: len(self)]
        firsts: dict[int, Alike] = {}
        for start in range(0, BINS, _BAND):
            for group in _equal(table[:, start : start + _BAND]):
                for found in _compared(table, group):
                    known = firsts.get(found.row)
                    if known is None or found.first < known.first:
                        firsts[found.row] = found
        yield from (firsts[row] for row in sorted(firsts))


def _equal(band: np.ndarray) -> Iterator[np.ndarray]:
    """Groups of rows whose bands are equal, each in order."""
    keys = np.ascontiguousarray(band).view(np.uint64).reshape(len(band), -1)
    joined = keys[:, 0].copy()
    for column in range(1, keys.shape[1]):
        joined = (joined ^ (joined >> np.uint64(31))) * _MIX + keys[:, column]
    order = np.argsort(joined, kind="stable")
    ordered = joined[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(ordered)]
    for which in np.flatnonzero(ends - starts > 1):
        yield order[starts[which] : ends[which]]


def _compared(table: np.ndarray, group: np.ndarray) -> Iterator[Alike]:
    """The rows of a group that are much like its first."""
    shares = (table[group[1:]] == table[group[0]]).mean(axis=1)
    for row, share in zip(group[1:], shares, strict=True):
        if share >= ALIKE:
            yield Alike(int(row), int(group[0]), float(share))
