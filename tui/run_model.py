"""What the live screen shows of a run: its journal folded, event by event, in fixed memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.runs.journal import Event
from engine.runs.summary import ENDED, RunSummary
from tui.log_lines import LogRing, line_of
from tui.series import Series

_NOTICE_SECONDS = 60

# Which panels an event kind changes; every kind may also add to the log.
_TOUCHES = {
    "status": ("head", "banner", "loss"),
    "phase": ("head", "loss"),
    "plan": ("head", "loss", "curves"),
    "step": ("head", "loss", "curves", "machine", "banner"),
    "eval": ("loss", "checkpoints"),
    "checkpoint": ("checkpoints",),
    "sample": ("watch",),
    "device": ("machine", "banner"),
    "command": ("head",),
    "notice": ("banner",),
    "error": ("banner",),
    "result": ("head",),
}


@dataclass(frozen=True)
class Phase:
    """Where work around the training is; ``seconds_left`` None while it cannot be told."""

    name: str
    done: float
    total: float | None
    unit: str
    seconds_left: float | None

    @property
    def fraction(self) -> float | None:
        return min(1.0, self.done / self.total) if self.total else None


@dataclass
class Sample:
    """One answer to a watched prompt, and the steps at which it was the same word for word."""

    step: int
    last_step: int
    text: str
    exact: bool | None = None


@dataclass
class RunModel:
    """``changed`` names the panels that have something new; who draws them clears it."""

    summary: RunSummary = field(default_factory=RunSummary)
    plan: dict[str, Any] = field(default_factory=dict)
    loss: Series = field(default_factory=Series)
    eval_loss: Series = field(default_factory=Series)
    learning_rate: Series = field(default_factory=Series)
    grad_norm: Series = field(default_factory=Series)
    speed: Series = field(default_factory=Series)
    best: tuple[float, float] | None = None  # step and value of the lowest evaluation loss
    last_step: Event = field(default_factory=dict)
    device: Event = field(default_factory=dict)
    phases: list[Phase] = field(default_factory=list)
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    log: LogRing = field(default_factory=LogRing)
    last_notice: Event | None = None
    asked: dict[str, float] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    first_time: float | None = None
    last_time: float | None = None
    owner_alive: bool = True
    now: Callable[[], float] = time.time
    _spent: float = 0.0  # seconds of earlier sessions of a resumed run
    _session_began: float = 0.0

    def apply(self, events: Iterable[Event]) -> None:
        """Fold events in, in the journal's order."""
        for event in events:
            self._clock(event)
            self.summary.apply(event)
            handler = getattr(self, f"_on_{event['kind']}", None)
            if handler:
                handler(event)
            self.changed.update(_TOUCHES.get(event["kind"], ()))
            line = line_of(event)
            if line:
                self.log.add(line)
                self.changed.add("log")

    @property
    def status(self) -> str:
        """The run's status; ``interrupted`` when it had not ended and nobody trains it."""
        if self.summary.status not in ENDED and not self.owner_alive:
            return "interrupted"
        return self.summary.status

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def phase(self) -> Phase | None:
        """The phase under way before the training."""
        return self.phases[-1] if self.status == "preparing" and self.phases else None

    @property
    def notice(self) -> Event | None:
        """The newest diagnosis, for a minute of the run's own time; the log keeps it."""
        if self.last_notice is None or self.last_time is None:
            return None
        fresh = self.last_time - self.last_notice["time"] < _NOTICE_SECONDS
        return self.last_notice if fresh else None

    def elapsed(self, now: float | None = None) -> float:
        """Seconds the run has been worked on, over all its sessions."""
        if self.last_time is None:
            return 0.0
        live = not self.ended
        until = (now or self.now()) if live else self.last_time
        return self._spent + max(0.0, until - self._session_began)

    def ask(self, what: str) -> None:
        """Remember that a command was sent; the journal's ``command`` event forgets it."""
        self.asked[what] = time.monotonic()
        self.changed.add("head")

    def _clock(self, event: Event) -> None:
        now = event["time"]
        starts = event["kind"] == "status" and event["status"] == "preparing"
        if self.first_time is None:
            self.first_time = self._session_began = now
        elif starts and self.last_time is not None:
            self._spent += self.last_time - self._session_began
            self._session_began = now
        self.last_time = now

    def _on_status(self, event: Event) -> None:
        if event["status"] == "preparing":
            self.phases.clear()
            self.last_notice = None
        if event["status"] in ENDED:
            self.asked.clear()

    def _on_plan(self, event: Event) -> None:
        self.plan = event

    def _on_step(self, event: Event) -> None:
        step = event["step"]
        self.last_step = event
        self.loss.add(step, event.get("loss"))
        self.learning_rate.add(step, event.get("learning_rate"))
        self.grad_norm.add(step, event.get("grad_norm"))
        self.speed.add(step, event.get("tokens_per_second"))

    def _on_eval(self, event: Event) -> None:
        loss = event.get("loss")
        self.eval_loss.add(event["step"], loss)
        if self.best and self.best[0] > event["step"]:
            self.best = None  # a resumed run takes back what came after its checkpoint
        if loss is not None and (self.best is None or loss < self.best[1]):
            self.best = (event["step"], loss)

    def _on_phase(self, event: Event) -> None:
        made = Phase(
            name=str(event.get("name")),
            done=float(event.get("done") or 0),
            total=event.get("total"),
            unit=str(event.get("unit") or ""),
            seconds_left=event.get("seconds_left"),
        )
        self.phases = [phase for phase in self.phases if phase.name != made.name]
        self.phases.append(made)

    def _on_sample(self, event: Event) -> None:
        prompt, text = str(event.get("prompt")), str(event.get("text"))
        answers = self.samples.setdefault(prompt, [])
        while answers and answers[-1].step > event["step"]:
            answers.pop()
        exact = event.get("exact")
        if answers and answers[-1].text == text and answers[-1].step > 0:
            answers[-1].last_step = event["step"]
        elif not answers or answers[-1].step < event["step"]:
            answers.append(Sample(event["step"], event["step"], text, exact))

    def _on_device(self, event: Event) -> None:
        self.device = event

    def _on_command(self, event: Event) -> None:
        self.asked.pop(str(event.get("what")), None)

    def _on_notice(self, event: Event) -> None:
        self.last_notice = event
