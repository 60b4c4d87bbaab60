"""Rows that say nearly the same: one-permutation MinHash over runs of eight characters.

A row becomes ``BINS`` numbers of two bytes: its runs are hashed, the hashes dealt into bins by
their top bits, and the least of each bin kept. The share of bins in which two rows agree is, within
a few percent, the share of runs they have in common. Rows that agree in a whole band of bins are
compared; so no row is compared with every other, and memory is 256 bytes a row for at most ``MOST``
rows.

Own code instead of datasketch (a millisecond a row, all bands in Python dicts: 2 KB a row) or rensa
(quick, but a compiled wheel more to have on every machine, and its index is held in memory whole).
Imports numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from engine.data.duplicates import Place

BINS = 128
MOST = 200_000  # rows compared; the rest is said to be left out
ALIKE = 0.85
_RUN = 8  # characters hashed together
_BAND = 8  # bins in a band: found at 0.85 with 99 %, at 0.5 with 6 %
_SHORTEST = 64  # characters; shorter rows are alike by chance
_LONGEST = 20_000  # characters looked at: enough to know a row by
_EMPTY = np.uint64(2**64 - 1)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.array([pow(0x100000001B3, n, 2**64) for n in range(_RUN)], dtype=np.uint64)
_EDGES = (np.arange(BINS, dtype=np.uint64) << np.uint64(57)).astype(np.uint64)


class Alike(NamedTuple):
    """Two rows by the numbers they were added with; ``share`` of their runs is the same."""

    row: int
    first: int
    share: float


class Sketches:
    """The sketches of many rows, in the order they were added."""

    def __init__(self) -> None:
        self._table = np.empty((1024, BINS), dtype=np.uint16)
        self.places: list[Place] = []
        self._keys: set[int] = set()
        self.left_out = 0
        self.most = MOST

    def __len__(self) -> int:
        return len(self.places)

    def add(self, text: str, place: Place, key: str) -> int | None:
        """The number of the row; None when it is too short to compare, one too many, or equal (by
        its hexadecimal ``key``) to one before it."""
        short = int(key[:16], 16)
        if len(text) < _SHORTEST or short in self._keys:
            return None
        if len(self) >= self.most:
            self.left_out += 1
            return None
        if len(self) == len(self._table):
            grown = np.empty((2 * len(self._table), BINS), dtype=np.uint16)
            grown[: len(self)] = self._table
            self._table = grown
        self._keys.add(short)
        self._table[len(self)] = sketch(text)
        self.places.append(place)
        return len(self) - 1

    def alike(self) -> Iterator[Alike]:
        """Each row that is much like one before it, once, with the first such row."""
        if not self.places:
            return
        table = self._table[: len(self)]
        firsts: dict[int, Alike] = {}
        for start in range(0, BINS, _BAND):
            for group in _equal(table[:, start : start + _BAND]):
                for found in _compared(table, group):
                    known = firsts.get(found.row)
                    if known is None or found.first < known.first:
                        firsts[found.row] = found
        yield from (firsts[row] for row in sorted(firsts))


def sketch(text: str) -> np.ndarray:
    """The least hashes of a text, ``BINS`` of 16 bits each; white space and case do not count."""
    plain = "".join(text[:_LONGEST].split()).casefold()
    encoded = plain.encode("utf-32-le", "surrogatepass")
    signs = np.frombuffer(encoded, dtype=np.uint32).astype(np.uint64)
    if len(signs) < _RUN:
        signs = np.pad(signs, (0, _RUN - len(signs)))
    count = len(signs) - _RUN + 1
    hashes = np.zeros(count, dtype=np.uint64)
    for offset in range(_RUN):
        hashes += signs[offset : offset + count] * _POWERS[offset]
    hashes ^= hashes >> np.uint64(29)
    hashes *= _MIX
    hashes ^= hashes >> np.uint64(32)
    hashes *= _MIX
    hashes.sort()
    return _dense(hashes)


def _dense(hashes: np.ndarray) -> np.ndarray:
    """The first hash of each bin; an empty bin takes that of the next one that is not."""
    at = np.searchsorted(hashes, _EDGES)
    least = hashes[np.minimum(at, len(hashes) - 1)]
    bins = np.arange(BINS, dtype=np.uint64)
    # Past an empty bin the search lands in the next full one; past the end it starts over.
    least = np.where(at == len(hashes), hashes[0], least)
    own = (least >> np.uint64(57)) == bins
    mixed = np.where(own, least, (least + bins) * _MIX)
    return (mixed >> np.uint64(20)).astype(np.uint16)


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
