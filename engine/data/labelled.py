"""A row of training on good and bad answers: a conversation whose last answer is labelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.data.columns import Layout
from engine.data.conversation import Conversation, content_key, conversation_of
from engine.data.finding import Finding
from engine.data.row import Row
from engine.data.told import Told


@dataclass(frozen=True)
class Labelled(Told):
    """A conversation, and whether its last answer is a good one."""

    conversation: Conversation
    label: bool

    def conversations(self) -> tuple[Conversation, ...]:
        return (self.conversation,)

    @cached_property
    def key(self) -> str:
        """A hash of the row as its file has it."""
        return content_key([self.conversation.key, self.label], None)

    def worded(
        self,
        fill: Mapping[str, str],
        system: str | None,
        findings: Iterable[Finding] = (),
        row: int = 0,
    ) -> Labelled:
        """A copy with placeholders filled, and ``system`` where it has no system prompt."""
        return Labelled(self.conversation.worded(fill, system, findings, row), self.label)


def labelled_of(row: Row, layout: Layout, value: Mapping[str, Any]) -> Labelled | list[Finding]:
    """The labelled conversation of a row that meets its format's schema, or what is wrong."""
    made = conversation_of(row, layout, value)
    return Labelled(made, value["label"]) if isinstance(made, Conversation) else made
