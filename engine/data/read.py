"""Rows out of files, one at a time, each with the line it starts on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.data.finding import Finding
from engine.data.kinds import TABLES, ending_of
from engine.data.not_data import refuse_irregular, refuse_other_kinds
from engine.data.opened import opened
from engine.data.row import Row
from engine.errors import DanluError
from engine.job import Job

_LONGEST = 1 << 26  # bytes of a first line that are looked at


def read_file(path: Path, job: Job) -> Iterator[Row | Finding]:
    """Every row of one file, and a finding for each place where none could be read.

    Raises DanluError: those of :func:`readable`, ``data.not_utf8``, ``data.broken_json``,
    ``data.no_rows_in_json``.
    """
    with readable(path):
        yield from reader_of(path)(path, job)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """For reading ``path`` within. Raises DanluError ``data.empty_file``, those of
    :mod:`engine.data.not_data`, and ``data.unreadable`` for an OSError."""
    try:
        refuse_irregular(path)
        if path.stat().st_size == 0:
            raise DanluError("data.empty_file", path=path)
        if ending_of(path) not in TABLES:
            refuse_other_kinds(path)
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise DanluError("data.unreadable", path=path, reason=reason) from error


def reader_of(path: Path) -> Any:
    """What reads files of the kind of ``path``: called with it and a job."""
    ending = ending_of(path)
    if ending == ".parquet":
        from engine.data.read_parquet import read_parquet

        return read_parquet
    if ending == ".arrow":
        from engine.data.read_arrow import read_arrow

        return read_arrow
    if ending == ".txt":
        from engine.data.read_text import read_text

        return read_text
    if ending in (".csv", ".tsv"):
        from engine.data.read_csv import read_csv

        return read_csv
    from engine.data.read_json import read_json
    from engine.data.read_jsonl import read_jsonl

    return read_json if _is_one_document(path) else read_jsonl


def _is_one_document(path: Path) -> bool:
    """Whether a file holds one JSON value rather than one a line, whatever its name says."""
    with opened(path) as source:
        start = source.file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
        if start.startswith(b"["):
            return True
        if ending_of(path) in (".jsonl", ".ndjson"):
            return _is_written_out(start)
        return not (start.startswith(b"{") and _second_line_is_row(path))


def _is_written_out(start: bytes) -> bool:
    """Whether an object is written over several lines, as in JSON Lines none may be."""
    first = start.split(b"\n", 1)[0].strip()
    return first == b"{" and start.lstrip(b"{ \r\n\t").startswith(b'"')


def _second_line_is_row(path: Path) -> bool:
    import json

    with opened(path) as source:
        read = iter(lambda: source.file.readline(_LONGEST), b"")
        lines = (line for line in read if line.strip())
        first, second = next(lines, b""), next(lines, b"")
    try:
        json.loads(first.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return False
    return second.lstrip().startswith(b"{")
