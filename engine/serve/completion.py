"""What OpenAI calls a chat completion: whole, or as the events of a stream."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.serve.request import Asked, Refusal

if TYPE_CHECKING:
    from engine.serve.answer import Facts

DONE = "data: [DONE]\n\n"


@dataclass(frozen=True)
class Completion:
    """One answer's id and time, in every part of it."""

    id: str
    asked: Asked
    created: int = field(default_factory=lambda: int(time.time()))

    def document(self, said: str, facts: Facts) -> dict[str, Any]:
        """The whole answer."""
        message = {"role": "assistant", "content": said, "refusal": None}
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": _finish(facts),
            "logprobs": None,
        }
        return {**self._head("chat.completion"), "choices": [choice], "usage": _usage(facts)}

    def opening(self) -> str:
        """The event before the first piece."""
        return self._event({"role": "assistant", "content": ""})

    def piece(self, text: str) -> str:
        return self._event({"content": text})

    def ending(self, facts: Facts) -> Iterator[str]:
        """The last events: why it ended, what it took where asked for, and the end itself."""
        yield self._event({}, _finish(facts))
        if self.asked.include_usage:
            yield _line({**self._chunk([]), "usage": _usage(facts)})
        yield DONE

    def failure(self, refusal: Refusal) -> str:
        """What ends a stream that had begun and failed."""
        return _line(refusal.document()) + DONE

    def _event(self, delta: dict[str, str], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _line(self._chunk([choice]))

    def _chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {**self._head("chat.completion.chunk"), "choices": choices}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.asked.model}


def _finish(facts: Facts) -> str:
    """OpenAI knows no cancelled answer; who reads one has a cut one."""
    return "length" if facts.finish == "cancelled" else facts.finish


def _usage(facts: Facts) -> dict[str, int]:
    return {
        "prompt_tokens": facts.prompt_tokens,
        "completion_tokens": facts.tokens,
        "total_tokens": facts.prompt_tokens + facts.tokens,
    }


def _line(document: dict[str, Any]) -> str:
    return f"data: {json.dumps(document, ensure_ascii=False)}\n\n"
