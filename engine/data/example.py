"""What a good row is for training, by its stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from engine.data.columns import Layout
from engine.data.conversation import Conversation, conversation_of
from engine.data.finding import Finding
from engine.data.labelled import Labelled, labelled_of
from engine.data.pictures import pictured
from engine.data.plain_text import PlainText, plain_text_of
from engine.data.preference import Preference, preference_of
from engine.data.prompt import Prompt, prompt_of
from engine.data.row import Row

Example: TypeAlias = Conversation | Preference | Labelled | Prompt | PlainText
_MAKERS = {
    "sft": conversation_of,
    "pt": plain_text_of,
    "dpo": preference_of,
    "kto": labelled_of,
    "grpo": prompt_of,
}


def example_of(row: Row, layout: Layout, value: Mapping[str, Any]) -> Example | list[Finding]:
    """What a row that meets its schema is; ``value`` is the row under danlu's names. A list says
    what is wrong with it."""
    made = _MAKERS[layout.stage](row, layout, value)
    if isinstance(made, list | PlainText):
        return made
    return pictured(row, layout, value, made)
