"""Writing repaired rows: JSON Lines, a JSON array, CSV or TSV, by the file's name."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any


class Writer:
    """Writes rows to ``path`` in the form ``ending`` asks for; on disk when it is closed."""

    def __init__(self, path: Path, ending: str) -> None:
        self._path, self._ending = path, ending
        self._count = 0
        self._csv: csv.DictWriter[str] | None = None

    def __enter__(self) -> Writer:
        self._file = open(self._path, "x", encoding="utf-8", newline="", errors="replace")
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        with self._file:
            if self._ending == ".json" and kind is None:
                self._file.write("\n]\n" if self._count else "[]\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def write(self, row: dict[str, Any]) -> None:
        """One row more."""
        if self._ending in (".csv", ".tsv"):
            self._write_record(row)
        else:
            text = json.dumps(row, ensure_ascii=False, default=str)
            if self._ending == ".json":
                self._file.write((",\n" if self._count else "[\n") + text)
            else:
                self._file.write(text + "\n")
        self._count += 1

    def _write_record(self, row: dict[str, Any]) -> None:
        if self._csv is None:
            mark = "\t" if self._ending == ".tsv" else ","
            self._csv = csv.DictWriter(self._file, list(row), delimiter=mark, extrasaction="ignore")
            self._csv.writeheader()
        self._csv.writerow({name: _field(value) for name, value in row.items()})


def _field(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
