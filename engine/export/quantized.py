"""Writing a merged model quantised: bitsandbytes, GPTQ, AWQ. Imports torch and transformers when
called; gptqmodel and llmcompressor are optional parts.

GPTQ and AWQ choose their roundings by what the model computes on calibration rows: the person's
own, laid out by the chat template.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.errors import DanluError, reason_of
from engine.job import Job
from engine.libraries import import_model_libraries
from engine.models.quiet import quiet

_LONGEST = 2048  # tokens of a calibration row
_GROUP = 128  # weights that share a scale


def needed_package(format: str) -> str | None:
    """The pip requirement ``format`` lacks on this machine; None where all is there."""
    package = {"gptq": "gptqmodel", "awq": "llmcompressor"}.get(format)
    return package if package and importlib.util.find_spec(package) is None else None


def write_bitsandbytes(merged: Path, folder: Path, bits: int, shard_bytes: int, job: Job) -> None:
    """Write the model in ``merged`` with bitsandbytes' nf4 (double quantised) or int8 weights.
    Raises DanluError ``export.cannot_quantise``."""
    import_model_libraries()
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    if bits == 8:
        settings = BitsAndBytesConfig(load_in_8bit=True)
    else:
        settings = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    job.report("export_quantise")
    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(
                str(merged),
                quantization_config=settings,
                dtype=torch.bfloat16,
                device_map={"": "cuda" if torch.cuda.is_available() else "cpu"},
                local_files_only=True,
            )
            job.report("export_write")
            model.save_pretrained(folder, max_shard_size=shard_bytes)
    except (OSError, ValueError, RuntimeError, ImportError, NotImplementedError) as error:
        raise _failed("bitsandbytes", error) from error


def write_gptq(merged: Path, folder: Path, rows: Sequence[str], job: Job) -> None:
    """Write the model with 4-bit GPTQ weights through gptqmodel. Raises DanluError."""
    try:
        from gptqmodel import GPTQModel, QuantizeConfig  # pyright: ignore[reportMissingImports]

        job.report("export_quantise")
        model = GPTQModel.load(str(merged), QuantizeConfig(bits=4, group_size=_GROUP))
        model.quantize(list(rows), batch_size=1)
        job.report("export_write")
        model.save(str(folder))
    except (OSError, ValueError, RuntimeError, ImportError, NotImplementedError) as error:
        raise _failed("gptqmodel", error) from error


def write_awq(merged: Path, folder: Path, rows: Sequence[str], job: Job) -> None:
    """Write the model with 4-bit AWQ weights through llm-compressor. Raises DanluError."""
    import_model_libraries()
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        from llmcompressor import oneshot  # pyright: ignore[reportMissingImports]
        from llmcompressor.modifiers.awq import AWQModifier  # pyright: ignore[reportMissingImports]

        model = AutoModelForCausalLM.from_pretrained(str(merged), dtype="auto")
        tokenizer: Any = AutoTokenizer.from_pretrained(str(merged))
        limits = {"add_special_tokens": False, "truncation": True, "max_length": _LONGEST}
        read = [tokenizer(row, **limits) for row in rows]
        job.report("export_quantise")
        oneshot(
            model=model,
            dataset=Dataset.from_list([dict(row) for row in read]),
            recipe=[AWQModifier(ignore=["lm_head"], scheme="W4A16_ASYM", targets=["Linear"])],
            max_seq_length=_LONGEST,
            num_calibration_samples=len(rows),
        )
        job.report("export_write")
        model.save_pretrained(str(folder), save_compressed=True)
    except (OSError, ValueError, RuntimeError, ImportError, NotImplementedError) as error:
        raise _failed("llmcompressor", error) from error


def _failed(tool: str, error: Exception) -> DanluError:
    reason = reason_of(error)
    return DanluError("export.tool_failed", exit_code=3, tool=tool, reason=reason)
