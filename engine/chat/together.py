"""Several voices answer at once: a token of each in turn (a whole character where that takes more),
so that all are read as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.chat.generate import Message, stream_answer
from engine.chat.part import Part
from engine.chat.rack import Loaded
from engine.chat.sampling import Sampling
from engine.chat.talker import Talker
from engine.errors import DanluError, reason_of


@dataclass(frozen=True)
class Pace:
    """What an answer took so far. ``seconds`` are those this voice itself spoke, not the others."""

    tokens: int
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds > 0 else 0.0


class Listener(Protocol):
    """Hears the voices, each by its place in the round."""

    def said(self, voice: int, piece: str, pace: Pace) -> None:
        """``voice`` went on; ``piece`` may be empty while a character is incomplete."""
        ...

    def ended_voice(self, voice: int, pace: Pace, error: DanluError | None) -> None:
        """``voice`` has nothing more to say, was stopped, or could not answer."""
        ...


def answer_together(
    talker: Talker,
    asked: Sequence[tuple[Part, list[Message]]],
    sampling: Sampling,
    listener: Listener,
    stop: Callable[[], bool],
) -> None:
    """Let each part answer its messages, a token at a time in turn. One that cannot answer is told
    to the listener, and the others go on. ``stop`` is asked at every token."""
    with talker.round() as ready:
        ends = _either(stop, lambda: talker.cancelled)
        going: list[_Speaking] = []
        for place, (part, messages) in enumerate(asked):
            try:
                going.append(_Speaking(place, part, ready(part), messages, sampling, ends))
            except DanluError as error:
                listener.ended_voice(place, Pace(0, 0.0), error)
        while going:
            going = [each for each in going if each.go_on(listener)]


def _either(*asked: Callable[[], bool]) -> Callable[[], bool]:
    return lambda: any(each() for each in asked)


class _Speaking:
    """One voice under way."""

    def __init__(
        self,
        place: int,
        part: Part,
        loaded: Loaded,
        messages: list[Message],
        sampling: Sampling,
        stop: Callable[[], bool],
    ) -> None:
        self._place = place
        self._part = part
        self._loaded = loaded
        self._stop = stop
        self._tokens = 0
        self._seconds = 0.0
        tokenizer = loaded.tokenizer_of(part)
        self._said = stream_answer(loaded.model, tokenizer, messages, sampling, stop, self._count)

    def _count(self) -> None:
        self._tokens += 1

    def go_on(self, listener: Listener) -> bool:
        """Say one more piece; whether there may be another."""
        if self._stop():
            self._said.close()
            return self._end(listener, None)
        start = time.monotonic()
        try:
            with self._loaded.speaking_as(self._part.adapter):
                piece = next(self._said, None)
        except Exception as error:  # of any kind: the other voices go on
            return self._end(listener, _named(error))
        finally:
            self._seconds += time.monotonic() - start
        if piece is None:
            return self._end(listener, None)
        listener.said(self._place, piece, Pace(self._tokens, self._seconds))
        return True

    def _end(self, listener: Listener, error: DanluError | None) -> bool:
        listener.ended_voice(self._place, Pace(self._tokens, self._seconds), error)
        return False


def _named(error: Exception) -> DanluError:
    """What befell a model, as a person may read it."""
    if isinstance(error, DanluError):
        return error
    import torch

    if isinstance(error, torch.OutOfMemoryError):
        torch.cuda.empty_cache()
        return DanluError("chat.out_of_memory", exit_code=3)
    reason = reason_of(error)
    return DanluError("chat.broke", exit_code=3, reason=reason)
