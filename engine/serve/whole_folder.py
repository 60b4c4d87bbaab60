"""A folder that holds all of one served name, as ``transformers serve`` wants it: the base's
weights, the adapter's on top of them and the tokenizer, as links. Nothing is copied."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from engine.models.weights import INDEX_NAME, weight_files
from engine.serve.adapter_facts import WEIGHTS_NAME, adapter_config
from engine.serve.plan import Plan

_TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "vocab.txt", "merges.txt", "*.model", "*.tiktoken", "tekken.json",
    "chat_template.jinja", "chat_template.json",
)  # fmt: skip


def has_tokenizer(adapter: Path) -> bool:
    """Whether an adapter brings its own tokenizer, with the chat template it learned."""
    return (adapter / "tokenizer_config.json").is_file()


def whole_folders(plan: Plan, base: Path, below: Path) -> dict[str, Path]:
    """The folder of each name, made below ``below``; ``base`` is where the plan's model lies.
    Raises DanluError for weights that are not whole, OSError."""
    folders: dict[str, Path] = {}
    for number, each in enumerate(plan.named):
        plain = re.sub(r"[^\w.-]+", "-", each.name, flags=re.ASCII)  # what its log calls it
        folders[each.name] = below / f"{number}-{plain}"
        _fill(folders[each.name], base, each.adapter)
    return folders


def _fill(folder: Path, base: Path, adapter: Path | None) -> None:
    folder.mkdir()
    speaks = adapter if adapter and has_tokenizer(adapter) else base
    files = [base / "config.json", *_weights(base), *_tokenizer(speaks)]
    if adapter:
        files.append(adapter / WEIGHTS_NAME)
        config = {**adapter_config(adapter), "base_model_name_or_path": str(folder)}
        (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    # What the base's authors advise is put into each request instead, where it can be seen.
    (folder / "generation_config.json").write_text('{"do_sample": false}', encoding="utf-8")
    for file in files:
        (folder / file.name).symlink_to(file.resolve())


def _weights(base: Path) -> Iterator[Path]:
    yield from weight_files(base)
    if (base / INDEX_NAME).is_file():
        yield base / INDEX_NAME


def _tokenizer(folder: Path) -> Iterator[Path]:
    for pattern in _TOKENIZER:
        yield from sorted(folder.glob(pattern))
