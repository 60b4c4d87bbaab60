"""Marks of chat templates that stand in the words of a row, as left-overs of another program."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

_MARKS = re.compile(
    r"<\|[A-Za-z_][\w ]{1,30}\|>"  # ChatML, Llama 3, GLM, Phi, gpt-oss
    r"|<｜[^｜<>]{1,40}｜>"  # DeepSeek
    r"|\[/?INST\]|<</?SYS>>"  # Llama 2, Mistral
    r"|<(?:start|end)_of_turn>"  # Gemma
    r"|<_(?:user|bot|system|end)>|<reserved_10[67]>"  # TeleChat, Baichuan
    r"|\[gMASK\]|<sop>"  # ChatGLM
    r"|</s>\s*$"
)
_SIGNS = ("<|", "<｜", "INST]", "SYS>>", "_of_turn>", "<_", "<reserved", "[gMASK]", "<sop>", "</s>")
TELLTALE = "|".join(map(re.escape, _SIGNS))


def foreign_token(text: str, own: Collection[str] = ()) -> str | None:
    """The first mark of a template in ``text`` that is none of ``own``; None without one."""
    if not any([sign in text for sign in _SIGNS]):
        return None
    struck = "<s>" in text  # HTML's </s>, not Llama's
    marks = (match[0].strip() for match in _MARKS.finditer(text))
    return next((m for m in marks if m not in own and not (struck and m == "</s>")), None)


def marks_of(tokenizer: Any) -> frozenset[str]:
    """The texts of a tokenizer's special tokens; none for None."""
    added = tokenizer.added_tokens_decoder.values() if tokenizer is not None else ()
    return frozenset(token.content for token in added)
