"""In which order runs are listed, and which of them are meant by what is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from engine import words
from engine.runs.heads import RunHead

# Each with whether the highest comes first.
SORTS: dict[str, bool] = {
    "newest": True,
    "name": False,
    "status": False,
    "step": True,
    "loss": False,
    "eval_loss": False,
    "score": True,
    "size": True,
}
_STATUS = ("damaged", "failed", "interrupted", "stopped", "finished", "average")
_KEYS: dict[str, Callable[[RunHead], Any]] = {
    "newest": lambda head: head.changed,
    "name": lambda head: head.name.rpartition("/")[2].casefold(),
    "status": lambda head: _STATUS.index(head.status) if head.status in _STATUS else -1,
    "step": lambda head: head.step or None,
    "loss": lambda head: head.loss,
    "eval_loss": lambda head: head.eval_loss,
    "score": lambda head: head.score.share if head.score else None,
    "size": lambda head: head.bytes or None,
}


def in_order(heads: Iterable[RunHead], sort: str, turned: bool = False) -> list[RunHead]:
    """``heads`` by one of :data:`SORTS`, best first, or ``turned`` round; those without the value
    come last either way."""
    key = _KEYS[sort]
    with_value, without = [], []
    for head in heads:
        (without if key(head) is None else with_value).append(head)
    with_value.sort(key=key, reverse=SORTS[sort] != turned)
    return with_value + without


def searched(head: RunHead) -> str:
    """What of a run a filter looks into: name, status in both words, model."""
    return f"{head.name} {head.status} {status_word(head.status)} {head.model}".casefold()


def meant(wanted: str) -> Callable[[str], bool]:
    """Whether what :func:`searched` gave contains every word of ``wanted``."""
    parts = wanted.casefold().split()
    if len(parts) == 1:
        return lambda text: parts[0] in text
    return lambda text: all(part in text for part in parts)


def status_word(status: str) -> str:
    """A status in the current language."""
    key = f"status.{status}"
    return words.t(key) if words.has(key) else status
