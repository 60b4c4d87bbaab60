"""A file of a benchmark's questions as the harness reads them: columns and answers are checked."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from engine.benchmark.known import Benchmark
from engine.data.not_data import refuse_irregular, refuse_other_kinds
from engine.errors import DanluError, fault_of

LETTERS = "ABCD"
SUFFIXES = (".parquet", ".jsonl", ".json", ".csv")
_POINTER = b"version https://git-lfs"
Question = dict[str, Any]


def read_questions(benchmark: Benchmark, path: Path) -> list[Question]:
    """The questions of ``path``, of each the columns the harness reads. Raises DanluError
    ``benchmark.unreadable``, ``benchmark.no_column``, ``benchmark.no_choice`` and ``data.*``."""
    refuse_irregular(path)
    try:
        rows = _read(benchmark, path)
    except DanluError:
        raise
    except Exception as error:  # pyarrow, csv, json and codecs each have their own
        raise DanluError("benchmark.unreadable", file=path, reason=fault_of(error)) from error
    found = []
    for number, row in enumerate(rows, 1):
        _refuse_lacking(benchmark, row, path)
        question = {name: row[name] for name in benchmark.columns}
        if not benchmark.writes:
            _refuse_no_choice(benchmark, question, path, number)
        found.append(question)
    return found


def _read(benchmark: Benchmark, path: Path) -> list[Any]:
    if path.suffix == ".parquet":
        return _parquet(path)
    refuse_other_kinds(path)
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".csv":
        return _table(benchmark, text)
    if path.suffix == ".json" and text.lstrip().startswith("["):
        return json.loads(text)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _parquet(path: Path) -> list[Question]:
    import pyarrow.parquet as parquet

    with open(path, "rb") as file:
        if file.read(len(_POINTER)) == _POINTER:
            raise DanluError("data.lfs_pointer", path=path)
    return parquet.ParquetFile(path).read().to_pylist()


def _table(benchmark: Benchmark, text: str) -> list[Question]:
    """Rows with a line of names above them; MMLU's own have none: question, four choices, letter"""
    lines = list(csv.reader(text.splitlines(keepends=True)))
    if "choices" not in benchmark.columns or (lines and "question" in lines[0]):
        names, *rest = lines or [[]]
        return [dict(zip(names, line, strict=False)) for line in rest]
    return [
        {"question": line[0], "choices": line[1:5], "answer": LETTERS.find(line[5].strip() or "-")}
        for line in lines
        if line
    ]


def _refuse_lacking(benchmark: Benchmark, row: Any, path: Path) -> None:
    there = list(row) if isinstance(row, dict) else []
    for name in benchmark.columns:
        if name not in there:
            raise DanluError(
                "benchmark.no_column",
                file=path,
                column=name,
                wanted=", ".join(benchmark.columns),
                found=", ".join(map(str, there)) or "–",
            )


def _refuse_no_choice(benchmark: Benchmark, row: Question, path: Path, number: int) -> None:
    """A figure over questions without a right answer would be none."""
    answer = row[benchmark.columns[-1]]
    right = range(len(LETTERS)) if "choices" in row else tuple(LETTERS)
    if answer not in right:
        known = ", ".join(map(str, right))
        raise DanluError("benchmark.no_choice", file=path, row=number, answer=answer, known=known)
