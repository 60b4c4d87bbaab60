"""The runs and their checkpoints as the lines of a tree: folded, filtered, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.runs.store import Run
from engine.runs.summary import Checkpoint
from tui.run_watch import RunState

_OPEN_AT_FIRST = 5  # the newest runs show their checkpoints unasked


@dataclass(frozen=True)
class Line:
    """One line: a run (``state`` is None until its journal is read), or a checkpoint of it."""

    run: Run
    state: RunState | None = None
    checkpoint: Checkpoint | None = None
    last: bool = False  # of its run's checkpoints
    hidden: int = 0  # checkpoints folded away

    @property
    def identity(self) -> tuple[str, str]:
        return self.run.name, self.checkpoint.path if self.checkpoint else ""

    @property
    def target(self) -> str:
        """What chat and verify are asked for: ``run`` or ``run/checkpoint-20``."""
        return f"{self.run.name}/{self.checkpoint.path}" if self.checkpoint else self.run.name

    @property
    def path(self) -> str:
        """The folder on disk."""
        return str(self.run.path / self.checkpoint.path if self.checkpoint else self.run.path)

    @property
    def can_talk(self) -> bool:
        """Whether there is something learned to talk to."""
        return self.state is not None and bool(self.state.summary.checkpoints)

    @property
    def can_resume(self) -> bool:
        """Whether its run ended early and a checkpoint to go on from is there."""
        if self.state is None or self.state.active or self.state.status == "finished":
            return False
        return any(checkpoint.resumable for checkpoint in self.state.summary.checkpoints)


@dataclass
class RunTree:
    """What is known of the runs, and which of them show their checkpoints."""

    runs: list[Run] = field(default_factory=list)
    states: dict[str, RunState] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    _folded: dict[str, bool] = field(default_factory=dict)

    def set_runs(self, runs: Sequence[Run]) -> None:
        """Take the list of runs, newest first."""
        self.runs = list(runs)
        for index, run in enumerate(self.runs):
            self._folded.setdefault(run.name, index >= _OPEN_AT_FIRST)

    def learn(self, states: Iterable[RunState]) -> None:
        """Take what was read of some runs."""
        self.states.update({state.name: state for state in states})

    def fold(self, name: str, folded: bool | None = None) -> None:
        """Fold a run's checkpoints away or show them; without ``folded`` the other way round."""
        self._folded[name] = not self._folded.get(name, False) if folded is None else folded

    def lines(self, wanted: str = "") -> list[Line]:
        """The lines to show; only runs whose name or status contains ``wanted``."""
        found: list[Line] = []
        for run in self.runs:
            state = self.states.get(run.name)
            if wanted and not _matches(run, state, wanted.casefold()):
                continue
            checkpoints = _newest_first(state)
            folded = self._folded.get(run.name, False)
            found.append(Line(run, state, hidden=len(checkpoints) if folded else 0))
            if not folded:
                found += [
                    Line(run, state, checkpoint, last=checkpoint is checkpoints[-1])
                    for checkpoint in checkpoints
                ]
        return found


def _newest_first(state: RunState | None) -> list[Checkpoint]:
    checkpoints = state.summary.checkpoints if state else []
    return sorted(checkpoints, key=lambda checkpoint: -checkpoint.step)


def _matches(run: Run, state: RunState | None, wanted: str) -> bool:
    from engine import words

    status = words.t(f"status.{state.status}") if state else ""
    return wanted in run.name.casefold() or wanted in status.casefold()
