"""A GGUF file opened by transformers' reader, and what the file itself says of its tokens.
Imports torch, gguf and transformers: import it inside functions only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gguf import GGUFReader
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GgufConfig,
    modeling_gguf_pytorch_utils,
)

from engine.export.opened import Opened
from engine.hardware import machine
from engine.models.load import device_of


@contextlib.contextmanager
def _without_bar() -> Iterator[None]:
    """The reader draws a bar of its own, which transformers' switch for bars does not reach."""
    reader: Any = modeling_gguf_pytorch_utils
    bar, reader.tqdm = reader.tqdm, lambda items, *_, **__: items
    try:
        yield
    finally:
        reader.tqdm = bar


def open_gguf(path: Path, dtype: Any) -> Opened:
    """The model in ``path``, its weights dequantised; ``stops`` as llama.cpp takes them: the file's
    end token, and the tokens that end a turn in any model it knows."""
    named = {"gguf_file": path.name, "local_files_only": True}
    with _without_bar():
        model = AutoModelForCausalLM.from_pretrained(
            str(path.parent),
            quantization_config=GgufConfig(dequantize=True),
            dtype=dtype,
            device_map={"": device_of(machine())},
            **named,
        )
    tokenizer: Any = AutoTokenizer.from_pretrained(str(path.parent), **named)
    facts = GGUFReader(str(path))
    template = facts.get_field("tokenizer.chat_template")
    tokenizer.chat_template = template.contents() if template else None
    tokens = list(facts.fields["tokenizer.ggml.tokens"].contents())
    ends = [facts.fields["tokenizer.ggml.eos_token_id"].contents()]
    ends += [number for number, token in enumerate(tokens) if token in _TURN_ENDS]
    return Opened(model.eval(), tokenizer, list(dict.fromkeys(ends)))


# llama.cpp ends an answer at these by their text, whatever the file says (llama-vocab.cpp).
_TURN_ENDS = frozenset(
    (
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "</s>",
        "<|eom_id|>",
        "<EOT>", "<|end_of_text|>", "<|return|>", "<|call|>", "<end_of_utterance>",
        "< EOT >", "_<EOT>", "<｜end▁of▁sentence｜>",
    )
)  # fmt: skip
