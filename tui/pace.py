"""How often a live screen looks: 4 times a second, 10 after a key, less when the line is slow."""

from __future__ import annotations

HEARTBEAT = 0.1
"""Seconds between calls of :meth:`Pace.due`."""

_CALM, _BRISK, _SLOWEST = 0.25, HEARTBEAT, 1.0
_BRISK_SECONDS = 2.0
_LATE = 0.15
_SLOWED_MOST = 4.0
_GOOD_BEATS = 10
_SLOW_SECONDS = 4.0


class Pace:
    """Asked at every heartbeat whether to look now. A late heartbeat means that the event loop
    waits for the terminal (by more than ``late`` seconds): the rate halves, down to once a second,
    and recovers in good time."""

    def __init__(self, late: float = _LATE) -> None:
        self._late = late
        self._looked = self._beat = self._brisk_until = float("-inf")
        self._slowed = 1.0
        self._slowest_since = float("inf")
        self._good = 0

    @property
    def slow(self) -> bool:
        """Whether the terminal has not kept up for seconds: more than a stumble."""
        return self._beat - self._slowest_since >= _SLOW_SECONDS

    def hurry(self, now: float) -> None:
        """A key was pressed: look more often for a while."""
        self._brisk_until = now + _BRISK_SECONDS

    def due(self, now: float) -> bool:
        """Whether to look now."""
        self._notice_lateness(now)
        base = _BRISK if now < self._brisk_until else _CALM
        if now - self._looked < min(_SLOWEST, base * self._slowed) - HEARTBEAT / 4:
            return False
        self._looked = now
        return True

    def _notice_lateness(self, now: float) -> None:
        late = now - self._beat - HEARTBEAT > self._late and self._beat > 0
        self._beat = now
        if late:
            self._slowed, self._good = min(_SLOWED_MOST, self._slowed * 2), 0
            if self._slowed == _SLOWED_MOST:
                self._slowest_since = min(self._slowest_since, now)
            return
        self._good += 1
        if self._good >= _GOOD_BEATS:
            self._slowed, self._good = max(1.0, self._slowed / 2), 0
            self._slowest_since = float("inf")
