"""Safe repairs of whole files: planned, shown as a diff, written to a new file; the original is
never changed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.data.columns import layout_of
from engine.data.example import example_of
from engine.data.files import locate
from engine.data.finding import Finding
from engine.data.repair_diff import Line, diff, visible, written
from engine.data.repair_place import with_images
from engine.data.repair_read import Read, read_for_repair
from engine.data.repair_row import mend_row
from engine.data.repair_write import Writer
from engine.data.row import Row
from engine.data.schema import problems
from engine.data.secrets import hidden
from engine.data.stage import stage_of
from engine.errors import DanluError
from engine.hardware import free_disk_bytes
from engine.job import Cancelled, Job
from engine.spec.sections import Source
from engine.units import human_bytes

_SHOWN = 200  # changed rows kept with their diff; all are counted


@dataclass(frozen=True)
class Change:
    """One row before and after: ``kinds`` of repair, and the lines that differ."""

    file: str
    line: int
    row: int
    kinds: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass
class Repair:
    """What repairing ``source`` does: ``rows`` read, ``changed`` of them repaired, ``written`` to
    ``out`` (None while it is only planned); ``kinds`` counts rows by repair, ``left_out`` by the
    code of the finding that made a row unreadable."""

    source: str
    out: Path | None = None
    rows: int = 0
    changed: int = 0
    written: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)

    @property
    def needed(self) -> bool:
        """Whether there is anything to repair."""
        return bool(self.kinds)

    def document(self) -> dict[str, Any]:
        """The ``repair`` part of the ``check`` JSON document."""
        return {
            "source": self.source,
            "out": str(self.out) if self.out else None,
            "rows": self.rows,
            "changed": self.changed,
            "written": self.written,
            "repaired": dict(self.kinds),
            "left_out": dict(self.left_out),
            "changes": [
                {
                    "file": change.file,
                    "line": change.line,
                    "row": change.row,
                    "kinds": list(change.kinds),
                    "diff": [f"{line.sign} {line.text}" for line in change.lines],
                }
                for change in self.changes
            ],
        }


def plan_repair(
    source: Source, *, stage: str = "auto", fill: Mapping[str, str] | None = None, job: Job
) -> Repair:
    """What :func:`repair` would do; writes nothing. Raises DanluError as reading does."""
    made = Repair(source.source)
    for _ in _repaired(source, made, stage, fill or {}, job):
        pass
    return made


def repair(
    source: Source,
    out: Path,
    *,
    stage: str = "auto",
    fill: Mapping[str, str] | None = None,
    job: Job,
) -> Repair:
    """Write the rows of ``source``, repaired, to ``out``: JSON Lines, or CSV or a JSON array where
    its name says so. Whole or not at all. Raises DanluError ``repair.exists``,
    ``repair.no_room``, ``repair.cannot_write`` and as reading does."""
    if out.exists() or out.is_symlink():
        raise DanluError("repair.exists", path=out)
    _check_room(source, out, job)
    made = Repair(source.source, out)
    partial = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with Writer(partial, out.suffix.lower()) as writer:
            for value in _repaired(source, made, stage, fill or {}, job):
                writer.write(value)
        _put(partial, out)
    except FileExistsError:
        raise DanluError("repair.exists", path=out) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise DanluError("repair.cannot_write", path=out, reason=reason) from error
    finally:
        partial.unlink(missing_ok=True)
    return made


def _check_room(source: Source, out: Path, job: Job) -> None:
    """The new file is about as large as the old ones. Raises DanluError ``repair.no_room``."""
    needed = sum(file.stat().st_size for file in locate(source, job).files)
    free = free_disk_bytes(out.absolute().parent)
    if free < needed:
        said = human_bytes(needed), human_bytes(free)
        raise DanluError("repair.no_room", path=out, needed=said[0], free=said[1])


def _put(partial: Path, out: Path) -> None:
    """Give the file its name, never in the place of another."""
    try:
        os.link(partial, out)  # unlike a rename it fails where a file came there meanwhile
    except FileExistsError:
        raise
    except OSError:  # file systems without links
        if out.exists():
            raise FileExistsError(out) from None
        os.replace(partial, out)


def _repaired(
    source: Source, made: Repair, stage: str, fill: Mapping[str, str], job: Job
) -> Iterator[dict[str, Any]]:
    """The rows to write; counts go to ``made``."""
    located = locate(source, job)
    if stage == "auto":
        stage = _stage(located.files, located.source, job)
    seen: set[Any] = set()
    columns = located.source.columns or {}
    for path in located.files:
        number = 0
        for read in read_for_repair(path, job):
            number += 1
            value = _take(read, number, made, fill, stage, columns)
            if value is None:
                continue
            key = _key(value, read.entry, located.source, stage)
            if key in seen:
                made.kinds["duplicates"] += 1
                gone = tuple(Line("-", line.text) for line in diff({}, value))
                _note(made, read.entry, number, ("duplicates",), gone)
                continue
            seen.add(key)
            made.written += 1
            elsewhere = made.out is not None and _folder(made.out) != _folder(path)
            yield with_images(value, path.parent, columns) if elsewhere else value


def _folder(path: Path) -> Path:
    return path.parent.resolve()


def _stage(files: list[Path], source: Source, job: Job) -> str:
    try:
        return stage_of(files, source, job)
    except Cancelled:
        raise
    except Exception:  # the files are broken: that is why they are repaired
        return "sft"


def _take(
    read: Read,
    number: int,
    made: Repair,
    fill: Mapping[str, str],
    stage: str,
    columns: Mapping[str, str],
) -> dict[str, Any] | None:
    entry = read.entry
    if isinstance(entry, Finding):
        if entry.lost:
            made.rows += entry.lost
            made.left_out[entry.code] += entry.lost
        elif entry.code in ("bom", "missing_comma"):
            made.kinds["json" if entry.code == "missing_comma" else "encoding"] += 1
        return None
    made.rows += 1
    after = mend_row(entry.value, fill, stage, columns)
    kinds = tuple(dict.fromkeys((*read.kinds, *after.kinds)))
    if kinds:
        made.changed += 1
        made.kinds.update(kinds)
        lines = tuple(diff(entry.value, after.value))
        if read.before:
            lines = (
                Line("-", visible(hidden(read.before)[:160])),
                *(Line("+", each) for each in written(after.value)),
            )
        if lines:
            _note(made, entry, number, kinds, lines)
    return after.value


def _note(
    made: Repair, entry: Row | Finding, row: int, kinds: tuple[str, ...], lines: tuple[Line, ...]
) -> None:
    """Keep the diff of a row, if it is among the first ones."""
    if len(made.changes) < _SHOWN:
        made.changes.append(Change(entry.file, entry.line, row, kinds, lines))


def _key(value: dict[str, Any], entry: Row | Finding, source: Source, stage: str) -> Any:
    """What two equal rows have in common: what is learnt from them, where that can be told."""
    row = Row(value, entry.file, entry.line)
    layout = layout_of(value, source.format, source.columns, stage, tags=source.tags)
    if layout is not None:
        named = layout.row(value)
        if not problems(named, layout, row.file, row.line):
            example = example_of(row, layout, named)
            if not isinstance(example, list):
                return example.key
    return repr(value)
