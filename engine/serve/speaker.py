"""The model behind the server: one answer at a time, in the order asked, as any of its names.
Imports torch and transformers inside functions only."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from engine.chat.generate import prompt_tokens, stream_answer
from engine.chat.sampling import Sampling
from engine.chat.talker import Talker
from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.job import Job
from engine.serve.plan import Named, Plan
from engine.serve.request import MAX_TOKENS, Asked
from engine.serve.stop_strings import StopStrings

_MOST_WAITING = 256
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

    def cancel(self) -> None:
        """Nobody waits for it any more: it ends after its next token, or is never begun."""
        self._unwanted.set()

    def unwanted(self) -> bool:
        return self._unwanted.is_set()

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


class Speaker:
    """Answers requests with the plan's model. ``heard`` is told of each answer at its end, in the
    speaking thread."""

    def __init__(self, talker: Talker, named: tuple[Named, ...], heard: Heard) -> None:
        self.named = {each.name: each for each in named}
        self._talker = talker
        self._tokenizers: dict[str, Any] = {}
        self._heard = heard
        self._thread = ThreadPoolExecutor(1, "speaker")
        self._open: set[Answer] = set()

    @classmethod
    def load(cls, plan: Plan, job: Job, heard: Heard) -> Speaker:
        """Load the model and every adapter, so that none fails later. Raises DanluError."""
        talker = Talker.load(ChatTarget(plan.model, plan.named[0].name), job=job)
        speaker = cls(talker, plan.named, heard)
        for each in plan.named:
            with talker.lent(each.adapter, job) as (_, tokenizer):
                speaker._tokenizers[each.name] = _own_tokenizer(each, plan) or tokenizer
        return speaker

    def ask(self, asked: Asked) -> Answer | None:
        """Take a place in the queue; None when it is full. Called on the event loop."""
        if len(self._open) >= _MOST_WAITING:
            return None
        answer = Answer()
        self._open.add(answer)
        self._thread.submit(self._speak, asked, answer, time.monotonic())
        return answer

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
                self._say(asked, answer)
        except Exception as error:
            failure = _named(error)
        answer.facts = replace(answer.facts, waited=round(waited, 3))
        self._open.discard(answer)
        self._heard(asked, answer, failure)
        answer.put(failure)

    def _say(self, asked: Asked, answer: Answer) -> None:
        tokenizer = self._tokenizers[asked.model]
        start, spoken, cut = time.monotonic(), _Count(), StopStrings(asked.stops)
        prompt = 0
        try:
            with self._talker.lent(self.named[asked.model].adapter) as (model, _):
                sampling = _sampling(asked, model)
                prompt = prompt_tokens(tokenizer, asked.messages)
                said = stream_answer(
                    model,
                    tokenizer,
                    asked.messages,
                    sampling,
                    lambda: cut.found or answer.unwanted(),
                    spoken.add,
                )
                with closing(said):
                    for piece in said:
                        if ready := cut.add(piece):
                            answer.put(ready)
            if rest := cut.rest():
                answer.put(rest)
            limit = min(sampling.max_new_tokens, _context(model) - prompt)
            finish = _finish(answer, cut, spoken.tokens >= limit)
            answer.facts = replace(answer.facts, finish=finish)
        finally:
            seconds = round(time.monotonic() - start, 3)
            answer.facts = replace(
                answer.facts, prompt_tokens=prompt, tokens=spoken.tokens, seconds=seconds
            )


class _Count:
    def __init__(self) -> None:
        self.tokens = 0

    def add(self) -> None:
        self.tokens += 1


def _finish(answer: Answer, cut: StopStrings, full: bool) -> Finish:
    if cut.found:
        return "stop"
    if answer.unwanted():
        return "cancelled"
    return "length" if full else "stop"


def _sampling(asked: Asked, model: Any) -> Sampling:
    """What the request names; for the rest what the model's authors advise, as vLLM and
    transformers do, else the likeliest token each time."""
    advised = getattr(model, "generation_config", None)
    own: dict[str, Any] = {}
    if advised is not None and advised.do_sample:
        own = {"temperature": 1.0}
        for name in ("temperature", "top_p", "top_k", "repetition_penalty"):
            if (value := getattr(advised, name, None)) is not None:
                own[name] = value
    return Sampling(**{"max_new_tokens": MAX_TOKENS, **own, **asked.sampling})


def _context(model: Any) -> int:
    return getattr(model.config, "max_position_embeddings", None) or 2**31


def _own_tokenizer(named: Named, plan: Plan) -> Any:
    """An adapter's own tokenizer where it has one: its chat template is the one it learned."""
    from engine.models.load import load_tokenizer

    if named.adapter is None or not (named.adapter / "tokenizer_config.json").is_file():
        return None
    return load_tokenizer(named.adapter, trust_remote_code=plan.model.trust_remote_code)


def _named(error: Exception) -> Exception:
    """Running out of memory has a name; what else befalls the model stays as it is."""
    import torch

    if isinstance(error, torch.OutOfMemoryError):
        torch.cuda.empty_cache()
        return DanluError("serve.out_of_memory", exit_code=3)
    return error
