"""What goes along with the weights: config, tokenizer, chat template, stop tokens, licence.

Other programs read stop tokens from ``generation_config.json`` alone, so all that end an answer
here are written there. Imports transformers when called.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from engine.data.template import ensure_chat_template
from engine.export.older import config_for_all, tokenizer_for_all
from engine.export.origin import ExportOrigin, read_json, write_json
from engine.models.load import load_tokenizer
from engine.models.stop_tokens import stop_token_ids

TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model", "tekken.json",
    "chat_template.jinja", "chat_template.json", "sentencepiece.bpe.model",
)  # fmt: skip
_LEGAL = ("LICENSE*", "NOTICE*", "USE_POLICY*")


def carry_tokenizer(origin: ExportOrigin, folder: Path) -> Any:
    """Put the tokenizer of ``origin`` into ``folder``, and return it. One without a chat template
    gets the one it was trained with here."""
    source = origin.tokenizer_folder
    for name in TOKENIZER_FILES:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    settings = read_json(source / "tokenizer_config.json")
    if settings != tokenizer_for_all(settings):
        write_json(folder / "tokenizer_config.json", tokenizer_for_all(settings))
    tokenizer = load_tokenizer(source, trust_remote_code=origin.target.base.trust_remote_code)
    if ensure_chat_template(tokenizer):
        (folder / "chat_template.jinja").write_text(str(tokenizer.chat_template), encoding="utf-8")
    return tokenizer


def carry_config(
    origin: ExportOrigin, folder: Path, *, dtype: str, untied: bool, vocabulary: int | None
) -> None:
    """The base's config.json, saying what the written weights are."""
    config = config_for_all(dict(origin.config))
    config.pop("quantization_config", None)
    config.pop("torch_dtype", None)
    config["dtype"] = dtype
    if untied:
        config["tie_word_embeddings"] = False
    if vocabulary and "vocab_size" in config:
        config["vocab_size"] = vocabulary
    write_json(folder / "config.json", config)


def carry_generation(origin: ExportOrigin, folder: Path, tokenizer: Any) -> list[int]:
    """generation_config.json with every token that ends an answer; returns those."""
    stops = stop_token_ids(tokenizer, origin.weights)
    generation = read_json(origin.weights / "generation_config.json")
    # transformers refuses settings of sampling in a configuration that says not to sample.
    if not generation.get("do_sample"):
        for name in ("temperature", "top_p", "top_k", "min_p", "typical_p"):
            generation.pop(name, None)
    generation["eos_token_id"] = stops[0] if len(stops) == 1 else stops
    if tokenizer.pad_token_id is not None:
        generation.setdefault("pad_token_id", tokenizer.pad_token_id)
    write_json(folder / "generation_config.json", generation)
    return stops


def carry_beside(origin: ExportOrigin, folder: Path) -> None:
    """The model's own code and how it reads pictures, where it has some, and its licence."""
    for pattern in ("*.py", "*processor_config.json", *_LEGAL):
        for file in origin.weights.glob(pattern):
            if file.is_file():
                shutil.copyfile(file, folder / file.name)
