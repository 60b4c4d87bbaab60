"""What a thinking model says aloud: the answer without its ``<think>…</think>``."""

from __future__ import annotations

import re

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)


def without_thought(answer: str) -> str:
    """``answer`` with its thoughts left out. A thought that was cut off leaves nothing behind it;
    one whose ``<think>`` stood in the prompt ends at its ``</think>``."""
    rest = _THOUGHT.sub("", answer)
    return rest.rpartition("</think>")[2].strip()


def as_asked(answer: str, reference: str) -> str:
    """``answer`` as it is to be compared: without thoughts, unless the reference thinks too."""
    return answer if thinks(reference) else without_thought(answer)


def thinks(text: str) -> bool:
    """Whether there is a thought in ``text``, be it an unfinished one; an empty one is none."""
    return any(found[0][7:].removesuffix("</think>").strip() for found in _THOUGHT.finditer(text))


def is_unfinished(answer: str) -> bool:
    """Whether the answer ended within a thought."""
    return "<think>" in answer.rpartition("</think>")[2]
