"""Training without a screen: the engine thread works, this one prints its journal.

A lost terminal ends the printing, not the training. ctrl+c asks for a save and the end; a second
one ends at once.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from types import FrameType

from engine import words
from engine.home import home
from engine.runs.commands import send_command
from engine.runs.journal import JournalFollower
from engine.runs.store import Run
from engine.runs.summary import ENDED
from engine.train.session import TrainingSession
from tui.cli.plain import PlainLines
from tui.main import INTERRUPTED
from tui.terminal import leave_terminal

_POLL_SECONDS = 0.25


class Interruption:
    """What ctrl+c and signals to end ask of a session; ``asked`` once any came."""

    def __init__(self, session: TrainingSession, say: Callable[[str], None]) -> None:
        self.asked = False
        self._asked_at = 0.0
        self._session = session
        self._say = say
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)
        signal.signal(signal.SIGHUP, lambda *_: leave_terminal(home() / "native.log"))

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            # `timeout` and shells send one wish twice; only a second ctrl+c, later, is another.
            if number == signal.SIGINT and time.monotonic() - self._asked_at > 1:
                send_command(self._session.run.path, "abort", by="owner")
            return
        self.asked = True
        self._asked_at = time.monotonic()
        self._session.stop()
        self._say(words.t("plain.stopping"))


def train_here(run: Run, *, resume: bool = False, quiet: bool = False) -> int:
    """Train ``run`` in this process and print what happens. Returns the exit code."""
    say = no_line if quiet else print_line
    session = TrainingSession(run, resume=resume)
    follower = JournalFollower(run.path)
    _skip_past(follower, resume)
    interruption = Interruption(session, say)
    lines = PlainLines(run, say)
    session.start()
    while not session.join(_POLL_SECONDS):
        _show_new(follower, lines)
    _show_new(follower, lines)
    if session.error is not None:
        raise session.error
    return INTERRUPTED if interruption.asked else 0


def _skip_past(follower: JournalFollower, resume: bool) -> None:
    while resume and follower.poll(max_seconds=1.0):
        pass


def _show_new(follower: JournalFollower, lines: PlainLines) -> None:
    while events := follower.poll():
        for event in events:
            lines.show(event)


def print_line(text: str) -> None:
    """Print a line now; when the terminal is gone, nobody reads and nothing is lost."""
    try:
        print(text, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def no_line(text: str) -> None:
    """Print nothing: a JSON document comes at the end."""


def follow(run: Run) -> int:
    """Print a run that another process trains, from its first event to its end."""
    follower, lines = JournalFollower(run.path), PlainLines(run, print_line)
    while True:
        alive = run.owner_alive()
        _show_new(follower, lines)
        if not alive or run.summary().status in ENDED:
            return 0
        time.sleep(_POLL_SECONDS)
