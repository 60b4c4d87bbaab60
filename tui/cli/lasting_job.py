"""Long work on the command line that outlives its terminal and is found from another one.

The app starts the same commands in processes of their own and follows their journals.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from engine.errors import DanluError, fault_of, is_disk_full
from engine.job import Cancelled, Progress
from engine.jobs.journalling import JournallingJob
from engine.jobs.record import GO_ON, PAUSE, JobRecord, new_record
from engine.runs.journal import JournalWriter
from engine.runs.lock import RunLock
from tui.cli.progress_line import Line
from tui.terminal import leave_terminal

FOLDER_VARIABLE = "DANLU_JOB_FOLDER"  # the record that whoever started this process has made


class LastingJob(JournallingJob):
    """Shown on the terminal while there is one, and kept in ``record``."""

    def __init__(self, record: JobRecord, line: Line) -> None:
        super().__init__(JournalWriter(record.path))
        self.record = record
        self._line = line

    def keep(self, document: dict[str, Any]) -> None:
        """Keep what came of it: the document that ``--json`` prints."""
        self.record.keep_result(document)

    def _write_progress(self, now: Progress) -> None:
        super()._write_progress(now)
        self._line.progress(now)

    def _write_note(self, code: str, values: dict[str, Any]) -> None:
        super()._write_note(code, values)
        self._line.note(code, values)

    def leave_terminal(self) -> None:
        """Go on without the terminal."""
        self._line.live = False
        leave_terminal(self.record.log_path)


@contextmanager
def lasting_job(args: argparse.Namespace, *about: str | None) -> Iterator[LastingJob]:
    """A job ``about`` some targets, whose progress and notes are shown and journalled while the
    block runs. ctrl+c and SIGTERM cancel it; a lost terminal does not. Raises OSError where no
    record can be kept."""
    given = os.environ.pop(FOLDER_VARIABLE, "")
    record = JobRecord(Path(given)) if given else _new_record(args, about)
    lock, line = RunLock(record.path), Line()
    job = LastingJob(record, line)
    job.record_status("running")
    try:
        with _signals(job):
            yield job
        job.record_status("finished")
    except (KeyboardInterrupt, Cancelled):
        job.cancel()
        job.record_status("cancelled")
        line.note("jobs.cancelled_here", {})
        raise
    except DanluError as error:
        job.record_failure(error)
        raise
    except BaseException as fault:
        if is_disk_full(fault):  # what was half-made is gone by now, so this can be written down
            full = DanluError("jobs.disk_full", exit_code=3)
            job.record_failure(full)
            raise full from fault
        unforeseen = DanluError("wizard.unexpected", exit_code=3, reason=fault_of(fault))
        job.record_failure(unforeseen)
        raise
    finally:
        line.clear()
        job.journal.close()
        lock.release()


def _new_record(args: argparse.Namespace, about: Sequence[str | None]) -> JobRecord:
    """One of the command that was typed, from its verb on."""
    command = args.given[args.given.index(args.verb) :]
    return new_record(command, [target for target in about if target])


@contextmanager
def _signals(job: LastingJob) -> Iterator[None]:
    """While open, signals do to the job what a person means by them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def cancel(number: int, frame: FrameType | None) -> None:
        # Both: Python drops an exception that comes while it runs a finaliser.
        job.cancel()
        raise KeyboardInterrupt

    wanted: dict[int, Any] = {
        signal.SIGTERM: cancel,
        signal.SIGINT: cancel,
        PAUSE: lambda *_: _elsewhere(job.hold, True),
        GO_ON: lambda *_: _elsewhere(job.hold, False),
    }
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it
        wanted[signal.SIGHUP] = lambda *_: job.leave_terminal()
    before = {number: signal.signal(number, does) for number, does in wanted.items()}
    try:
        yield
    finally:
        for number, does in before.items():
            signal.signal(number, does)


def _elsewhere(do: Callable[[bool], None], on: bool) -> None:
    """In a thread: the locks it takes may be held by what the signal interrupted."""
    threading.Thread(target=do, args=(on,), daemon=True).start()
