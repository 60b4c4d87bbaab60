"""What a page shows of a row: its tokens, or its words where there is no tokenizer yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import words

if TYPE_CHECKING:
    from engine.data.preview import PreviewRow
    from tui.widgets.token_page import ShownPiece


@dataclass(frozen=True)
class PlainPiece:
    """A piece of text that is no token."""

    text: str
    trained: bool
    special: bool


def page_pieces(row: PreviewRow) -> Sequence[ShownPiece]:
    """The tokens of a row; its words where it has none."""
    return plain_pieces(row.conversation) if row.rendered is None else shown_pieces(row)


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


def shown_pieces(row: PreviewRow) -> Sequence[ShownPiece]:
    """The tokens of a rendered row; of a pair the prompt once, then each answer under its name."""
    if row.rendered is None or row.rejected is None:
        return row.rendered.pieces if row.rendered else []
    better, worse = row.rendered, row.rejected
    alike = _alike(better.input_ids, worse.input_ids)
    pieces: list[ShownPiece] = list(better.pieces[:alike])
    for name, side in (("better", better), ("worse", worse)):
        title = PlainPiece(f"── {words.t(f'wizard_data.{name}')} ──", False, False)
        pieces += [_END, title, _END, *side.pieces[alike:]]
    return pieces


_END = PlainPiece("\n", False, False)


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
