"""One process owns a run: an OS file lock, which a dead process cannot keep."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from engine.errors import DanluError

LOCK_NAME = "lock"


class RunLock:
    """Holds a run until released or the process ends. Raises DanluError when another holds it."""

    def __init__(self, run_folder: Path) -> None:
        self._descriptor = os.open(run_folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
        if not self._take():
            os.close(self._descriptor)
            raise DanluError("run.already_running", run=run_folder.name)
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, str(os.getpid()).encode())

    def _take(self) -> bool:
        # More than once: a screen that asks `is_owned` holds the lock for an instant.
        for _ in range(20):
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except OSError:
                time.sleep(0.02)
        return False

    def release(self) -> None:
        os.close(self._descriptor)


def is_owned(run_folder: Path) -> bool:
    """Whether a living process owns the run."""
    try:
        descriptor = os.open(run_folder / LOCK_NAME, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
