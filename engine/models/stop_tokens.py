"""Which tokens end an answer: said in up to four places, which often disagree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_MARK = "danlu"


def stop_token_ids(
    tokenizer: PreTrainedTokenizerBase, model_or_folder: PreTrainedModel | Path | str | None = None
) -> list[int]:
    """The ids that end an answer: the tokenizer's eos, the generation config's (often a list), the
    model config's, and the special token its chat template puts after an assistant's words."""
    found: list[int] = []
    for source in (
        _as_ids(tokenizer.eos_token_id),
        _configured(model_or_folder),
        _template_end(tokenizer),
    ):
        found += [token for token in source if token not in found]
    return found


def _configured(model_or_folder: Any) -> list[int]:
    if model_or_folder is None:
        return []
    if isinstance(model_or_folder, str | Path):
        return _from_files(Path(model_or_folder))
    generation = getattr(model_or_folder, "generation_config", None)
    config = getattr(model_or_folder, "config", None)
    return _as_ids(getattr(generation, "eos_token_id", None)) or _as_ids(
        getattr(config, "eos_token_id", None)
    )


def _from_files(folder: Path) -> list[int]:
    for name in ("generation_config.json", "config.json"):
        try:
            values = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        ids = _as_ids(values.get("eos_token_id"))
        if ids:
            return ids
    return []


def _as_ids(value: Any) -> list[int]:
    if value is None:
        return []
    return [value] if isinstance(value, int) else [int(token) for token in value]


def _added(tokenizer: Any) -> list[int]:
    return list(tokenizer.get_added_vocab().values())


def _template_end(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The special token right behind an assistant's words; none where no template can say."""
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": _MARK}]
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False)
    except (
        Exception
    ):  # a template may refuse for reasons of its own (or be absent): it then says nothing
        return []
    after = str(text).rpartition(_MARK)[2].lstrip()
    if not after:
        return []
    first = tokenizer(after, add_special_tokens=False)["input_ids"][:1]
    special = set(tokenizer.all_special_ids) | set(_added(tokenizer))
    return [token for token in first if token in special]
