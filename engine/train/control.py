"""What a running engine is asked: read from the run's command file, obeyed at step boundaries."""

from __future__ import annotations

import threading
from typing import Any

from engine.job import Job
from engine.runs.commands import CommandReader
from engine.runs.journal import JournalWriter
from engine.train.schedule import ScheduleWish

_POLL_SECONDS = 0.25
# How many epochs more, by which schedule, warmed up to which learning rate.
LongerWish = tuple[float, ScheduleWish, float | None]


class Control:
    """The wishes not yet obeyed. A watcher thread reads commands and records each in the journal at
    once; the engine thread asks for the wishes when it is at a step boundary.

    ``stop`` before the first step, and ``abort`` at any time, cancel ``job``.
    """

    def __init__(self, reader: CommandReader, journal: JournalWriter, job: Job) -> None:
        self.paused = False
        self.stopping = False
        self.aborting = False
        self.new_learning_rate: float | None = None
        self._save = False
        self._evaluate = False
        self._extend: LongerWish | None = None
        self._training = False
        self._journal = journal
        self._job = job
        self._reader = reader
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="danlu-commands", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Read commands no more."""
        self._closed.set()
        self._thread.join()

    def training_begins(self) -> None:
        """From here on ``stop`` means: save at the next boundary, then end."""
        with self._changed:
            self._training = True
            if self.stopping:
                self._job.cancel()

    def take_save(self) -> bool:
        """Whether a save is wished for; the wish is then taken as obeyed."""
        wished, self._save = self._save, False
        return wished

    def take_evaluate(self) -> bool:
        """Whether an evaluation is wished for; the wish is then taken as obeyed."""
        wished, self._evaluate = self._evaluate, False
        return wished

    def take_learning_rate(self) -> float | None:
        """The learning rate wished for, once."""
        wished, self.new_learning_rate = self.new_learning_rate, None
        return wished

    def take_extension(self) -> LongerWish | None:
        """The epochs to go on for, and the schedule wished for with them, once."""
        wished, self._extend = self._extend, None
        return wished

    def wait_while_paused(self) -> bool:
        """Wait until something changes while paused. False when there is nothing to wait for."""
        with self._changed:
            if not self.paused or self.stopping or self.aborting:
                return False
            if not (self._save or self._evaluate or self._extend):
                self._changed.wait()
            return True

    def _watch(self) -> None:
        while not self._closed.wait(_POLL_SECONDS):
            for command in self._reader.poll():
                self._journal.write("command", what=command["what"], by=command.get("by", ""))
                self._take(command)

    def _take(self, command: dict[str, Any]) -> None:
        with self._changed:
            match command["what"]:
                case "pause":
                    self.paused = True
                case "resume":
                    self.paused = False
                case "save":
                    self._save = True
                case "evaluate":
                    self._evaluate = True
                case "set":
                    self.new_learning_rate = _positive(command.get("learning_rate"))
                case "extend":
                    self._extend = _extension(command, self._extend)
                case "stop":
                    self.stopping = True
                    if not self._training:
                        self._job.cancel()
                case "abort":
                    self.aborting = True
                    self._job.cancel()
            self._changed.notify_all()


def _extension(command: dict[str, Any], wished: LongerWish | None) -> LongerWish | None:
    """What an ``extend`` command asks, on top of what is wished already; None for no number."""
    epochs = _positive(command.get("epochs"))
    if epochs is None:
        return wished
    schedule = command.get("schedule")
    before = wished[0] if wished else 0.0
    known: ScheduleWish = schedule if schedule in ("decay", "rewarm") else "auto"
    return epochs + before, known, _positive(command.get("learning_rate"))


def _positive(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value > 0 else None
