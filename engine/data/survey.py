"""One pass over a source: read, checked, filled; good rows come out, everything else is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.data.columns import Layout, check_format, layout_of, unknown_columns
from engine.data.conversation import Conversation, conversation_of
from engine.data.duplicates import Place, Seen
from engine.data.files import locate
from engine.data.fill import filled_message, unfilled
from engine.data.finding import Finding, at_row, found
from engine.data.read import Row, read_file
from engine.data.report import SourceReport
from engine.data.sample import sampled
from engine.data.schema import problems
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

_PATIENCE = 20  # rows of unknown columns at a file's start before the whole file is refused


@dataclass(frozen=True)
class Wording:
    """What is put into rows: words for placeholders, and a system prompt where a row has none."""

    fill: Mapping[str, str] = field(default_factory=dict)
    system: str | None = None
    seed: int = 42


def taken(
    source: Source, wording: Wording, report: SourceReport, job: Job, seen: Seen | None = None
) -> Iterator[Conversation]:
    """The conversations of ``source`` to train on, sampled as it asks; ``seen`` are the rows of
    sources before it. Raises DanluError where a file cannot be read at all."""
    seen = seen or Seen()
    located = locate(source, job)
    report.sampled = located.source.sample
    kept = (
        conversation
        for path in located.files
        for conversation in _survey(path, located.source, wording, report, job, seen)
    )
    for conversation in sampled(kept, located.source.sample, wording.seed, source.source):
        report.taken += 1
        yield conversation


def _survey(
    path: object, source: Source, wording: Wording, report: SourceReport, job: Job, seen: Seen
) -> Iterator[Conversation]:
    """The good rows of one file."""
    file = _FileSurvey(source, wording, report, seen)
    for entry in read_file(path, job):  # type: ignore[arg-type]
        conversation = file.take(entry)
        if conversation is not None:
            yield conversation
    file.end(str(path))


class _FileSurvey:
    """What is known of a file while its rows pass: its layout, and the rows seen so far."""

    def __init__(self, source: Source, wording: Wording, report: SourceReport, seen: Seen) -> None:
        self.source, self.wording, self.report, self.seen = source, wording, report, seen
        self.format = check_format(source.format)
        self.layout: Layout | None = None
        self.columns: frozenset[str] | None = None
        self.strange: list[Row] = []
        self.usual = ""  # the format of the file's first good row
        self.rows = 0

    def take(self, entry: Row | Finding) -> Conversation | None:
        """The conversation of a row that can be trained; None for one that is left out."""
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
        result = self._conversation(entry)
        if isinstance(result, Conversation):
            report.add(result.findings)
            return result
        if result:
            report.drop(at_row(result, self.rows))
        return None

    def end(self, file: str) -> None:
        """Refuse a file without rows, or without one of known columns."""
        if self.strange:
            self.report.rows -= len(self.strange)
            raise unknown_columns(self.strange[0].value, file, self.strange[0].line)
        if self.rows == 0:
            raise DanluError("data.empty_file", path=file)

    def _conversation(self, row: Row) -> Conversation | list[Finding]:
        layout = self._layout(row)
        if layout is None:
            return []
        value = layout.row(row.value)
        faults = problems(value, layout.format, row.file, row.line, layout.names)
        if faults:
            return faults
        made = conversation_of(row, layout)
        if isinstance(made, list):
            return made
        open_names = self._unfilled(made)
        if open_names:
            return open_names
        return self._filled(made)

    def _layout(self, row: Row) -> Layout | None:
        """How this row is read: as the rows before it, or by its own columns where they differ."""
        columns = frozenset(row.value)
        if self.layout is None or columns != self.columns:
            own = layout_of(row.value, self.format, self.source.columns)
            if own is None and self.layout is None:
                self._wait(row)
                return None
            if own is None:
                own = layout_of(row.value, self.usual, self.source.columns)
            self._adopt(own, row, columns)
        return self.layout

    def _wait(self, row: Row) -> None:
        """Rows of unknown columns may stand before the first good one, but not for ever."""
        self.strange.append(row)
        if len(self.strange) >= _PATIENCE:
            self.report.rows -= len(self.strange)
            raise unknown_columns(row.value, row.file, self.strange[0].line)

    def _adopt(self, layout: Layout | None, row: Row, columns: frozenset[str]) -> None:
        self.layout, self.columns = layout, columns
        self.usual = self.usual or (layout.format if layout else "")
        if layout and layout.format not in self.report.formats:
            self.report.formats.append(layout.format)
        for strange in self.strange:
            shown = ", ".join(map(str, strange.value)) or "–"
            self.report.drop([found("unknown_columns", row.file, strange.line, columns=shown)])
        self.strange = []

    def _unfilled(self, conversation: Conversation) -> list[Finding]:
        names: dict[str, str] = {}
        for index, message in enumerate(conversation.messages):
            for name in unfilled(message["content"], self.wording.fill):
                names.setdefault(name, conversation.pointer(index))
        place = (conversation.file, conversation.line)
        return [
            found("unfilled_placeholder", *place, where, name=name) for name, where in names.items()
        ]

    def _filled(self, conversation: Conversation) -> Conversation:
        again = [*self._repeated(conversation), *self._unlike(conversation)]
        messages = conversation.messages
        if self.wording.system and messages[0]["role"] != "system":
            messages = [{"role": "system", "content": self.wording.system}, *messages]
        filled = [filled_message(message, self.wording.fill) for message in messages]
        return conversation.changed(filled, again, self.rows)

    def _repeated(self, row: Conversation) -> list[Finding]:
        first = self.seen.first(row.key, Place(row.file, row.line, self.rows))
        if first is None:
            return []
        place = (row.file, row.line)
        if first.file != row.file:
            return [found("duplicate_elsewhere", *place, first=first.line, other=first.file)]
        if first.line == row.line:  # all of the file on one line
            return [found("duplicate_row", *place, first=first.row)]
        return [found("duplicate", *place, first=first.line)]

    def _unlike(self, row: Conversation) -> list[Finding]:
        """A remark where a row is of another format than the file began with."""
        if self.layout is None or self.layout.format == self.usual:
            return []
        kinds: dict[str, Any] = {"found": self.layout.format, "usual": self.usual}
        return [found("mixed_shapes", row.file, row.line, **kinds)]
