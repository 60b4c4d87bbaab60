"""What a server's journal tells: its state, its address, its requests and their pace."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.errors import DanluError
from engine.jobs.state import JobState
from engine.runs.journal import Event, JournalFollower

State = Literal["starting", "serving", "ended", "failed", "gone"]
_SHOWN = (
    "state", "url", "pid", "begun", "started", "requests", "failed", "refused", "prompt_tokens",
    "tokens", "last_tokens_per_second",
)  # fmt: skip


@dataclass
class Traffic:
    """Events folded together, in order. ``loading`` is where it is until it serves. ``requests``
    are those answered or begun; ``refused`` got an error of the API's own. ``begun`` and
    ``started`` (serving) are seconds since the epoch."""

    state: State = "starting"
    url: str | None = None
    pid: int | None = None
    begun: float | None = None
    started: float | None = None
    loading: JobState = field(default_factory=JobState)
    requests: int = 0
    failed: int = 0
    refused: int = 0
    prompt_tokens: int = 0
    tokens: int = 0
    seconds: float = 0.0
    last_tokens_per_second: float | None = None
    error: DanluError | None = None

    @property
    def tokens_per_second(self) -> float | None:
        """The pace over all answers; None before the first."""
        return round(self.tokens / self.seconds, 2) if self.seconds > 0 else None

    def mark_gone(self, died: bool) -> None:
        """Say so where the process ``died`` without a word."""
        if died and self.state in ("starting", "serving"):
            self.state = "gone"

    def add(self, event: Event) -> None:
        """Fold in one event."""
        kind = event["kind"]
        if kind == "status":
            self._add_status(event)
        elif kind == "phase":
            self.loading.add(event)
        elif kind == "request":
            self._add_request(event)
        elif kind == "traffic":  # what vLLM counts itself, since it started
            self.requests, self.tokens = event["requests"], event["tokens"]
            self.last_tokens_per_second = event["tokens_per_second"]
        elif kind == "refused":
            self.refused += 1
        elif kind == "error":
            self.error = DanluError.from_document(event)

    def _add_status(self, event: Event) -> None:
        self.state = event["status"]
        self.begun = self.begun or event["time"]
        self.pid = event.get("pid", self.pid)
        self.url = event.get("url", self.url)
        if self.state == "serving":
            self.started = event["time"]

    def _add_request(self, event: Event) -> None:
        self.requests += 1
        self.failed += event["finish"] == "error"
        self.prompt_tokens += event["prompt_tokens"]
        self.tokens += event["tokens"]
        self.seconds += event["seconds"]
        if event["tokens"]:
            self.last_tokens_per_second = event["tokens_per_second"]

    def document(self) -> dict[str, Any]:
        """The same as JSON."""
        kept = {name: value for name, value in vars(self).items() if name in _SHOWN}
        where = {name: getattr(self.loading, name) for name in ("phase", "done", "total", "unit")}
        error = self.error.document() if self.error else None
        return {**kept, **where, "error": error, "tokens_per_second": self.tokens_per_second}


def traffic_of(folder: Path) -> Traffic:
    """The whole journal in ``folder``, folded together."""
    follower, traffic = JournalFollower(folder), Traffic()
    while events := follower.poll(max_lines=100_000, max_seconds=10.0):
        for event in events:
            traffic.add(event)
    return traffic
