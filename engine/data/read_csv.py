"""Reading CSV and TSV: each record with the line it starts on, quoted line ends or not."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine.data.finding import Finding, found
from engine.data.read import PHASE, Row
from engine.data.read_jsonl import BOM
from engine.errors import DanluError
from engine.job import Job

_EVERY = 256
_MARK = "\udcff"  # a lone surrogate: stands for bytes that are not UTF-8, in no valid text


def read_csv(path: Path, job: Job) -> Iterator[Row | Finding]:
    """Each record as a row of text. Raises DanluError ``data.no_header``."""
    csv.field_size_limit(2**31 - 1)
    name, total = str(path), path.stat().st_size
    with open(path, "rb") as file:
        if file.read(3) == BOM:
            yield found("bom", name, 1)
        else:
            file.seek(0)
        reader = csv.reader(_lines(file), delimiter=_delimiter(path), strict=True)
        header = _header(reader, name)
        number = 0
        while True:
            before = reader.line_num
            if number % _EVERY == 0:
                job.report(PHASE, file.tell(), total, "bytes")
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
    job.report(PHASE, total, total, "bytes")


def _lines(file: BinaryIO) -> Iterator[str]:
    for raw in file:
        try:
            yield raw.decode("utf-8")
        except UnicodeDecodeError:
            yield raw.decode("utf-8", errors="replace").replace("\ufffd", _MARK)


def _delimiter(path: Path) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    with open(path, "rb") as file:
        first = file.readline().decode("utf-8", errors="replace")
    return max(",;\t", key=first.count)


def _header(reader: Iterator[list[str]], name: str) -> list[str]:
    try:
        header = [field.strip() for field in next(reader)]
    except (StopIteration, csv.Error):
        header = []
    if not any(header) or any(_MARK in field for field in header):
        raise DanluError("data.no_header", path=name)
    return header


def _broken(error: csv.Error, name: str, line: int, lines: int) -> Finding:
    if "unexpected end of data" in str(error):
        # Every line since the open quote was swallowed: as many rows may be lost.
        return found("open_quote", name, line, lost=max(1, lines), lines=lines)
    return found("bad_quote", name, line)


def _row(header: list[str], fields: list[str], name: str, line: int) -> Row | Finding:
    if any(_MARK in field for field in fields):
        return found("not_utf8", name, line, column=1)
    if len(fields) != len(header):
        return found("field_count", name, line, found=len(fields), wanted=len(header))
    return Row(dict(zip(header, fields, strict=True)), name, line)
