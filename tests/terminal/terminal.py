"""A real terminal for the tests: a process on a pty, and the screen a person would see."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pexpect
import pyte

from tests.command import DANLU


def _heed_ctrl_c() -> None:
    """As a shell's own children do, whatever the tests were started by: what runs in the background
    of a script ignores it, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """``danlu`` with ``arguments`` on a pty of ``columns`` × ``rows``, drawn by pyte; started as
    ``program`` in ``folder`` (None: the current one)."""

    def __init__(
        self,
        arguments: list[str],
        home: Path,
        columns: int = 80,
        rows: int = 24,
        program: Sequence[str] = DANLU,
        folder: Path | None = None,
        **environment: str,
    ) -> None:
        given = {
            **os.environ,
            "DANLU_HOME": str(home),
            "TERM": "xterm-256color",
            "OMP_NUM_THREADS": "1",
            "LANG": "C.UTF-8",
            **environment,
        }
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.bytes_seen = 0
        self.process = pexpect.spawn(
            program[0],
            [*program[1:], *arguments],
            cwd=folder,  # type: ignore[arg-type]
            dimensions=(rows, columns),
            env=given,  # type: ignore[arg-type]
            timeout=None,
            preexec_fn=_heed_ctrl_c,
        )

    def text(self) -> str:
        """What the screen shows now."""
        self._read(0.05)
        return self.shown()

    def wait_for(self, *wanted: str, seconds: float = 60) -> str:
        """Wait until the screen shows any of ``wanted``; fails with the screen otherwise."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read(0.1)
            shown = self.text()
            if any(each in shown for each in wanted):
                return shown
            if not self.process.isalive():
                self._read(0.1)
                shown = self.text()
                if any(each in shown for each in wanted):
                    return shown
                raise AssertionError(f"ended without {wanted}:\n{shown}")
        raise AssertionError(f"no {wanted} within {seconds} s:\n{self.text()}")

    def press(self, *keys: str) -> None:
        """Type each of ``keys`` as a person does, one after the other."""
        for key in keys:
            self.process.send(key)
            self._read(0.15)

    def shown(self) -> str:
        """What the screen showed when something was last read from it."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def type(self, key: str) -> None:
        """Send ``key`` this very moment, reading nothing."""
        os.write(self.process.child_fd, key.encode())

    def receive(self, seconds: float) -> float:
        """Draw the next piece that comes within ``seconds``; the moment at which it came."""
        with suppress(pexpect.TIMEOUT):
            data = self.process.read_nonblocking(65536, timeout=seconds)
            arrived = time.monotonic()
            self.bytes_seen += len(data)
            self._stream.feed(data)
            return arrived
        return time.monotonic()

    def rest(self, seconds: float) -> None:
        """Draw all that comes within ``seconds``."""
        self._read(seconds)

    def hang_up(self) -> None:
        """Drop the line: the terminal is gone, as when an SSH connection or a tmux pane dies."""
        pty: Any = self.process
        pty.ptyproc.fileobj.close()  # the kernel sends SIGHUP to whoever is on it

    def wait_for_end(self, seconds: float = 60) -> int:
        """Wait until the process in front ended; its exit code."""
        deadline = time.monotonic() + seconds
        while self.process.isalive():
            self._read(0.1)
            if time.monotonic() > deadline:
                self.process.kill(signal.SIGKILL)
                raise AssertionError(f"still there after {seconds} s:\n{self.text()}")
        self.process.wait() if self.process.exitstatus is None else None
        return self.process.exitstatus if self.process.exitstatus is not None else -1

    def _read(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            try:
                data = self.process.read_nonblocking(65536, timeout=max(0.0, left))
            except (pexpect.TIMEOUT, pexpect.EOF, ValueError, OSError):
                return
            self.bytes_seen += len(data)
            self._stream.feed(data)
            if left <= 0:
                return
