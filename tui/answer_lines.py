"""One answer as lines: its thought folded or shown, its words, and what it took."""

from __future__ import annotations

from engine import words
from engine.chat.conversation import Answer
from tui.symbols import sign
from tui.thought import parts_of
from tui.wrap import wrap

Piece = tuple[str, str]  # text and ink


def answer_lines(answer: Answer, cells: int, thoughts: bool, pace: bool = True) -> list[Piece]:
    """``answer`` in lines of at most ``cells``; its thought as one line unless ``thoughts``; what
    it took where ``pace``."""
    if answer.state == "waiting":
        return [(words.t("chat_screen.waiting"), "ash")]
    said = parts_of(answer.text)
    lines = _thought_lines(said.thought, said.thinking, cells, thoughts)
    going_on = sign("more") if answer.state == "speaking" and not said.thinking else ""
    text = said.answer.strip("\n") + going_on
    lines += [(line, "foreground") for line in wrap(text, cells)] if text else []
    return [*lines, *_end_lines(answer, cells, pace)]


def _thought_lines(thought: str, thinking: bool, cells: int, shown: bool) -> list[Piece]:
    if not thought and not thinking:
        return []
    key = "thinking" if thinking else "thought"
    count = words.t(f"chat_screen.{key}", count=len(thought))
    mark = sign("down") if shown else sign("next")
    lines: list[Piece] = [(f"{mark} {count}", "gold")]
    if shown:
        bar = sign("bar")
        lines += [(f"{bar} {line}", "ash") for line in wrap(thought, cells - 2)]
    return lines


def _end_lines(answer: Answer, cells: int, shown: bool) -> list[Piece]:
    """What stands below the words once they have ended."""
    if answer.state == "failed":
        said = answer.error.what if answer.error else ""
        why = answer.error.why if answer.error else ""
        return [(line, "cinnabar") for line in wrap(f"{sign('no')} {said} {why}", cells)]
    pace = f"{answer.tokens_per_second:.1f}"
    said = shown and answer.tokens > 0
    took = words.t("chat_screen.pace", tokens=answer.tokens, pace=pace) if said else ""
    if answer.state == "stopped":
        return [(f"{words.t('chat.stopped')}  {took}".rstrip(), "gold")]
    return [(took, "ash")] if answer.state == "done" and took else []
