"""Jobs on this machine, each a folder below ``$DANLU_HOME/jobs``: make one, find one, end one."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import shutil
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.home import home
from engine.jobs.state import JobState
from engine.runs.atomic import write_atomically
from engine.runs.journal import JournalFollower
from engine.runs.lock import LOCK_NAME, is_owned

_COMMAND, _RESULT, _LOG = "job.json", "result.json", "log.txt"
_FRESH_SECONDS = 30.0  # a younger folder without an owner is about to get one
_POLL_SECONDS = 0.1
_LOG_TAIL = 200_000  # bytes of a log that are looked at
_KEPT = 40  # jobs that have ended and are still listed


@dataclass(frozen=True)
class JobRecord:
    """One job's folder: its command, its journal, its log, and in the end its result."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def log_path(self) -> Path:
        return self.path / _LOG

    def command(self) -> list[str]:
        """The words after ``danlu`` that do it; none when they cannot be read."""
        try:
            found = json.loads((self.path / _COMMAND).read_text(encoding="utf-8"))
            return [str(word) for word in found["command"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def command_line(self) -> str:
        return shlex.join(["danlu", *self.command()])

    def alive(self) -> bool:
        """Whether a process is at it now."""
        return is_owned(self.path)

    def state(self) -> JobState:
        """What happened so far, as its journal tells."""
        return JobWatch(self).look()

    def died(self) -> bool:
        """Whether, unless its journal says how it ended, its process is gone."""
        return not self.alive() and not self._fresh()

    def keep_result(self, document: dict[str, Any]) -> None:
        text = json.dumps(document, ensure_ascii=False, default=str)
        write_atomically(self.path / _RESULT, text)

    def result(self) -> dict[str, Any] | None:
        """The JSON document its command prints; None while there is none."""
        try:
            return json.loads((self.path / _RESULT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def last_log_lines(self, count: int) -> list[str]:
        """The end of what its libraries printed."""
        try:
            with open(self.log_path, "rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_TAIL))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return []
        return text.splitlines()[-count:]

    def ask_to_end(self) -> None:
        """Tell it to cancel, soon. Raises DanluError ``jobs.not_running``."""
        if not self.alive():
            raise DanluError("jobs.not_running", name=self.name)
        os.kill(self._owner(), signal.SIGTERM)

    def cancel(self, seconds: float = 30.0) -> None:
        """Cancel it and wait until it has ended. Raises DanluError ``jobs.not_running``,
        ``jobs.does_not_end``."""
        self.ask_to_end()
        deadline = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > deadline:
                raise DanluError(
                    "jobs.does_not_end", exit_code=3, name=self.name, pid=self._owner()
                )
            time.sleep(_POLL_SECONDS)

    def document(self) -> dict[str, Any]:
        """``{name, command, status, phase, done, total, unit, started, ended, error, folder,
        log}``."""
        state = self.state()
        shown = ("status", "phase", "done", "total", "unit", "started", "ended")
        return {
            "name": self.name,
            "command": self.command_line(),
            **{name: getattr(state, name) for name in shown},
            "error": state.error.document() if state.error else None,
            "folder": str(self.path),
            "log": str(self.log_path),
        }

    def _owner(self) -> int:
        return int((self.path / LOCK_NAME).read_text())

    def _fresh(self) -> bool:
        young = time.time() - self.path.stat().st_ctime < _FRESH_SECONDS
        return young and not (self.path / LOCK_NAME).exists()


class JobWatch:
    """Looks again and again at one job; each look reads only what is new."""

    def __init__(self, record: JobRecord) -> None:
        self._record = record
        self._follower = JournalFollower(record.path)
        self._state = JobState()

    def look(self) -> JobState:
        """How it is now: a state of its own, which no later look changes."""
        # Asked before the journal is read: one that ends in between has had its last word.
        died = self._record.died()
        while events := self._follower.poll(max_lines=100_000, max_seconds=10.0):
            for event in events:
                self._state.add(event)
        status = "gone" if died and self._state.active else self._state.status
        return replace(self._state, status=status, notes=list(self._state.notes))


def job_records() -> list[JobRecord]:
    """Every job there is a folder of, those at work first, then the newest."""
    found = [JobRecord(file.parent) for file in _root().glob(f"*/{_COMMAND}")]
    return sorted(found, key=lambda each: (not each.alive(), -_made(each)))


def find_record(name: str) -> JobRecord:
    """The job called ``name``. Raises DanluError ``jobs.no_such_job``."""
    there = job_records()
    for each in there:
        if each.name == name:
            return each
    listed = ", ".join(each.name for each in there[:8]) or "–"
    raise DanluError("jobs.no_such_job", name=name, there=listed)


def new_record(command: Sequence[str]) -> JobRecord:
    """A folder for the job that ``command`` (the words after ``danlu``) does. Raises OSError."""
    _root().mkdir(parents=True, exist_ok=True)
    _sweep()
    about = next((word for word in command[1:] if not word.startswith("-")), "")
    plain = re.sub(r"[^\w.-]+", "-", f"{command[0]}-{Path(about).name or about}").strip("-.")[:60]
    for count in itertools.count(1):
        folder = _root() / (plain if count == 1 else f"{plain}-{count}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        write_atomically(folder / _COMMAND, json.dumps({"command": list(command)}))
        return JobRecord(folder)
    raise AssertionError


def _sweep() -> None:
    """Forget the oldest of those that have ended."""
    for old in [each for each in job_records() if not each.alive() and not each._fresh()][_KEPT:]:
        shutil.rmtree(old.path, ignore_errors=True)


def _made(record: JobRecord) -> float:
    try:
        return (record.path / _COMMAND).stat().st_mtime
    except OSError:  # swept meanwhile
        return 0.0


def _root() -> Path:
    return home() / "jobs"
