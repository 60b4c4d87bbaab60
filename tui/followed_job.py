"""Work that a job in a process of its own does, followed as if it were done here."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from engine import words
from engine.errors import DanluError
from engine.job import Cancelled, Job
from engine.jobs.record import JobRecord, JobWatch, job_records
from engine.jobs.state import JobState
from tui.job_process import start_command

ENDED_ELSEWHERE = "jobs.ended_elsewhere"
_EVERY = 0.2  # seconds between two looks
_ending = threading.Lock()  # held while one is ended, so that nobody joins it


def follow(
    command: Sequence[str],
    job: Job,
    *,
    about: Sequence[str] = (),
    ends: Callable[[], bool] = lambda: True,
) -> dict[str, Any]:
    """Have ``danlu COMMAND`` done ``about`` these, or join the job that is at it already. ``job``
    tells where it is, pauses it and, when cancelled, ends it if it still ``ends``; ctrl+c does
    always. Returns the document it prints. Raises DanluError what it failed of, ``jobs.died``,
    ``jobs.ended_elsewhere``, ``jobs.cannot_start``; Cancelled."""
    with _ending:
        record = _at_it(command) or start_command(command, about)
    watch, pausing = JobWatch(record), _Pausing(record, job)
    state = watch.look()
    try:
        while state.active:
            time.sleep(_EVERY)
            was, state = state, watch.look()
            _tell(state, was, job)
            pausing.look(state)
    except (Cancelled, KeyboardInterrupt) as told:
        if ends() or isinstance(told, KeyboardInterrupt):
            with _ending, contextlib.suppress(DanluError):  # it ended meanwhile
                record.end()
        raise
    return _made(record, state)


def _at_it(command: Sequence[str]) -> JobRecord | None:
    there = (each for each in job_records() if not each.gone())
    return next((each for each in there if each.command() == list(command)), None)


def _tell(state: JobState, was: JobState, job: Job) -> None:
    for _, code, values in state.notes[len(was.notes) :]:
        if words.sayable(code, values):
            job.note(code, **values)
    job.pausable = state.pausable
    job.mirror(state.progress)


class _Pausing:
    """Pauses what is followed when ``job`` is paused; where somebody else did, ``job`` follows."""

    def __init__(self, record: JobRecord, job: Job) -> None:
        self._record, self._job = record, job
        self._was, self._holds = job.paused, 0

    def look(self, state: JobState) -> None:
        if self._job.paused != self._was:
            try:
                self._record.hold(self._job.paused)
            except DanluError:  # past what can be paused, or ended
                self._take(self._was)
        elif state.holds != self._holds:
            self._take(state.paused)
        self._was, self._holds = self._job.paused, state.holds

    def _take(self, paused: bool) -> None:
        (self._job.pause if paused else self._job.go_on)()


def _made(record: JobRecord, state: JobState) -> dict[str, Any]:
    if state.error is not None:
        raise state.error
    if state.status == "cancelled":
        raise DanluError(ENDED_ELSEWHERE, name=record.name)
    document = record.result()
    if state.status == "gone" or document is None:
        raise DanluError("jobs.died", exit_code=3, name=record.name, log=record.log_path)
    return document
