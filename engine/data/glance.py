"""The first rows of a source, for looking at what they are before they are judged."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from engine.data.files import locate
from engine.data.parts import parts_of
from engine.data.read import read_file
from engine.data.row import Row
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

LOOKED_AT = 20


def first_rows(source: Source, job: Job, count: int = LOOKED_AT) -> list[dict[str, Any]]:
    """The first rows of ``source``, as its files have them. Raises DanluError as finding them does;
    what cannot be read is passed over."""
    _, parts = parts_of(source)
    return rows_of((file for part in parts for file in locate(part, job).files), job, count)


def rows_of(files: Iterable[Path], job: Job, count: int = LOOKED_AT) -> list[dict[str, Any]]:
    """The first rows of ``files``."""
    rows: list[dict[str, Any]] = []
    for path in files:
        try:
            entries = islice(read_file(path, job), count)
            rows += [entry.value for entry in entries if isinstance(entry, Row)]
        except DanluError:  # said when the file is checked
            continue
        if len(rows) >= count:
            break
    return rows[:count]
