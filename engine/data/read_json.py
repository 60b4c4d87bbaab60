"""Reading one JSON document: an array of rows, an object that holds such an array, or one row.

The array is walked element by element, so each row knows its line, and one broken row costs that
row alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.data.columns import is_row
from engine.data.encodings import encoding_of, shown_name
from engine.data.finding import Finding, found
from engine.data.json_faults import fault_of
from engine.data.opened import opened
from engine.data.read import PHASE, Row
from engine.data.schema import type_name
from engine.errors import DanluError
from engine.job import Job

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_EVERY = 256
_AROUND = 64  # bytes around the first that is not UTF-8 by which its encoding is known
_TRIES = 10_000  # places at which a row may begin again behind a broken one
_FAULTS = (ValueError, RecursionError)


def read_json(path: Path, job: Job) -> Iterator[Row | Finding]:
    """Each row of the document. Raises DanluError ``data.not_utf8``, ``data.broken_json``,
    ``data.no_rows_in_json``."""
    name = str(path)
    text = _text(path)
    if text.startswith("\ufeff"):
        yield found("bom", name, 1)
        text = text[1:]
    start = _skip(text, 0)
    if text[start : start + 1] == "{":
        place = _place_of_rows(text, start, name)
        if place is None:
            yield from _single_rows(text, start, name)
            return
        start = place
    elif text[start : start + 1] != "[":
        raise DanluError("data.no_rows_in_json", path=name, found=_kind_at(text, start, name))
    yield from _Walk(text, start, name, job).rows()


def _text(path: Path) -> str:
    with opened(path) as source:
        raw = source.file.read()
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _undecoded(raw, error, path) from None


def _undecoded(raw: bytes, error: UnicodeDecodeError, path: Path) -> DanluError:
    line = raw.count(b"\n", 0, error.start) + 1
    start = max(0, error.start - _AROUND)
    encoding = encoding_of(raw[raw.find(b'"', start) : error.start + 100 * _AROUND])
    if encoding is None:
        return DanluError("data.not_utf8", path=path, line=line)
    shown = shown_name(encoding)
    return DanluError("data.other_encoding", path=path, line=line, encoding=shown, codec=encoding)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _kind_at(text: str, at: int, name: str) -> str:
    try:
        return type_name(_DECODER.raw_decode(text, at)[0])
    except _FAULTS as error:
        raise _broken(error, text, at, name) from None


def _broken(error: Exception, text: str, at: int, name: str) -> DanluError:
    line = getattr(error, "lineno", None) or text.count("\n", 0, at) + 1
    return DanluError("data.broken_json", path=name, line=line)


def _place_of_rows(text: str, start: int, name: str) -> int | None:
    """Where in a top-level object the array of rows begins; None when it is a row itself."""
    at = _skip(text, start + 1)
    seen: dict[str, Any] = {}
    places: dict[str, int] = {}
    try:
        while text[at : at + 1] == '"':
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, at)
            if text[at : at + 1] != ":":
                raise json.JSONDecodeError("colon", text, at)
            at = _skip(text, at + 1)
            places[key] = at
            if _begins_rows(text, at) and not is_row({**seen, key: []}):
                return at  # not decoded as a whole: a broken row within costs that row alone
            seen[key], at = _DECODER.raw_decode(text, at)
            at = _skip(text, at)
            if text[at : at + 1] == ",":
                at = _skip(text, at + 1)
    except _FAULTS as error:
        raise _broken(error, text, at, name) from None
    if not is_row(seen) and not any(map(_is_text, seen.values())):
        raise DanluError("data.no_rows_in_json", path=name, found="object")
    return None


def _begins_rows(text: str, at: int) -> bool:
    return text[at : at + 1] == "[" and text.startswith("{", _skip(text, at + 1))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _single_rows(text: str, at: int, name: str) -> Iterator[Row | Finding]:
    """Objects that stand one after another, usually just one."""
    while at < len(text):
        line = text.count("\n", 0, at) + 1
        try:
            value, end = _DECODER.raw_decode(text, at)
        except _FAULTS as error:
            yield found("not_json", name, line, column=getattr(error, "colno", 1))
            return
        if isinstance(value, dict):
            yield Row(value, name, line)
        else:
            yield found("not_object", name, line, found=type_name(value))
        at = _skip(text, end)


class _Walk:
    """Walking an array whose ``[`` stands at ``start``, counting lines on the way."""

    def __init__(self, text: str, start: int, name: str, job: Job) -> None:
        self.text, self.name, self.job = text, name, job
        self.at = start + 1
        self.counted, self.line = 0, 1
        self.ended = False
        self.columns: set[str] = set()

    def rows(self) -> Iterator[Row | Finding]:
        for number in range(len(self.text)):
            if number % _EVERY == 0:
                self.job.report(PHASE, self.at, len(self.text), "characters")
            self.at = _skip(self.text, self.at)
            following = self.text[self.at : self.at + 1]
            if following == "]":
                break
            if following == "":
                if self.ended:  # said already, of the row it ends in
                    break
                yield found("cut_off", self.name, self._line_of(self.at), lost=0, column=1)
                break
            yield from self._element()
        self.job.report(PHASE, len(self.text), len(self.text), "characters")

    def _element(self) -> Iterator[Row | Finding]:
        start = self.at
        line = self._line_of(start)
        try:
            value, end = _DECODER.raw_decode(self.text, start)
        except _FAULTS as error:
            yield self._recover(start, line, error)
            return
        self.at = _skip(self.text, end)
        if self.text[self.at : self.at + 1] == ",":
            self.at += 1
        elif self.text[self.at : self.at + 1] not in ("]", ""):
            if self.text[self.at] != "{":
                fault = json.JSONDecodeError("comma", self.text, self.at)
                yield self._recover(end, line, fault)
                return
            yield found("missing_comma", self.name, line)
        if not isinstance(value, dict):
            yield found("not_object", self.name, line, found=type_name(value))
            return
        self.columns = self.columns or set(value)
        yield Row(value, self.name, line)

    def _recover(self, start: int, line: int, error: Exception) -> Finding:
        """Go on at the next place that reads as a row like the others; the broken one is found."""
        fault = getattr(error, "pos", start)
        where = self._lines_until(fault)
        column = fault - (self.text.rfind("\n", 0, fault) + 1) + 1
        code = fault_of(self.text, error)
        at = self.text.find("{", max(start + 1, 0))
        for _ in range(_TRIES):
            if at == -1:
                break
            if self._reads_as_row(at):
                self.at = at
                return found(code, self.name, line, lost=1, column=column, fault=where)
            at = self.text.find("{", at + 1)
        ended = self.ended = fault >= len(self.text.rstrip()) or "nterminated" in str(error)
        self.at = len(self.text) if ended else self._closing(fault)
        code = "cut_off" if ended else code
        return found(code, self.name, line, lost=1, column=column, fault=where)

    def _closing(self, fault: int) -> int:
        last = self.text.rfind("]")
        return last if last >= fault else len(self.text)

    def _reads_as_row(self, at: int) -> bool:
        try:
            value, end = _DECODER.raw_decode(self.text, at)
        except _FAULTS:
            return False
        follows = self.text[_skip(self.text, end) : _skip(self.text, end) + 1]
        columns = self.columns & set(value) if self.columns else set(value)
        own = bool(columns) and (bool(self.columns) or is_row(value))
        return own and follows in (",", "]", "")

    def _lines_until(self, at: int) -> int:
        return self.line + self.text.count("\n", self.counted, at)

    def _line_of(self, at: int) -> int:
        self.line += self.text.count("\n", self.counted, at)
        self.counted = at
        return self.line
