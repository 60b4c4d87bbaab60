"""A row as a conversation: what every format means, in one shape."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from engine.data.columns import Layout
from engine.data.fill import filled_message
from engine.data.finding import Finding, at_row, found
from engine.data.row import Row
from engine.data.spoken import turns_of
from engine.data.tool_calls import NotACall, numbered, tools_of
from engine.data.turns import Turn, problems


@dataclass(frozen=True)
class Conversation:
    """Messages {role: system | user | assistant | tool, content, tool_calls…} in their order, and
    where they come from. An assistant message with ``loss`` False is read but not trained.
    ``findings`` are what is worth knowing about a row that is kept; ``pointers`` are the JSON
    pointers of the messages' words in the row ("" for what was put in); ``row`` is its number in
    the file, from 1; ``images`` are paths, addresses, or {bytes} as the row has them, in the order
    of the ``<image>`` marks."""

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None
    file: str
    line: int
    findings: tuple[Finding, ...] = field(default=(), compare=False)
    origin: str = field(default="", compare=False)
    pointers: tuple[str, ...] = field(default=(), compare=False)
    row: int = field(default=0, compare=False)
    images: tuple[Any, ...] = ()

    @cached_property
    def key(self) -> str:
        """A hash of the row as its file has it: the same words have the same key, whatever system
        prompt or name was filled in since."""
        return self.origin or content_key(
            [self.messages, [str(each) for each in self.images]] if self.images else self.messages,
            self.tools,
        )

    @property
    def answer(self) -> str:
        """The last assistant message's words."""
        spoken = (m for m in reversed(self.messages) if m["role"] == "assistant")
        return next((message.get("content") or "" for message in spoken), "")

    def changed(
        self, messages: list[dict[str, Any]], findings: Iterable[Finding] = (), row: int = 0
    ) -> Conversation:
        """A copy with other messages, perhaps more at the start, that keeps this one's key."""
        row = row or self.row
        joined = tuple(at_row((*self.findings, *findings), row))
        pointers = ("",) * (len(messages) - len(self.messages)) + self.pointers
        return replace(
            self, messages=messages, origin=self.key, findings=joined, pointers=pointers, row=row
        )

    def pointer(self, index: int) -> str:
        """Where in the row the words of message ``index`` stand."""
        return self.pointers[index] if index < len(self.pointers) else ""

    def said(self) -> Iterator[tuple[str, str]]:
        """Each message's words, behind their place in the row."""
        for index, message in enumerate(self.messages):
            yield self.pointer(index), message.get("content") or ""

    def called(self) -> Iterator[tuple[str, str]]:
        """The calls of tools and the tools as text, behind their place in the row."""
        for index, message in enumerate(self.messages):
            if message.get("tool_calls"):
                yield self.pointer(index), json.dumps(message["tool_calls"], ensure_ascii=False)
        if self.tools:
            yield "", json.dumps(self.tools, ensure_ascii=False)

    def worded(
        self,
        fill: Mapping[str, str],
        system: str | None,
        findings: Iterable[Finding] = (),
        row: int = 0,
    ) -> Conversation:
        """A copy with placeholders filled, and ``system`` where it has no system prompt."""
        messages = self.messages
        if system and messages[0]["role"] != "system":
            messages = [{"role": "system", "content": system}, *messages]
        return self.changed([filled_message(each, fill) for each in messages], findings, row)


def content_key(messages: Any, tools: Any) -> str:
    """A hash of the words of a conversation."""
    text = json.dumps([messages, tools], ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def conversation_of(
    row: Row, layout: Layout, value: Mapping[str, Any]
) -> Conversation | list[Finding]:
    """The conversation of a row that meets its format's schema (``value`` is the row under danlu's
    names), or what is wrong with its turns."""
    read = turns_and_tools(row, layout, value)
    if isinstance(read, Finding):
        return [read]
    turns, tools = read
    faults, turns = problems(turns, row.file, row.line)
    if any(finding.severity == "error" for finding in faults):
        return faults
    if layout.stage == "sft" and value.get("label") is False:
        faults.append(found("bad_label", row.file, row.line, "/" + layout.names["label"]))
    return made_of(turns, tools, row, faults)


def turns_and_tools(
    row: Row, layout: Layout, value: Mapping[str, Any]
) -> tuple[list[Turn], list[dict[str, Any]] | None] | Finding:
    """The turns and tools of a row; a finding where one of them is no call or no tool."""
    try:
        tools = tools_of(value.get("tools"))
    except NotACall:
        return found("bad_tools", row.file, row.line, "/" + layout.names.get("tools", "tools"))
    try:
        return turns_of(value, layout), tools
    except NotACall as error:
        return found("bad_tool_call", row.file, row.line, error.pointer)


def made_of(
    turns: Sequence[Turn], tools: list[dict[str, Any]] | None, row: Row, faults: Sequence[Finding]
) -> Conversation:
    """The conversation of turns that are as they should be."""
    return Conversation(
        numbered([turn.message for turn in turns]),
        tools,
        row.file,
        row.line,
        tuple(faults),
        pointers=tuple(turn.pointer for turn in turns),
    )
