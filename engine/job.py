"""The one shape of long work: it reports where it is, and can be cancelled at any moment."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


class Cancelled(Exception):
    """The person cancelled the job. Work that sees it leaves nothing half-written."""


@dataclass(frozen=True)
class Part:
    """One of the things that are under way at once, as the files of a download."""

    name: str
    done: float
    total: float


@dataclass(frozen=True)
class Progress:
    """Where a job is: ``done`` of ``total`` ``unit`` (rows, bytes, tokens, steps…) of ``phase``.

    ``phase`` is a word key below ``phase.``; ``total`` is None while unknown. ``first`` was done
    already when the phase began. ``pace`` is units a second lately, known of bytes. ``parts`` are
    under way now. ``at_once`` are worked on together, as a batch: the first of them takes nearly as
    long as all.
    """

    phase: str
    done: float = 0
    total: float | None = None
    unit: str = ""
    started: float = field(default_factory=time.monotonic)
    first: float = 0
    pace: float | None = None
    parts: tuple[Part, ...] = ()
    at_once: int = 1

    @property
    def seconds_left(self) -> float | None:
        """Time left at the pace so far, or lately where that is known; None while it cannot be
        told, as on a line where nothing moves."""
        elapsed = time.monotonic() - self.started
        gained = self.done - self.first
        if not self.total or gained <= 0 or elapsed < 0.5:
            return None
        if gained < min(self.at_once, self.total - self.first):
            return None
        left = max(0.0, self.total - self.done)
        if self.pace is None:
            return elapsed * left / gained
        return left / self.pace if self.pace > 0 else None


_LATELY = 8.0  # seconds that a pace is taken over


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
        self._going = threading.Event()
        self._going.set()
        self._samples: deque[tuple[float, float]] = deque()
        self.pausable = False

    def report(
        self,
        phase: str,
        done: float = 0,
        total: float | None = None,
        unit: str = "",
        parts: Sequence[Part] = (),
        at_once: int = 1,
    ) -> None:
        """Say where the work is. Raises Cancelled when the person cancelled meanwhile."""
        before = self.progress
        now = time.monotonic()
        same = before.phase == phase and done >= before.done
        started, first = (before.started, before.first) if same else (now, done)
        if not same:
            self._samples.clear()
        pace = self._pace(now, done) if unit == "bytes" else None
        told = Progress(phase, done, total, unit, started, first, pace, tuple(parts), at_once)
        self.mirror(told)

    def mirror(self, progress: Progress) -> None:
        """Be where work that is done elsewhere is. Raises Cancelled as :meth:`report` does."""
        self.progress = progress
        if self._on_progress:
            self._on_progress(progress)
        self.check()

    def _pace(self, now: float, done: float) -> float | None:
        self._samples.append((now, done))
        while now - self._samples[0][0] > _LATELY and len(self._samples) > 2:
            self._samples.popleft()
        since, had = self._samples[0]
        return (done - had) / (now - since) if now - since > 0.5 else None

    def note(self, code: str, **values: Any) -> None:
        """Say something in words: ``code`` is a key of the catalogue."""
        self.notes.append((code, values))
        if self._on_note:
            self._on_note(code, values)

    def cancel(self) -> None:
        """Ask the work to end at its next report."""
        self._cancelled.set()
        self._going.set()

    def pause(self) -> None:
        """Ask the work to hold on, where it is ``pausable``."""
        self._going.clear()

    def go_on(self) -> None:
        """Let paused work go on."""
        self._going.set()

    @property
    def paused(self) -> bool:
        return not self._going.is_set()

    def wait_while_paused(self) -> None:
        """Return once the person lets the work go on. Raises Cancelled."""
        self._going.wait()
        self.check()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise Cancelled when the person cancelled."""
        if self._cancelled.is_set():
            raise Cancelled
