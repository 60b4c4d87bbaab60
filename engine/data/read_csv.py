"""Reading CSV and TSV: each record with the line it starts on, quoted line ends or not."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from engine.data.csv_header import LOOKED_AT, header_at, named_columns
from engine.data.encodings import BOM, encoding_of, shown_name
from engine.data.finding import Finding, found
from engine.data.kinds import ending_of
from engine.data.opened import opened
from engine.data.read_jsonl import LONGEST, undecoded
from engine.data.row import PHASE, Row
from engine.errors import DanluError
from engine.job import Job

_EVERY = 256
_STRAY = re.compile("[\udc80-\udcff]")  # bytes that are not UTF-8, kept as they are


def read_csv(path: Path, job: Job) -> Iterator[Row | Finding]:
    """Each record as a row of text. Raises DanluError ``data.no_header``."""
    csv.field_size_limit(LONGEST)
    name = str(path)
    with opened(path) as source:
        if _has_mark(path):
            yield found("bom", name, 1)
            source.file.read(len(BOM))
        reader = csv.reader(_lines(source.file), delimiter=_delimiter(path), strict=True)
        records = _records(reader, name)
        ahead = _first_records(records)
        read = [entry.fields for entry in ahead if isinstance(entry, _Record)]
        place = header_at(read) if read else 0
        header = _header(read[: place + 1] if read else [], name)
        if place:
            yield found("title_rows", name, 1, count=place, at=place + 1)
        for number, entry in enumerate(chain(ahead[place + 1 :], records)):
            if number % _EVERY == 0:
                job.report(PHASE, source.done(), source.total, "bytes")
            if isinstance(entry, Finding):
                yield entry
            elif any(entry.fields):  # spreadsheets end in rows of commas
                yield _row(header, entry.fields, name, entry.line)
        job.report(PHASE, source.total, source.total, "bytes")


class _Record(NamedTuple):
    fields: list[str]
    line: int


def _records(reader: Any, name: str) -> Iterator[_Record | Finding]:
    """Each record with the line it starts on, or what is wrong with it."""
    while True:
        before = reader.line_num
        try:
            yield _Record(next(reader), before + 1)
        except StopIteration:
            return
        except csv.Error as error:
            yield _broken(error, name, before + 1, reader.line_num - before)


def _first_records(records: Iterator[_Record | Finding]) -> list[_Record | Finding]:
    """The records among which the columns are named; the last may be what was found wrong."""
    first: list[_Record | Finding] = []
    for entry in islice(records, LOOKED_AT):
        first.append(entry)
        if isinstance(entry, Finding):
            break
    return first


def _has_mark(path: Path) -> bool:
    with opened(path) as source:
        return source.file.read(len(BOM)) == BOM


def _lines(file: BinaryIO) -> Iterator[str]:
    while raw := file.readline(LONGEST):
        yield raw.decode("utf-8", errors="surrogateescape")


def _delimiter(path: Path) -> str:
    if ending_of(path) == ".tsv":
        return "\t"
    with opened(path) as source:
        first = source.file.readline(LONGEST).decode("utf-8", errors="replace")
    return max(",;\t", key=first.count)


def _header(records: list[list[str]], name: str) -> list[str]:
    header = [field for record in records for field in record]
    encoding = encoding_of(_bytes(",".join(header))) if any(map(_STRAY.search, header)) else None
    if encoding is not None:
        shown = shown_name(encoding)
        raise DanluError("data.other_encoding", path=name, line=1, encoding=shown, codec=encoding)
    if not any(header) or any(map(_STRAY.search, header)):
        raise DanluError("data.no_header", path=name)
    return named_columns(records)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")


def _broken(error: csv.Error, name: str, line: int, lines: int) -> Finding:
    if "unexpected end of data" in str(error):
        # Every line since the open quote was swallowed: as many rows may be lost.
        return found("open_quote", name, line, lost=max(1, lines), lines=lines)
    if "field limit" in str(error):
        return found("row_too_large", name, line, megabytes=LONGEST >> 20)
    return found("bad_quote", name, line)


def _row(header: list[str], fields: list[str], name: str, line: int) -> Row | Finding:
    if any(map(_STRAY.search, fields)):
        raw = _bytes(",".join(fields))
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            return undecoded(raw, error, name, line)
    if len(fields) > len(header) and not any(fields[len(header) :]):
        fields = fields[: len(header)]
    if len(fields) != len(header):
        return found("field_count", name, line, found=len(fields), wanted=len(header))
    return Row(dict(zip(header, fields, strict=True)), name, line)
