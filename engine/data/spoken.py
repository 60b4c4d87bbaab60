"""The turns a row holds, from whatever format, in one shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.data.columns import Layout
from engine.data.tool_calls import calls_of
from engine.data.turns import Turn

IMAGE = "<image>"  # where an image stands in the words of a turn
ROLES = {
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


def turns_of(value: Mapping[str, Any], layout: Layout) -> list[Turn]:
    """The turns of a row that meets its schema, its system prompt first. The answers of a pair are
    not among them. Raises NotACall."""
    if layout.format in ("alpaca", "query_response"):
        turns = _single(value, layout)
    else:
        turns = answer_turns(value, layout, layout.turns)
        if layout.stage in ("sft", "kto") and value.get("completion") is not None:
            turns += answer_turns(value, layout, "completion")
    return with_system(turns, value, layout)


def answer_turns(value: Mapping[str, Any], layout: Layout, column: str) -> list[Turn]:
    """The turns in a column: text is one answer; a message one turn; a list several. Raises
    NotACall."""
    written, base = value[column], "/" + layout.names.get(column, column)
    if isinstance(written, str):
        return [Turn({"role": "assistant", "content": written}, base)]
    if isinstance(written, dict):
        return _spoken(written, base, layout)
    return [
        turn
        for index, entry in enumerate(written)
        for turn in _spoken(entry, f"{base}/{index}", layout)
    ]


def with_system(turns: list[Turn], value: Mapping[str, Any], layout: Layout) -> list[Turn]:
    """The turns behind the row's system prompt, unless they begin with one of their own."""
    system = value.get("system")
    if not (system or "").strip() or (turns and turns[0].message["role"] == "system"):
        return turns
    message = {"role": "system", "content": system}
    return [Turn(message, "/" + layout.names.get("system", "system")), *turns]


def _single(value: Mapping[str, Any], layout: Layout) -> list[Turn]:
    alpaca = layout.format == "alpaca"
    asked, answered = ("instruction", "output") if alpaca else ("query", "response")
    turns = []
    for index, (question, answer) in enumerate(value.get("history") or []):
        base = f"/{layout.names['history']}/{index}"
        turns.append(Turn({"role": "user", "content": question}, base + "/0"))
        turns.append(Turn({"role": "assistant", "content": answer}, base + "/1"))
    question = value[asked]
    if alpaca and (value.get("input") or "").strip():
        question = f"{question}\n{value['input']}" if question.strip() else value["input"]
    turns.append(Turn({"role": "user", "content": question}, "/" + layout.names[asked]))
    if layout.stage in ("sft", "kto"):
        answer = {"role": "assistant", "content": value[answered]}
        turns.append(Turn(answer, "/" + layout.names[answered]))
    return turns


def _spoken(entry: Mapping[str, Any], where: str, layout: Layout) -> list[Turn]:
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
    pointer = f"{where}/{layout.tags.own(content_key)}"
    role, content = ROLES[entry[role_key]], entry.get(content_key)
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
        return "".join(part["text"] if part["type"] == "text" else IMAGE for part in content)
    return json.dumps(content, ensure_ascii=False)
