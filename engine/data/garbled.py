"""Characters no person typed: control signs, signs without width, text read in a wrong encoding."""

from __future__ import annotations

import re
import unicodedata

# Joiners (U+200C, U+200D) stay: Persian and emoji need them.
_SIGNS = (
    "\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\ufeff\ufff9-\ufffb"
)
UNSEEN = re.compile(f"[\x00{_SIGNS}]")
_LOST = re.compile(r"\ufffd|\u951f\u65a4\u62f7|\u70eb{3}|\u5c6f{3}")
_WESTERN = re.compile("[\u00c2-\u00ef][\u0080-\u00bf\u0152-\u2122]")
_NAMES = {"\x00": "NUL", "\x08": "BACKSPACE", "\x1b": "ESCAPE", "\x7f": "DELETE"}
_GBK = re.compile(r"[\u951b\u9286]")  # how , and 。 begin when read so
TELLTALE = "|".join((f"[{_SIGNS}]", _LOST.pattern, _WESTERN.pattern, _GBK.pattern))
_SURE = 6  # characters that must come out, so that no short word is taken for another by chance


def unseen(text: str) -> str | None:
    """The name of the first sign in ``text`` that cannot be seen; None when there is none."""
    match = UNSEEN.search(text)
    if match is None:
        return None
    name = _NAMES.get(match[0]) or unicodedata.name(match[0], "")
    return f"U+{ord(match[0]):04X} {name}".rstrip()


def lost(text: str) -> bool:
    """Whether characters were lost for good when the text was read in a wrong encoding."""
    return not text.isascii() and _LOST.search(text) is not None


def unscrambled(text: str) -> str | None:
    """What ``text`` said before its UTF-8 was read as Windows-1252 or GBK; None when it is not such
    text, or cannot be put right whole."""
    if text.isascii():
        return None
    if _WESTERN.search(text):
        for encoding in ("cp1252", "latin-1"):
            right = _reread(text, encoding)
            if right is not None:
                return right
    return _reread(text, "gb18030") if _GBK.search(text) else None


def _reread(text: str, encoding: str) -> str | None:
    try:
        right = text.encode(encoding).decode("utf-8")
    except UnicodeError:
        return None
    came_out = sum(1 for sign in right if not sign.isascii())
    enough = _SURE if encoding == "gb18030" else 1
    return right if right != text and came_out >= enough else None


def half_character(text: str) -> bool:
    """Whether ``text`` holds half of a pair (``\\ud83d`` alone), which no encoding can write."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
