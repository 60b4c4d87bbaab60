"""Token rows held in Arrow while they are made: four bytes a token, not a Python list of integers.

Imports pyarrow and datasets when called.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset

_CHUNK = 1 << 20  # tokens of an Arrow chunk


class TokenTable:
    """Rows of ``input_ids`` and ``labels``, added one by one."""

    def __init__(self) -> None:
        self._columns = {"input_ids": _Column(), "labels": _Column()}

    def add(self, input_ids: list[int], labels: list[int]) -> None:
        """Add a row."""
        self._columns["input_ids"].add(input_ids)
        self._columns["labels"].add(labels)

    def dataset(self) -> Dataset:
        """The rows as a data set in memory."""
        import pyarrow
        from datasets import Dataset

        columns = {name: column.chunks() for name, column in self._columns.items()}
        return Dataset(pyarrow.table(columns))


class _Column:
    def __init__(self) -> None:
        self._done: list[Any] = []
        self._start()

    def _start(self) -> None:
        self._values, self._offsets = array("i"), array("i", [0])

    def add(self, row: list[int]) -> None:
        self._values.fromlist(row)
        self._offsets.append(len(self._values))
        if len(self._values) >= _CHUNK:
            self._done.append(self._chunk())
            self._start()

    def _chunk(self) -> Any:
        import pyarrow

        values = pyarrow.Array.from_buffers(
            pyarrow.int32(), len(self._values), [None, pyarrow.py_buffer(self._values)]
        )
        offsets = pyarrow.Array.from_buffers(
            pyarrow.int32(), len(self._offsets), [None, pyarrow.py_buffer(self._offsets)]
        )
        return pyarrow.ListArray.from_arrays(offsets, values)

    def chunks(self) -> Any:
        import pyarrow

        return pyarrow.chunked_array([*self._done, self._chunk()])
