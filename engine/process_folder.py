"""A folder that a process of danlu's own works in: whether it is at it, its log, and ending it."""

from __future__ import annotations

import itertools
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from engine.errors import DanluError
from engine.runs.lock import LOCK_NAME, is_owned

LOG_NAME = "log.txt"
_FRESH_SECONDS = 30.0  # a younger folder without an owner is about to get one
_POLL_SECONDS = 0.1
_LOG_TAIL = 200_000  # bytes of a log that are looked at


@dataclass(frozen=True)
class ProcessFolder:
    """``path`` holds the lock of the process, its log and its journal. ``area`` is the one of the
    errors that tell of such a process."""

    path: Path
    area: ClassVar[str]

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def log_path(self) -> Path:
        return self.path / LOG_NAME

    def alive(self) -> bool:
        """Whether a process is at it now."""
        return is_owned(self.path)

    def owner(self) -> int:
        """The id of that process. Raises OSError and ValueError where there is none."""
        return int((self.path / LOCK_NAME).read_text())

    def gone(self) -> bool:
        """Whether no process is at it nor about to be."""
        return not self.alive() and not self._about_to_start()

    def last_log_lines(self, count: int) -> list[str]:
        """The end of what the process printed."""
        try:
            with open(self.log_path, "rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_TAIL))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return []
        return text.splitlines()[-count:]

    def ask_to_end(self) -> None:
        """Tell the process to end, soon. Raises DanluError ``AREA.not_running``."""
        self.signal(signal.SIGTERM)

    def signal(self, number: int) -> None:
        """Send the process a signal. Raises DanluError ``AREA.not_running``."""
        if not self.alive():
            raise self._fault("not_running", 1)
        os.kill(self.owner(), number)

    def end(self, seconds: float = 30.0) -> None:
        """Tell the process to end and wait until it has. Raises DanluError ``AREA.not_running``,
        ``AREA.does_not_end``."""
        self.ask_to_end()
        deadline = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > deadline:
                raise self._fault("does_not_end", 3, pid=self.owner())
            time.sleep(_POLL_SECONDS)

    def _fault(self, name: str, exit_code: int, **values: Any) -> DanluError:
        return DanluError(f"{self.area}.{name}", exit_code=exit_code, name=self.name, **values)

    def _about_to_start(self) -> bool:
        young = time.time() - self.path.stat().st_ctime < _FRESH_SECONDS
        return young and not (self.path / LOCK_NAME).exists()


def new_folder(root: Path, name: str, replaces: Callable[[Path], object] = lambda _: None) -> Path:
    """A folder of its own below ``root``, called as ``name`` or, where there is one, with a number
    behind. ``replaces`` may take one that is there away first. Raises OSError."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "unnamed"
    root.mkdir(parents=True, exist_ok=True)
    for count in itertools.count(1):
        folder = root / (plain if count == 1 else f"{plain}-{count}")
        if folder.exists():
            replaces(folder)
        try:
            folder.mkdir(mode=0o700)
            return folder
        except FileExistsError:
            continue
    raise AssertionError
