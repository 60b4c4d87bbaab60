"""Who writes to the terminal: danlu alone. Native code's output goes to a log.

Libraries print to file descriptors 1 and 2 below Python, which would land on the screen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def own_terminal(log: Path) -> Iterator[None]:
    """Keep the terminal for the app: it draws on ``sys.__stderr__``, everyone else writes to
    ``log``. Both are as before at the end, unless the terminal was given up meanwhile."""
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = [os.dup(1), os.dup(2)]
    screen = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
    before = sys.__stdout__, sys.__stderr__
    # Textual draws on the one and asks the other for the terminal's size.
    sys.__stdout__ = sys.__stderr__ = screen  # type: ignore[misc]
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    try:
        yield
    finally:
        sys.__stdout__, sys.__stderr__ = before  # type: ignore[misc]
        for number, saved in zip((1, 2), kept, strict=True):
            os.dup2(saved, number)
            os.close(saved)


def leave_terminal(log: Path) -> None:
    """Let go of the terminal for good: an own session, nothing read, output into ``log``."""
    log.parent.mkdir(parents=True, exist_ok=True)
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nothing)
    os.close(output)
    with suppress(PermissionError):  # already leads its own process group
        os.setsid()
