"""A row of preference training: one question, a better and a worse answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from engine.data.columns import Layout
from engine.data.conversation import Conversation, content_key, made_of, turns_and_tools
from engine.data.finding import Finding, found
from engine.data.row import Row
from engine.data.spoken import answer_turns, with_system
from engine.data.told import Told
from engine.data.tool_calls import NotACall
from engine.data.turns import Turn, problems


@dataclass(frozen=True)
class Preference(Told):
    """Two conversations that begin with the same ``shared`` messages: the prompt."""

    chosen: Conversation
    rejected: Conversation
    shared: int

    def conversations(self) -> tuple[Conversation, ...]:
        return (self.chosen, self.rejected)

    @property
    def prompt(self) -> list[dict[str, Any]]:
        """The messages both answers follow."""
        return self.chosen.messages[: self.shared]

    @cached_property
    def sides(self) -> tuple[Conversation, Conversation]:
        """Both, as they are learnt from: what was answered within the prompt is read alone."""
        return self._side(self.chosen), self._side(self.rejected)

    def _side(self, conversation: Conversation) -> Conversation:
        prompt = [
            {**message, "loss": False} if message["role"] == "assistant" else message
            for message in self.prompt
        ]
        return replace(conversation, messages=[*prompt, *conversation.messages[self.shared :]])

    @cached_property
    def key(self) -> str:
        """A hash of the row as its file has it."""
        return content_key([self.chosen.key, self.rejected.key], None)

    def worded(
        self,
        fill: Mapping[str, str],
        system: str | None,
        findings: Iterable[Finding] = (),
        row: int = 0,
    ) -> Preference:
        """A copy with placeholders filled, and ``system`` where it has no system prompt."""
        chosen = self.chosen.worded(fill, system, findings, row)
        rejected = self.rejected.worded(fill, system, (), row)
        added = len(chosen.messages) - len(self.chosen.messages)
        return Preference(chosen, rejected, self.shared + added)


def preference_of(row: Row, layout: Layout, value: Mapping[str, Any]) -> Preference | list[Finding]:
    """The pair of a row that meets its format's schema, or what is wrong with its turns."""
    read = _sides(row, layout, value)
    if isinstance(read, Finding):
        return [read]
    prompt, chosen, rejected, tools = read
    if not prompt or prompt[-1].message["role"] not in ("user", "tool"):
        return [found("no_question", row.file, row.line)]
    faults: list[Finding] = []
    for side in (chosen, rejected):
        told, _ = problems([*prompt, *side], row.file, row.line)
        faults += [finding for finding in told if finding not in faults]
    if any(finding.severity == "error" for finding in faults):
        return faults
    if _alike(chosen, rejected):
        return [found("equal_pair", row.file, row.line, rejected[-1].pointer)]
    better = made_of(problems([*prompt, *chosen], "", 0)[1], tools, row, faults)
    worse = made_of(problems([*prompt, *rejected], "", 0)[1], tools, row, ())
    shared = sum(1 for turn in prompt if turn.message["role"] != "system" or turn.words)
    return Preference(better, replace(worse, findings=()), shared)


def _sides(
    row: Row, layout: Layout, value: Mapping[str, Any]
) -> tuple[list[Turn], list[Turn], list[Turn], Any] | Finding:
    """Prompt, better and worse answer as turns, and the tools."""
    try:
        rejected = answer_turns(value, layout, "rejected")
        chosen = answer_turns(value, layout, "chosen") if value.get("chosen") is not None else []
    except NotACall as error:
        return found("bad_tool_call", row.file, row.line, error.pointer)
    whole = bool(chosen) and chosen[0].message["role"] != "assistant"
    if layout.format == "pair" or (whole and rejected[0].message["role"] != "assistant"):
        read = turns_and_tools(row, layout, {**value, layout.turns: []})
        tools = None if isinstance(read, Finding) else read[1]
        shared = _shared(chosen, rejected)
        prompt = with_system(chosen[:shared], value, layout)
        return prompt, chosen[shared:], rejected[shared:], tools
    read = turns_and_tools(row, layout, value)
    if isinstance(read, Finding):
        return read
    prompt, tools = read
    if not chosen and prompt and prompt[-1].message["role"] == "assistant":
        prompt, chosen = prompt[:-1], prompt[-1:]
    return prompt, chosen, rejected, tools


def _shared(chosen: list[Turn], rejected: list[Turn]) -> int:
    """How many turns two conversations begin alike with; their last ones are never among them."""
    count = 0
    for one, other in zip(chosen[:-1], rejected[:-1], strict=False):
        if one.message != other.message:
            break
        count += 1
    return count


def _alike(chosen: list[Turn], rejected: list[Turn]) -> bool:
    return [turn.message for turn in chosen] == [turn.message for turn in rejected]
