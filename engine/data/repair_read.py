"""The rows of a file for repairing it: whatever its encoding is, and broken JSON mended."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from engine.data.encodings import BOM, encoding_of, file_encoding
from engine.data.finding import Finding
from engine.data.json_faults import mended
from engine.data.kinds import TABLES, ending_of
from engine.data.not_data import refuse_irregular
from engine.data.opened import opened
from engine.data.read import read_file, readable, reader_of
from engine.data.read_json import read_json, read_pieces
from engine.data.read_jsonl import lines
from engine.data.row import Row
from engine.errors import DanluError
from engine.job import Job

_BETWEEN = re.compile(r"(?<=\})\s*,\s*(?=\{)")
_WHOLE = 1 << 20  # bytes of a JSON document that is mended as one


@dataclass(frozen=True)
class Read:
    """A row, or why there is none; ``kinds`` are the repairs that reading it took, ``before`` is
    how a line that was no JSON begins."""

    entry: Row | Finding
    kinds: tuple[str, ...] = ()
    before: str = ""


def read_for_repair(path: Path, job: Job) -> Iterator[Read]:
    """Every row of ``path``. Raises DanluError as :func:`engine.data.read.read_file` does, but for
    encodings it can tell."""
    refuse_irregular(path)
    if ending_of(path) in TABLES:
        yield from map(Read, read_file(path, job))
        return
    with _as_utf8(path) as (plain, converted):
        for read in _rows(plain, job):
            kinds = (*(("encoding",) if converted else ()), *read.kinds)
            yield Read(replace(read.entry, file=str(path)), kinds, read.before)


def _rows(path: Path, job: Job) -> Iterator[Read]:
    is_json = ending_of(path) in (".json", ".jsonl", ".ndjson")
    try:
        for entry, broken in _with_broken(path, job) if is_json else _as_they_are(path, job):
            values = (_dicts(broken) or _each(broken)) if broken else None
            if values is None:
                yield Read(entry)
                continue
            for value in values:
                yield Read(Row(value, str(path), entry.line), ("json",), broken[:1000])
    except DanluError:
        values = _mended_whole(path) if is_json else None
        if values is None:
            raise
        for value in values:
            yield Read(Row(value, str(path), 1), ("json",))


def _as_they_are(path: Path, job: Job) -> Iterator[tuple[Row | Finding, str]]:
    return ((entry, "") for entry in read_file(path, job))


def _with_broken(path: Path, job: Job) -> Iterator[tuple[Row | Finding, str]]:
    """Each row of JSON, or why there is none with the text that is no JSON, where it may be
    mended."""
    with readable(path), opened(path) as source:
        if reader_of(path) is read_json:
            for piece in read_pieces(path, job):
                yield piece.entry, piece.broken
            return
        again = _Lines(lines(source.file))
        for entry in read_file(path, job):
            raw = again.at(entry.line) if _mendable(entry) else b""
            yield entry, raw.decode("utf-8", "replace")


def _mendable(entry: Row | Finding) -> bool:
    """Whether ``entry`` is a line of JSON Lines that is no JSON."""
    return isinstance(entry, Finding) and entry.code.startswith(("json_", "not_json"))


class _Lines:
    """The lines of a file by their numbers, asked for in order."""

    def __init__(self, raws: Iterator[bytes | int]) -> None:
        self._raws, self._number = raws, 0

    def at(self, number: int) -> bytes:
        """The line of that number; nothing for one too long."""
        raw: bytes | int = b""
        while self._number < number:
            raw = next(self._raws, b"")
            self._number += 1
        return raw if isinstance(raw, bytes) else b""


def _mended_whole(path: Path) -> list[dict] | None:
    with opened(path) as source:
        raw = source.file.read(_WHOLE + 1)
    return _dicts(raw.decode("utf-8", "replace")) if len(raw) <= _WHOLE else None


def _dicts(text: str) -> list[dict] | None:
    values = mended(text.lstrip("\ufeff"))
    if values is not None and len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    if not values or not all(isinstance(value, dict) for value in values):
        return None
    return values


def _each(text: str) -> list[dict] | None:
    """Rows that stand behind one another, each broken in a way of its own; None where one of them
    cannot be mended by itself."""
    rows = [_dicts(part) for part in _BETWEEN.split(text)]
    return [value for row in rows for value in row or ()] if len(rows) > 1 and all(rows) else None


@contextmanager
def _as_utf8(path: Path) -> Iterator[tuple[Path, bool]]:
    """``path`` itself where it is UTF-8 without a mark; else a converted copy, for a while."""
    with opened(path) as source:
        marked = source.file.read(len(BOM)) == BOM
    encoding = file_encoding(path)
    if encoding == "utf-8" and not marked:
        yield path, False
        return
    with tempfile.TemporaryDirectory(prefix="danlu-repair-") as folder:
        plain = Path(folder) / f"rows{ending_of(path)}"
        with opened(path) as source, open(plain, "wb") as target:
            if encoding.startswith("utf-16"):
                _convert_wide(source.file, target, encoding)
            else:
                _convert_lines(source.file, target, encoding)
        yield plain, True


def _convert_wide(file: BinaryIO, target: BinaryIO, encoding: str) -> None:
    import codecs

    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    first = True
    while raw := file.read(1 << 20):
        text = decoder.decode(raw)
        target.write((text.removeprefix("\ufeff") if first else text).encode("utf-8", "replace"))
        first = False


def _convert_lines(file: BinaryIO, target: BinaryIO, usual: str) -> None:
    """Line by line, since files put together from several hold more than one encoding."""
    first = True
    while raw := file.readline(1 << 26):
        raw = raw.removeprefix(BOM) if first else raw
        first = False
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            raw = _converted(raw, encoding_of(raw) or usual)
        target.write(raw)


def _converted(raw: bytes, encoding: str) -> bytes:
    try:
        return raw.decode(encoding).encode("utf-8")
    except UnicodeDecodeError:
        return raw
