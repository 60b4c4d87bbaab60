"""The very words of a file that a finding speaks of."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from engine.data.encodings import encoding_of, wide_encoding
from engine.data.kinds import TABLES, ending_of
from engine.data.opened import opened
from engine.data.read_jsonl import lines
from engine.data.repair_diff import visible
from engine.data.secrets import hidden
from engine.errors import DanluError
from engine.job import Job

_EVERY = 4096
_AROUND = 60  # characters before the column


def excerpt(file: str, line: int, column: int, job: Job, most: int = 240) -> str:
    """What stands on a line from shortly before ``column`` on, at most ``most`` characters of it,
    with unseen signs written out; nothing where the file has no lines or cannot be read."""
    path = Path(file)
    if line < 1 or not path.is_file() or ending_of(path) in TABLES:
        return ""
    try:
        raw = _line(path, line, job)
    except (OSError, DanluError):
        return ""
    if not isinstance(raw, bytes):
        return ""
    encoding = wide_encoding(raw) or "utf-8"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode(encoding_of(raw) or "utf-8", "replace")
    text = hidden(text.strip("\ufeff\r\n"))
    start = max(0, column - 1 - _AROUND) if len(text) > most else 0
    shown = text[start : start + most]
    more = "…" if start + most < len(text) else ""
    return ("…" if start else "") + visible(shown) + more


def _line(path: Path, number: int, job: Job) -> bytes | int:
    with opened(path) as source:
        for at, raw in enumerate(islice(lines(source.file), number), 1):
            if at % _EVERY == 0:
                job.check()
            if at == number:
                return raw
    return b""
