"""A conversation as text, and which stretches of it are trained.

Templates change what an assistant said: DeepSeek-R1's drops all before ``</think>``, Qwen3's drops
older thinking. So each answer is replaced by a mark, the template is applied once, and the answers
are put back in place of their marks. What is trained is each answer from right behind the text that
starts it (the generation prompt) to the stop token, found by where it stands, never by its id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from engine import words
from engine.data.adapted import adapted
from engine.data.conversation import Conversation
from engine.data.template import ChatTemplate, TemplateRefuses

_EMPTY_THINKING = re.compile(r"<think>\s*</think>\s*$")


@dataclass(frozen=True)
class Span:
    """An answer's stretch of the text, stop token included; ``trained`` unless the row says not."""

    start: int
    end: int
    trained: bool = True


@dataclass(frozen=True)
class Laid:
    """The text of a conversation, its answers' spans in order, and codes of what was changed."""

    text: str
    spans: list[Span]
    notes: list[str]


def lay_out(template: ChatTemplate, conversation: Conversation) -> Laid:
    """The text and spans of ``conversation``. Raises TemplateRefuses when the template cannot say
    it, also with tools written as text."""
    try:
        return _laid(template, conversation, calls_as_text=False)
    except TemplateRefuses:
        called = any(m.get("tool_calls") or m["role"] == "tool" for m in conversation.messages)
        if not called:
            raise
        return _laid(template, conversation, calls_as_text=True)


def _laid(template: ChatTemplate, conversation: Conversation, *, calls_as_text: bool) -> Laid:
    messages, tools, notes = adapted(
        template, conversation.messages, conversation.tools, calls_as_text=calls_as_text
    )
    mark = _unused(messages)
    marked = [
        {**message, "content": mark.format(index)} if _is_marked(message) else message
        for index, message in enumerate(messages)
    ]
    text = template.apply(marked, tools)
    build = _Build(template, text, notes)
    last = max(i for i, message in enumerate(messages) if message["role"] == "assistant")
    for index, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        if _is_marked(message):
            place = text.find(mark.format(index))
            if place < 0 or text.count(mark.format(index)) > 1:
                raise TemplateRefuses(words.t("data.answer_lost", number=index + 1))
            build.answer(place, len(mark.format(index)), message, index == last)
        else:
            opened = template.apply(marked[:index], tools, ask=True)
            build.call(_common(opened, text), message, opened, index == last)
    return build.finish()


def _is_marked(message: dict[str, Any]) -> bool:
    return message["role"] == "assistant" and bool(message.get("content"))


def _unused(messages: list[dict[str, Any]]) -> str:
    """A mark that no message holds, with a place for the answer's number."""
    spoken = "\n".join(str(message.get("content")) for message in messages)
    number = 0
    while f"danluanswer{number}x" in spoken:
        number += 1
    return f"danluanswer{number}x{{:06d}}end"


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    if other.startswith(one):
        return len(one)
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


class _Build:
    """The final text while answers are put back, from left to right."""

    def __init__(self, template: ChatTemplate, text: str, notes: list[str]) -> None:
        self.template, self.rendered, self.notes = template, text, list(notes)
        self.read = 0  # how much of the rendered text is taken over
        self.text = ""
        self.spans: list[Span] = []

    def answer(self, place: int, length: int, message: dict[str, Any], last: bool) -> None:
        """Put the answer of ``message`` back for the mark at ``place``."""
        self._take(place)
        self.read = place + length
        content = message["content"]
        if content.lstrip().startswith("<think>"):
            self.text = _EMPTY_THINKING.sub("", self.text)
        content = self._after_opening(content, last)
        before = len(self.text)
        self.text += content
        start = self._start(before)
        self._stop(last, bool(message.get("tool_calls")))
        self.spans.append(Span(start, len(self.text), message.get("loss") is not False))

    def call(self, place: int, message: dict[str, Any], opened: str, last: bool) -> None:
        """The stretch of a message that only calls tools; it starts at ``place``."""
        if len(opened) - place > len(self.template.opening) or place < self.read:
            raise TemplateRefuses(words.t("data.call_moves"))
        self._take(place)
        start = len(self.text)
        self._stop(last, calls=True)
        self.spans.append(Span(start, len(self.text), message.get("loss") is not False))

    def finish(self) -> Laid:
        """The rest of the text taken over."""
        self._take(len(self.rendered))
        return Laid(self.text, self.spans, self.notes)

    def _take(self, until: int) -> None:
        self.text += self.rendered[self.read : until]
        self.read = until

    def _previous_end(self) -> int:
        return self.spans[-1].end if self.spans else 0

    def _after_opening(self, content: str, last: bool) -> str:
        """The answer, beginning as generation will begin it: some templates open an answer with
        ``<think>`` when they ask for one, but not when they write one down."""
        missing = self._missing_opening()
        if not missing or "<think>" not in missing or content.startswith(missing):
            return content
        bare = content.lstrip()
        if bare.startswith("<think>"):
            return missing + bare[len("<think>") :].lstrip("\n")
        if not last:
            return content
        self.notes.append("empty_thinking_added")
        return f"{missing}\n</think>\n\n{content}"

    def _missing_opening(self) -> str:
        """The end of the opening that the template did not write before this answer."""
        opening = self.template.opening
        for size in range(len(opening), 0, -1):
            if self.text.endswith(opening[:size]):
                return opening[size:]
        return ""

    def _start(self, content_start: int) -> int:
        """Where training begins: behind the opening, or the prompt's words where it has none."""
        opening, floor = self.template.opening, self._previous_end()
        if not opening:
            return max(floor, len(self.text[:content_start].rstrip()))
        found = self.text.rfind(opening, floor, content_start + len(opening))
        if found < 0 or found >= content_start:
            return content_start
        return found + len(opening)

    def _stop(self, last: bool, calls: bool) -> None:
        """Take over the text up to and with the stop token; write one where the template has none
        behind the last answer."""
        rest = self.rendered[self.read :]
        end = self._stop_end(rest, calls)
        if end is not None:
            self._take(self.read + end)
        elif last:
            self._take(len(self.rendered) if rest.strip() else self.read)
            self.read = len(self.rendered)
            self.text += self.template.stop_text

    def _stop_end(self, rest: str, calls: bool) -> int | None:
        terminator = self.template.terminator
        if terminator:
            if calls:
                at = rest.find(terminator)
                return at + len(terminator) if at >= 0 else None
            skipped = len(rest) - len(rest.lstrip())
            return skipped + len(terminator) if rest[skipped:].startswith(terminator) else None
        # Where answers have no terminator of their own, the next turn's mark is what stops them.
        match = self.template.special.match(rest)
        return match.end() if match and match[0] != self.template.begin_text else None
