"""Rows put aside on disk until they are wanted, so that memory holds none of them."""

from __future__ import annotations

import pickle
import tempfile
from typing import Any

from engine.data.encoded import cache_root
from engine.errors import DanluError

_IN_MEMORY = 8 << 20  # bytes: fewer never reach the disk


class PutAside:
    """A file of rows that is gone when it is closed; use it as a context. All of it raises
    DanluError ``data.cache_unwritable`` where the disk does not take it."""

    def __enter__(self) -> PutAside:
        try:
            cache_root().mkdir(parents=True, exist_ok=True)
            self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(cache_root()))
        except OSError as error:
            raise _unwritable(error) from error
        self._end = 0
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, row: Any) -> int:
        """Where the row stands from now on."""
        place = self._end
        try:
            self._file.seek(place)
            pickle.dump(row, self._file, pickle.HIGHEST_PROTOCOL)
            self._end = self._file.tell()
        except OSError as error:
            raise _unwritable(error) from error
        return place

    def get(self, place: int) -> Any:
        """The row that stands there."""
        self._file.seek(place)
        return pickle.load(self._file)


def _unwritable(error: OSError) -> DanluError:
    reason = error.strerror or str(error)
    return DanluError("data.cache_unwritable", path=cache_root(), reason=reason)
