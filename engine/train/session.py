"""The engine thread: one training in the background, which nobody needs to watch."""

from __future__ import annotations

import gc
import sys
import threading
import time
import traceback

from engine.errors import DanluError
from engine.job import Cancelled, Job, Progress
from engine.runs.commands import CommandReader, send_command
from engine.runs.journal import JournalWriter
from engine.runs.lock import RunLock
from engine.runs.rates import keep_rate_of
from engine.runs.store import Run
from engine.train.control import Control
from engine.train.device_watch import DeviceWatch
from engine.train.failures import named
from engine.train.give_way import give_way
from engine.train.run_log import log, run_log

_PHASE_EVENTS_A_SECOND = 4
# Python's default of 5 ms makes a key press wait behind pure-Python stretches of the trainer.
_SWITCH_SECONDS = 0.0005


class TrainingSession:
    """Trains ``run`` in its own thread, telling the journal only. The thread is no daemon: the
    process lives until it has ended, whatever becomes of the screen. ``watched``: a screen in this
    process wants the processor now and then, and comes first. ``measured``: later runs are told
    how long they will take from how quick it was.

    Taking the run raises DanluError ``run.already_running`` when another process owns it.
    """

    def __init__(
        self, run: Run, resume: bool = False, watched: bool = False, measured: bool = True
    ) -> None:
        self.run = run
        self._measured = measured
        self.outcome: str | None = None
        self.error: DanluError | None = None
        self._resume = resume
        self._watched = watched
        self._lock = RunLock(run.path)
        self._reader = CommandReader(run.path)  # whatever is asked from here on counts
        self._thread = threading.Thread(target=self._main, name="danlu-engine")

    def start(self) -> None:
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._thread.start()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; whether it has come."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask it to save and end."""
        send_command(self.run.path, "stop", by="owner")

    def _main(self) -> None:
        if self._watched:
            give_way()
        journal = JournalWriter(self.run.path)
        phases = _PhaseEvents(journal)
        job = Job(
            on_progress=phases.report,
            on_note=lambda code, values: _note(journal, code, values),
        )
        control = Control(self._reader, journal, job)
        device = DeviceWatch(journal)
        try:
            with run_log(self.run.log_path):
                control.start()
                device.start()
                self.outcome = self._train(journal, job, control)
                journal.write("status", status=self.outcome)
        finally:
            control.close()
            device.close()
            journal.close()
            self._lock.release()
            _free_memory()
            if self._measured:
                keep_rate_of(self.run)

    def _train(self, journal: JournalWriter, job: Job, control: Control) -> str:
        from engine.train.pipeline import Pipeline

        pipeline = None
        try:
            spec = self.run.spec()
            pipeline = Pipeline(self.run, spec, journal, job, control, self._resume)
            return pipeline.work()
        except Cancelled:
            return "stopped"
        except BaseException as failure:  # whatever it is, the run must say how it ended
            log.error("".join(traceback.format_exception(failure)))
            self.error = named(failure, pipeline.spec if pipeline else None)
            journal.write("error", **self.error.document(), log=self.run.log_path.name)
            return "failed"


class _PhaseEvents:
    """Progress as ``phase`` events: each new phase at once, its progress a few times a second."""

    def __init__(self, journal: JournalWriter) -> None:
        self._journal = journal
        self._last = ("", 0.0)

    def report(self, progress: Progress) -> None:
        now = time.monotonic()
        phase, told = self._last
        done = progress.total is not None and progress.done >= progress.total
        if progress.phase == phase and not done and now - told < 1 / _PHASE_EVENTS_A_SECOND:
            return
        self._last = (progress.phase, now)
        self._journal.write(
            "phase",
            name=progress.phase,
            done=progress.done,
            total=progress.total,
            unit=progress.unit,
            seconds_left=progress.seconds_left,
        )


def _note(journal: JournalWriter, code: str, values: dict[str, object]) -> None:
    plain = {
        key: value if isinstance(value, str | int | float | bool | type(None)) else str(value)
        for key, value in values.items()
    }
    journal.write("log", level="info", code=code, values=plain)


def _free_memory() -> None:
    """Give the card back to whoever comes next in this process."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
