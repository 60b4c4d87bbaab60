"""A row as a conversation: what every format means, in one shape."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from engine.data.columns import Layout
from engine.data.finding import Finding, at_row, found
from engine.data.read import Row
from engine.data.tool_calls import NotACall, calls_of, numbered, tools_of
from engine.data.turns import Turn, problems

_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "tool_call": "call",
    "function_call": "call",
    **dict.fromkeys(
        ("tool", "function", "tool_response", "function_response", "observation", "observations"),
        "tool",
    ),
}


@dataclass(frozen=True)
class Conversation:
    """Messages {role: system | user | assistant | tool, content, tool_calls…} in their order, and
    where they come from. An assistant message with ``loss`` False is read but not trained.
    ``findings`` are what is worth knowing about a row that is kept; ``pointers`` are the JSON
    pointers of the messages' words in the row ("" for what was put in); ``row`` is its number in
    the file, from 1."""

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None
    file: str
    line: int
    findings: tuple[Finding, ...] = field(default=(), compare=False)
    origin: str = field(default="", compare=False)
    pointers: tuple[str, ...] = field(default=(), compare=False)
    row: int = field(default=0, compare=False)

    @cached_property
    def key(self) -> str:
        """A hash of the row as its file has it: the same words have the same key, whatever system
        prompt or name was filled in since."""
        return self.origin or content_key(self.messages, self.tools)

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


def content_key(messages: list[dict[str, Any]], tools: Any) -> str:
    """A hash of the words of a conversation."""
    text = json.dumps([messages, tools], ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def conversation_of(row: Row, layout: Layout) -> Conversation | list[Finding]:
    """The conversation of a row that meets its format's schema, or what is wrong with its turns."""
    value = layout.row(row.value)
    try:
        tools = tools_of(value.get("tools"))
    except NotACall:
        return [found("bad_tools", row.file, row.line, "/" + layout.names.get("tools", "tools"))]
    try:
        turns = _with_system(_turns(value, layout), value.get("system"), layout)
    except NotACall as error:
        return [found("bad_tool_call", row.file, row.line, error.pointer)]
    faults, turns = problems(turns, row.file, row.line)
    if any(finding.severity == "error" for finding in faults):
        return faults
    if row.value.get(layout.names.get("label", "")) is False:
        faults.append(found("bad_label", row.file, row.line, "/" + layout.names["label"]))
    messages = numbered([turn.message for turn in turns])
    return Conversation(
        messages,
        tools,
        row.file,
        row.line,
        tuple(faults),
        pointers=tuple(turn.pointer for turn in turns),
    )


def _turns(value: Mapping[str, Any], layout: Layout) -> list[Turn]:
    if layout.format in ("alpaca", "query_response"):
        return _single(value, layout)
    name = "messages" if layout.format == "messages" else "conversations"
    base = "/" + layout.names[name]
    return [
        turn
        for index, entry in enumerate(value[name])
        for turn in _spoken(entry, f"{base}/{index}")
    ]


def _single(value: Mapping[str, Any], layout: Layout) -> list[Turn]:
    asked, answered = (
        ("instruction", "output") if layout.format == "alpaca" else ("query", "response")
    )
    turns = []
    for index, (question, answer) in enumerate(value.get("history") or []):
        base = f"/{layout.names['history']}/{index}"
        turns.append(Turn({"role": "user", "content": question}, base + "/0"))
        turns.append(Turn({"role": "assistant", "content": answer}, base + "/1"))
    question = value[asked]
    if layout.format == "alpaca" and (value.get("input") or "").strip():
        question = f"{question}\n{value['input']}" if question.strip() else value["input"]
    turns.append(Turn({"role": "user", "content": question}, "/" + layout.names[asked]))
    answer = {"role": "assistant", "content": value[answered]}
    turns.append(Turn(answer, "/" + layout.names[answered]))
    return turns


def _spoken(entry: Mapping[str, Any], where: str) -> list[Turn]:
    """The turns of one entry: one message, or an old {human, assistant} pair."""
    role_key = "role" if "role" in entry else "from"
    if role_key not in entry:
        pairs = (("user", ("human", "user")), ("assistant", ("assistant", "gpt", "bot")))
        return [
            Turn({"role": role, "content": entry[key]}, f"{where}/{key}")
            for role, keys in pairs
            for key in keys
            if key in entry
        ]
    content_key = "content" if "content" in entry or role_key == "role" else "value"
    pointer = f"{where}/{content_key}"
    role, content = _ROLES[entry[role_key]], entry.get(content_key)
    if role == "call":
        calls = calls_of(content, pointer)
        return [Turn({"role": "assistant", "content": "", "tool_calls": calls}, pointer)]
    message = {"role": role, "content": _text(content, role)}
    if role == "assistant":
        _add_assistant(message, entry, where)
    for key in ("name", "tool_call_id"):
        if role == "tool" and isinstance(entry.get(key), str):
            message[key] = entry[key]
    return [Turn(message, pointer)]


def _add_assistant(message: dict[str, Any], entry: Mapping[str, Any], where: str) -> None:
    thinking = entry.get("reasoning_content")
    if thinking:
        message["content"] = f"<think>\n{thinking}\n</think>\n\n{message['content']}"
    if entry.get("tool_calls"):
        message["tool_calls"] = calls_of(entry["tool_calls"], f"{where}/tool_calls")
    if entry.get("loss") is False or entry.get("weight") == 0:
        message["loss"] = False


def _text(content: Any, role: str) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list) and role != "tool":
        return "".join(part["text"] for part in content)
    return json.dumps(content, ensure_ascii=False)


def _with_system(turns: list[Turn], system: str | None, layout: Layout) -> list[Turn]:
    if not (system or "").strip() or (turns and turns[0].message["role"] == "system"):
        return turns
    message = {"role": "system", "content": system}
    return [Turn(message, "/" + layout.names.get("system", "system")), *turns]
