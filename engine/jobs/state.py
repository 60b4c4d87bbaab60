"""What a job's journal tells: whether it is at work, where it is, what it said, how it ended."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.errors import DanluError
from engine.job import Part, Progress
from engine.runs.journal import Event

Status = Literal["starting", "running", "finished", "failed", "cancelled", "gone"]
ENDED: tuple[Status, ...] = ("finished", "failed", "cancelled", "gone")


@dataclass
class JobState:
    """Events folded together, in order. Times are seconds since the epoch; ``notes`` are (when,
    word key, values). ``gone`` is a job whose process died without a word; ``holds`` counts how
    often it was paused or let go on; ``first``, ``pace``, ``parts`` and ``at_once`` are as in
    :class:`engine.job.Progress`."""

    status: Status = "starting"
    phase: str = "starting"
    done: float = 0
    total: float | None = None
    unit: str = ""
    first: float = 0
    pace: float | None = None
    parts: tuple[Part, ...] = ()
    at_once: int = 1
    pausable: bool = False
    paused: bool = False
    holds: int = 0
    phase_started: float | None = None
    started: float | None = None
    ended: float | None = None
    notes: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    error: DanluError | None = None

    @property
    def active(self) -> bool:
        return self.status not in ENDED

    @property
    def progress(self) -> Progress:
        """Where it is, as a job of this process would tell it."""
        age = time.time() - (self.phase_started or time.time())
        where = (self.phase, self.done, self.total, self.unit, time.monotonic() - age)
        return Progress(*where, self.first, self.pace, self.parts, self.at_once)

    def add(self, event: Event) -> None:
        """Fold in one event."""
        kind = event["kind"]
        if kind == "status":
            self.status = event["status"]
            self.started = self.started or event["time"]
            if not self.active:
                self.ended, self.paused, self.pausable = event["time"], False, False
        elif kind == "phase":
            self._add_phase(event)
        elif kind == "note":
            self.notes.append((event["time"], event["code"], event["values"]))
        elif kind == "paused":
            self.paused, self.holds = event["on"], self.holds + 1
        elif kind == "error":
            self.error = DanluError.from_document(event)

    def _add_phase(self, event: Event) -> None:
        if event["name"] != self.phase or event["done"] < self.done or self.phase_started is None:
            self.phase_started = event["time"]
        self.phase, self.done = event["name"], event["done"]
        self.total, self.unit = event["total"], event["unit"]
        self.first, self.pace = event.get("first", 0), event.get("pace")
        self.parts = tuple(Part(*each) for each in event.get("parts") or ())
        self.at_once = event.get("at_once", 1)
        self.pausable = event.get("pausable", False)
