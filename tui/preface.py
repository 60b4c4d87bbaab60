"""What stands before a conversation: what there is to know of who speaks, and the system prompt."""

from __future__ import annotations

from collections.abc import Sequence

from engine import words
from engine.chat.part import Part
from tui.answer_lines import Piece
from tui.symbols import sign

TOLD_BY_ITSELF = "foreign.system"  # names an option of the command line


def preface_of(parts: Sequence[Part], system: str) -> list[Piece]:
    """Each note once, a system prompt that was trained with and is not set, the one that is."""
    notes = dict.fromkeys(
        words.t(code, **values)
        for part in parts
        for code, values in part.notes
        if code != TOLD_BY_ITSELF
    )
    trained = dict.fromkeys(part.system for part in parts if part.system)
    lacking = [
        words.t("chat_screen.trained_system", system=each) for each in trained if each != system
    ]
    lines: list[Piece] = [(f"{sign('dot')} {note}", "ash") for note in notes]
    lines += [(f"{sign('warn')} {note}", "gold") for note in lacking]
    if system:
        lines.append((f"{words.t('chat_screen.system')} {sign('bar')} {system}", "ash"))
    return lines
