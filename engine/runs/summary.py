"""What a run's journal adds up to: status, step, losses, checkpoints. A fold, event by event."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.runs.journal import Event, read_journal

ENDED = ("finished", "stopped", "failed", "interrupted")


@dataclass
class Checkpoint:
    """One checkpoint a journal tells of. ``path`` is relative to the run's folder."""

    step: int
    path: str
    bytes: int = 0
    best: bool = False
    resumable: bool = True
    loss: float | None = None
    eval_loss: float | None = None


@dataclass
class RunSummary:
    """The state of a run after the events folded so far. Losses are means per trained token."""

    status: str = "preparing"
    step: int = 0
    steps: int | None = None
    epoch: float = 0.0
    loss: float | None = None
    eval_loss: float | None = None
    seconds_left: float | None = None
    started: float | None = None
    ended: float | None = None
    checkpoints: list[Checkpoint] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    error: Event | None = None
    recovered: bool = False  # the journal was short: the checkpoints themselves were read

    def apply(self, event: Event) -> None:
        """Fold one event in."""
        if self.started is None:
            self.started = event["time"]
        handler = getattr(self, f"_on_{event['kind']}", None)
        if handler:
            handler(event)

    def _on_status(self, event: Event) -> None:
        self.status = event["status"]
        self.ended = event["time"] if self.status in ENDED else None
        if self.status not in ("failed",):
            self.error = None

    def _on_plan(self, event: Event) -> None:
        self.steps = event.get("steps")

    def _on_step(self, event: Event) -> None:
        self.step = event["step"]
        self.epoch = event.get("epoch") or self.epoch
        self.seconds_left = event.get("seconds_left")
        if event.get("loss") is not None:
            self.loss = event["loss"]

    def _on_eval(self, event: Event) -> None:
        self.eval_loss = event.get("loss")
        for checkpoint in self.checkpoints:
            if checkpoint.step == event["step"]:
                checkpoint.eval_loss = self.eval_loss

    def _on_checkpoint(self, event: Event) -> None:
        if event.get("deleted"):
            self.checkpoints = [c for c in self.checkpoints if c.path != event["path"]]
            return
        if event.get("best"):
            for other in self.checkpoints:
                other.best = False
        made = Checkpoint(
            step=event["step"],
            path=event["path"],
            bytes=event.get("bytes", 0),
            best=bool(event.get("best")),
            resumable=bool(event.get("resumable", True)),
            loss=event.get("loss"),
            eval_loss=event.get("eval_loss"),
        )
        self.checkpoints = [c for c in self.checkpoints if c.path != made.path] + [made]

    def _on_error(self, event: Event) -> None:
        self.error = event

    def _on_result(self, event: Event) -> None:
        self.result.update({k: v for k, v in event.items() if k not in ("seq", "time", "kind")})

    def choose(self, best: str | None) -> None:
        """Take the checkpoint called ``best`` for the best, where there is one of that name."""
        if any(checkpoint.path == best for checkpoint in self.checkpoints):
            for checkpoint in self.checkpoints:
                checkpoint.best = checkpoint.path == best


def summarise(run_folder: Path) -> RunSummary:
    """The summary of a run from its whole journal, and from its checkpoints where the journal is
    short; a run without owner that had not ended is ``interrupted``. The best checkpoint is the one
    a person chose, else the one with the lowest evaluation loss."""
    from engine.runs.lock import is_owned
    from engine.runs.marks import read_marks
    from engine.runs.recovered import fill_in

    summary = RunSummary()
    for event in read_journal(run_folder):
        summary.apply(event)
    if not is_owned(run_folder):
        fill_in(summary, run_folder)
        if summary.status not in ENDED:
            summary.status = "interrupted"
    summary.choose(read_marks(run_folder).best)
    return summary
