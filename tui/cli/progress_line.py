"""Long work on the command line: one line, written over, on a terminal; plain lines elsewhere.

All of it goes to standard error, so that standard output holds the result alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine import words
from engine.job import Job, Progress
from engine.units import human_bytes, human_duration, human_progress
from tui.cells import fit

_CELLS = 79
_PACE = 0.1  # seconds between two drawings
_PLAIN_PACE = 10.0  # seconds between two plain lines of one phase


@contextmanager
def progress_line() -> Iterator[Job]:
    """A job whose progress and notes are shown while the block runs; Ctrl-C cancels it."""
    line = Line()
    job = Job(line.progress, line.note)
    try:
        yield job
    except KeyboardInterrupt:
        job.cancel()
        raise
    finally:
        line.clear()


class Line:
    """Draws where a job is; ``live`` is whether on a terminal, which may be lost meanwhile."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self._phase = ""
        self._drawn = 0.0

    def progress(self, progress: Progress) -> None:
        if not self.live:
            if progress.phase != self._phase:
                self._drawn = time.monotonic()
                print(words.t(f"phase.{progress.phase}"), file=sys.stderr, flush=True)
            elif progress.total and time.monotonic() - self._drawn > _PLAIN_PACE:
                self._drawn = time.monotonic()
                print(progress_text(progress), file=sys.stderr, flush=True)
        elif progress.phase != self._phase or time.monotonic() - self._drawn > _PACE:
            self._drawn = time.monotonic()
            # The cursor waits at the start of the line: what ctrl+c echoes there takes no other.
            print(fit(progress_text(progress), _CELLS), end="\r", file=sys.stderr, flush=True)
        self._phase = progress.phase

    def note(self, code: str, values: dict[str, Any]) -> None:
        self.clear()
        print(words.t(code, **values), file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.live and self._phase:
            print("\r" + " " * _CELLS, end="\r", file=sys.stderr, flush=True)


def progress_text(progress: Progress) -> str:
    """Where a job is, in words: ``Asking the base model · 12 / 40 questions · 0:08``."""
    parts = [words.t(f"phase.{progress.phase}")]
    if progress.total:
        parts.append(human_progress(progress.done, progress.total, progress.unit))
        if progress.pace is not None:
            parts.append(f"{human_bytes(progress.pace)}/s")
        if progress.seconds_left is not None:
            parts.append(human_duration(progress.seconds_left))
        parts += [part.name for part in progress.parts[:1]]
    return " · ".join(parts)
