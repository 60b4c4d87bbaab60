"""A job that writes where it is into a journal, for whoever follows it."""

from __future__ import annotations

import os
import time
from typing import Any

from engine.errors import DanluError
from engine.job import Job, Progress
from engine.runs.journal import JournalWriter

_PACE = 0.5  # seconds between two lines of one phase
_FIGURES = ("done", "total", "unit", "first", "pace", "at_once")


class JournallingJob(Job):
    """Writes ``phase`` events, at most two a second of one phase, and every ``note``."""

    def __init__(self, journal: JournalWriter) -> None:
        super().__init__(self._write_progress, self._write_note)
        self.journal = journal
        self._written = ("", 0.0)

    def record_status(self, status: str) -> None:
        self.journal.write("status", status=status, pid=os.getpid())

    def record_failure(self, error: DanluError) -> None:
        """Keep what it failed of, and that it did."""
        self.journal.write("error", exit_code=error.exit_code, **error.document())
        self.record_status("failed")

    def _write_progress(self, now: Progress) -> None:
        phase, at = self._written
        if now.phase != phase or time.monotonic() - at > _PACE:
            self._written = (now.phase, time.monotonic())
            self.journal.write("phase", name=now.phase, **_told(now), pausable=self.pausable)

    def hold(self, on: bool) -> None:
        """Pause, or go on, and keep that it was done."""
        if on:
            self.pause()
        else:
            self.go_on()
        self.journal.write("paused", on=on)

    def _write_note(self, code: str, values: dict[str, Any]) -> None:
        plain = {
            name: value if isinstance(value, int | float) else str(value)
            for name, value in values.items()
        }
        self.journal.write("note", code=code, values=plain)


def _told(now: Progress) -> dict[str, Any]:
    told = {name: getattr(now, name) for name in _FIGURES}
    return {**told, "parts": [[part.name, part.done, part.total] for part in now.parts]}
