"""A measured curve in fixed memory: at most 2048 buckets, however many points it is given.

Each bucket keeps the lowest, highest and last value of its points, so a spike survives a million
steps. When the buckets are full, neighbours merge and each new one holds twice as many points.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

LIMIT = 2048


@dataclass
class Bucket:
    """Neighbouring points as one. Values are None while every point was a gap (NaN, missing)."""

    start: float
    end: float
    low: float | None = None
    high: float | None = None
    last: float | None = None
    total: float = 0.0
    count: int = 0
    gaps: int = 0

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None

    def add(self, x: float, value: float | None) -> None:
        """Take one more point in, to the right of those it has."""
        self.end = x
        if value is None or not math.isfinite(value):
            self.gaps += 1
            return
        self.low = value if self.low is None else min(self.low, value)
        self.high = value if self.high is None else max(self.high, value)
        self.last = value
        self.total += value
        self.count += 1

    def merge(self, other: Bucket) -> Bucket:
        """This bucket and its right neighbour as one."""
        lows = [b.low for b in (self, other) if b.low is not None]
        highs = [b.high for b in (self, other) if b.high is not None]
        return Bucket(
            start=self.start,
            end=other.end,
            low=min(lows, default=None),
            high=max(highs, default=None),
            last=self.last if other.last is None else other.last,
            total=self.total + other.total,
            count=self.count + other.count,
            gaps=self.gaps + other.gaps,
        )


class Series:
    """Points by rising ``x`` (steps). A point at or before the last one rewinds the curve to there:
    a resumed run trains again what came after its checkpoint."""

    def __init__(self, limit: int = LIMIT) -> None:
        if limit < 2 or limit % 2:
            raise ValueError(f"limit must be even and at least 2, not {limit}")
        self.buckets: list[Bucket] = []
        self._limit = limit
        self._points_a_bucket = 1
        self.points = 0

    def add(self, x: float, value: float | None) -> None:
        """Append a point; None, NaN and infinities are kept as a gap."""
        if self.buckets and x <= self.buckets[-1].end:
            self._rewind(x)
        self.points += 1
        if self.buckets:
            newest = self.buckets[-1]
            if newest.count + newest.gaps < self._points_a_bucket:
                newest.add(x, value)
                return
        if len(self.buckets) >= self._limit:
            self._halve()
            self.points -= 1
            self.add(x, value)
            return
        made = Bucket(x, x)
        made.add(x, value)
        self.buckets.append(made)

    def _rewind(self, x: float) -> None:
        self.buckets = [bucket for bucket in self.buckets if bucket.end < x]
        self.points = sum(bucket.count + bucket.gaps for bucket in self.buckets)

    def _halve(self) -> None:
        pairs = zip(self.buckets[::2], self.buckets[1::2], strict=False)
        odd = self.buckets[-1:] if len(self.buckets) % 2 else []
        self.buckets = [left.merge(right) for left, right in pairs] + odd
        self._points_a_bucket *= 2

    @property
    def last_x(self) -> float | None:
        return self.buckets[-1].end if self.buckets else None

    @property
    def last(self) -> float | None:
        """The newest finite value."""
        return next((b.last for b in reversed(self.buckets) if b.last is not None), None)

    def range(self) -> tuple[float, float] | None:
        """Lowest and highest value ever; None without a finite one."""
        lows = [b.low for b in self.buckets if b.low is not None]
        highs = [b.high for b in self.buckets if b.high is not None]
        return (min(lows), max(highs)) if lows else None

    def between(self, low: float, high: float) -> list[Bucket]:
        """The buckets that touch ``low`` … ``high``."""
        first = bisect_left(self.buckets, low, key=lambda bucket: bucket.end)
        behind = bisect_right(self.buckets, high, key=lambda bucket: bucket.start)
        return self.buckets[first:behind]

    def nearest(self, x: float) -> Bucket | None:
        """The bucket closest to ``x``."""
        if not self.buckets:
            return None
        index = bisect_left(self.buckets, x, key=lambda bucket: bucket.end)
        around = self.buckets[max(0, index - 1) : index + 2]
        return min(around, key=lambda b: max(b.start - x, x - b.end, 0))

    def smoothed(self, weight: float) -> list[tuple[float, float | None]]:
        """The exponential moving average at each bucket's end, its start-up bias taken out.
        A bucket of n points counts as n; a gap stays a gap and does not disturb what follows."""
        points: list[tuple[float, float | None]] = []
        average, mass = 0.0, 0.0
        for bucket in self.buckets:
            if bucket.mean is None:
                points.append((bucket.end, None))
                continue
            keep = weight**bucket.count
            average = keep * average + (1 - keep) * bucket.mean
            mass = keep * mass + (1 - keep)
            points.append((bucket.end, average / mass if mass else bucket.mean))
        return points
