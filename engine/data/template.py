"""A tokenizer's own chat template: what it can say, found by asking it, and how it is applied."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_MARK = "danluprobe"
_CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_PLAIN = (
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] + '\n\n' }}"
    "{% elif message['role'] == 'assistant' %}{{ 'Assistant: ' + message['content'] + eos_token"
    " + '\n' }}"
    "{% else %}{{ message['role'] | capitalize + ': ' + message['content'] + '\n' }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant: ' }}{% endif %}"
)


class TemplateRefuses(Exception):
    """The template cannot lay a conversation out; the text is its own reason."""


def ensure_chat_template(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Give a tokenizer without a chat template one, so that training, chat and the saved copy use
    the same: ChatML where its marks are tokens, else plain ``User:`` / ``Assistant:`` lines ended
    by the stop token. True when one was given."""
    if tokenizer.chat_template:
        return False
    tokenizer.chat_template = fallback_template(tokenizer)
    return True


def fallback_template(tokenizer: Any) -> str:
    """The template for a tokenizer that has none."""
    added = tokenizer.get_added_vocab()
    body = _CHATML if {"<|im_start|>", "<|im_end|>"} <= added.keys() else _PLAIN
    begun = tokenizer("", add_special_tokens=True)["input_ids"][:1]
    begins = tokenizer.bos_token_id is not None and begun == [tokenizer.bos_token_id]
    return ("{{ bos_token }}" if begins else "") + body


class ChatTemplate:
    """The template of one tokenizer. What it can say is asked once and remembered."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer: Any = tokenizer
        self.own = bool(tokenizer.chat_template)
        self._text: Any = None if self.own else fallback_template(tokenizer)

    @property
    def source(self) -> str:
        """The template's own text."""
        return str(self._text or self._tokenizer.chat_template)

    def apply(
        self,
        messages: list[dict[str, Any]],
        tools: list[dict[str, Any]] | None = None,
        *,
        ask: bool = False,
    ) -> str:
        """The text of ``messages``; with ``ask``, followed by what starts an answer.
        Raises TemplateRefuses."""
        try:
            return str(
                self._tokenizer.apply_chat_template(
                    messages,
                    tools=tools or None,
                    chat_template=self._text,
                    add_generation_prompt=ask,
                    tokenize=False,
                )
            )
        except Exception as error:  # jinja's, or of any kind out of the template's own code
            raise TemplateRefuses(str(error) or type(error).__name__) from error

    @cached_property
    def opening(self) -> str:
        """What starts an answer (the generation prompt); empty where the template has nothing."""
        messages = [_said("user", _MARK)]
        try:
            asked, plain = self.apply(messages, ask=True), self.apply(messages)
        except TemplateRefuses:
            return ""
        return asked[len(plain) :] if asked.startswith(plain) else asked.rpartition(_MARK)[2]

    @cached_property
    def special(self) -> re.Pattern[str]:
        """Matches any special token of the tokenizer."""
        added = self._tokenizer.added_tokens_decoder.values()
        known = {token.content for token in added if token.special}
        return _any_of(known | set(self._tokenizer.all_special_tokens))

    @cached_property
    def _added(self) -> re.Pattern[str]:
        return _any_of(set(self._tokenizer.get_added_vocab()))

    @cached_property
    def terminator(self) -> str | None:
        """The token of its own right after an answer; None where the template writes none."""
        try:
            text = self.apply([_said("user", "?"), _said("assistant", _MARK)])
        except TemplateRefuses:
            return None
        after = text.rpartition(_MARK)[2].lstrip()
        match = self.special.match(after) or self._added.match(after)
        return match[0] if match else None

    @property
    def stop_text(self) -> str:
        """The tokenizer's stop token; empty where it has none."""
        return str(self._tokenizer.eos_token or "")

    @property
    def begin_text(self) -> str:
        """The token that begins a text, unless it ends texts as well."""
        begin = str(self._tokenizer.bos_token or "")
        return "" if begin == self.stop_text else begin

    @cached_property
    def takes_system(self) -> bool:
        """Whether a system message is accepted and written."""
        return self._writes([_said("system", _MARK), _said("user", "?")])

    @cached_property
    def takes_tools(self) -> bool:
        """Whether descriptions of tools are written."""
        tool = {
            "type": "function",
            "function": {
                "name": _MARK,
                "description": "?",
                "parameters": {"type": "object", "properties": {}},
            },
        }
        return self._writes([_said("user", "?")], [tool])

    @cached_property
    def takes_tool_role(self) -> bool:
        """Whether a message of role ``tool`` is written."""
        answer = {**_said("tool", _MARK), "name": "f", "tool_call_id": "call00000"}
        turns = [_said("user", "?"), _said("assistant", "f"), answer, _said("assistant", "!")]
        return self._writes(turns)

    @cached_property
    def call_form(self) -> tuple[str | None, bool] | None:
        """How a message that calls a tool must be given: (its content, arguments as text); None
        when the template writes no calls, or not with their answers."""
        for content in (None, ""):
            for as_text in (False, True):
                if self._writes_call(content, as_text):
                    return content, as_text
        return None

    @cached_property
    def splits_cleanly(self) -> bool:
        """Whether texts encoded in parts join to the same text: no part gets a space of its own."""
        first, second = self._tokenizer(["?\n", _MARK], add_special_tokens=False)["input_ids"]
        return _joined(self._tokenizer, [*first, *second]) == f"?\n{_MARK}"

    def _writes_call(self, content: str | None, as_text: bool) -> bool:
        call = {
            "type": "function",
            "id": "call00000",
            "function": {"name": "f", "arguments": {_MARK: "value"}},
        }
        message = call_message({"role": "assistant", "tool_calls": [call]}, content, as_text)
        answer = {**_said("tool", "danluanswer"), "name": "f", "tool_call_id": "call00000"}
        turns = [_said("user", "?"), message, answer, _said("assistant", "!")]
        try:
            text = self.apply(turns)
        except TemplateRefuses:
            return False
        # A dict printed as Python does has single quotes, and text put in twice escaped ones.
        return f'"{_MARK}"' in text and "danluanswer" in text

    def _writes(self, messages: list[dict[str, Any]], tools: Any = None) -> bool:
        try:
            return _MARK in self.apply(messages, tools)
        except TemplateRefuses:
            return False


def _joined(tokenizer: Any, ids: list[int]) -> str:
    return tokenizer.decode(ids, clean_up_tokenization_spaces=False)


def _any_of(texts: set[str]) -> re.Pattern[str]:
    longest = sorted((text for text in texts if text.strip()), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest)) or r"(?!)")


def call_message(message: dict[str, Any], content: str | None, as_text: bool) -> dict[str, Any]:
    """A message with tool calls in the form a template takes."""
    calls = [
        {**call, "function": {**call["function"], "arguments": _arguments(call, as_text)}}
        for call in message["tool_calls"]
    ]
    return {**message, "content": message.get("content") or content, "tool_calls": calls}


def _arguments(call: dict[str, Any], as_text: bool) -> Any:
    arguments = call["function"]["arguments"]
    return json.dumps(arguments, ensure_ascii=False) if as_text else arguments


def _said(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "content": content}


_KNOWN: WeakKeyDictionary[Any, tuple[Any, ChatTemplate]] = WeakKeyDictionary()


def chat_template(tokenizer: PreTrainedTokenizerBase) -> ChatTemplate:
    """The ChatTemplate of ``tokenizer``, made once for each template it has."""
    text, known = _KNOWN.get(tokenizer, (None, None))
    if known is None or text != tokenizer.chat_template:
        known = ChatTemplate(tokenizer)
        _KNOWN[tokenizer] = (tokenizer.chat_template, known)
    return known
