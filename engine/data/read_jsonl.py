"""Reading JSON Lines: one row a line, never more than a line in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from engine.data.finding import Finding, found
from engine.data.read import PHASE, Row
from engine.data.schema import type_name
from engine.job import Job

BOM = b"\xef\xbb\xbf"
_EVERY = 256


def read_jsonl(path: Path, job: Job) -> Iterator[Row | Finding]:
    """Each line as a row; a line that is none as a finding. Blank lines are no rows."""
    name, total, done = str(path), path.stat().st_size, 0
    with open(path, "rb") as file:
        for line, raw in enumerate(file, 1):
            if line == 1 and raw.startswith(BOM):
                yield found("bom", name, 1)
                raw = raw.removeprefix(BOM)
            done += len(raw)
            if line % _EVERY == 1:
                job.report(PHASE, done, total, "bytes")
            if raw.strip():
                yield _row(raw, name, line)
    job.report(PHASE, total, total, "bytes")


def _row(raw: bytes, name: str, line: int) -> Row | Finding:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return found("not_utf8", name, line, column=error.start + 1)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        code = "not_json" if raw.endswith(b"\n") else "cut_off"
        return found(code, name, line, column=error.colno)
    except (RecursionError, ValueError):  # nested too deep; a number of thousands of digits
        return found("not_json", name, line, column=1)
    if not isinstance(value, dict):
        return found("not_object", name, line, found=type_name(value))
    return Row(value, name, line)
