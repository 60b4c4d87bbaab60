"""Jobs on this machine, each a folder below ``$DANLU_HOME/jobs``: make one, find one, end one."""

from __future__ import annotations

import itertools
import json
import shlex
import shutil
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.home import home
from engine.jobs.state import JobState
from engine.process_folder import ProcessFolder, new_folder
from engine.runs.atomic import write_atomically
from engine.runs.journal import JournalFollower
from engine.runs.places import short_target

PAUSE, GO_ON = signal.SIGUSR1, signal.SIGUSR2  # what they mean to a job that may pause
_COMMAND, _RESULT = "job.json", "result.json"
_KEPT = 40  # jobs that have ended and are still listed


class JobRecord(ProcessFolder):
    """One job's folder: its command, its journal, its log, and in the end its result."""

    area = "jobs"

    def command(self) -> list[str]:
        """The words after ``danlu`` that do it; none when they cannot be read."""
        return self._words("command")

    def begun_in(self) -> Path | None:
        """The folder its command was given in, from which paths in it are told, while it is there;
        None where that is not known."""
        found = self._facts().get("folder")
        return Path(found) if isinstance(found, str) and Path(found).is_dir() else None

    def about(self) -> list[str]:
        """What it works on: the targets, as they were typed."""
        return self._words("about") or _leading(self.command())

    def _words(self, name: str) -> list[str]:
        found = self._facts().get(name)
        return [str(word) for word in found] if isinstance(found, list) else []

    def _facts(self) -> dict[str, Any]:
        try:
            found = json.loads((self.path / _COMMAND).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def command_line(self) -> str:
        return shlex.join(["danlu", *self.command()])

    def state(self) -> JobState:
        """What happened so far, as its journal tells."""
        return JobWatch(self).look()

    def hold(self, on: bool) -> None:
        """Let it pause, or go on. Raises DanluError ``jobs.not_running``, ``jobs.not_pausable``."""
        state = self.state()
        if state.active and not (state.pausable or state.paused):
            raise DanluError("jobs.not_pausable", name=self.name)
        self.signal(PAUSE if on else GO_ON)

    def keep_result(self, document: dict[str, Any]) -> None:
        text = json.dumps(document, ensure_ascii=False, default=str)
        write_atomically(self.path / _RESULT, text)

    def result(self) -> dict[str, Any] | None:
        """The JSON document its command prints; None while there is none."""
        try:
            return json.loads((self.path / _RESULT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def document(self) -> dict[str, Any]:
        """``{name, command, status, phase, done, total, unit, started, ended, paused, error,
        folder, log}``."""
        state = self.state()
        shown = ("status", "phase", "done", "total", "unit", "started", "ended", "paused")
        return {
            "name": self.name,
            "command": self.command_line(),
            **{name: getattr(state, name) for name in shown},
            "error": state.error.document() if state.error else None,
            "folder": str(self.path),
            "log": str(self.log_path),
        }


class JobWatch:
    """Looks again and again at one job; each look reads only what is new."""

    def __init__(self, record: JobRecord) -> None:
        self._record = record
        self._follower = JournalFollower(record.path)
        self._state = JobState()

    def look(self) -> JobState:
        """How it is now: a state of its own, which no later look changes."""
        # Asked before the journal is read: one that ends in between has had its last word.
        died = self._record.gone()
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


def new_record(
    command: Sequence[str], about: Sequence[str] = (), folder: Path | None = None
) -> JobRecord:
    """A folder for the job that ``command`` (the words after ``danlu``) does ``about`` these
    targets; without them, those it begins with. Given in ``folder``, else in the current one.
    Raises OSError."""
    _sweep()
    about = list(about) or _leading(command)
    record = JobRecord(new_folder(_root(), "-".join([command[0], *map(short_target, about[:1])])))
    begun_in = str(folder or Path.cwd())
    facts = {"command": list(command), "about": about, "folder": begun_in}
    write_atomically(record.path / _COMMAND, json.dumps(facts))
    return record


def _leading(command: Sequence[str]) -> list[str]:
    """The words behind the verb, up to the first option."""
    return list(itertools.takewhile(lambda word: not word.startswith("-"), command[1:]))


def _sweep() -> None:
    """Forget the oldest of those that have ended."""
    for old in [each for each in job_records() if each.gone()][_KEPT:]:
        shutil.rmtree(old.path, ignore_errors=True)


def _made(record: JobRecord) -> float:
    try:
        return (record.path / _COMMAND).stat().st_mtime
    except OSError:  # swept meanwhile
        return 0.0


def _root() -> Path:
    return home() / "jobs"
