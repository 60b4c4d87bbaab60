"""Questions that all begin with the same instruction, told by where they begin to differ."""

from __future__ import annotations

from collections.abc import Iterable

from tui.cells import width
from tui.symbols import sign

_WORTH = 16  # cells: what is shorter may stand
_ENDS = " 。：:，,；;？?！!"  # after which one may begin to read


def shared_start(texts: Iterable[str]) -> str:
    """What all of ``texts`` (two or more, of one line) begin with, up to the end of a sentence or
    word; nothing where that is short."""
    known = list(texts)
    if len(known) < 2:
        return ""
    first, last = min(known), max(known)
    pairs = enumerate(zip(first, last, strict=False))
    shared = first[: next((at for at, (one, other) in pairs if one != other), len(first))]
    end = max(shared.rfind(mark) for mark in _ENDS) + 1
    return shared[:end] if width(shared[:end]) >= _WORTH else ""


def unshared(text: str, start: str) -> str:
    """``text`` without ``start``, which was left out."""
    return sign("more") + text[len(start) :] if start and text.startswith(start) else text


def one_line(text: str) -> str:
    """``text`` with each run of white space as one space."""
    return " ".join(text.split())
