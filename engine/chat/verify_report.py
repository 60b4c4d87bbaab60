"""What a verification found: which answers are right, what got worse, kept with the checkpoint."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.chat.kept_reports import Earlier, place_of
from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.evaluate.match import MODES, Mode, matches
from engine.evaluate.thought import as_asked
from engine.runs.atomic import write_atomically
from engine.runs.averages import find_average
from engine.runs.store import Run
from engine.spec.sections import Model
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
    the questions are the trained ones. ``match`` says what counts as right; ``earlier`` is what
    it is held against beside the base."""

    target: ChatTarget
    rows: list[VerifiedRow]
    seconds: float
    match: Mode = "exact"
    golden: str | None = None
    earlier: Earlier | None = None

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

    @property
    def worse(self) -> list[VerifiedRow]:
        """What was answered right in the earlier report and is answered wrong now."""
        return [
            row
            for row in self.rows
            if (said := self.said_before(row)) is not None
            and self.is_right(row, said)
            and not self.is_right(row, row.tuned)
        ]

    @property
    def passed(self) -> bool:
        """The gate: nothing is worse than the base's answers or those of the earlier report."""
        return not self.regressions and not self.worse

    def said_before(self, row: VerifiedRow) -> str | None:
        """The answer in the earlier report; None where it was not asked."""
        answers = self.earlier.answers if self.earlier else {}
        return answers.get((row.question, row.expected))

    def modes(self, row: VerifiedRow) -> dict[Mode, bool]:
        """Whether the tuned answer is right, by each way of matching."""
        return {mode: replace(self, match=mode).is_right(row, row.tuned) for mode in MODES}

    def is_right(self, row: VerifiedRow, answer: str) -> bool:
        """Whether ``answer`` matches. A thought that a golden answer lacks does not count; one that
        a trained answer lacks does: it was not trained."""
        said = as_asked(answer, row.expected) if self.golden else answer
        return matches(self.match, said, row.expected)

    def document(self) -> dict[str, Any]:
        """The JSON form: ``{questions, exact, rows: [{question, expected, base, tuned, exact,
        right, base_right, modes, earlier}], target, run, tuned, model, seconds, match, golden,
        right, base_right, regressions: [row number…], by_match, gate: {passed, worse_than_base,
        worse_than_earlier, earlier}}``."""
        rows = [self._row(row) for row in self.rows]
        worse = self._numbers(self.regressions)
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
            "by_match": {mode: sum(row["modes"][mode] for row in rows) for mode in MODES},
            "gate": {
                "passed": self.passed,
                "worse_than_base": worse,
                "worse_than_earlier": self._numbers(self.worse),
                "earlier": self.earlier.target if self.earlier else None,
            },
        }

    def _numbers(self, rows: list[VerifiedRow]) -> list[int]:
        chosen = {id(row) for row in rows}
        return [number for number, row in enumerate(self.rows, 1) if id(row) in chosen]

    def _row(self, row: VerifiedRow) -> dict[str, Any]:
        return {
            **vars(row),
            "exact": row.exact,
            "right": self.is_right(row, row.tuned),
            "base_right": self.is_right(row, row.base),
            "modes": self.modes(row),
            "earlier": self.said_before(row),
        }

    def keep(self) -> Path | None:
        """Keep the document beside the weights; None where they are neither a checkpoint of a run
        of ours nor an average, or their folder cannot be written to."""
        folder, run = self.target.tuned, self.target.run
        if folder is None or (run is None and find_average(str(folder)) is None):
            return None
        path = folder / VERIFY_NAME
        try:
            self.write_json(path)
            place = place_of(self.target, self.golden)
            if place is not None:
                self.write_json(place)
            os.utime(run.path if run else folder)  # who lists them sees that something is new
        except OSError:  # a finding lost is better than an answer that took minutes
            return None
        return path

    def write_json(self, path: Path) -> None:
        text = json.dumps(self.document(), ensure_ascii=False, indent=1)
        write_atomically(path, text + "\n")

    def markdown(self) -> str:
        """The report as a page, in the current language: the sums, what got worse, every row."""
        return "\n".join(_page(self.document())) + "\n"


def read_report(document: dict[str, Any]) -> VerifyReport:
    """The report that ``document`` is the JSON form of: judged anew, by any way of matching. Raises
    KeyError and TypeError for another document."""
    names = ("question", "expected", "base", "tuned")
    rows = [VerifiedRow(*(row[name] for name in names)) for row in document["rows"]]
    before_now = (document.get("gate") or {}).get("earlier")  # older reports have no gate
    asked = zip(rows, document["rows"], strict=True)
    before = {(row.question, row.expected): told.get("earlier") for row, told in asked}
    answers = {asked: said for asked, said in before.items() if said is not None}
    earlier = Earlier(before_now, answers) if before_now else None
    tuned = Path(document["tuned"])
    target = ChatTarget(
        Model(source=document["model"]),
        document["target"],
        adapter=tuned,
        run=Run(tuned.parent) if document["run"] else None,
    )
    seconds, match, golden = (document[name] for name in ("seconds", "match", "golden"))
    return VerifyReport(target, rows, seconds, match, golden, earlier)


def kept_report(folder: Path) -> dict[str, Any] | None:
    """The document last kept beside the weights in ``folder``; None where they were not verified,
    or by a danlu that wrote less."""
    try:
        document = json.loads((folder / VERIFY_NAME).read_text(encoding="utf-8"))
        read_report(document)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return document


def write_report(report: VerifyReport, path: Path) -> None:
    """The page, or with ``.json`` the document. Raises DanluError ``verify.cannot_write``."""
    try:
        if path.suffix == ".json":
            report.write_json(path)
        else:
            write_atomically(path, report.markdown())
    except OSError as error:
        reason = error.strerror or error
        raise DanluError("verify.cannot_write", path=path, reason=reason) from error


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
    yield f"- {t('verify_report.by_match', **document['by_match'])}"
    since = [document["rows"][at - 1] for at in document["gate"]["worse_than_earlier"]]
    if document["gate"]["earlier"]:
        earlier = document["gate"]["earlier"]
        yield f"- {t('verify_report.since', count=len(since), earlier=earlier)}"
    gate = "passed" if document["gate"]["passed"] else "held"
    yield f"- **{t(f'verify_report.{gate}')}**"
    if worse:
        yield from ("", f"## {t('verify_report.worse_title')}", "", *_table(worse))
    if since:
        yield from ("", f"## {t('verify_report.since_title')}", "", *_table(since))
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
