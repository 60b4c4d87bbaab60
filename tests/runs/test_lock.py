"""A run has one owner, and a dead process owns nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.errors import DanluError
from engine.runs.lock import RunLock, is_owned

_HOLD = """
import sys
from pathlib import Path
from engine.runs.lock import RunLock
lock = RunLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def other_owner(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A second process that owns the run until its standard input closes."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_process_cannot_take_a_run_that_is_owned(tmp_path: Path) -> None:
    with other_owner(tmp_path):
        assert is_owned(tmp_path)
        with pytest.raises(DanluError) as caught:
            RunLock(tmp_path)
        assert caught.value.code == "run.already_running"
        assert tmp_path.name in caught.value.what


def test_a_killed_process_leaves_the_run_free(tmp_path: Path) -> None:
    with other_owner(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not is_owned(tmp_path)
        RunLock(tmp_path).release()


def test_asking_takes_nothing_away_from_the_owner(tmp_path: Path) -> None:
    assert not is_owned(tmp_path)
    lock = RunLock(tmp_path)
    assert all(is_owned(tmp_path) for _ in range(5))
    lock.release()
    assert not is_owned(tmp_path)
