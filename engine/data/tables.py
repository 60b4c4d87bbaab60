"""Token rows written to an Arrow file while they are made, and read from it by memory map: four
bytes a token on disk, next to nothing in memory.

Imports pyarrow and datasets when called.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset

_CHUNK = 1 << 18  # tokens of a batch in the file
ROW = ("input_ids", "labels")
PACKED = (*ROW, "seq_lengths")  # how long the rows within a packed one are
PAIR = (*ROW, "rejected_input_ids", "rejected_labels")  # the better answer, and the worse


class TokenFile:
    """Rows of lists of numbers in the columns ``names``, added one by one to a new file at
    ``path``."""

    def __init__(self, path: Path, names: Sequence[str] = ROW) -> None:
        import pyarrow

        self._names = tuple(names)
        kind = pyarrow.list_(pyarrow.int32())
        self._schema = pyarrow.schema({name: kind for name in self._names})
        self._file = pyarrow.ipc.new_stream(str(path), self._schema)
        self.rows = 0
        self._start()

    def _start(self) -> None:
        self._columns = [(array("i"), array("i", [0])) for _ in self._names]

    def add(self, *row: list[int]) -> None:
        """Add a row: what it has in each column. Raises OSError."""
        for (values, offsets), own in zip(self._columns, row, strict=True):
            values.fromlist(own)
            offsets.append(len(values))
        self.rows += 1
        if len(self._columns[0][0]) >= _CHUNK:
            self._write()

    def close(self) -> None:
        """End the file, so that it can be read."""
        if len(self._columns[0][1]) > 1:
            self._write()
        self._file.close()

    def _write(self) -> None:
        import pyarrow

        lists = [
            pyarrow.ListArray.from_arrays(_array(offsets), _array(values))
            for values, offsets in self._columns
        ]
        self._file.write_batch(pyarrow.record_batch(lists, schema=self._schema))
        self._start()


def _array(values: array[int]) -> Any:
    import pyarrow

    buffers = [None, pyarrow.py_buffer(values)]
    return pyarrow.Array.from_buffers(pyarrow.int32(), len(values), buffers)


def rows_of(path: Path, chosen: Sequence[int] | None = None) -> Dataset:
    """The rows of a file of tokens, or the ``chosen`` ones in that order; nothing is loaded."""
    from datasets import Dataset

    dataset = Dataset.from_file(str(path))
    return dataset if chosen is None else dataset.select(chosen)


def lengths_of_rows(dataset: Dataset) -> list[int]:
    """How many tokens each row has (of a pair its longer side), without loading the tokens."""
    import pyarrow.compute

    compute: Any = pyarrow.compute
    table: Any = dataset.data.table
    sides = [name for name in dataset.column_names if name.endswith("input_ids")]
    lengths = compute.max_element_wise(
        *(compute.list_value_length(table.column(name)) for name in sides)
    )
    indices: Any = dataset._indices
    if indices is not None:
        lengths = lengths.take(indices.column(0))
    return lengths.to_pylist()
