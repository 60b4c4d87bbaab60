"""Which encoding bytes that are not UTF-8 are in, as far as can be told for sure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 16
_WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_CHINESE = re.compile("[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef\u2000-\u206f]")
_LETTER = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00fc\u2019"
_WESTERN = re.compile(
    f"(?<=[A-Za-z])[{_LETTER}]|[{_LETTER}](?=[A-Za-z])|[\u2013\u2014\u201c\u201d]"
)


def wide_encoding(head: bytes) -> str | None:
    """``utf-16-le`` or ``utf-16-be`` where the first bytes of a file say so; else None."""
    if head[:2] in _WIDE:
        return _WIDE[head[:2]]
    zeros = (head[0::2].count(0), head[1::2].count(0))
    half = len(head) // 2
    if half < 8 or max(zeros) < 0.4 * half or min(zeros) > 0.05 * half:
        return None
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def encoding_of(raw: bytes) -> str | None:
    """``gb18030`` or ``cp1252`` for bytes that are not UTF-8; None where neither is sure."""
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    foreign = [sign for sign in text if not sign.isascii()]
    chinese = sum(map(bool, map(_CHINESE.match, foreign)))
    if foreign and chinese >= 0.9 * len(foreign) and _common(foreign) >= 0.8:
        return "gb18030"
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        return None
    foreign = sum(1 for sign in text if not sign.isascii())
    few = foreign <= len(text) / 3
    return "cp1252" if few and len(_WESTERN.findall(text)) == foreign else None


def shown_name(encoding: str) -> str:
    """An encoding as people call it."""
    return {"gb18030": "GBK", "cp1252": "Windows-1252"}.get(encoding, encoding.upper()[:6])


def file_encoding(path: Path) -> str:
    """The encoding to read a text file in: that of its mark or of the first line that tells;
    ``utf-8`` where none does."""
    with open(path, "rb") as file:
        wide = wide_encoding(file.read(_HEAD))
        if wide is not None:
            return wide
        file.seek(0)
        for raw in _pieces(file):
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError:
                sure = encoding_of(raw)
                if sure is not None:
                    return sure
    return "utf-8"


def _pieces(file: object) -> Iterator[bytes]:
    while raw := file.readline(1 << 26):  # type: ignore[attr-defined]
        yield raw


def _common(signs: list[str]) -> float:
    """The share of signs that the small set of 1980 has already: chance makes rare ones."""
    return len("".join(signs).encode("gb2312", "ignore")) / 2 / len(signs)
