"""Reading Parquet, as hubs keep many data sets. Imports pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow
import pyarrow.parquet

from engine.data.finding import Finding
from engine.data.row import PHASE, Row
from engine.errors import DanluError
from engine.job import Job


def read_parquet(path: Path, job: Job) -> Iterator[Row | Finding]:
    """Each row; its line is its number. Raises DanluError ``data.broken_parquet``."""
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            total = file.metadata.num_rows
            for batch in file.iter_batches(batch_size=256):
                job.report(PHASE, number, total, "rows")
                for value in batch.to_pylist():
                    number += 1
                    yield Row(value, str(path), number)
    except pyarrow.ArrowException as error:
        raise DanluError("data.broken_parquet", path=path) from error
