"""Keys that come faster than the screen follows: each reaches what the keys before it opened.

A slow line delivers several keys at once. Textual hands each to what has the focus at that moment;
what a key opens or focuses comes some messages later, so that the letters behind a ``/`` would be
taken as commands of the list, and not as the text to look for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

from textual.app import App
from textual.events import Key, Paste
from textual.widgets import Input

_LEAST_ROUNDS, _MOST_ROUNDS = 2, 6
_LONGEST = 0.5  # seconds a key waits for the one before it


class KeyOrder:
    """Gives keys to ``handle`` one after the other, each once the app has come to rest."""

    def __init__(self, app: App[None], handle: Callable[[Key | Paste], Awaitable[None]]) -> None:
        self._app = app
        self._handle = handle
        self._waiting: deque[Key | Paste] = deque()
        self._task: asyncio.Task[None] | None = None

    def take(self, event: Key | Paste) -> None:
        """Handle ``event`` after those that were taken before it."""
        self._waiting.append(event)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._give())

    async def _give(self) -> None:
        while self._waiting:
            event = self._waiting.popleft()
            try:
                await self._handle(event)
            except Exception as error:
                self._app._handle_exception(error)
            if not self._changes_nothing(event):
                await self._rest()

    def _changes_nothing(self, event: Key | Paste) -> bool:
        """Whether the next key surely belongs where this one went: text behind text that is being
        typed, the same key held down."""
        if isinstance(self._app.focused, Input):
            return isinstance(event, Paste) or (isinstance(event, Key) and event.is_printable)
        following = self._waiting[0] if self._waiting else None
        return isinstance(event, Key) and isinstance(following, Key) and event.key == following.key

    async def _rest(self) -> None:
        """Wait until all widgets have heard what was said to them and the focus stays."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._come_to_rest(), _LONGEST)

    async def _come_to_rest(self) -> None:
        for done in range(1, _MOST_ROUNDS + 1):
            before = self._app.screen, self._app.focused
            await self._all_have_heard()
            if done >= _LEAST_ROUNDS and before == (self._app.screen, self._app.focused):
                return

    async def _all_have_heard(self) -> None:
        heard = asyncio.Event()
        left = 0

        def hear() -> None:
            nonlocal left
            left -= 1
            if not left:
                heard.set()

        for widget in (self._app, *self._app.screen.walk_children(with_self=True)):
            left += widget.call_later(hear)
        if left:
            await heard.wait()
