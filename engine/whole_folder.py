"""A folder that appears whole or not at all: made beside its place, then put there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_FRESH = 5.0  # seconds in which one that was just made may not be held yet
_ABANDONED = 24 * 3600.0  # seconds, where the file system cannot tell whether one is held


@contextlib.contextmanager
def aside(to: Path, doing: str) -> Iterator[Path]:
    """A folder beside ``to``, on the same disk, that is gone afterwards whatever happens; what a
    killed process left is, at the next. ``doing`` is a word of its name, which tells a person what
    it was for. Raises OSError."""
    to.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{to.name}.{doing}-"
    for left in to.parent.glob(f"{prefix}*"):
        if _is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(dir=to.parent, prefix=prefix))
    held = os.open(made, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(held, fcntl.LOCK_EX)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(held)


def _is_abandoned(left: Path) -> bool:
    """Whether nobody is at work in it."""
    try:
        age = time.time() - left.stat().st_mtime
        held = os.open(left, os.O_RDONLY)
    except OSError:  # it went meanwhile
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return age > _FRESH
    except BlockingIOError:
        return False
    except OSError:
        return age > _ABANDONED
    finally:
        os.close(held)


def put(made: Path, to: Path) -> None:
    """Put the folder ``made`` in the place of ``to``, where nothing is but perhaps an empty folder.
    Raises OSError where something else is there."""
    made.chmod(0o755)
    if to.is_dir():
        to.rmdir()
    os.rename(made, to)
