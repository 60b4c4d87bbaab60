"""What the live screen sends to a real terminal."""

from __future__ import annotations

import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pyte
import pytest

from engine.home import runs_root
from engine.runs.journal import JournalWriter
from engine.runs.lock import RunLock
from engine.runs.store import Run
from tests.recorded.replay import recorded_run

BEFORE_THE_NOTICE = 150  # events of the recorded journal


@pytest.mark.slow
def test_steady_training_sends_few_bytes_and_draws_the_same_screen():
    """A real terminal, eight steps a second for three seconds; the budget is 1500 bytes a look."""
    run = recorded_run(runs_root() / "steady", BEFORE_THE_NOTICE)
    lock = RunLock(run.path)
    sent, bit_by_bit = _followed(run, seconds=3.0, steps_a_second=8)
    assert 500 < sent <= 12 * 1000, f"{sent} bytes in 12 looks"
    _, at_once = _followed(run, seconds=0, steps_a_second=8)
    assert bit_by_bit[1:] == at_once[1:]  # the first row has a clock
    lock.release()


def _followed(run: Run, seconds: float, steps_a_second: int) -> tuple[int, list[str]]:
    """The bytes sent while the run goes on, and the screen as a terminal shows it at the end."""
    screen = pyte.Screen(80, 24)
    stream = pyte.ByteStream(screen)
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    root = Path(__file__).parent.parent.parent
    app = subprocess.Popen(
        [sys.executable, "-m", "tests.tui.live_app", str(run.path)],
        stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=root,
    )  # fmt: skip
    os.close(slave)
    try:
        _drain(master, stream, quiet=1.5, at_most=30)
        journal = JournalWriter(run.path)
        sent, step, began = 0, 120, time.monotonic()
        while time.monotonic() - began < seconds:
            step += 1
            journal.write("step", **_step(step))
            if step % 5 == 0:
                journal.write("log", level="info", text=f"第 {step} 步 of the run，一切正常")
            sent += _drain(master, stream, quiet=0, at_most=1 / steps_a_second)
        journal.close()
        sent += _drain(master, stream, quiet=0, at_most=0.6)
        return sent, list(screen.display)
    finally:
        app.kill()
        app.wait()
        os.close(master)


def _step(step: int) -> dict[str, float]:
    return {
        "step": step, "epoch": step / 16, "loss": 0.4 + step % 5 / 50, "learning_rate": 1e-3 / step,
        "grad_norm": 0.5 + step % 7 / 20, "tokens_per_second": 1300.0 + step % 11 * 9,
        "seconds_left": (160 - step) * 0.8,
    }  # fmt: skip


def _drain(master: int, stream: pyte.ByteStream, quiet: float, at_most: float) -> int:
    """Read until nothing came for ``quiet`` seconds (0: all the time) or ``at_most`` has passed."""
    count, began, last = 0, time.monotonic(), time.monotonic()
    while time.monotonic() - began < at_most:
        ready, _, _ = select.select([master], [], [], 0.02)
        if ready:
            read = os.read(master, 65536)
            stream.feed(read)
            count += len(read)
            last = time.monotonic()
        elif quiet and count > 2000 and time.monotonic() - last > quiet:
            break
    return count
