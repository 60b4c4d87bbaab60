"""What a killed process leaves: no program of its own at work, no half-made folder for long."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from engine.whole_folder import aside
from tests.source import ROOT

_PARENT = """
import os, subprocess
from engine.child_process import ends_with_us
child = subprocess.Popen(["sleep", "600"], preexec_fn=ends_with_us())
print(child.pid, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone can")
def test_a_program_that_was_started_ends_with_who_started_it() -> None:
    done = subprocess.run([sys.executable, "-c", _PARENT], cwd=ROOT, capture_output=True)
    child = int(done.stdout)
    deadline = time.monotonic() + 30
    while at_work(child):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def at_work(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_was_left_half_made_goes_with_the_next_and_what_is_at_work_stays(
    tmp_path: Path,
) -> None:
    to = tmp_path / "merged"
    left = tmp_path / ".merged.exporting-left"
    left.mkdir()
    os.utime(left, (1, 1))
    with aside(to, "exporting") as first:
        os.utime(first, (1, 1))
        with aside(to, "exporting") as second:
            assert not left.exists() and first.is_dir() and second.is_dir()
    assert not list(tmp_path.iterdir())
