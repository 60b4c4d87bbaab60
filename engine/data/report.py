"""What a check of data found: counts by source and reason, and each finding with its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import words
from engine.data.finding import REPAIRABLE, Finding, at_row

if TYPE_CHECKING:
    from engine.data.example import Example

_KEEP = 5000  # findings held one by one; all are counted
_PLACES = 20  # places given for each group in the document
_ORDER = {"error": 0, "warning": 1, "info": 2}


@dataclass
class SourceReport:
    """The counts of one source. ``rows`` were read, ``dropped`` of them are left out, ``cut`` are
    shortened to the longest length; ``taken`` are trained (after mixing, copies counted), which is
    not each row once where ``mixed``."""

    source: str
    stage: str = "sft"
    formats: list[str] = field(default_factory=list)
    rows: int = 0
    dropped: int = 0
    cut: int = 0
    taken: int = 0
    mixed: bool = False
    dropped_by: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _severities: Counter[str] = field(default_factory=Counter)
    _rendered: set[tuple[str, int, int]] = field(default_factory=set)

    @property
    def kept(self) -> int:
        return self.rows - self.dropped

    @property
    def format(self) -> str | None:
        """The format found; several are joined by ``+``."""
        return "+".join(self.formats) or None

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return self._severities["error"]

    def add(self, findings: Iterable[Finding]) -> None:
        """Count findings, whatever becomes of their rows."""
        for finding in findings:
            self._counts[_group(finding)] += 1
            self._severities[finding.severity] += 1
            if len(self.findings) < _KEEP or self._counts[_group(finding)] == 1:
                self.findings.append(finding)

    def is_copy(self, file: str, line: int, row: int) -> bool:
        """Whether the row there was rendered before: sampling may repeat rows, counts may not."""
        if not self.mixed:
            return False
        copy = (file, line, row) in self._rendered
        self._rendered.add((file, line, row))
        return copy

    def measured(
        self, row: Example, length: int | None, findings: list[Finding], *, cut: bool
    ) -> bool:
        """Count a row of ``length`` tokens (None: it cannot be rendered) and what is to be said of
        it. Whether it is kept."""
        findings = at_row(findings, row.row)
        kept = length is not None and not any(finding.lost for finding in findings)
        if self.is_copy(row.file, row.line, row.row):
            return kept
        if length is not None:
            self.lengths.append(length)
        if not kept:
            self.drop(findings)
            return False
        self.add(findings)
        self.cut += cut
        return True

    def drop(self, findings: list[Finding], rows: int = 1) -> None:
        """Count ``rows`` as left out, for the first of ``findings`` that loses its row."""
        self.add(findings)
        self.dropped += rows
        reason = next((finding.code for finding in findings if finding.lost), findings[0].code)
        self.dropped_by[reason] += rows

    def groups(self) -> list[dict[str, Any]]:
        """The findings grouped by what and where in the row, worst and most frequent first."""
        first: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.findings:
            first.setdefault(_group(finding), []).append(finding)
        groups = [_document(group, self._counts[key]) for key, group in first.items()]
        return sorted(groups, key=lambda group: (_ORDER[group["severity"]], -group["count"]))

    def document(self) -> dict[str, Any]:
        """The source's part of the ``check`` JSON document."""
        return {
            "source": self.source,
            "format": self.format,
            "stage": self.stage,
            "rows": self.rows,
            "kept": self.kept,
            "dropped": self.dropped,
            "cut": self.cut,
            "taken": self.taken,
            "dropped_by": dict(self.dropped_by),
            "findings": self.groups(),
        }


@dataclass
class Report:
    """All sources of a check; ``held`` are those for evaluation, counted apart."""

    sources: list[SourceReport]
    _reread: Callable[[], Iterator[Any]] = field(default=lambda: iter(()), repr=False)
    held: list[SourceReport] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every row of every source can be trained."""
        return not any(source.errors for source in (*self.sources, *self.held))

    @property
    def conversations(self) -> Iterator[Any]:
        """The conversations that would be trained, filled and sampled: read again at each asking,
        so that no more than one is held."""
        return self._reread()

    @property
    def findings(self) -> list[Finding]:
        return [finding for source in self.sources for finding in source.findings]

    @property
    def lengths(self) -> list[int]:
        """Tokens of each row taken, before any cut; empty without a tokenizer."""
        return [length for source in self.sources for length in source.lengths]

    @property
    def rows(self) -> int:
        return sum(source.rows for source in self.sources)

    @property
    def dropped(self) -> int:
        return sum(source.dropped for source in self.sources)

    @property
    def kept(self) -> int:
        return self.rows - self.dropped

    @property
    def cut(self) -> int:
        return sum(source.cut for source in self.sources)

    @property
    def dropped_share(self) -> float:
        return self.dropped / self.rows if self.rows else 0.0

    @property
    def dropped_by(self) -> Counter[str]:
        """Rows left out, by the code of the finding that is the reason."""
        return sum((source.dropped_by for source in self.sources), Counter())

    def document(self) -> dict[str, Any]:
        """The ``check`` JSON document."""
        made: dict[str, Any] = {"sources": [source.document() for source in self.sources]}
        if self.held:
            made["eval"] = [source.document() for source in self.held]
        return {**made, "ok": self.ok}


def place_name(place: Mapping[str, Any], *, short: bool = False) -> str:
    """``file:line`` of a place of the document, with the row where that is another number."""
    name = Path(place["file"]).name if short else place["file"]
    line = f":{place['line']}" if place["line"] else ""
    own = place["row"] not in (0, place["line"])
    row = f" ({words.t('data.row', row=place['row'])})" if own else ""
    return f"{name}{line}{row} {place['pointer']}".rstrip()


def _group(finding: Finding) -> tuple[str, str]:
    where = re.sub(r"/[0-9]+", "/*", finding.pointer)
    if finding.code == "unfilled_placeholder":
        where = str(finding.values["name"])  # one question for each name, wherever it stands
    return finding.code, f"{finding.severity}{where}"


def _document(group: list[Finding], count: int) -> dict[str, Any]:
    first = group[0]
    return {
        "code": first.code,
        "severity": first.severity,
        "count": count,
        "file": first.file,
        "line": first.line,
        "row": first.row,
        "pointer": first.pointer,
        "message": first.message,
        "fix": first.fix,
        "values": dict(first.values),
        "repairable": first.code in REPAIRABLE,
        "places": [
            {
                "file": each.file,
                "line": each.line,
                "row": each.row,
                "pointer": each.pointer,
                "message": each.message,
            }
            for each in group[:_PLACES]
        ],
    }
