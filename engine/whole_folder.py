"""A folder that appears whole or not at all: made beside its place, then put there."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_ABANDONED = 24 * 3600.0  # seconds after which what a killed process left is deleted


@contextlib.contextmanager
def aside(to: Path, doing: str) -> Iterator[Path]:
    """A folder beside ``to``, on the same disk, that is gone afterwards whatever happens. ``doing``
    is a word of its name, which tells a person what it was for. Raises OSError."""
    to.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{to.name}.{doing}-"
    for left in to.parent.glob(f"{prefix}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED:
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(dir=to.parent, prefix=prefix))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def put(made: Path, to: Path) -> None:
    """Put the folder ``made`` in the place of ``to``, where nothing is but perhaps an empty folder.
    Raises OSError where something else is there."""
    made.chmod(0o755)
    if to.is_dir():
        to.rmdir()
    os.rename(made, to)
