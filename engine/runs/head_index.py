"""The heads of ended runs, remembered in one file, so that a thousand journals are not read again.

It holds nothing that cannot be read anew: where it cannot be opened or written, the journals are.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, fields
from pathlib import Path

from engine.home import runs_root
from engine.runs.heads import HeadReader, RunHead
from engine.runs.scan import FoundRun
from engine.runs.scores import Score

INDEX_NAME = ".heads.sqlite"
_BATCH = 500  # heads written, or asked for by name, at once
_SHAPE = 3  # counted up whenever a head is made of other values
_TABLE = "CREATE TABLE IF NOT EXISTS head (name TEXT PRIMARY KEY, state TEXT, value TEXT)"
_SCORE = next(at for at, each in enumerate(fields(RunHead)) if each.name == "score")
_CURVE = next(at for at, each in enumerate(fields(RunHead)) if each.name == "curve")


def remembered(found: Iterable[FoundRun]) -> dict[str, RunHead]:
    """By name, the heads of those runs that are as they were when they were remembered."""
    states = {run.name: _state(run) for run in found}
    some = list(states) if len(states) <= _BATCH else []
    only = f" WHERE name IN ({','.join('?' * len(some))})" if some else ""
    try:
        with contextlib.closing(_open()) as index:
            rows = index.execute(f"SELECT name, state, value FROM head{only}", some).fetchall()
        return {name: _head(value) for name, state, value in rows if states.get(name) == state}
    except (sqlite3.Error, OSError, ValueError, TypeError, IndexError):
        return {}


def read_heads(found: Sequence[FoundRun]) -> Iterator[tuple[FoundRun, RunHead]]:
    """The head of every run in ``found``, in that order, from memory where it is as it was."""
    known, reader = remembered(found), HeadReader()
    fresh: list[tuple[FoundRun, RunHead]] = []
    for run in found:
        head = known.get(run.name)
        if head is None:
            try:
                head = reader.read(run)
            except OSError:  # deleted meanwhile
                continue
            fresh.append((run, head))
        if len(fresh) >= _BATCH:
            remember(fresh)
            fresh = []
        yield run, head
    remember(fresh)


def remember(heads: Iterable[tuple[FoundRun, RunHead]]) -> None:
    """Keep the heads of runs that have ended."""
    rows = [
        (run.name, _state(run), json.dumps(astuple(head), ensure_ascii=False))
        for run, head in heads
        if not head.active
    ]
    if not rows:
        return
    with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(_open()) as index, index:
        index.executemany("INSERT OR REPLACE INTO head VALUES (?, ?, ?)", rows)


def _open() -> sqlite3.Connection:
    path: Path = runs_root() / INDEX_NAME
    index = sqlite3.connect(path, timeout=0.5)
    try:
        index.execute("PRAGMA synchronous = OFF")  # what a power cut takes is read anew
        index.execute(_TABLE)
    except sqlite3.DatabaseError:
        index.close()
        if path.is_file() and path.stat().st_size and not _is_database(path):
            path.unlink()
        raise
    return index


def _is_database(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(15) == b"SQLite format 3"


def _state(run: FoundRun) -> str:
    return f"{_SHAPE} {run.damaged:d} {' '.join(map(str, run.state))}"


def _head(value: str) -> RunHead:
    read = json.loads(value)
    if read[_SCORE] is not None:
        read[_SCORE] = Score(*read[_SCORE])
    read[_CURVE] = tuple(read[_CURVE])
    return RunHead(*read)
