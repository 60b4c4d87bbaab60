"""Whether an answer is the expected one, from letter by letter to "the same number"."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Literal, get_args

Mode = Literal["exact", "normalised", "contains", "number"]
MODES: tuple[Mode, ...] = get_args(Mode)

_EMPTY_THOUGHT = re.compile(r"\A\s*<think>\s*</think>")
_KEPT_SIGNS = set("%#@&/\\+")
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_MINUS = re.compile(r"(?<![\w.)])-(?=\d)")
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_BESIDE_CJK = re.compile(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?|(?<=[^\W\d_])\d+(?:\.\d+)?")
_MARKED = re.compile(r"####\s*(.+)")
# Stand for a point and a minus while punctuation is taken away.
_KEEP_POINT, _KEEP_MINUS = "\ue000", "\ue001"


def matches(mode: Mode, answer: str, expected: str) -> bool:
    """Whether ``answer`` is ``expected``. ``exact``: but for space around it and a thought that
    holds nothing; ``normalised``: but for width, case, punctuation and spacing; ``contains``: it
    stands in the answer, normalised; ``number``: the last number of both is the same."""
    if mode == "exact":
        return bare(answer) == bare(expected)
    if mode == "number":
        wanted = last_number(expected)
        return wanted is not None and last_number(answer) == wanted
    wanted, given = normalised(expected), normalised(answer)
    if not wanted:  # punctuation alone: nothing of it is left to compare
        return bare(answer) == bare(expected)
    return given == wanted if mode == "normalised" else stands_in(wanted, given)


def bare(answer: str) -> str:
    """Without space around it, and without the empty thought some templates write."""
    return _EMPTY_THOUGHT.sub("", answer).strip()


def normalised(text: str) -> str:
    """One form for what a reader takes as the same: full and half width, upper and lower case, with
    or without punctuation and spaces between Chinese; what makes a number stays."""
    text = unicodedata.normalize("NFKC", bare(text)).casefold()
    text = _THOUSANDS.sub("", text)
    text = _MINUS.sub(_KEEP_MINUS, _POINT.sub(_KEEP_POINT, text))
    text = "".join(" " if _is_punctuation(sign) else sign for sign in text)
    text = text.replace(_KEEP_POINT, ".").replace(_KEEP_MINUS, "-")
    return _BESIDE_CJK.sub("", " ".join(text.split()))


def stands_in(wanted: str, text: str) -> bool:
    """Whether ``wanted`` stands in ``text``, not as a part of a longer Latin word or number."""
    return place_in(wanted, text).search(text) is not None


def place_in(wanted: str, text: str = "") -> re.Pattern[str]:
    """Matches ``wanted`` where it is no part of a longer Latin word or number."""
    before = r"(?<![a-z0-9])(?<!\d\.)" if wanted[:1].isascii() and wanted[:1].isalnum() else ""
    after = r"(?![a-z0-9])(?!\.\d)" if wanted[-1:].isascii() and wanted[-1:].isalnum() else ""
    return re.compile(before + re.escape(wanted) + after)


def last_number(text: str) -> Decimal | None:
    """The last number of ``text``, that behind ``####`` where it has one (as GSM8K writes it);
    None without any."""
    plain = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text))
    marked = _MARKED.findall(plain)
    found = _NUMBER.findall(marked[-1] if marked else plain)
    try:
        return Decimal(found[-1]).normalize() if found else None
    except InvalidOperation:  # digits of a script Decimal does not read
        return None


def _is_punctuation(sign: str) -> bool:
    return unicodedata.category(sign).startswith("P") and sign not in _KEPT_SIGNS
