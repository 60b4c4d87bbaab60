"""A job that writes where it is into a journal, for whoever follows it."""

from __future__ import annotations

import time
from typing import Any

from engine.job import Job, Progress
from engine.runs.journal import JournalWriter

_PACE = 0.5  # seconds between two lines of one phase


class JournallingJob(Job):
    """Writes ``phase`` events, at most two a second of one phase, and every ``note``."""

    def __init__(self, journal: JournalWriter) -> None:
        super().__init__(self._write_progress, self._write_note)
        self.journal = journal
        self._written = ("", 0.0)

    def _write_progress(self, now: Progress) -> None:
        phase, at = self._written
        if now.phase != phase or time.monotonic() - at > _PACE:
            self._written = (now.phase, time.monotonic())
            self.journal.write(
                "phase", name=now.phase, done=now.done, total=now.total, unit=now.unit
            )

    def _write_note(self, code: str, values: dict[str, Any]) -> None:
        plain = {
            name: value if isinstance(value, int | float) else str(value)
            for name, value in values.items()
        }
        self.journal.write("note", code=code, values=plain)
