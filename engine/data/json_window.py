"""A stretch of a long JSON text, read on as far as it is looked at, let go of behind."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.data.encodings import encoding_of, shown_name
from engine.data.opened import Opened, opened
from engine.errors import DanluError

FAULTS = (ValueError, RecursionError)
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_PIECE = 1 << 18  # bytes read at once, at least
_LONGEST = 1 << 26  # characters: a value that goes on for longer is taken to be broken
_UNSURE = 16  # characters at the end by which a value cut there may seem broken
_KEPT = 64  # characters before a place by which it is told what is wrong there
_AROUND = 64  # bytes around the first that is not UTF-8 by which its encoding is known


class Window:
    """The characters ``text`` of a file; places are counted from its start. Reading on raises
    DanluError ``data.not_utf8`` and ``data.other_encoding``."""

    def __init__(self, source: Opened, path: Path) -> None:
        self._source, self._path = source, path
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.text = ""
        self.whole = False  # whether nothing more comes
        self._lines = 1  # the line on which ``text`` starts
        self._before = 0  # characters of that line that are let go
        self._counted = (0, 0)  # a place, and how many lines end before it
        self.more()

    def progress(self) -> tuple[int, int]:
        """Bytes on disk that are read, and all of them."""
        return self._source.done(), self._source.total

    def more(self) -> bool:
        """Read on; False at the end, and where ``text`` is as long as a value may be."""
        if self.whole or len(self.text) > _LONGEST:
            return False
        raw = self._source.file.read(max(_PIECE, len(self.text)))
        try:
            self.text += self._decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            raise self._undecoded(error) from None
        self.whole = not raw
        return not self.whole

    def drop_mark(self) -> bool:
        """Whether the text begins with the mark of its encoding, which is none of it."""
        marked = self.sign(0) == "\ufeff"
        self.text = self.text.removeprefix("\ufeff")
        return marked

    def skip(self, at: int) -> int:
        """The first place from ``at`` on where no white space is."""
        while True:
            match = _SPACE.match(self.text, at)
            at = match.end() if match else at
            if at < len(self.text) or not self.more():
                return at

    def sign(self, at: int) -> str:
        """The character at a place; none at the end."""
        while at >= len(self.text) and self.more():
            pass
        return self.text[at : at + 1]

    def find(self, sign: str, at: int) -> int:
        """Where ``sign`` stands next; -1 where it does not."""
        while True:
            place = self.text.find(sign, at)
            if place != -1:
                return place
            at = max(at, len(self.text))
            if not self.more():
                return -1

    def decode(self, at: int) -> tuple[Any, int]:
        """The value that begins at a place, and where it ends. Raises ValueError and
        RecursionError."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, at)
            except FAULTS as error:
                if not self._may_go_on(error) or not self.more():
                    raise
                continue
            if end < len(self.text) or not self.more():
                return value, end

    def _may_go_on(self, error: Exception) -> bool:
        """Whether what is wrong may be no more than that the text is cut here."""
        if not isinstance(error, json.JSONDecodeError):
            return False
        return "nterminated" in error.msg or error.pos >= len(self.text) - _UNSURE

    def line_of(self, at: int) -> int:
        """The line of a place, from 1."""
        place, lines = self._counted
        if at < place:
            place, lines = 0, 0
        lines += self.text.count("\n", place, at)
        self._counted = (at, lines)
        return self._lines + lines

    def column_of(self, at: int) -> int:
        """How far from its line's start a place is, from 1."""
        end = self.text.rfind("\n", 0, at)
        return at - end if end != -1 else self._before + at + 1

    def let_go(self, at: int) -> int:
        """Forget what stands well before a place, where that is much; gives the place anew."""
        if at < _PIECE + _KEPT:
            return at
        self._forget(at - _KEPT)
        return _KEPT

    def rest_has(self, sign: str) -> bool:
        """Whether ``sign`` stands behind what is held; forgets what it looks through."""
        while True:
            self._forget(len(self.text))
            if not self.more():
                return False
            if sign in self.text:
                return True

    def let_go_of_all(self) -> int:
        """Forget all that is held and all that comes; gives the place of the end."""
        self._forget(len(self.text))
        while self.more():
            self._forget(len(self.text))
        return 0

    def _forget(self, at: int) -> None:
        self._lines, self._before = self.line_of(at), self.column_of(at) - 1
        self._counted, self.text = (0, 0), self.text[at:]

    def _undecoded(self, error: UnicodeDecodeError) -> DanluError:
        raw, path = error.object, self._path
        line = self.line_of(len(self.text)) + raw.count(b"\n", 0, error.start)
        raw += self._source.file.read(100 * _AROUND)
        start = max(0, error.start - _AROUND)
        encoding = encoding_of(raw[raw.find(b'"', start) : error.start + 100 * _AROUND])
        if encoding is None:
            return DanluError("data.not_utf8", path=path, line=line)
        shown = shown_name(encoding)
        values: dict[str, Any] = {"line": line, "encoding": shown, "codec": encoding}
        return DanluError("data.other_encoding", path=path, **values)


@contextmanager
def window(path: Path) -> Iterator[Window]:
    """The text of ``path``, decompressed, from its start. Raises DanluError and OSError."""
    with opened(path) as source:
        yield Window(source, path)
