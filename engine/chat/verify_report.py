"""What a verification found: which answers are right, what got worse, kept with the checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.chat.target import ChatTarget
from engine.evaluate.match import Mode, matches
from engine.evaluate.thought import as_asked
from engine.runs.atomic import write_atomically
from engine.words import t

VERIFY_NAME = "verify.json"


@dataclass(frozen=True)
class VerifiedRow:
    """One question, the expected answer, and what base and tuned said at temperature 0."""

    question: str
    expected: str
    base: str
    tuned: str

    @property
    def exact(self) -> bool:
        """Whether the tuned answer is the expected one, but for space around it and a thought that
        holds nothing (which some templates write before every answer)."""
        return matches("exact", self.tuned, self.expected)


@dataclass(frozen=True)
class VerifyReport:
    """What a verification found. ``golden`` is the file of the person's own answers; without one
    the questions are the trained ones. ``match`` says what counts as right."""

    target: ChatTarget
    rows: list[VerifiedRow]
    seconds: float
    match: Mode = "exact"
    golden: str | None = None

    @property
    def exact(self) -> int:
        return sum(row.exact for row in self.rows)

    @property
    def right(self) -> int:
        return sum(self.is_right(row, row.tuned) for row in self.rows)

    @property
    def base_right(self) -> int:
        return sum(self.is_right(row, row.base) for row in self.rows)

    @property
    def regressions(self) -> list[VerifiedRow]:
        """What the base answered right and the tuned model answers wrong."""
        return [
            row
            for row in self.rows
            if self.is_right(row, row.base) and not self.is_right(row, row.tuned)
        ]

    def is_right(self, row: VerifiedRow, answer: str) -> bool:
        """Whether ``answer`` matches. A thought that a golden answer lacks does not count; one that
        a trained answer lacks does: it was not trained."""
        said = as_asked(answer, row.expected) if self.golden else answer
        return matches(self.match, said, row.expected)

    def document(self) -> dict[str, Any]:
        """The JSON form: ``{questions, exact, rows: [{question, expected, base, tuned, exact,
        right, base_right}], target, run, tuned, model, seconds, match, golden, right, base_right,
        regressions: [row number…]}``."""
        rows = [self._row(row) for row in self.rows]
        worse = [at for at, row in enumerate(rows, 1) if row["base_right"] and not row["right"]]
        return {
            "questions": len(rows),
            "exact": self.exact,
            "rows": rows,
            "target": self.target.label,
            "run": self.target.run.name if self.target.run else None,
            "tuned": str(self.target.tuned),
            "model": self.target.base.source,
            "seconds": round(self.seconds, 1),
            "match": self.match,
            "golden": self.golden,
            "right": sum(row["right"] for row in rows),
            "base_right": sum(row["base_right"] for row in rows),
            "regressions": worse,
        }

    def _row(self, row: VerifiedRow) -> dict[str, Any]:
        return {
            **vars(row),
            "exact": row.exact,
            "right": self.is_right(row, row.tuned),
            "base_right": self.is_right(row, row.base),
        }

    def keep(self) -> Path | None:
        """Keep the document beside the checkpoint's weights; None where that is no checkpoint of a
        run of ours, or cannot be written to."""
        folder = self.target.tuned
        if folder is None or self.target.run is None:
            return None
        path = folder / VERIFY_NAME
        try:
            self.write_json(path)
        except OSError:  # a finding lost is better than an answer that took minutes
            return None
        return path

    def write_json(self, path: Path) -> None:
        text = json.dumps(self.document(), ensure_ascii=False, indent=1)
        write_atomically(path, text + "\n")

    def markdown(self) -> str:
        """The report as a page, in the current language: the sums, what got worse, every row."""
        return "\n".join(_page(self.document())) + "\n"


def _page(document: dict[str, Any]) -> Iterator[str]:
    yield f"# {t('verify_report.title', target=document['target'])}"
    yield ""
    yield f"- {t('verify_report.model', model=document['model'])}"
    if document["golden"]:
        yield f"- {t('verify_report.golden', path=document['golden'])}"
    yield f"- {t('verify_report.match', mode=t('verify_report.mode.' + document['match']))}"
    counts = {name: document[name] for name in ("questions", "right", "base_right")}
    yield f"- {t('verify_report.sum', **counts)}"
    worse = [document["rows"][at - 1] for at in document["regressions"]]
    yield f"- {t('verify_report.worse' if worse else 'verify_report.none_worse', count=len(worse))}"
    if worse:
        yield from ("", f"## {t('verify_report.worse_title')}", "", *_table(worse))
    yield from ("", f"## {t('verify_report.all')}", "", *_table(document["rows"]))


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    names = ("question", "expected", "base", "tuned")
    yield f"| {' | '.join(t(f'verify_report.{name}') for name in names)} |"
    yield "|" + " --- |" * len(names)
    for row in rows:
        marks = {"base": row["base_right"], "tuned": row["right"]}
        said = [
            f"{'✓' if marks[name] else '✗'} {_cell(row[name])}"
            if name in marks
            else _cell(row[name])
            for name in names
        ]
        yield f"| {' | '.join(said)} |"


def _cell(text: str) -> str:
    """``text`` within one cell of a table: marks of Markdown and HTML are shown, not meant."""
    flat = "<br>".join(part.strip() for part in _escaped(text).splitlines() if part.strip())
    return flat or "–"


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for sign in "\\|`*_":
        text = text.replace(sign, f"\\{sign}")
    return text
