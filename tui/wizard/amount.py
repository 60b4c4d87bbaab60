"""How much of a source is taken, as a person types it: ``500``, ``30%``, ``x3``, ``500 x3``."""

from __future__ import annotations

import re
from typing import Any

from engine.spec.sections import Source
from engine.units import human_count

_AMOUNT = re.compile(
    r"(?:(?P<sample>[1-9]\d*)|(?P<share>\d+(?:\.\d+)?)\s*[%\uff05])?"
    r"\s*(?:[x*\u00d7]\s*(?P<repeat>\d+(?:\.\d+)?))?",
    re.IGNORECASE,
)


def parse_amount(text: str) -> dict[str, Any] | None:
    """``sample``, ``share`` and ``repeat`` of a source; None for what is no amount."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        return None
    share = float(match["share"]) / 100 if match["share"] else None
    repeat = float(match["repeat"]) if match["repeat"] else 1
    if (share is not None and not 0 < share <= 1) or not 0 < repeat <= 1000:
        return None
    return {
        "sample": int(match["sample"]) if match["sample"] else None,
        "share": None if share == 1 else share,
        "repeat": repeat,
    }


def typed_amount(source: Source) -> str:
    """What :func:`parse_amount` reads as the amount of ``source``; empty for each row once."""
    parts = [str(source.sample)] if source.sample else []
    if source.share is not None:
        parts.append(f"{source.share:.6%}".rstrip("%").rstrip("0").rstrip(".") + "%")
    if source.repeat != 1:
        parts.append(f"x{source.repeat:g}")
    return " ".join(parts)


def shown_amount(source: Source) -> str:
    """The same, as it stands behind a source's name."""
    if source.sample and source.repeat == 1:
        return f"#{human_count(source.sample) if source.sample >= 100_000 else source.sample}"
    return typed_amount(source)
