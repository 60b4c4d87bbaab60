"""What a repair changed in a row, as lines to read: before and after, unseen signs made visible."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from engine.data.garbled import UNSEEN
from engine.data.secrets import hidden

_MOST = 400  # lines compared; a row with more shows its first ones
_LONGEST = 1_000_000  # characters of a text that are compared
_SCALAR = re.compile(r"-?[0-9.]+(?:[eE][+-]?[0-9]+)?|true|false|null")  # told apart by quotes
_WIDE = 160  # characters of a line around where it differs


class Line(NamedTuple):
    """``sign`` is ``-`` for what stood there and ``+`` for what stands there now."""

    sign: str
    text: str


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Line]:
    """The lines of the row that differ; none for equal ones."""
    old, new = _lines(before), _lines(after)
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        for index, text in enumerate(old[i:j]):
            other = new[k + index] if k + index < m else ""
            yield Line("-", _around(text, other))
        for index, text in enumerate(new[k:m]):
            other = old[i + index] if i + index < j else ""
            yield Line("+", _around(text, other))


def written(row: Mapping[str, Any]) -> list[str]:
    """The row as lines to read."""
    return [_around(line, "") for line in _lines(row)]


def _lines(row: Mapping[str, Any]) -> list[str]:
    """One line for each text in the row, behind its place."""
    made: list[str] = []
    _walk("", row, made)
    return made[:_MOST]


def _walk(place: str, value: Any, made: list[str], depth: int = 0) -> None:
    if len(made) >= _MOST:
        return
    if depth < 32 and isinstance(value, Mapping):
        for name, each in value.items():
            _walk(f"{place}/{name}", each, made, depth + 1)
    elif depth < 32 and isinstance(value, list):
        for index, each in enumerate(value):
            _walk(f"{place}/{index}", each, made, depth + 1)
    else:
        plain = isinstance(value, str) and not _SCALAR.fullmatch(value)
        text = value if plain else json.dumps(value, default=str)
        made.append(f"{place}: {hidden(text[:_LONGEST])}")


def _around(text: str, other: str) -> str:
    """A long line cut to where it differs from ``other``."""
    start = 0
    if len(text) > _WIDE:
        alike = next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), 0)
        start = max(0, min(alike - _WIDE // 3, len(text) - _WIDE))
    shown = text[start : start + _WIDE]
    whole = ("…" if start else "") + shown + ("…" if start + _WIDE < len(text) else "")
    return visible(whole)


def visible(text: str) -> str:
    """``text`` on one line, with signs that cannot be seen written out."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    text = UNSEEN.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
