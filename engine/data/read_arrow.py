"""Reading Arrow, file or stream, as ``datasets`` saves its tables. Imports pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow

from engine.data.finding import Finding
from engine.data.row import PHASE, Row
from engine.errors import DanluError
from engine.job import Job

_ROWS = 256
_MAGIC = b"ARROW1"


def read_arrow(path: Path, job: Job) -> Iterator[Row | Finding]:
    """Each row; its line is its number. Raises DanluError ``data.broken_arrow``."""
    number, total = 0, path.stat().st_size
    try:
        with pyarrow.memory_map(str(path)) as file:
            for batch in _batches(file, path):
                for start in range(0, batch.num_rows, _ROWS):
                    job.report(PHASE, file.tell(), total, "bytes")
                    for value in batch.slice(start, _ROWS).to_pylist():
                        number += 1
                        yield Row(value, str(path), number)
    except (pyarrow.ArrowException, EOFError) as error:
        raise DanluError("data.broken_arrow", path=path) from error
    except OSError as error:  # pyarrow's own says no errno
        if error.errno is not None:
            raise
        raise DanluError("data.broken_arrow", path=path) from error
    job.report(PHASE, total, total, "bytes")


def _batches(file: Any, path: Path) -> Iterator[Any]:
    with open(path, "rb") as head:
        is_file = head.read(len(_MAGIC)) == _MAGIC
    if not is_file:
        yield from pyarrow.ipc.open_stream(file)
        return
    reader = pyarrow.ipc.open_file(file)
    for index in range(reader.num_record_batches):
        yield reader.get_batch(index)
