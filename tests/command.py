"""The command ``danlu`` as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import IO

DANLU = (sys.executable, "-m", "tui.main")


def danlu(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        [*DANLU, *arguments], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )


def started(*arguments: str, stdout: int | IO[str] = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """Begin it."""
    return subprocess.Popen(
        [*DANLU, *arguments], stdout=stdout, stdin=subprocess.DEVNULL, text=True
    )
