"""What danlu sends over the line: little while a run trains, nothing while nothing happens."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from engine import words
from engine.runs.journal import JournalWriter, read_journal
from engine.runs.lock import RunLock
from tests.recorded.replay import IDENTITY, recorded_run
from tests.terminal.terminal import Terminal

_STEPS_A_SECOND = 5
_SECONDS = 10.0
_LOOKS_A_SECOND = 4  # how often the live screen looks while no key is pressed
_BYTES_A_SECOND = 6_000
_BYTES_A_LOOK = 1_500
_HEAD_LINE_BYTES = 300
_BEGUN = 60  # events of the recorded journal


@pytest.mark.slow
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_steady_training_sends_at_most_six_kilobytes_a_second(
    danlu_home: Path, language: str
) -> None:
    run = recorded_run(danlu_home / "runs" / "steady", _BEGUN)
    lock = RunLock(run.path)
    terminal = Terminal(["--lang", language, "attach", "steady"], danlu_home)
    terminal.wait_for(words.t("status.training"), "训练中")
    terminal.rest(2.0)
    before, began = terminal.bytes_seen, time.monotonic()
    engine = threading.Thread(target=_train_on, args=(run.path,))
    engine.start()
    terminal.rest(_SECONDS)
    seconds, sent = time.monotonic() - began, terminal.bytes_seen - before
    engine.join()
    lock.release()
    print(f"{sent / seconds:.0f} bytes a second, {sent / seconds / _LOOKS_A_SECOND:.0f} a look")
    assert 500 < sent / seconds <= _BYTES_A_SECOND
    assert sent / seconds / _LOOKS_A_SECOND <= _BYTES_A_LOOK


def _train_on(folder: Path) -> None:
    """Journal what followed in the recorded run: steps, and all that came between them."""
    journal = JournalWriter(folder)
    ends = time.monotonic() + _SECONDS
    for event in read_journal(IDENTITY)[_BEGUN:]:
        if time.monotonic() > ends:
            break
        fields = {key: value for key, value in event.items() if key not in ("seq", "time", "kind")}
        journal.write(event["kind"], **fields)
        if event["kind"] == "step":
            time.sleep(1 / _STEPS_A_SECOND)
    journal.close()


@pytest.mark.slow
def test_an_idle_home_screen_sends_nothing_and_a_moved_cursor_little(danlu_home: Path) -> None:
    terminal = Terminal([], danlu_home)
    terminal.wait_for(words.t("home.start"))
    terminal.rest(4.0)  # what it first finds about this machine is drawn
    for _ in range(3):
        assert _sent_while_idle(terminal, 2.5) == 0
    before = terminal.bytes_seen
    terminal.type("j")
    terminal.rest(0.5)
    assert 0 < terminal.bytes_seen - before <= 1_000
    terminal.press("q")
    assert terminal.wait_for_end(30) == 0


def _sent_while_idle(terminal: Terminal, seconds: float) -> int:
    """Bytes sent in that time, but for those of the free memory in the head line, which changes
    when others work on this machine."""
    head, before = terminal.shown().splitlines()[0], terminal.bytes_seen
    terminal.rest(seconds)
    sent = terminal.bytes_seen - before
    changed = terminal.shown().splitlines()[0] != head
    return 0 if changed and sent <= 2 * _HEAD_LINE_BYTES else sent
