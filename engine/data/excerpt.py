"""The very words of a file that a finding speaks of."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from textwrap import dedent

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
_LINES = 8  # of JSON written over many lines
_SHORT = 40  # bytes: a line that says little by itself


def excerpt(file: str, line: int, column: int, job: Job, most: int = 240) -> str:
    """What stands on a line from shortly before ``column`` on, at most ``most`` characters of it,
    with unseen signs written out; of JSON written over many lines the next ones, too. Nothing where
    the file has no lines or cannot be read."""
    path = Path(file)
    if line < 1 or not path.is_file() or ending_of(path) in TABLES:
        return ""
    try:
        raw = _lines(path, line, job)
    except (OSError, DanluError):
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
    seen = "\n".join(visible(line) for line in dedent(shown).split("\n"))
    return ("…" if start else "") + seen + more


def _lines(path: Path, number: int, job: Job) -> bytes:
    wanted = _LINES if ending_of(path) == ".json" else 1
    found = []
    with opened(path) as source:
        for at, raw in enumerate(islice(lines(source.file), number + wanted - 1), 1):
            if at % _EVERY == 0:
                job.check()
            if at >= number and isinstance(raw, bytes):
                found.append(raw)
                if len(found[0].strip()) > _SHORT:
                    break
    return b"".join(found)
