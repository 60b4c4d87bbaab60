"""A row of a file, before it is known what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PHASE = "reading_data"  # the phase a job is in while rows are read


@dataclass(frozen=True)
class Row:
    """One row as its file has it. ``line`` is the line it starts on, counted from 1; in Parquet
    and Arrow, which have no lines, the number of the row."""

    value: dict[str, Any]
    file: str
    line: int
