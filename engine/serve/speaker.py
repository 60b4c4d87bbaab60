"""Who answers behind the API: one answer at a time, in the order asked, as any of its names."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from engine.chat.sampling import Sampling
from engine.errors import DanluError
from engine.serve.answer import Answer, Heard
from engine.serve.plan import Named
from engine.serve.request import MAX_TOKENS, Asked

_MOST_WAITING = 256


class Speaker(ABC):
    """Takes requests in turn. ``heard`` is told of each answer at its end, in the speaking
    thread."""

    def __init__(self, named: Sequence[Named], heard: Heard) -> None:
        self.named = {each.name: each for each in named}
        self._heard = heard
        self._thread = ThreadPoolExecutor(1, "speaker")
        self._open: set[Answer] = set()

    @abstractmethod
    def say(self, asked: Asked, answer: Answer) -> None:
        """Put the answer piece by piece, its facts at last (``waited`` what it waited here), until
        it is unwanted; in the speaking thread. Raises what befalls it: a DanluError where that has
        a name."""

    def ask(self, asked: Asked) -> Answer | None:
        """Take a place in the queue; None when it is full. Called on the event loop."""
        if len(self._open) >= _MOST_WAITING:
            return None
        answer = Answer()
        self._open.add(answer)
        self._thread.submit(self._speak, asked, answer, time.monotonic())
        return answer

    @abstractmethod
    def ended(self) -> DanluError | None:
        """Why no answer can come any more; None while they can."""

    @abstractmethod
    def when_ended(self, call: Callable[[], object]) -> None:
        """Have ``call`` made, in any thread, when :meth:`ended` begins to say why."""

    def close(self) -> None:
        """End what is under way and forget what waits."""
        for answer in list(self._open):
            answer.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _speak(self, asked: Asked, answer: Answer, asked_at: float) -> None:
        waited = time.monotonic() - asked_at
        failure: Exception | None = None
        try:
            if not answer.unwanted():
                self.say(asked, answer)
        except Exception as error:
            failure = error
        answer.facts = replace(answer.facts, waited=round(waited + answer.facts.waited, 3))
        self._open.discard(answer)
        self._heard(asked, answer, failure)
        answer.put(failure)


def sampling_for(asked: Asked, advised: Any) -> Sampling:
    """What the request names; for the rest what the model's authors advise in ``advised``, its
    generation config, as vLLM and transformers do, else the likeliest token each time."""
    own: dict[str, Any] = {}
    if advised is not None and advised.do_sample:
        own = {"temperature": 1.0}
        for name in ("temperature", "top_p", "top_k", "repetition_penalty"):
            if (value := getattr(advised, name, None)) is not None:
                own[name] = value
    return Sampling(**{"max_new_tokens": MAX_TOKENS, **own, **asked.sampling})
