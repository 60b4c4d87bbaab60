"""A row in plain words, for as long as there is no tokenizer to lay it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PlainPiece:
    """A piece of a row for which there is no tokenizer yet."""

    text: str
    trained: bool
    special: bool


def plain_pieces(row: Any) -> list[PlainPiece]:
    """The words of a row that has no tokens: each conversation it consists of, or its text."""
    if hasattr(row, "text"):
        return [PlainPiece(row.text, True, False)]
    pieces = []
    for conversation in row.conversations() if hasattr(row, "conversations") else (row,):
        for message in conversation.messages:
            learnt = message["role"] == "assistant" and message.get("loss") is not False
            pieces.append(PlainPiece(message["role"], False, True))
            pieces.append(PlainPiece("\n", False, False))
            pieces.append(PlainPiece(f"{message.get('content') or ''}\n", learnt, False))
    return pieces
