"""A row of continued pre-training: text, all of which is learnt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from engine.data.columns import Layout
from engine.data.conversation import content_key
from engine.data.fill import filled
from engine.data.finding import Finding, at_row, found
from engine.data.row import Row
from engine.data.spoken import turns_of
from engine.data.tool_calls import NotACall


@dataclass(frozen=True)
class PlainText:
    """One text and where it comes from; ``pointer`` is its place in the row."""

    text: str
    file: str
    line: int
    findings: tuple[Finding, ...] = field(default=(), compare=False)
    origin: str = field(default="", compare=False)
    pointer: str = field(default="", compare=False)
    row: int = field(default=0, compare=False)

    @cached_property
    def key(self) -> str:
        """A hash of the text as its file has it."""
        return self.origin or content_key(self.text, None)

    def said(self) -> Iterator[tuple[str, str]]:
        """The text, behind its place in the row."""
        yield self.pointer, self.text

    def called(self) -> Iterator[tuple[str, str]]:
        """Plain text calls no tools."""
        return iter(())

    def worded(
        self,
        fill: Mapping[str, str],
        system: str | None,
        findings: Iterable[Finding] = (),
        row: int = 0,
    ) -> PlainText:
        """A copy with placeholders filled; plain text takes no system prompt."""
        row = row or self.row
        joined = tuple(at_row((*self.findings, *findings), row))
        text = filled(self.text, fill)
        return replace(self, text=text, origin=self.key, findings=joined, row=row)


def plain_text_of(row: Row, layout: Layout, value: Mapping[str, Any]) -> PlainText | list[Finding]:
    """The text of a row that meets its format's schema, or what is wrong with it."""
    if layout.format == "text":
        pointer = "/" + layout.names["text"]
        return PlainText(value["text"], row.file, row.line, pointer=pointer)
    try:
        turns = turns_of(value, layout)
    except NotACall as error:
        return [found("bad_tool_call", row.file, row.line, error.pointer)]
    if len(turns) != 1 or turns[0].message["role"] != "assistant":
        where = turns[0].pointer if turns else ""
        return [found("not_plain_text", row.file, row.line, where)]
    if not turns[0].words:
        return [found("empty_text", row.file, row.line, turns[0].pointer)]
    text = turns[0].message["content"]
    return PlainText(text, row.file, row.line, pointer=turns[0].pointer)
