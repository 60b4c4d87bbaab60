"""danlu's own server's model: loaded once, every adapter on top of it, answering as chat does.
Imports torch and transformers inside functions only."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

from engine.chat.generate import prompt_tokens, stream_answer
from engine.chat.talker import Talker
from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.job import Job
from engine.serve.answer import Answer, Heard
from engine.serve.plan import Named, Plan
from engine.serve.request import Asked
from engine.serve.speaker import Speaker, sampling_for
from engine.serve.stop_strings import StopStrings
from engine.serve.whole_folder import has_tokenizer


class Loaded(Speaker):
    """Answers requests with the plan's model."""

    def __init__(self, talker: Talker, named: tuple[Named, ...], heard: Heard) -> None:
        super().__init__(named, heard)
        self._talker = talker
        self._tokenizers: dict[str, Any] = {}

    @classmethod
    def load(cls, plan: Plan, job: Job, heard: Heard) -> Loaded:
        """Load the model and every adapter, so that none fails later. Raises DanluError."""
        talker = Talker.load(ChatTarget(plan.model, plan.named[0].name), job=job)
        speaker = cls(talker, plan.named, heard)
        for each in plan.named:
            with talker.lent(each.adapter, job) as (_, tokenizer):
                speaker._tokenizers[each.name] = _own_tokenizer(each, plan) or tokenizer
        return speaker

    def say(self, asked: Asked, answer: Answer) -> None:
        try:
            self._say(asked, answer)
        except Exception as error:
            if (failure := _named(error)) is error:
                raise
            raise failure from error

    def ended(self) -> DanluError | None:
        return None

    def when_ended(self, call: Callable[[], object]) -> None:
        """It answers as long as this process lives."""

    def _say(self, asked: Asked, answer: Answer) -> None:
        tokenizer = self._tokenizers[asked.model]
        start, spoken, cut = time.monotonic(), _Count(), StopStrings(asked.stops)
        prompt = 0
        try:
            with self._talker.lent(self.named[asked.model].adapter) as (model, _):
                sampling = sampling_for(asked, getattr(model, "generation_config", None))
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
            finish = answer.finish(cut, spoken.tokens >= limit)
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


def _context(model: Any) -> int:
    return getattr(model.config, "max_position_embeddings", None) or 2**31


def _own_tokenizer(named: Named, plan: Plan) -> Any:
    """An adapter's own tokenizer where it has one: its chat template is the one it learned."""
    from engine.models.load import load_tokenizer

    if named.adapter is None or not has_tokenizer(named.adapter):
        return None
    return load_tokenizer(named.adapter, trust_remote_code=plan.model.trust_remote_code)


def _named(error: Exception) -> Exception:
    """Running out of memory has a name; what else befalls the model stays as it is."""
    import torch

    if isinstance(error, torch.OutOfMemoryError):
        torch.cuda.empty_cache()
        return DanluError("serve.out_of_memory", exit_code=3)
    return error
