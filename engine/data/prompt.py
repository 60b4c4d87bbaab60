"""A row of online reinforcement learning: a question, whose answers the model will sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.data.columns import Layout
from engine.data.conversation import Conversation, made_of, turns_and_tools
from engine.data.finding import Finding
from engine.data.row import Row
from engine.data.told import Told
from engine.data.turns import prompt_problems

_OWN = {"query", "instruction", "input", "messages", "conversations", "history", "system", "tools",
        "images"}  # fmt: skip


@dataclass(frozen=True)
class Prompt(Told):
    """Messages that end with the question; ``extra`` are the row's other columns, which rewards
    may ask for (a solution, a reference)."""

    conversation: Conversation
    extra: Mapping[str, Any] = field(default_factory=dict)

    def conversations(self) -> tuple[Conversation, ...]:
        return (self.conversation,)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.conversation.messages

    @property
    def key(self) -> str:
        """A hash of the question as its file has it."""
        return self.conversation.key

    def worded(
        self,
        fill: Mapping[str, str],
        system: str | None,
        findings: Iterable[Finding] = (),
        row: int = 0,
    ) -> Prompt:
        """A copy with placeholders filled, and ``system`` where it has no system prompt."""
        return Prompt(self.conversation.worded(fill, system, findings, row), self.extra)


def prompt_of(row: Row, layout: Layout, value: Mapping[str, Any]) -> Prompt | list[Finding]:
    """The prompt of a row that meets its format's schema, or what is wrong with its turns."""
    read = turns_and_tools(row, layout, value)
    if isinstance(read, Finding):
        return [read]
    faults, turns = prompt_problems(read[0], row.file, row.line)
    if any(finding.severity == "error" for finding in faults):
        return faults
    extra = {name: part for name, part in value.items() if name not in _OWN}
    return Prompt(made_of(turns, read[1], row, faults), extra)
