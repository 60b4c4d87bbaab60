"""Rows that say the same as a row before them, in whatever file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

_PLACE = 40  # bits for the row; the file's number stands above them
_RECENT = 4096  # rows held one by one before they are sorted in among the others


class Place(NamedTuple):
    """Where a row stands."""

    file: str
    line: int
    row: int


class Seen:
    """Every row met so far, by its digest: 32 bytes each, so that ten million fit in memory."""

    def __init__(self) -> None:
        self._files: list[str] = []
        self._recent: dict[bytes, tuple[int, int]] = {}
        self._sorted: list[_Sorted] = []  # each at most half as long as the one before it

    def first(self, digest: bytes, place: Place) -> Place | None:
        """Where the row of this digest (16 bytes) stood first; None when it is new."""
        before = self._recent.get(digest)
        if before is None and self._sorted:
            before = next((p for s in self._sorted if (p := s.find(digest))), None)
        if before is not None:
            return self._place(before)
        self._recent[digest] = self._packed(place.file, place.row), place.line
        if len(self._recent) >= _RECENT:
            self._sort_in_recent()
        return None

    def run(self, digests: bytes, file: str, line: int, row: int) -> Iterator[tuple[int, Place]]:
        """Add rows that stand on lines and rows one after another from ``line`` and ``row`` on;
        for each that is not new its number in the run, from 0, and where its like stood first."""
        count = len(digests) // 16
        if count < 64:
            for number in range(count):
                digest = digests[number * 16 : number * 16 + 16]
                first = self.first(digest, Place(file, line + number, row + number))
                if first is not None:
                    yield number, first
            return
        self._sort_in_recent()
        made = _Sorted.of_run(digests, self._packed(file, row), line)
        known = made.repeats()
        for older in self._sorted:
            known.update(made.known_by(older))
        yield from ((number, self._place(known[number])) for number in sorted(known))
        self._add(made.without(known))

    def _packed(self, file: str, row: int) -> int:
        if not self._files or self._files[-1] != file:
            if file in self._files:
                return self._files.index(file) << _PLACE | row
            self._files.append(file)
        return (len(self._files) - 1) << _PLACE | row

    def _place(self, before: tuple[int, int]) -> Place:
        packed, line = before
        return Place(self._files[packed >> _PLACE], line, packed & ((1 << _PLACE) - 1))

    def _sort_in_recent(self) -> None:
        if self._recent:
            self._add(_Sorted.of_rows(self._recent))
            self._recent = {}

    def _add(self, made: _Sorted) -> None:
        while self._sorted and len(self._sorted[-1]) < 2 * len(made):
            made = made.merged(self._sorted.pop())
        self._sorted.append(made)


class _Sorted:
    """Rows by the first half of their digest, in arrays."""

    def __init__(self, high: Any, low: Any, packed: Any, lines: Any, order: Any = None) -> None:
        self.high, self.low, self.packed, self.lines, self.order = high, low, packed, lines, order

    def __len__(self) -> int:
        return len(self.high)

    @classmethod
    def of_run(cls, digests: bytes, packed: int, line: int) -> _Sorted:
        import numpy as np

        halves = np.frombuffer(digests, dtype="<u8").reshape(-1, 2)
        order = np.argsort(halves[:, 0], kind="stable")
        return cls(halves[order, 0], halves[order, 1], order + packed, order + line, order)

    @classmethod
    def of_rows(cls, rows: dict[bytes, tuple[int, int]]) -> _Sorted:
        import numpy as np

        made = cls.of_run(b"".join(rows), 0, 0)
        places = np.array(list(rows.values()), dtype=np.int64)[made.order]
        return cls(made.high, made.low, places[:, 0], places[:, 1])

    def find(self, digest: bytes) -> tuple[int, int] | None:
        high, low = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
        at = int(self.high.searchsorted(self.high.dtype.type(high)))
        if at < len(self) and int(self.high[at]) == high and int(self.low[at]) == low:
            return int(self.packed[at]), int(self.lines[at])
        return None

    def repeats(self) -> dict[int, tuple[int, int]]:
        """Rows of a run whose like stands before them in the run: their number → its place."""
        import numpy as np

        again = np.flatnonzero((self.high[1:] == self.high[:-1]) & (self.low[1:] == self.low[:-1]))
        found: dict[int, tuple[int, int]] = {}
        first = last = -1
        for at in (again + 1).tolist():
            first = first if at == last + 1 else at - 1
            last = at
            found[int(self.order[at])] = int(self.packed[first]), int(self.lines[first])
        return found

    def known_by(self, older: _Sorted) -> dict[int, tuple[int, int]]:
        """Rows of this run that ``older`` holds: their number → the place there."""
        import numpy as np

        at = np.minimum(older.high.searchsorted(self.high), len(older) - 1)
        same = (older.high[at] == self.high) & (older.low[at] == self.low)
        return {
            int(self.order[own]): (int(older.packed[at[own]]), int(older.lines[at[own]]))
            for own in np.flatnonzero(same).tolist()
        }

    def without(self, numbers: dict[int, Any]) -> _Sorted:
        """The rows but those of these numbers."""
        import numpy as np

        if not numbers:
            return _Sorted(self.high, self.low, self.packed, self.lines)
        keep = np.isin(self.order, np.fromiter(numbers, dtype=np.int64), invert=True)
        return _Sorted(self.high[keep], self.low[keep], self.packed[keep], self.lines[keep])

    def merged(self, other: _Sorted) -> _Sorted:
        import numpy as np

        high = np.concatenate([other.high, self.high])
        order = np.argsort(high, kind="stable")
        parts = ((other.low, self.low), (other.packed, self.packed), (other.lines, self.lines))
        low, packed, lines = (np.concatenate(pair)[order] for pair in parts)
        return _Sorted(high[order], low, packed, lines)
