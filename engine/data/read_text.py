"""Reading plain text: a row a paragraph where blank lines part them, else a row a line."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

from engine.data.encodings import BOM
from engine.data.finding import Finding, found
from engine.data.opened import Opened, opened
from engine.data.read_jsonl import undecoded
from engine.data.row import PHASE, Row
from engine.job import Job

_Decoder = codecs.getincrementaldecoder("utf-8")
_EVERY = 256
_LOOKED_AT = 2000  # lines in which a blank one shows that paragraphs are parted by them
_STRAY = 0.05  # fewer gaps for each line are strays between lines that are rows of their own
_LONGEST = 1 << 20  # characters of a row; a longer paragraph becomes several rows


def read_text(path: Path, job: Job) -> Iterator[Row | Finding]:
    """Each paragraph or line as ``{text: …}``, with the line it starts on."""
    name, parted = str(path), _has_paragraphs(path)
    with opened(path) as source:
        block = _Block(name)
        for entry in _lines(source, name, job):
            if isinstance(entry, Finding):
                yield entry
                continue
            line, text = entry
            blank = not text.strip()
            if block.parts and (blank or not parted or block.size > _LONGEST):
                yield block.row()
            if not blank:
                block.add(text, line)
        if block.parts:
            yield block.row()
        job.report(PHASE, source.total, source.total, "bytes")


class _Block:
    """The lines of a row while they are gathered."""

    def __init__(self, name: str) -> None:
        self.name, self.parts, self.line, self.size = name, [], 0, 0  # type: ignore[var-annotated]

    def add(self, text: str, line: int) -> None:
        self.line = self.line if self.parts else line
        self.parts.append(text)
        self.size += len(text)

    def row(self) -> Row:
        """The row; the block is empty afterwards."""
        text = "".join(self.parts).strip("\r\n")
        self.parts, self.size = [], 0
        return Row({"text": text}, self.name, self.line)


def _lines(source: Opened, name: str, job: Job) -> Iterator[tuple[int, str] | Finding]:
    """The lines with their numbers; a very long one comes in parts."""
    decoder = _Decoder()
    line, begun, fresh = 0, -1, True
    while raw := source.file.readline(_LONGEST * 4):
        line += fresh
        fresh = raw.endswith(b"\n")
        if line % _EVERY == 1:
            job.report(PHASE, source.done(), source.total, "bytes")
        if begun < 0 and raw.startswith(BOM):
            yield found("bom", name, 1)
            raw = raw.removeprefix(BOM)
        begun = line
        try:
            yield line, decoder.decode(raw)
        except UnicodeDecodeError as error:
            decoder.reset()
            yield undecoded(raw, error, name, line)


def _has_paragraphs(path: Path) -> bool:
    with opened(path) as source:
        lines = [bool(raw.strip()) for raw in islice(iter(source.file.readline, b""), _LOOKED_AT)]
    gaps = sum(1 for one, other in pairwise(lines) if not one and other)
    return gaps > sum(lines) * _STRAY
