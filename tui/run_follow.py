"""Keeps a model of a run up to date with its journal, in bounded bites, at a bounded rate."""

from __future__ import annotations

import time

from engine.runs.journal import JournalFollower
from engine.runs.store import Run
from tui.pace import Pace
from tui.run_model import RunModel

_OWNER_SECONDS = 1.0
_LINES = 2000  # journal lines a look; JournalFollower stops after 30 ms too


class RunFollow:
    """``reading`` is the part of a long journal read so far, None when all is."""

    def __init__(self, run: Run, model: RunModel) -> None:
        self.run = run
        self.model = model
        self.pace = Pace()
        self.reading: float | None = None
        self._follower = JournalFollower(run.path)
        self._looked_for_owner = 0.0
        self._clock = 0

    def begin(self, own: bool) -> None:
        """The first look, before anything is drawn."""
        self._look_for_owner(time.monotonic(), own)
        self._read()

    def beat(self, now: float, own: bool) -> bool:
        """Called every HEARTBEAT seconds: read when it is time, or while the journal is being
        caught up with. Returns whether it is time to draw too; ``own``: this process trains."""
        due = self.pace.due(now)
        if due or self.reading is not None:
            self._read()
        if due and now - self._looked_for_owner >= _OWNER_SECONDS:
            self._look_for_owner(now, own)
        if due:
            self._tick_clock()
        return due

    def _read(self) -> None:
        found = self._follower.poll(max_lines=_LINES)
        self.model.apply(found)
        share = self._follower.share_read()
        self.reading = share if found and share < 1 else None

    def _look_for_owner(self, now: float, own: bool) -> None:
        self._looked_for_owner = now
        self.model.owner_alive = own or self.run.owner_alive()

    def _tick_clock(self) -> None:
        second = int(self.model.elapsed())
        if second != self._clock and not self.model.ended:
            self._clock = second
            self.model.changed.add("head")
