"""What stands in the runs on this machine; each look reads only what is new since the last."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.runs.journal import JOURNAL_NAME, JournalFollower
from engine.runs.store import Run, list_runs
from engine.runs.summary import ENDED, RunSummary


@dataclass(frozen=True)
class RunState:
    """One run at one moment: a copy, safe to draw while the next look goes on elsewhere."""

    run: Run
    summary: RunSummary
    alive: bool

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def status(self) -> str:
        """The journal's status; ``interrupted`` when nobody owns a run that had not ended."""
        ended = self.summary.status in ENDED
        return self.summary.status if ended or self.alive else "interrupted"

    @property
    def active(self) -> bool:
        """Whether a process trains it now."""
        return self.alive and self.summary.status not in ENDED


@dataclass
class _Fold:
    follower: JournalFollower
    summary: RunSummary = field(default_factory=RunSummary)
    size: int = -1  # of the journal when it was read last
    alive: bool = False


class RunWatch:
    """Keeps the fold of every run's journal between looks. Used in one worker thread at a time."""

    def __init__(self) -> None:
        self._folds: dict[str, _Fold] = {}

    def state(self, run: Run) -> RunState:
        """What ``run`` is now, after folding in the events that came since the last time."""
        fold = self._folds.setdefault(run.name, _Fold(JournalFollower(run.path)))
        fold.size = _journal_size(run)
        while events := fold.follower.poll():
            for event in events:
                fold.summary.apply(event)
            time.sleep(0)  # a long journal must not keep the screen from drawing
        copies = [dataclasses.replace(c) for c in fold.summary.checkpoints]
        summary = dataclasses.replace(fold.summary, checkpoints=copies)
        fold.alive = run.owner_alive()
        return RunState(run, summary, fold.alive)

    def stale(self, run: Run) -> bool:
        """Whether ``run`` may be another than at the last look: never read, trained then, or its
        journal has grown."""
        fold = self._folds.get(run.name)
        return fold is None or fold.alive or fold.size != _journal_size(run)

    def look(self, runs: list[Run] | None = None) -> Iterator[RunState]:
        """The state of every run (or of ``runs``), newest first, one after the other. Runs that
        are deleted meanwhile are passed over."""
        for run in list_runs() if runs is None else runs:
            try:
                yield self.state(run)
            except OSError:
                continue


def _journal_size(run: Run) -> int:
    try:
        return (run.path / JOURNAL_NAME).stat().st_size
    except FileNotFoundError:
        return 0
