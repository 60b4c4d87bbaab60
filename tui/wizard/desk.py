"""Engine work the wizard has asked for: each piece in a thread of its own, its result kept.

A screen looks at a task whenever it draws; nothing calls back into the screen, so that a slow
terminal, a screen that is gone or an app that ends cannot hold the work, nor the work the app.
The threads are daemons for the same reason: an import of torch under way must not delay quitting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from itertools import count
from typing import Any, Generic, TypeVar

from engine.errors import DanluError
from engine.job import Job
from tui.outcome import outcome_of

Result = TypeVar("Result")
_numbers = count()


class Task(Generic[Result]):
    """One piece of work: running until ``done``; then it has a ``result``, an ``error``, or was
    cancelled and has neither. One that ``lasts`` is done elsewhere, and goes on when the wizard is
    left."""

    def __init__(self, key: Hashable, work: Callable[[Job], Result], lasts: bool = False) -> None:
        self.key = key
        self.number = next(_numbers)
        self.lasts = lasts
        self.job = Job()
        self.result: Result | None = None
        self.error: DanluError | None = None
        self.done = False
        self._work = work
        threading.Thread(target=self._run, name=f"wizard-{key!s:.40}", daemon=True).start()

    def _run(self) -> None:
        outcome = outcome_of(self._work, self.job)
        self.result, self.error = outcome.result, outcome.error
        self.done = True

    @property
    def cancelled(self) -> bool:
        return self.done and self.result is None and self.error is None


class Desk:
    """The tasks of a wizard by name. Asking again with the same key gives the task there is; with
    another key the one before is cancelled and new work begins."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task[Any]] = {}

    def ask(
        self, name: str, key: Hashable, work: Callable[[Job], Result], *, lasts: bool = False
    ) -> Task[Result]:
        """The task ``name`` for ``key``, started now if it is not there yet."""
        there = self._tasks.get(name)
        if there is not None and there.key == key:
            return there
        if there is not None:
            there.job.cancel()
        made = Task(key, work, lasts)
        self._tasks[name] = made
        return made

    def find(self, name: str) -> Task[Any] | None:
        return self._tasks.get(name)

    def forget(self, name: str) -> None:
        """Cancel the task, if there is one; the next :meth:`ask` begins anew."""
        there = self._tasks.pop(name, None)
        if there is not None:
            there.job.cancel()

    def state(self) -> tuple[Any, ...]:
        """Changes whenever there is something new to draw: compare two of them."""
        return tuple(
            (name, task.number, task.done, None if task.done else task.job.progress)
            for name, task in self._tasks.items()
        )

    @property
    def busy(self) -> bool:
        return any(not task.done for task in self._tasks.values())

    def close(self) -> None:
        """Cancel everything that is done here: the wizard is left."""
        for task in self._tasks.values():
            if not task.lasts:
                task.job.cancel()
