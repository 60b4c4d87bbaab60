"""Fitting a conversation to what a template can say: system prompts folded, tools as text."""

from __future__ import annotations

import json
from typing import Any

from engine.data.template import ChatTemplate, call_message

Messages = list[dict[str, Any]]
_TOOLS = """# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{tools}
</tools>

For each function call, return a json object with function name and arguments within \
<tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call>"""  # what the model reads, in the words most models that call tools were trained on


def adapted(
    template: ChatTemplate, messages: Messages, tools: Any, *, calls_as_text: bool = False
) -> tuple[Messages, Any, list[str]]:
    """Messages and tools as the template takes them, and codes of findings for what was changed.

    With ``calls_as_text`` calls, their answers and tools are written as text whatever the template
    says it can.
    """
    notes: list[str] = []
    calls = any(message.get("tool_calls") for message in messages)
    answers = any(message["role"] == "tool" for message in messages)
    form = None if calls_as_text else template.call_form
    if calls and form is None:
        messages = _calls_as_text(messages)
        notes.append("tools_as_text")
    elif calls and form is not None:
        messages = [call_message(m, *form) if m.get("tool_calls") else m for m in messages]
    if answers and ((calls and form is None) or not calls) and not template.takes_tool_role:
        messages = _answers_as_users(messages)
        notes.append("tools_as_text")
    if tools and (calls_as_text or not template.takes_tools):
        messages, tools = _tools_in_system(messages, tools), None
        notes.append("tools_as_text")
    if messages and messages[0]["role"] == "system" and not template.takes_system:
        messages = _system_in_user(messages)
        notes.append("system_folded")
    return messages, tools, list(dict.fromkeys(notes))


def _calls_as_text(messages: Messages) -> Messages:
    made: Messages = []
    for message in messages:
        if message.get("tool_calls"):
            calls = "\n".join(
                f"<tool_call>\n{_call(c)}\n</tool_call>" for c in message["tool_calls"]
            )
            said = "\n".join(part for part in (message.get("content"), calls) if part)
            message = {key: value for key, value in message.items() if key != "tool_calls"}
            message["content"] = said
        alike = made and made[-1]["role"] == message["role"] == "assistant"
        if alike and made[-1].get("loss") == message.get("loss"):
            made[-1] = {**made[-1], "content": f"{made[-1]['content']}\n{message['content']}"}
        else:
            made.append(message)
    return made


def _call(call: dict[str, Any]) -> str:
    function = call["function"]
    written = {"name": function["name"], "arguments": function["arguments"]}
    return json.dumps(written, ensure_ascii=False)


def _answers_as_users(messages: Messages) -> Messages:
    """Tools' answers as one user message each time, as templates without the role have it."""
    made: Messages = []
    after_answer = False
    for message in messages:
        if message["role"] != "tool":
            made.append(message)
            after_answer = False
            continue
        text = f"<tool_response>\n{message['content']}\n</tool_response>"
        if after_answer:
            made[-1] = {"role": "user", "content": f"{made[-1]['content']}\n{text}"}
        else:
            made.append({"role": "user", "content": text})
        after_answer = True
    return made


def _tools_in_system(messages: Messages, tools: list[dict[str, Any]]) -> Messages:
    lines = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools)
    text = _TOOLS.format(tools=lines)
    if messages and messages[0]["role"] == "system":
        first = {**messages[0], "content": f"{messages[0]['content']}\n\n{text}"}
        return [first, *messages[1:]]
    return [{"role": "system", "content": text}, *messages]


def _system_in_user(messages: Messages) -> Messages:
    system, first, *rest = messages
    return [{**first, "content": f"{system['content']}\n\n{first['content']}"}, *rest]
