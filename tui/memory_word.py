"""What memory is called: a card's, or, where models are trained without one, the machine's."""

from __future__ import annotations

from typing import Any

from engine import words


def memory_words(card: bool, key: str, **values: Any) -> str:
    """The words of ``key``, which speak of a card's memory, as they are said of a machine with a
    ``card`` or without. Not every language has two words for it."""
    said = words.t(key, **values)
    if card:
        return said
    return said.replace(words.t("memory.of_card"), words.t("memory.of_machine"))
