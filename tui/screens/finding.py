"""A screen that works things out in threads; what comes of it is done back on the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from textual.message import Message

from engine.errors import DanluError
from tui.screens.base import DanluScreen

Then = Callable[[Any], Awaitable[None] | None]


class FindingScreen(DanluScreen):
    """Subclasses call :meth:`find`."""

    class Found(Message):
        """What was worked out in a thread is there, or ``error`` says why not."""

        def __init__(
            self,
            then: Then,
            otherwise: Callable[[DanluError], None],
            made: Any = None,
            error: DanluError | None = None,
        ) -> None:
            super().__init__()
            self.then, self.otherwise, self.made, self.error = then, otherwise, made, error

    def find(
        self,
        work: Callable[[], Any],
        then: Then,
        otherwise: Callable[[DanluError], None] | None = None,
    ) -> None:
        """Work in a thread, then go on with what it made, or with why it did not."""
        fail = otherwise or self.fail

        def find() -> None:
            try:
                self.post_message(self.Found(then, fail, work()))
            except DanluError as error:
                self.post_message(self.Found(then, fail, error=error))

        self.run_worker(find, thread=True, exit_on_error=False, group="finding")

    def leave_with(self, error: DanluError) -> None:
        """Without what was to be found there is nothing to show here."""
        self.action_back()
        self.fail(error)

    async def on_finding_screen_found(self, message: Found) -> None:
        if message.error is not None:
            message.otherwise(message.error)
        elif isawaitable(done := message.then(message.made)):
            await done
