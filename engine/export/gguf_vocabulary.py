"""A tokenizer as GGUF keeps it: tokens, kinds, merges, and the name of its pre-tokenizer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DanluError

_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5
_TAIL = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_HEAD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
# llama.cpp knows a pre-tokenizer by name alone; these are told by how they split.
_BY_PATTERN = {
    _HEAD + r"\p{N}|" + _TAIL: "qwen2",
    _HEAD + r"\p{N}{1,3}|" + _TAIL: "llama-bpe",
}


@dataclass(frozen=True)
class Vocabulary:
    """A byte-level BPE vocabulary: ``tokens`` and ``kinds`` by id."""

    tokens: list[str]
    kinds: list[int]
    merges: list[str]
    pre: str
    adds_bos: bool


def read_vocabulary(folder: Path, tokenizer: Any, size: int) -> Vocabulary:
    """The vocabulary of the tokenizer in ``folder``, ``size`` tokens long as the model's embedding
    is. Raises DanluError ``export.gguf_tokenizer`` for one that is not written here."""
    try:
        stored = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DanluError("export.gguf_tokenizer", what="tokenizer.json") from error
    if stored["model"].get("type") != "BPE" or stored["model"].get("byte_fallback"):
        raise DanluError("export.gguf_tokenizer", what=_kind(stored["model"]))
    pre = _pre_tokenizer(stored.get("pre_tokenizer"))
    tokens, kinds = [f"[PAD{n}]" for n in range(size)], [_UNUSED] * size
    for token, number in stored["model"]["vocab"].items():
        tokens[number], kinds[number] = token, _NORMAL
    for added in stored.get("added_tokens", []):
        number = added["id"]
        tokens[number] = added["content"]
        kinds[number] = _CONTROL if added.get("special") else _USER_DEFINED
    merges = [
        merge if isinstance(merge, str) else " ".join(merge) for merge in stored["model"]["merges"]
    ]
    begun = tokenizer("", add_special_tokens=True)["input_ids"][:1]
    adds_bos = tokenizer.bos_token_id is not None and begun == [tokenizer.bos_token_id]
    return Vocabulary(tokens, kinds, merges, pre, adds_bos)


def _kind(model: dict[str, Any]) -> str:
    return f"{model.get('type')}{' byte_fallback' if model.get('byte_fallback') else ''}"


def _pre_tokenizer(stored: Any) -> str:
    """llama.cpp's name for it. Raises DanluError for one without a name here."""
    parts = stored.get("pretokenizers", [stored]) if isinstance(stored, dict) else []
    kinds = [part.get("type") for part in parts]
    if kinds == ["ByteLevel"] and parts[0].get("use_regex", True):
        return "gpt-2"
    if kinds == ["Digits", "ByteLevel"] and parts[0].get("individual_digits"):
        return "smollm"
    if kinds == ["Split", "ByteLevel"]:
        name = _BY_PATTERN.get(parts[0].get("pattern", {}).get("Regex", ""))
        if name:
            return name
    raise DanluError("export.gguf_tokenizer", what=" + ".join(map(str, kinds)) or "–")
