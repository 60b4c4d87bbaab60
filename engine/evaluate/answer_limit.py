"""How long an answer may be, where nobody says: by the references, with room for a thought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.evaluate.thought import thinks

_LEAST = 64  # tokens: a model that does not answer with a label alone may say it in a sentence
_STEP = 16  # a few rows more or less change no limit
_THOUGHT = 1024  # tokens a thinking model may think before it answers


def limit_of(references: Sequence[str], tokenizer: Any) -> int:
    """Half as many tokens again as the longest of ``references`` has, 64 at least; a thought's more
    where the model may think and no reference does."""
    read = tokenizer(list(references), add_special_tokens=False)["input_ids"]
    longest = max(map(len, read), default=0)
    steps = -(-(longest + longest // 2) // _STEP)
    limit = max(_LEAST, steps * _STEP)
    may_think = "<think>" in str(tokenizer.chat_template)
    return limit + _THOUGHT * (may_think and not any(map(thinks, references)))
