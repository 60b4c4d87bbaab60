"""Columns as they are written on one line: ``instruction=problem,output=answer``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.data.columns import HIDDEN, QUERY, RESPONSE
from engine.data.tags import TAGS
from engine.errors import DanluError

FIELDS = (
    "instruction", "input", "output", "query", "response", "system", "history", "messages",
    "conversations", "tools", "images", "text", "chosen", "rejected", "label",
)  # fmt: skip
_KNOWN = {*FIELDS, *QUERY, *RESPONSE, *TAGS, HIDDEN, "completion"}


def parse_columns(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """``danlu's=the file's`` with commas between them (or, in braces, JSON of the file's → danlu's)
    as columns of a spec (the file's → danlu's) and tags. Raises DanluError ``data.not_columns`` and
    ``data.no_such_field``."""
    pairs = _from_json(text) if text.lstrip().startswith("{") else _from_line(text)
    for own, name in pairs:
        if name not in _KNOWN:
            known = ", ".join((*FIELDS, *TAGS))
            raise DanluError("data.no_such_field", name=name, own=own, known=known)
    columns = {own: name for own, name in pairs if name not in TAGS}
    return columns, {name: own for own, name in pairs if name in TAGS}


def show_columns(columns: Mapping[str, str] | None, tags: Mapping[str, str] | None = None) -> str:
    """Columns and tags as :func:`parse_columns` reads them back."""
    pairs = [*((name, own) for own, name in (columns or {}).items()), *(tags or {}).items()]
    if any("," in own or "=" in own for _, own in pairs):
        return json.dumps({own: name for name, own in pairs}, ensure_ascii=False)
    return ",".join(f"{name}={own}" for name, own in pairs)


def _from_line(text: str) -> list[tuple[str, str]]:
    pairs = []
    for part in text.replace("\uff0c", ",").split(","):
        name, equals, own = (piece.strip() for piece in part.partition("="))
        if not (name and equals and own):
            raise DanluError("data.not_columns", text=text)
        pairs.append((own, name.lower()))
    return pairs


def _from_json(text: str) -> list[tuple[str, str]]:
    try:
        value: Any = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value.values()):
        raise DanluError("data.not_columns", text=text)
    return [(own, name.lower()) for own, name in value.items()]
