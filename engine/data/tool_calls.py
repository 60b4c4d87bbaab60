"""Calls of tools and their descriptions, however a row writes them, in the form templates take."""

from __future__ import annotations

import json
from typing import Any


class NotACall(ValueError):
    """What stands where a tool call or a list of tools belongs is none. ``pointer`` says where."""

    def __init__(self, pointer: str = "") -> None:
        super().__init__(pointer)
        self.pointer = pointer


def calls_of(written: Any, pointer: str) -> list[dict[str, Any]]:
    """One or several calls as ``[{type: function, function: {name, arguments: object}}]``.
    Raises NotACall."""
    if isinstance(written, str):
        try:
            written = json.loads(written)
        except ValueError:
            raise NotACall(pointer) from None
    entries = written if isinstance(written, list) else [written]
    if not entries:
        raise NotACall(pointer)
    return [_call(entry, pointer) for entry in entries]


def _call(entry: Any, pointer: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise NotACall(pointer)
    function = entry.get("function", entry)
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise NotACall(pointer)
    arguments = function.get("arguments", function.get("parameters"))
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments) if arguments.strip() else {}
        except ValueError:
            raise NotACall(pointer) from None
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        raise NotACall(pointer)
    call = {"type": "function", "function": {"name": function["name"], "arguments": arguments}}
    return {**call, "id": entry["id"]} if isinstance(entry.get("id"), str) else call


def tools_of(written: Any) -> list[dict[str, Any]] | None:
    """The tools of a row as ``[{type: function, function: {…}}]``, or None. Raises NotACall."""
    if isinstance(written, str):
        if not written.strip():
            return None
        try:
            written = json.loads(written)
        except ValueError:
            raise NotACall from None
    if not written:
        return None
    if isinstance(written, dict):
        written = [written]
    if not isinstance(written, list) or not all(isinstance(tool, dict) for tool in written):
        raise NotACall
    return [
        tool if isinstance(tool.get("function"), dict) else {"type": "function", "function": tool}
        for tool in written
    ]


def numbered(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages with ids where calls and their answers have none (some templates want nine
    letters), and each answer with the name of the function it answers."""
    waiting: list[dict[str, Any]] = []
    made, count = [], 0
    for message in messages:
        if message.get("tool_calls"):
            calls = []
            for call in message["tool_calls"]:
                calls.append({**call, "id": call.get("id") or f"call{count:05d}"})
                count += 1
            message = {**message, "tool_calls": calls}
            waiting = list(calls)
        elif message["role"] == "tool" and waiting:
            call = _answered(message, waiting)
            message = {
                "tool_call_id": call["id"],
                "name": call["function"]["name"],
                **message,
            }
        made.append(message)
    return made


def _answered(message: dict[str, Any], waiting: list[dict[str, Any]]) -> dict[str, Any]:
    named = [call for call in waiting if call["id"] == message.get("tool_call_id")]
    call = named[0] if named else waiting[0]
    if len(waiting) > 1:
        waiting.remove(call)
    return call
