"""What rows that consist of conversations have in common: where they stand and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.data.conversation import Conversation
    from engine.data.finding import Finding


class Told:
    """A row that is one conversation or several, which begin alike."""

    def conversations(self) -> tuple[Conversation, ...]:
        """What the row consists of, the main one first."""
        raise NotImplementedError

    @property
    def file(self) -> str:
        return self.conversations()[0].file

    @property
    def line(self) -> int:
        return self.conversations()[0].line

    @property
    def row(self) -> int:
        """The row's number in its file, from 1."""
        return self.conversations()[0].row

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is worth knowing about the row."""
        return self.conversations()[0].findings

    def said(self) -> Iterator[tuple[str, str]]:
        """Each message's words, behind their place in the row."""
        told = [pair for each in self.conversations() for pair in each.said()]
        yield from dict.fromkeys(told)

    def called(self) -> Iterator[tuple[str, str]]:
        """The calls of tools and the tools as text, behind their place in the row."""
        for conversation in self.conversations():
            yield from conversation.called()
