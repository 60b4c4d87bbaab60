"""A screen that does a piece of long work: it starts, is shown, is cancelled, ends or fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.message import Message

from engine.errors import DanluError
from engine.job import Job
from tui.outcome import Outcome, outcome_of
from tui.screens.base import DanluScreen
from tui.widgets.job_bar import JobBar

TICK = 0.25  # seconds between two looks at the job
Result = TypeVar("Result")


class JobScreen(DanluScreen):
    """Subclasses have a JobBar in :meth:`work` and call :meth:`start_job`. While there is a job,
    escape cancels it, and the actions named in ``idle_actions`` have no keys."""

    idle_actions: ClassVar[frozenset[str]] = frozenset()
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "keys.job_cancel", id="job.cancel"),
        Binding("escape", "back", "keys.back", id="back"),
    ]

    class Ended(Message):
        """A job came to its end; ``then`` is for its result."""

        def __init__(self, job: Job, outcome: Outcome[Any], then: Callable[[Any], None]) -> None:
            super().__init__()
            self.job, self.outcome, self.then = job, outcome, then

    def __init__(self) -> None:
        super().__init__()
        self._job: Job | None = None

    def start_job(self, work: Callable[[Job], Result], then: Callable[[Result], None]) -> None:
        """Do ``work`` in a thread, and ``then``, with what it returns, on the screen."""
        job = self._job = Job()

        def run() -> None:
            self.post_message(self.Ended(job, outcome_of(work, job), then))

        self.run_worker(run, thread=True, exit_on_error=False, group="job")
        self.refresh_bindings()

    def job_failed(self, error: DanluError) -> None:
        """What becomes of a named failure."""
        self.fail(error)

    def job_cancelled(self) -> None:
        """What becomes of a job that was cancelled."""

    def on_job_screen_ended(self, message: Ended) -> None:
        if message.job is not self._job:
            return
        self._job = None
        self._show_job()
        self.refresh_bindings()
        outcome = message.outcome
        if outcome.error is not None:
            self.job_failed(outcome.error)
        elif outcome.cancelled:
            self.job_cancelled()
        else:
            message.then(outcome.result)

    def on_mount(self) -> None:
        self.set_interval(TICK, self._show_job)

    def on_unmount(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _show_job(self) -> None:
        self.query_one(JobBar).show(self._job)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "cancel":
            return self._job is not None
        return self._job is None or action not in self.idle_actions

    def action_cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
