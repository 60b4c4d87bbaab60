"""A file of token rows packed into long rows, with where each begins.

Imports numpy, pyarrow and datasets when called.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.packing import packs
from engine.data.tables import PACKED, ROW, TokenFile, lengths_of_rows

if TYPE_CHECKING:
    from datasets import Dataset

    from engine.job import Job

_EVERY = 256


def write_packed(rows: Dataset, path: Path, limit: int, job: Job) -> None:
    """Write the rows to ``path`` as packs of at most ``limit`` tokens: ``input_ids``, ``labels``
    and ``seq_lengths``, the tokens of each row. No row is cut. Raises OSError."""
    import numpy

    lengths = lengths_of_rows(rows)
    made = packs(lengths, limit)
    columns = {name: _Column(rows, name) for name in ROW}
    file = TokenFile(path, PACKED)
    for number, pack in enumerate(made):
        if number % _EVERY == 0:
            job.report("packing_data", number, len(made), "rows")
        ids, labels = (
            numpy.concatenate([columns[name].row(row) for row in pack]).tolist() for name in ROW
        )
        file.add(ids, labels, [lengths[row] for row in pack])
    file.close()
    job.report("packing_data", len(made), len(made), "rows")


class _Column:
    """The lists of one column, each found at once, in the file's own memory."""

    def __init__(self, rows: Dataset, name: str) -> None:
        import numpy

        table: Any = rows.data.table
        indices: Any = rows._indices
        self._chosen = None if indices is None else indices.column(0).to_numpy()
        self._chunks = list(_chunks(table.column(name)))
        self._starts = numpy.cumsum([0, *(len(offsets) - 1 for offsets, _ in self._chunks)])

    def row(self, number: int) -> Any:
        if self._chosen is not None:
            number = int(self._chosen[number])
        chunk = int(self._starts.searchsorted(number, side="right")) - 1
        offsets, values = self._chunks[chunk]
        at = number - int(self._starts[chunk])
        return values[offsets[at] : offsets[at + 1]]


def _chunks(column: Any) -> Iterator[tuple[Any, Any]]:
    for chunk in column.chunks:
        if len(chunk):
            yield chunk.offsets.to_numpy(), chunk.values.to_numpy()
