"""What only the rows together tell: near duplicates, and training data within the evaluation's.

Imports numpy when the first row is looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from engine.data.duplicates import Place
from engine.data.finding import Finding, at_row, found
from engine.data.plain_text import PlainText
from engine.data.prompt_key import prompt_key
from engine.data.remarks import remarks
from engine.data.report import SourceReport
from engine.data.split import Places
from engine.data.told import Told

if TYPE_CHECKING:
    from engine.data.example import Example
    from engine.data.near_duplicates import Alike, Sketches
    from engine.data.onlooker import Run


class Inspection:
    """Looks at the words of every row: first the rows held back for evaluation, then those to
    train, of which a share of ``eval_fraction`` will be held back. ``own_marks`` are the special
    tokens of the model."""

    def __init__(self, own_marks: Collection[str] = (), eval_fraction: float = 0.0) -> None:
        self._own_marks, self._eval_fraction = own_marks, eval_fraction
        self._sketches: Sketches | None = None
        self._reports: list[SourceReport] = []
        self._held_rows = 0
        self._held: dict[str, tuple[SourceReport, Place]] = {}
        self._questions: dict[str, list[str]] = {}
        self._leaked: set[str] = set()
        self._sampled: set[tuple[str, int]] = set()
        self._split = Places()
        self._split_at: dict[int, int] = {}  # a sketch's number → the row's in ``_split``

    def held(self, row: Example, report: SourceReport) -> None:
        """Look at a row held back for evaluation."""
        report.add(at_row(remarks(row, self._own_marks), row.row))
        place = Place(row.file, row.line, row.row)
        self._held[row.key] = (report, place)
        question = prompt_key(row)
        if question:
            self._questions.setdefault(question, []).append(row.key)
        self._sketch(row, report)
        self._held_rows = len(self._reports)

    def train(self, row: Example, report: SourceReport, digest: bytes = b"") -> None:
        """Look at a row to train on, by its ``digest`` where all rows have one; a copy that
        sampling made is passed over."""
        if report.mixed and not digest:
            if (row.file, row.row) in self._sampled:
                return
            self._sampled.add((row.file, row.row))
        report.add(at_row(remarks(row, self._own_marks), row.row))
        if self._held:
            self._leaks(row)
        number = self._sketch(row, report, digest)
        if self._eval_fraction:
            if number is not None:
                self._split_at[number] = len(self._split)
            self._split.add(row)

    @property
    def compares(self) -> bool:
        """Whether there are rows held back, which every row to train on is compared with."""
        return bool(self._held)

    @property
    def wants_each(self) -> bool:
        """Whether rows with nothing to remark on are to be looked at, too: those of which some will
        be held back, as long as they are compared."""
        return bool(self._eval_fraction) and not (self._sketches and self._sketches.full)

    def passed(self, run: Run, report: SourceReport) -> None:
        """Look at rows to train on with nothing to remark on."""
        sketched = self._all_sketches()
        if sketched.full:
            sketched.left_out += len(run.texts)
            return
        for words, place, digest in run.words():
            if sketched.add(words, place, digest) is not None:
                self._reports.append(report)

    def finish(self) -> None:
        """Tell what the rows together show, in the reports of the rows concerned."""
        if self._sketches is None:
            return
        sides = self._split.sides(self._eval_fraction)
        for pair in self._sketches.alike():
            report, finding = self._near(pair, sides)
            if finding is not None:
                report.add([finding])
        if self._sketches.left_out:
            limited = found("near_limited", self._reports[0].source, 0, rows=len(self._sketches))
            self._reports[0].add([limited])

    def _leaks(self, row: Example) -> None:
        keys = [row.key] if row.key in self._held else []
        question = prompt_key(row) if self._questions else None
        for key in keys or self._questions.get(question or "", []):
            if key in self._leaked:
                continue
            self._leaked.add(key)
            report, place = self._held[key]
            code = "leaked_row" if keys else "leaked_question"
            told = found(code, place.file, place.line, first=row.line, other=row.file)
            report.add(at_row([told], place.row))

    def _sketch(self, row: Example, report: SourceReport, digest: bytes = b"") -> int | None:
        key, place = digest or bytes.fromhex(row.key), Place(row.file, row.line, row.row)
        number = self._all_sketches().add(_words(row), place, key)
        if number is not None:
            self._reports.append(report)
        return number

    def _all_sketches(self) -> Sketches:
        if self._sketches is None:
            from engine.data.near_duplicates import Sketches

            self._sketches = Sketches()
        return self._sketches

    def _near(self, pair: Alike, sides: list[bool]) -> tuple[SourceReport, Finding | None]:
        assert self._sketches is not None
        row, first = self._sketches.places[pair.row], self._sketches.places[pair.first]
        report, code = self._reports[pair.row], "near_duplicate"
        if pair.first < self._held_rows <= pair.row:  # told of the row held back
            report, code, row, first = self._reports[pair.first], "near_leak", first, row
            if any(place == row for _, place in map(self._held.__getitem__, self._leaked)):
                return report, None
        elif self._parted(pair, sides):
            code = "near_leak"
            if sides[self._split_at[pair.first]]:
                report, row, first = self._reports[pair.first], first, row
        values: dict[str, Any] = {"percent": round(pair.share * 100)}
        told = found(code, row.file, row.line, first=first.line, other=first.file, **values)
        return report, at_row([told], row.row)[0]

    def _parted(self, pair: Alike, sides: list[bool]) -> bool:
        """Whether one of two rows to train on will be held back, and the other not."""
        both = (self._split_at.get(pair.first), self._split_at.get(pair.row))
        return len({sides[at] for at in both if at is not None}) == 2


def _words(row: Example) -> str:
    """What the row says; system prompts, which many rows share, left out."""
    if isinstance(row, PlainText):
        return row.text
    return "\n".join(m.get("content") or "" for m in _messages(row) if m["role"] != "system")


def _messages(row: Example) -> list[dict[str, Any]]:
    if isinstance(row, PlainText):
        return []
    return (row.conversations()[0] if isinstance(row, Told) else row).messages
