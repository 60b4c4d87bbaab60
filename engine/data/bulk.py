"""A source checked in bulk: rows of known shapes are counted, the others judged one by one.

For checks that need no row once it is judged. The report is the very same as that of
:func:`engine.data.survey.taken`; the tests compare them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from engine.data.columns import Layout
from engine.data.conversation import Conversation
from engine.data.duplicates import Place, Seen
from engine.data.example import Example
from engine.data.files import locate
from engine.data.finding import Finding, at_row
from engine.data.kinds import COMPRESSED
from engine.data.lane import Block, Lanes, lines_of
from engine.data.onlooker import Onlooker, Run
from engine.data.parts import parts_of
from engine.data.pictures import OTHER_MEDIA
from engine.data.read import read_file, readable, reader_of
from engine.data.read_jsonl import entries, lines, read_jsonl
from engine.data.remarks import remarks
from engine.data.report import SourceReport
from engine.data.row import PHASE, Row
from engine.data.sample import amount, is_mixed
from engine.data.schema import FORMATS, schema_of
from engine.data.stage import stage_of
from engine.data.survey import FileSurvey, Wording, repeated
from engine.job import Job
from engine.spec.sections import Source

_BLOCK = 1 << 18  # bytes: about half a millisecond in C, in which no other thread runs
_ENDLESS = 1 << 22  # bytes: with a line this long the rest of the file goes the exact way
_RUN = 1 << 15  # rows looked up together
_LANES = 8  # different sets of columns read in bulk


def count_rows(
    source: Source,
    wording: Wording,
    report: SourceReport,
    job: Job,
    seen: Seen,
    onlooker: Onlooker | None = None,
) -> None:
    """Judge every row of ``source`` into ``report``, before the eyes of ``onlooker``. Raises
    DanluError as reading does."""
    onlooker = onlooker or Onlooker()
    whole, parts = parts_of(source)
    report.mixed = is_mixed(whole) or any(map(is_mixed, parts))
    taken = 0
    for part in parts:
        before = report.kept
        located = locate(part, job)
        report.add(located.findings)
        if report.stage == "auto":
            report.stage = stage_of(located.files, part, job)
        for path in located.files:
            file = FileSurvey(part, wording, report, seen)
            with readable(path):
                if report.stage == "sft" and _is_plain_lines(path):
                    _Bulk(path, file, job, onlooker).read()
                else:
                    for entry in read_file(path, job):
                        example = file.take(entry)
                        if example is not None:
                            onlooker.look(example, file.digest)
            file.end(str(path))
        taken += amount(report.kept - before, part)
    report.taken = amount(taken, whole)


class _Bulk:
    """One file of JSON Lines on its way through."""

    def __init__(self, path: Path, file: FileSurvey, job: Job, onlooker: Onlooker) -> None:
        self.path, self.name, self.file, self.job = path, str(path), file, job
        self.onlooker = onlooker
        self.lanes: Lanes | None = None
        self.layouts: list[Layout | None] = []
        self.exact = False  # for the rest of the file
        self.line = 0  # lines behind us
        self.waiting: list[bytes] = []  # digests of the rows counted last, not looked up yet

    def read(self) -> None:
        """Judge every row."""
        total = self.path.stat().st_size
        with open(self.path, "rb") as raw:
            for block in _blocks(raw):
                self.job.report(PHASE, raw.tell(), total, "bytes")
                self._judge(block)
            self._find_repeated()
            for line in lines(raw):  # from a line on that is too long for bulk
                self.job.report(PHASE, raw.tell(), total, "bytes")
                self._one(line)
        self.job.report(PHASE, total, total, "bytes")

    def _judge(self, raw: bytes) -> None:
        whole = raw.endswith(b"\n")
        if self.lanes is None or self.exact or self.onlooker.wants_each:
            self._exactly(lines_of(raw), whole)
            return
        block = self.lanes.read(raw)
        if len(block.digests) == len(block.lines):
            self._many(block, 0, 0, len(block.lines))
            return
        at = digest = 0
        for known, run in groupby(block.lanes, lambda lane: lane >= 0):
            count = sum(1 for _ in run)
            if known and not self.exact:
                self._many(block, at, digest, count)
                digest += count
            else:
                run = block.lines[at : at + count]
                self._exactly(run, whole or at + count < len(block.lines))
            at += count

    def _many(self, block: Block, at: int, digest: int, count: int) -> None:
        """Count rows of known shapes."""
        file, report = self.file, self.file.report
        digests = block.digests[digest : digest + count]
        texts = block.texts[digest : digest + count]
        self.onlooker.passed(Run(self.name, self.line + 1, file.rows + 1, texts, digests))
        self.waiting += digests
        file.rows += count
        report.rows += count
        self.line += count
        if len(self.waiting) >= _RUN:
            self._find_repeated()
        last = block.lanes[at + count - 1]
        assert self.lanes is not None
        file.columns, file.layout = self.lanes.all[last].columns, self.layouts[last]

    def _find_repeated(self) -> None:
        """Find those of the rows counted last that stood somewhere before."""
        waiting, self.waiting = self.waiting, []
        line, row = self.line - len(waiting) + 1, self.file.rows - len(waiting) + 1
        for number, first in self.file.seen.run(b"".join(waiting), self.name, line, row):
            place = Place(self.name, line + number, row + number)
            self.file.report.add(at_row([repeated(place, first)], place.row))

    def _exactly(self, lines: list[bytes], whole: bool) -> None:
        """Judge lines one by one; the last of them ends where a line ends if ``whole``."""
        self._find_repeated()
        for number, line in enumerate(lines, 1):
            self._one(line + b"\n" if whole or number < len(lines) else line)

    def _one(self, raw: bytes | int) -> None:
        self.line += 1
        for entry in entries(raw, self.name, self.line):
            example = self.file.take(entry)
            if example is not None:
                self.onlooker.look(example, self.file.digest)
            if isinstance(entry, Row):
                self._learn(entry, example)

    def _learn(self, row: Row, example: Example | None) -> None:
        """Take up the row's columns when it is good; give up bulk where rows of one set of columns
        are read in different ways, by what stood before them."""
        file = self.file
        if self.exact or file.layout is None:
            return
        known = [] if self.lanes is None else [lane.columns for lane in self.lanes.all]
        if file.columns in known:
            self.exact = self.layouts[known.index(file.columns)] != file.layout
        elif isinstance(example, Conversation) and len(known) < _LANES:
            self._take_up(row)

    def _take_up(self, row: Row) -> None:
        alone = self._alone(self.file.wording)
        made = alone._example(row)
        if isinstance(made, list) or made.findings or alone.layout != self.file.layout:
            return
        names = alone.layout.names if alone.layout else {}
        if any(name in names for name in ("images", *OTHER_MEDIA)):
            return  # whether files are there is told row by row
        if self.lanes is None:
            self.lanes = Lanes(self._shape_of, self._trial, content=self.onlooker.content)
        judged = {own for name, own in names.items() if name in _judged_names()}
        self.lanes.add(row.value, judged)
        self.layouts.append(alone.layout)

    def _alone(self, wording: Wording) -> FileSurvey:
        """A survey of a row that stands alone, in a file that began as this one."""
        file = self.file
        alone = FileSurvey(file.source, wording, SourceReport("", file.report.stage), Seen())
        alone.usual = file.usual
        return alone

    def _shape_of(self, value: dict[str, Any]) -> Example | list[Finding]:
        """What a row is before anything is filled in."""
        return self._alone(Wording())._example(Row(value, self.name, 1))

    def _trial(self, value: dict[str, Any]) -> Example | list[Finding]:
        made = self._alone(self.file.wording)._example(Row(value, self.name, 1))
        if isinstance(made, list) or not self.onlooker.content:
            return made
        return remarks(made) or made


@cache
def _judged_names() -> frozenset[str]:
    """The columns, by danlu's names, that some check may look into."""
    schemas = [schema_of(format) for format in FORMATS["sft"]]
    return frozenset({"label"}.union(*(schema["properties"] for schema in schemas)))


def _is_plain_lines(path: Path) -> bool:
    return path.suffix.lower() not in COMPRESSED and reader_of(path) is read_jsonl


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The file's bytes in pieces that end where a line ends, up to a line that is too long."""
    while block := file.read(_BLOCK):
        if not block.endswith(b"\n"):
            rest = file.readline(_ENDLESS)
            if len(rest) == _ENDLESS:
                file.seek(-len(block) - len(rest), 1)
                return
            block += rest
        yield block
