"""Cancelling a job in the midst of its work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from engine.job import Job


def cancel_when(job: Job, reached: Callable[[], bool]) -> list[float]:
    """Cancel ``job`` as soon as ``reached`` says so. The moment of it will be in the list."""
    asked: list[float] = []

    def watch() -> None:
        until = time.monotonic() + 30
        while not reached() and time.monotonic() < until:
            time.sleep(0.05)
        asked.append(time.monotonic())
        job.cancel()

    threading.Thread(target=watch, daemon=True).start()
    return asked
