"""Quantise a model by llm-compressor or gptqmodel: ``quantise.py JOB.json``. Imports torch,
transformers and datasets when called.

The job: ``{"method": "awq"|"gptq", "by": "llmcompressor"|"gptqmodel", "model": folder, "to":
folder, "rows": [text], "group": weights that share a scale, "longest": tokens of a row}``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


def by_llmcompressor(job: dict[str, Any]) -> None:
    """AWQ or GPTQ, written as compressed-tensors."""
    from datasets import Dataset
    from llmcompressor import oneshot  # pyright: ignore[reportMissingImports]
    from transformers import AutoModelForCausalLM, AutoTokenizer

    _spare_pinning()
    model = AutoModelForCausalLM.from_pretrained(job["model"], dtype="auto")
    tokenizer: Any = AutoTokenizer.from_pretrained(job["model"])
    limits = {"add_special_tokens": False, "truncation": True, "max_length": job["longest"]}
    read = [dict(tokenizer(row, **limits)) for row in job["rows"]]
    oneshot(
        model=model,
        dataset=Dataset.from_list(read),
        recipe=_recipe(job["method"], job["group"]),
        max_seq_length=job["longest"],
        num_calibration_samples=len(read),
    )
    model.save_pretrained(job["to"], save_compressed=True)


def _recipe(method: str, group: int) -> list[Any]:
    from llmcompressor.modifiers.quantization import (  # pyright: ignore[reportMissingImports]
        GPTQModifier,
        QuantizationModifier,
    )
    from llmcompressor.modifiers.transform.awq import (  # pyright: ignore[reportMissingImports]
        AWQModifier,
    )

    symmetric = method == "gptq"
    weights = {"num_bits": 4, "type": "int", "strategy": "group", "group_size": group}
    groups = {"group_0": {"targets": ["Linear"], "weights": {**weights, "symmetric": symmetric}}}
    if method == "gptq":
        return [GPTQModifier(ignore=["lm_head"], config_groups=groups)]
    return [AWQModifier(), QuantizationModifier(ignore=["lm_head"], config_groups=groups)]


def _spare_pinning() -> None:
    """AWQ pins what it keeps in memory, which torch refuses on a machine without a card."""
    import torch
    from llmcompressor.pipelines.cache import (  # pyright: ignore[reportMissingImports]
        IntermediatesCache,
    )

    if not torch.accelerator.is_available():
        IntermediatesCache.pin_memory = lambda *_, **__: None


def by_gptqmodel(job: dict[str, Any]) -> None:
    """GPTQ as AutoGPTQ keeps it."""
    # Its threads are as many as half the cores, and it refuses to start with one.
    if (os.cpu_count() or 1) <= 2:
        os.environ.setdefault("GPTQMODEL_CPU_WORKERS", "2")
    from gptqmodel import GPTQModel, QuantizeConfig  # pyright: ignore[reportMissingImports]
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(job["model"])
    limits = {"add_special_tokens": False, "truncation": True, "max_length": job["longest"]}
    read = [dict(tokenizer(row, **limits)) for row in job["rows"]]
    model = GPTQModel.load(job["model"], QuantizeConfig(bits=4, group_size=job["group"]))
    model.quantize(read, batch_size=1)
    model.save(job["to"])


def main() -> None:
    """Quantise as the JSON file says that is named as the argument."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    (by_gptqmodel if job["by"] == "gptqmodel" else by_llmcompressor)(job)


if __name__ == "__main__":
    main()
