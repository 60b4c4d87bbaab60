"""Reading one JSON document: an array of rows, an object that holds such an array, or one row.

The array is walked element by element, so each row knows its line, one broken row costs that row
alone, and no more than a stretch of the text is in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from engine.data.columns import is_row
from engine.data.finding import Finding, found
from engine.data.json_faults import fault_of
from engine.data.json_window import FAULTS, Window, window
from engine.data.row import PHASE, Row
from engine.data.schema import type_name
from engine.errors import DanluError
from engine.job import Job

_EVERY = 256
_TRIES = 10_000  # places at which a row may begin again behind a broken one


class Piece(NamedTuple):
    """What stands at one place of a document; ``broken`` is the text where it is no JSON, but for
    the last of the document and where it is long."""

    entry: Row | Finding
    broken: str = ""


def read_json(path: Path, job: Job) -> Iterator[Row | Finding]:
    """Each row of the document. Raises DanluError ``data.not_utf8``, ``data.other_encoding``,
    ``data.broken_json``, ``data.no_rows_in_json``."""
    return (piece.entry for piece in read_pieces(path, job))


def read_pieces(path: Path, job: Job) -> Iterator[Piece]:
    """The same with the text of what is broken."""
    name = str(path)
    with window(path) as text:
        if text.drop_mark():
            yield Piece(found("bom", name, 1))
        start = text.skip(0)
        if text.sign(start) == "{":
            place = _place_of_rows(text, start, name)
            if place is None:
                yield from map(Piece, _single_rows(text, start, name))
                return
            start = place
        elif text.sign(start) != "[":
            raise DanluError("data.no_rows_in_json", path=name, found=_kind_at(text, start, name))
        yield from _Walk(text, start, name, job).pieces()


def _kind_at(text: Window, at: int, name: str) -> str:
    try:
        return type_name(text.decode(at)[0])
    except FAULTS as error:
        raise _broken(error, text, at, name) from None


def _broken(error: Exception, text: Window, at: int, name: str) -> DanluError:
    return DanluError("data.broken_json", path=name, line=text.line_of(getattr(error, "pos", at)))


def _place_of_rows(text: Window, start: int, name: str) -> int | None:
    """Where in a top-level object the array of rows begins; None when it is a row itself."""
    at = text.skip(start + 1)
    seen: dict[str, Any] = {}
    try:
        while text.sign(at) == '"':
            key, at = text.decode(at)
            at = text.skip(at)
            if text.sign(at) != ":":
                raise json.JSONDecodeError("colon", text.text, at)
            at = text.skip(at + 1)
            if _begins_rows(text, at) and not is_row({**seen, key: []}):
                return at  # not decoded as a whole: a broken row within costs that row alone
            seen[key], at = text.decode(at)
            at = text.skip(at)
            if text.sign(at) == ",":
                at = text.skip(at + 1)
    except FAULTS as error:
        raise _broken(error, text, at, name) from None
    if not is_row(seen) and not any(map(_is_text, seen.values())):
        raise DanluError("data.no_rows_in_json", path=name, found="object")
    return None


def _begins_rows(text: Window, at: int) -> bool:
    return text.sign(at) == "[" and text.sign(text.skip(at + 1)) == "{"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _single_rows(text: Window, at: int, name: str) -> Iterator[Row | Finding]:
    """Objects that stand one after another, usually just one."""
    while text.sign(at):
        at = text.let_go(at)
        line = text.line_of(at)
        try:
            value, end = text.decode(at)
        except FAULTS as error:
            yield found("not_json", name, line, column=text.column_of(getattr(error, "pos", at)))
            return
        if isinstance(value, dict):
            yield Row(value, name, line)
        else:
            yield found("not_object", name, line, found=type_name(value))
        at = text.skip(end)


class _Walk:
    """Walking an array whose ``[`` stands at ``start``."""

    def __init__(self, text: Window, start: int, name: str, job: Job) -> None:
        self.text, self.name, self.job = text, name, job
        self.at = start + 1
        self.ended = False
        self.columns: set[str] = set()

    def pieces(self) -> Iterator[Piece]:
        number = 0
        while True:
            if number % _EVERY == 0:
                self.job.report(PHASE, *self.text.progress(), "bytes")
            number += 1
            self.at = self.text.let_go(self.text.skip(self.at))
            following = self.text.sign(self.at)
            if following == "]":
                break
            if following == "":
                if self.ended:  # said already, of the row it ends in
                    break
                line = self.text.line_of(self.at)
                yield Piece(found("cut_off", self.name, line, lost=0, column=1))
                break
            yield from self._element()
        _, total = self.text.progress()
        self.job.report(PHASE, total, total, "bytes")

    def _element(self) -> Iterator[Piece]:
        start = self.at
        line = self.text.line_of(start)
        try:
            value, end = self.text.decode(start)
        except FAULTS as error:
            yield self._recover(start, start, line, error)
            return
        self.at = self.text.skip(end)
        follows = self.text.sign(self.at)
        if follows == ",":
            self.at += 1
        elif follows not in ("]", ""):
            if follows != "{":
                fault = json.JSONDecodeError("comma", self.text.text, self.at)
                yield self._recover(start, end, line, fault)
                return
            yield Piece(found("missing_comma", self.name, line))
        if not isinstance(value, dict):
            yield Piece(found("not_object", self.name, line, found=type_name(value)))
            return
        self.columns = self.columns or set(value)
        yield Piece(Row(value, self.name, line))

    def _recover(self, start: int, end: int, line: int, error: Exception) -> Piece:
        """Go on behind ``end`` at the next place that reads as a row like the others; the broken
        one is found."""
        text, fault = self.text, getattr(error, "pos", end)
        code = fault_of(text.text, error)
        values: dict[str, Any] = {"column": text.column_of(fault), "fault": text.line_of(fault)}
        gone = False  # whether any of it is no longer held
        at = text.find("{", end + 1)
        for _ in range(_TRIES):
            if at == -1 and text.whole:
                break
            if at == -1:  # none in as much as is held at once
                gone = True
                text.let_go(len(text.text))
                at = text.find("{", 0)
            elif self._reads_as_row(at):
                self.at = at
                broken = "" if gone else text.text[start:at]
                return Piece(found(code, self.name, line, lost=1, **values), broken)
            else:
                at = text.find("{", at + 1)
        cut = "nterminated" in str(error) or (not gone and not text.sign(text.skip(fault)))
        closing = text.text.rfind("]", 0 if gone else fault)
        broken = "" if cut or gone or closing < 0 else text.text[start:closing]
        self.ended = cut or closing >= 0 or text.rest_has("]")
        self.at = text.let_go_of_all()
        code = "cut_off" if cut else code
        return Piece(found(code, self.name, line, lost=1, **values), broken)

    def _reads_as_row(self, at: int) -> bool:
        try:
            value, end = self.text.decode(at)
        except FAULTS:
            return False
        follows = self.text.sign(self.text.skip(end))
        columns = self.columns & set(value) if self.columns else set(value)
        own = bool(columns) and (bool(self.columns) or is_row(value))
        return own and follows in (",", "]", "")
