"""What the words of a row hold that a person will want to know of before training on them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from engine.data.finding import Finding, found
from engine.data.foreign_tokens import foreign_token
from engine.data.garbled import lost, unscrambled, unseen
from engine.data.secrets import secrets
from engine.data.spoken import IMAGE
from engine.data.told import Told

if TYPE_CHECKING:
    from engine.data.example import Example


def remarks(row: Example, own_marks: Collection[str] = ()) -> list[Finding]:
    """A warning for each kind of thing, at its first place in the row. ``own_marks`` are the
    special tokens of the model, of which :class:`engine.data.encode.Encoder` speaks."""
    made: dict[str, Finding] = {}
    for pointer, text in row.said():
        for code, values in _of(text, own_marks):
            if code not in made:
                made[code] = found(code, row.file, row.line, pointer, **values)
        if IMAGE in text and not _has_images(row) and "image_mark_alone" not in made:
            made["image_mark_alone"] = found("image_mark_alone", row.file, row.line, pointer)
    return list(made.values())


def _has_images(row: Example) -> bool:
    conversation = row.conversations()[0] if isinstance(row, Told) else row
    return bool(getattr(conversation, "images", ()))


def _of(text: str, own_marks: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    sign = unseen(text)
    if sign:
        yield "control_character", {"sign": sign}
    if lost(text):
        yield "lost_characters", {}
    elif (right := unscrambled(text)) is not None:
        yield "garbled", {"right": shown(right)}
    mark = foreign_token(text, own_marks)
    if mark:
        yield "foreign_token", {"token": mark}
    for secret in secrets(text):
        yield secret.code, secret.values


def shown(text: str, most: int = 24) -> str:
    """The beginning of ``text``, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
