"""The thought a model writes before it answers, folded away or shown."""

from __future__ import annotations

from typing import NamedTuple

_OPEN, _CLOSE = "<think>", "</think>"


class Said(NamedTuple):
    """An answer in its parts. ``thinking`` while the thought goes on."""

    thought: str
    answer: str
    thinking: bool


def parts_of(text: str) -> Said:
    """``text`` as thought and answer. A thought whose ``<think>`` stood in the prompt ends at its
    ``</think>``; one that was never closed is all there is."""
    before, close, after = text.partition(_CLOSE)
    opened = before.lstrip().startswith(_OPEN)
    if not opened and not close:
        return Said("", text, False)
    thought = before.lstrip().removeprefix(_OPEN).strip()
    return Said(thought, after.lstrip("\n"), not close)
