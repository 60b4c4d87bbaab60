"""One pass over a source: read, checked, filled; good rows come out, everything else is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.data.columns import Layout, check_format, layout_of
from engine.data.conversation import Conversation
from engine.data.digest import digest_of
from engine.data.duplicates import Place, Seen
from engine.data.example import Example, example_of
from engine.data.files import locate
from engine.data.fill import unfilled
from engine.data.finding import Finding, at_row, found
from engine.data.garbled import half_character
from engine.data.parts import parts_of
from engine.data.plain_text import PlainText
from engine.data.read import read_file
from engine.data.report import SourceReport
from engine.data.row import Row
from engine.data.sample import is_mixed, mixed
from engine.data.schema import listed, problems
from engine.data.stage import stage_of
from engine.data.unknown import unknown_columns
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

_UNTYPED = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.zst", ".tsv.zst")
_PATIENCE = 20  # rows of unknown columns at a file's start before the whole file is refused


@dataclass(frozen=True)
class Wording:
    """What is put into rows: words for placeholders, and a system prompt where a row has none."""

    fill: Mapping[str, str] = field(default_factory=dict)
    system: str | None = None
    seed: int = 42


def taken(
    source: Source, wording: Wording, report: SourceReport, job: Job, seen: Seen | None = None
) -> Iterator[Any]:
    """The rows of ``source`` to train on (each an Example of its stage: Conversations for ``sft``;
    with stage ``auto`` the rows say it themselves), sampled as it asks; ``seen`` are the rows of
    sources before it. Raises DanluError where a file cannot be read at all."""
    seen = seen or Seen()
    whole, parts = parts_of(source)
    report.mixed = is_mixed(whole) or any(map(is_mixed, parts))
    kept = (example for part in parts for example in _part(part, wording, report, job, seen))
    for example in mixed(kept, whole, wording.seed):
        report.taken += 1
        yield example


def _part(
    part: Source, wording: Wording, report: SourceReport, job: Job, seen: Seen
) -> Iterator[Example]:
    """The good rows of one set of files, as many as it asks for itself."""
    located = locate(part, job)
    report.add(located.findings)
    if report.stage == "auto":
        report.stage = stage_of(located.files, part, job)
    kept = (
        example
        for path in located.files
        for example in _survey(path, part, wording, report, job, seen)
    )
    return mixed(kept, part, wording.seed)


def _survey(
    path: object, source: Source, wording: Wording, report: SourceReport, job: Job, seen: Seen
) -> Iterator[Example]:
    """The good rows of one file."""
    file = FileSurvey(source, wording, report, seen)
    for entry in read_file(path, job):  # type: ignore[arg-type]
        example = file.take(entry)
        if example is not None:
            yield example
    file.end(str(path))


class FileSurvey:
    """What is known of a file while its rows pass: its layout, and the rows seen so far."""

    def __init__(self, source: Source, wording: Wording, report: SourceReport, seen: Seen) -> None:
        self.source, self.wording, self.report, self.seen = source, wording, report, seen
        self.format = check_format(source.format, report.stage)
        self.layout: Layout | None = None
        self.columns: frozenset[str] | None = None
        self.strange: list[Row] = []
        self.usual = ""  # the format of the file's first good row
        self.digest = b""  # of the row taken last
        self.rows = 0

    def take(self, entry: Row | Finding) -> Example | None:
        """What a row that can be trained is; None for one that is left out."""
        report = self.report
        if isinstance(entry, Finding):
            first = self.rows + 1
            self.rows += entry.lost
            report.rows += entry.lost
            if entry.lost:
                report.drop(at_row([entry], first), entry.lost)
            else:
                report.add([entry])
            return None
        self.rows += 1
        report.rows += 1
        result = self._example(entry)
        if not isinstance(result, list):
            report.add(result.findings)
            return result
        if result:
            report.drop(at_row(result, self.rows))
        return None

    def end(self, file: str) -> None:
        """Refuse a file without rows, or without one of known columns."""
        if self.strange:
            self.report.rows -= len(self.strange)
            raise self._unknown(file)
        if self.rows == 0:
            raise DanluError("data.empty_file", path=file)

    def _example(self, row: Row) -> Example | list[Finding]:
        layout = self._layout(row)
        if layout is None:
            return []
        value = layout.row(row.value)
        faults = problems(value, layout, row.file, row.line)
        if faults:
            return faults
        made = example_of(row, layout, value)
        if isinstance(made, list):
            return made
        faults = _halves(made) or self._unfilled(made)
        if faults:
            return faults
        return self._filled(made)

    def _layout(self, row: Row) -> Layout | None:
        """How this row is read: as the rows before it, or by its own columns where they differ."""
        columns = frozenset(row.value)
        if self.layout is None or columns != self.columns:
            own = self._own_layout(row, self.format)
            if own is None and self.layout is None:
                self._wait(row)
                return None
            if own is None:
                own = self._own_layout(row, self.usual)
            self._adopt(own, row, columns)
        return self.layout

    def _own_layout(self, row: Row, format: str) -> Layout | None:
        source, typed = self.source, not row.file.lower().endswith(_UNTYPED)
        stage = self.report.stage
        return layout_of(row.value, format, source.columns, stage, tags=source.tags, typed=typed)

    def _wait(self, row: Row) -> None:
        """Rows of unknown columns may stand before the first good one, but not for ever."""
        self.strange.append(row)
        if len(self.strange) >= _PATIENCE:
            self.report.rows -= len(self.strange)
            raise self._unknown(row.file)

    def _unknown(self, file: str) -> DanluError:
        rows = [row.value for row in self.strange]
        return unknown_columns(rows, file, self.strange[0].line, self.report.stage)

    def _adopt(self, layout: Layout | None, row: Row, columns: frozenset[str]) -> None:
        self.layout, self.columns = layout, columns
        self.usual = self.usual or (layout.format if layout else "")
        if layout and layout.format not in self.report.formats:
            self.report.formats.append(layout.format)
        for strange in self.strange:
            shown = listed(strange.value)
            self.report.drop([found("unknown_columns", row.file, strange.line, columns=shown)])
        self.strange = []

    def _unfilled(self, example: Example) -> list[Finding]:
        if isinstance(example, PlainText):  # templates of wikis and code are meant as they stand
            return []
        names: dict[str, str] = {}
        for pointer, text in example.said():
            for name in unfilled(text, self.wording.fill):
                names.setdefault(name, pointer)
        place = (example.file, example.line)
        return [
            found("unfilled_placeholder", *place, where, name=name) for name, where in names.items()
        ]

    def _filled(self, example: Example) -> Example:
        again = [*self._repeated(example), *self._unlike(example)]
        return example.worded(self.wording.fill, self.wording.system, again, self.rows)

    def _repeated(self, row: Example) -> list[Finding]:
        place = Place(row.file, row.line, self.rows)
        self.digest = _digest(row)
        first = self.seen.first(self.digest, place)
        return [] if first is None else [repeated(place, first)]

    def _unlike(self, row: Example) -> list[Finding]:
        """A remark where a row is of another format than the file began with."""
        if self.layout is None or self.layout.format == self.usual:
            return []
        kinds: dict[str, Any] = {"found": self.layout.format, "usual": self.usual}
        return [found("mixed_shapes", row.file, row.line, **kinds)]


def repeated(place: Place, first: Place) -> Finding:
    """The finding for a row that says the same as the ``first`` of its like."""
    file, line, _ = place
    if first.file != file:
        return found("duplicate_elsewhere", file, line, first=first.line, other=first.file)
    if first.line == line:  # all of the file on one line
        return found("duplicate_row", file, line, first=first.row)
    return found("duplicate", file, line, first=first.line)


def _digest(row: Example) -> bytes:
    if isinstance(row, Conversation) and not row.images:
        return digest_of(row.messages, row.tools)
    return bytes.fromhex(row.key)


def _halves(row: Example) -> list[Finding]:
    """Where a character is broken in half, which no tokenizer takes."""
    for pointer, text in (*row.said(), *row.called()):
        if half_character(text):
            return [found("half_character", row.file, row.line, pointer)]
    return []
