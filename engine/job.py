"""The one shape of long work: it reports where it is, and can be cancelled at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Cancelled(Exception):
    """The person cancelled the job. Work that sees it leaves nothing half-written."""


@dataclass(frozen=True)
class Progress:
    """Where a job is: ``done`` of ``total`` ``unit`` (rows, bytes, tokens, steps…) of ``phase``.

    ``phase`` is a word key below ``phase.``; ``total`` is None while unknown.
    """

    phase: str
    done: float = 0
    total: float | None = None
    unit: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds_left(self) -> float | None:
        """Time left at the pace so far; None while it cannot be told."""
        elapsed = time.monotonic() - self.started
        if not self.total or self.done <= 0 or elapsed < 0.5:
            return None
        return elapsed * max(0.0, self.total - self.done) / self.done


class Job:
    """What work is given to report through. Any thread may report, watch or cancel.

    ``listener`` is called in the working thread for each progress and note; a screen rather polls
    ``progress`` and ``notes``.
    """

    def __init__(
        self,
        on_progress: Callable[[Progress], None] | None = None,
        on_note: Callable[[str, dict[str, Any]], None] | None = None,
    ) -> None:
        self.progress = Progress("starting")
        self.notes: list[tuple[str, dict[str, Any]]] = []
        self._on_progress = on_progress
        self._on_note = on_note
        self._cancelled = threading.Event()

    def report(
        self, phase: str, done: float = 0, total: float | None = None, unit: str = ""
    ) -> None:
        """Say where the work is. Raises Cancelled when the person cancelled meanwhile."""
        started = (
            self.progress.started
            if self.progress.phase == phase and done >= self.progress.done
            else time.monotonic()
        )
        self.progress = Progress(phase, done, total, unit, started)
        if self._on_progress:
            self._on_progress(self.progress)
        self.check()

    def note(self, code: str, **values: Any) -> None:
        """Say something in words: ``code`` is a key of the catalogue."""
        self.notes.append((code, values))
        if self._on_note:
            self._on_note(code, values)

    def cancel(self) -> None:
        """Ask the work to end at its next report."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise Cancelled when the person cancelled."""
        if self._cancelled.is_set():
            raise Cancelled
