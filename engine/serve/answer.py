"""One answer on its way to a client, and what it took."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from engine.serve.request import Asked
from engine.serve.stop_strings import StopStrings

Finish = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True)
class Facts:
    """What an answer took. ``seconds`` from its turn on; ``waited`` is the time before that."""

    prompt_tokens: int = 0
    tokens: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    finish: Finish = "cancelled"

    @property
    def tokens_per_second(self) -> float:
        return round(self.tokens / self.seconds, 2) if self.seconds > 0 else 0.0


class Answer:
    """An answer under way: pieces come out on the event loop, the speaking thread puts them in."""

    def __init__(self) -> None:
        self.facts = Facts()
        self._loop = asyncio.get_running_loop()
        self._said: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self._unwanted = threading.Event()
        self._at_once: Callable[[], object] = lambda: None

    def cancel(self) -> None:
        """Nobody waits for it any more: it ends after its next token, or is never begun."""
        self._unwanted.set()
        self._at_once()

    def unwanted(self) -> bool:
        return self._unwanted.is_set()

    def when_unwanted(self, call: Callable[[], object]) -> None:
        """Have ``call`` made, in whichever thread, as soon as nobody waits any more."""
        self._at_once = call
        if self.unwanted():
            call()

    def finish(self, cut: StopStrings, full: bool) -> Finish:
        """Why it ended: at a text its client named, for want of a client, as long as it may be, or
        of itself."""
        if cut.found:
            return "stop"
        if self.unwanted():
            return "cancelled"
        return "length" if full else "stop"

    async def pieces(self) -> AsyncIterator[str]:
        """The answer piece by piece; :attr:`facts` are whole afterwards. Raises what befell the
        speaker: DanluError for a conversation that cannot be answered."""
        while (piece := await self._said.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def put(self, piece: str | Exception | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server has ended
            self._loop.call_soon_threadsafe(self._said.put_nowait, piece)


Heard = Callable[[Asked, Answer, Exception | None], None]
