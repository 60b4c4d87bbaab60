"""Rows out of files, one at a time, each with the line it starts on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.files import locate
from engine.data.finding import Finding
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

PHASE = "reading_data"


@dataclass(frozen=True)
class Row:
    """One row as its file has it. ``line`` is the line it starts on, counted from 1; in Parquet,
    which has no lines, the number of the row."""

    value: dict[str, Any]
    file: str
    line: int


def read_rows(source: Source, job: Job) -> Iterator[Row | Finding]:
    """Every row of ``source``, and a finding for each place where none could be read.

    Raises DanluError: those of :func:`engine.data.files.locate`, ``data.empty_file``,
    ``data.unreadable``, ``data.not_utf8``, ``data.broken_json``, ``data.no_rows_in_json``.
    """
    for path in locate(source, job).files:
        yield from read_file(path, job)


def read_file(path: Path, job: Job) -> Iterator[Row | Finding]:
    """Every row of one file. Raises DanluError as :func:`read_rows` does."""
    try:
        if path.stat().st_size == 0:
            raise DanluError("data.empty_file", path=path)
        yield from _reader(path)(path, job)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DanluError("data.unreadable", path=path, reason=reason) from error


def _reader(path: Path) -> Any:
    ending = path.suffix.lower()
    if ending == ".parquet":
        from engine.data.read_parquet import read_parquet

        return read_parquet
    if ending in (".csv", ".tsv"):
        from engine.data.read_csv import read_csv

        return read_csv
    from engine.data.read_json import read_json
    from engine.data.read_jsonl import read_jsonl

    return read_json if _is_one_document(path) else read_jsonl


def _is_one_document(path: Path) -> bool:
    """Whether a file holds one JSON value rather than one a line, whatever its name says."""
    with open(path, "rb") as file:
        start = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
        if start.startswith(b"["):
            return True
        if path.suffix.lower() == ".jsonl":
            return False
        return not (start.startswith(b"{") and _second_line_is_row(path))


def _second_line_is_row(path: Path) -> bool:
    import json

    with open(path, "rb") as file:
        lines = (line for line in file if line.strip())
        first, second = next(lines, b""), next(lines, b"")
    try:
        json.loads(first.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return False
    return second.lstrip().startswith(b"{")
