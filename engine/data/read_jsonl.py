"""Reading JSON Lines: one row a line, never more than a line in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine.data.encodings import BOM, encoding_of, shown_name
from engine.data.finding import Finding, found
from engine.data.json_faults import fault_of, is_cut
from engine.data.opened import opened
from engine.data.row import PHASE, Row
from engine.data.schema import type_name
from engine.job import Job

LONGEST = 1 << 26  # bytes of a line that is read whole
_EVERY = 256


def read_jsonl(path: Path, job: Job) -> Iterator[Row | Finding]:
    """Each line as a row; a line that is none as a finding. Blank lines are no rows."""
    name = str(path)
    with opened(path) as source:
        for line, raw in enumerate(lines(source.file), 1):
            if line % _EVERY == 1:
                job.report(PHASE, source.done(), source.total, "bytes")
            yield from entries(raw, name, line)
        job.report(PHASE, source.total, source.total, "bytes")


def lines(file: BinaryIO) -> Iterator[bytes | int]:
    """Each line; of one longer than LONGEST only how many bytes it has, so that a file without line
    ends does not fill the memory."""
    while raw := file.readline(LONGEST):
        if len(raw) < LONGEST or raw.endswith(b"\n"):
            yield raw
            continue
        size = len(raw)
        while raw and not raw.endswith(b"\n"):
            raw = file.readline(LONGEST)
            size += len(raw)
        yield size


def entries(raw: bytes | int, name: str, line: int) -> Iterator[Row | Finding]:
    """What stands on one of the :func:`lines`, counted from 1: nothing on a blank one."""
    if isinstance(raw, int):
        yield found("row_too_large", name, line, megabytes=raw >> 20)
        return
    if line == 1 and raw.startswith(BOM):
        yield found("bom", name, 1)
        raw = raw.removeprefix(BOM)
    if raw.strip():
        yield _row(raw, name, line)


def _row(raw: bytes, name: str, line: int) -> Row | Finding:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return undecoded(raw, error, name, line)
    try:
        value = json.loads(text.rstrip())
    except (ValueError, RecursionError) as error:
        ends = not raw.endswith(b"\n") and is_cut(text, error)
        code = "cut_off" if ends else fault_of(text, error)
        return found(code, name, line, column=getattr(error, "colno", 1))
    if not isinstance(value, dict):
        return found("not_object", name, line, found=type_name(value))
    return Row(value, name, line)


def undecoded(raw: bytes, error: UnicodeDecodeError, name: str, line: int) -> Finding:
    """The finding for a line that is not UTF-8, with its encoding where that is sure."""
    encoding = encoding_of(raw)
    column = error.start + 1
    if encoding is None:
        return found("not_utf8", name, line, column=column)
    return found("other_encoding", name, line, column=column, encoding=shown_name(encoding))
