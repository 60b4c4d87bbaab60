"""Turning a GGUF file into safetensors: a process of its own, ``convert_gguf FILE FOLDER``.

Separate because it takes memory and seconds of torch, and to be cancelled at any moment.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def convert(source: Path, folder: Path) -> None:
    """Write the model in the GGUF file ``source``, its tokenizer and chat template into ``folder``:
    safetensors in bfloat16 (what the weights were before they were quantised to GGUF's)."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    tokenizer = AutoTokenizer.from_pretrained(str(source.parent), gguf_file=source.name)
    model: Any = AutoModelForCausalLM.from_pretrained(
        str(source.parent),
        gguf_file=source.name,
        quantization_config=GgufConfig(dequantize=True),
    )
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
