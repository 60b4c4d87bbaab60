"""A journal that grows far faster than any training's neither fills the memory nor blocks keys."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil
import pytest

from engine.runs.journal import JournalWriter
from engine.runs.lock import RunLock
from tests.recorded.replay import recorded_run
from tests.terminal.terminal import Terminal
from tui.symbols import sign

pytestmark = pytest.mark.slow

_EVENTS_A_SECOND = 1_000
_SECONDS = 10.0
_MOST_GROWTH = 24 * 2**20  # bytes, in the second half: rings and series are full by then
_ANSWER_SECONDS = 0.5  # on a machine that others use too


def test_a_flood_of_events_leaves_keys_and_memory_as_they_are(danlu_home: Path) -> None:
    run = recorded_run(danlu_home / "runs" / "flood", 60)
    lock = RunLock(run.path)
    terminal = Terminal(["attach", "flood"], danlu_home)
    terminal.wait_for("training")
    screen = psutil.Process(terminal.process.pid).children()[0]
    engine = threading.Thread(target=_flood, args=(run.path,))
    engine.start()
    began = time.monotonic()
    grown: list[int] = []
    answers: list[float] = []
    pane = 1
    while time.monotonic() - began < _SECONDS:
        pane = pane % 5 + 1
        answers.append(_answer_time(terminal, pane))
        terminal.rest(0.2)
        grown.append(screen.memory_info().rss)
    engine.join()
    terminal.wait_for(f"step {_EVENTS_A_SECOND * int(_SECONDS) // 2}/", seconds=20)
    terminal.process.kill(9)
    lock.release()
    half, end = grown[len(grown) // 2], grown[-1]
    print([f"{rss / 2**20:.0f} MiB" for rss in (grown[0], half, end)])
    print(f"worst answer {max(answers) * 1000:.0f} ms of {len(answers)}")
    assert end - half <= _MOST_GROWTH
    assert sorted(answers)[int(len(answers) * 0.9)] <= _ANSWER_SECONDS, answers


def _answer_time(terminal: Terminal, pane: int) -> float:
    began = arrived = time.monotonic()
    terminal.type(str(pane))
    while f"{sign('next')} {pane} " not in terminal.shown():
        arrived = terminal.receive(5.0)
        assert arrived - began < 5, terminal.shown()
    return arrived - began


def _flood(folder: Path) -> None:
    """Steps and log lines by turns, and every hundredth an answer nobody gave before."""
    journal = JournalWriter(folder)
    began = time.monotonic()
    for number in range(1, int(_EVENTS_A_SECOND * _SECONDS) + 1):
        if number % 2 == 0:
            step = number // 2
            journal.write("step", step=step, loss=2 + number % 7 / 10, learning_rate=1e-4)
        elif number % 100 == 1:
            journal.write("sample", step=number, prompt="你是谁？", text=f"I am number {number}.")
        else:
            journal.write("log", level="info", text=f"line {number} of a flood, 一切正常")
        ahead = number / _EVENTS_A_SECOND - (time.monotonic() - began)
        if ahead > 0.01:
            time.sleep(ahead)
    journal.close()
