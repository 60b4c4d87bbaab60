"""Placeholders such as {{NAME}}: found in rows, and filled with what the person wrote for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

OPENING = "{{"
_PLACEHOLDER = re.compile(r"\{\{\s*([^\W\d]\w*)\s*\}\}")


def placeholders(text: str) -> list[str]:
    """The names within ``{{…}}`` in ``text``, as they are written."""
    return _PLACEHOLDER.findall(text) if OPENING in text else []


def filled(text: str, fill: Mapping[str, str]) -> str:
    """``text`` with its placeholders replaced; names compare without regard to case, and those not
    in ``fill`` stay."""
    if not fill or OPENING not in text:
        return text
    known = {name.casefold(): value for name, value in fill.items()}
    return _PLACEHOLDER.sub(lambda match: known.get(match[1].casefold(), match[0]), text)


def filled_message(message: Mapping[str, Any], fill: Mapping[str, str]) -> dict[str, Any]:
    """A message with its words filled."""
    return {**message, "content": filled(message.get("content") or "", fill)}


def unfilled(text: str, fill: Mapping[str, str]) -> list[str]:
    """The placeholders of ``text`` that ``fill`` has no words for."""
    known = {name.casefold() for name in fill}
    return [name for name in placeholders(text) if name.casefold() not in known]
