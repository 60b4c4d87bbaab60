"""Reading CSV and TSV: each record with the line it starts on, quoted line ends or not."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine.data.encodings import BOM, encoding_of, shown_name
from engine.data.finding import Finding, found
from engine.data.kinds import ending_of
from engine.data.opened import opened
from engine.data.read import PHASE, Row
from engine.data.read_jsonl import LONGEST, undecoded
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
        header = _header(reader, name)
        number = 0
        while True:
            before = reader.line_num
            if number % _EVERY == 0:
                job.report(PHASE, source.done(), source.total, "bytes")
            number += 1
            try:
                fields = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                yield _broken(error, name, before + 1, reader.line_num - before)
                continue
            if fields:
                yield _row(header, fields, name, before + 1)
        job.report(PHASE, source.total, source.total, "bytes")


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


def _header(reader: Iterator[list[str]], name: str) -> list[str]:
    try:
        header = [field.strip() for field in next(reader)]
    except (StopIteration, csv.Error):
        header = []
    encoding = encoding_of(_bytes(",".join(header))) if any(map(_STRAY.search, header)) else None
    if encoding is not None:
        shown = shown_name(encoding)
        raise DanluError("data.other_encoding", path=name, line=1, encoding=shown, codec=encoding)
    if not any(header) or any(map(_STRAY.search, header)):
        raise DanluError("data.no_header", path=name)
    return header


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
    if len(fields) != len(header):
        return found("field_count", name, line, found=len(fields), wanted=len(header))
    return Row(dict(zip(header, fields, strict=True)), name, line)
