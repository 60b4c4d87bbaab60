"""Small chat templates with the habits of well-known models', and tokenizers that have them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "chat_templates"
_MARKS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|start_header_id|>",
    "<|end_header_id|>", "<|eot_id|>", "<|User|>", "<|Assistant|>", "<|end|>", "<|call|>",
    "<|output|>", "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>", "<s>", "</s>",
    "<|user|>", "<|assistant|>", "<|system|>",
]  # fmt: skip
_EOS = {
    "QWEN25": ("<|im_end|>", None),
    "QWEN3": ("<|im_end|>", None),
    "LLAMA3": ("<|endoftext|>", "<|begin_of_text|>"),
    "DEEPSEEK": ("<|end|>", "<|begin_of_text|>"),
    "GEMMA": ("<eos>", "<bos>"),
    "MISTRAL": ("</s>", "<s>"),
    "GLM": ("<|endoftext|>", None),
    "NONE": ("<|endoftext|>", None),
}


@cache
def tokenizer_of(name: str) -> Any:
    """A byte-level BPE tokenizer with the template of that name (``NONE``: without one)."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    marks = _MARKS if name != "NONE" else ["<|endoftext|>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=marks,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    text = ["the answer is four, the user asks the assistant\n\n", "<think>\nwell\n</think>\n\n"]
    tokenizer.train_from_iterator(text * 5, trainer)
    eos, bos = _EOS[name]
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=eos, pad_token=eos, bos_token=bos
    )
    if name != "NONE":
        fast.add_special_tokens({"additional_special_tokens": marks})
        fast.chat_template = (_FOLDER / f"{name.lower()}.jinja").read_text("utf-8").strip()
    return fast
