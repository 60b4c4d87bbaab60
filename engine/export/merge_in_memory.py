"""Merging with PEFT, the whole model in memory: for what cannot be merged tensor by tensor.
Imports torch and peft when called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.chat.adapters import put_on
from engine.errors import DanluError, reason_of
from engine.export.origin import ExportOrigin
from engine.hardware import machine
from engine.job import Job
from engine.libraries import import_model_libraries
from engine.models.describe import describe
from engine.models.quiet import quiet
from engine.units import human_bytes

_FLOATS = ("float32", "float16", "bfloat16")
_SPARE = 1.2  # room for the largest weights twice, beside all weights once


def merge_in_memory(
    origin: ExportOrigin, folder: Path, dtype: str | None, shard_bytes: int, reason: str, job: Job
) -> None:
    """Load base and adapter (a base stored quantised is dequantised first), merge, and save weights
    and config into ``folder``. Raises DanluError ``export.no_memory`` where there is no room."""
    facts = describe(origin.weights)
    held = _held(facts.parameters, facts.dtype, origin, reason)
    job.note("export.in_memory", reason=reason)
    job.report("load_model")
    model = _load(origin, held)
    job.report("export_merge")
    if origin.adapter is not None:
        model = put_on(model, origin.adapter, "default").merge_and_unload(safe_merge=True)
    job.check()
    import torch

    written = dtype or (facts.dtype if facts.dtype in _FLOATS else held)
    model = model.to(getattr(torch, written))
    job.report("export_write")
    with quiet():
        model.save_pretrained(folder, max_shard_size=shard_bytes)


def _held(parameters: int, dtype: str, origin: ExportOrigin, reason: str) -> str:
    """float32 where that fits, for exact sums; else two bytes a weight. Raises DanluError."""
    free = machine().ram_free_bytes
    if parameters * 4 * _SPARE <= free:
        return "float32"
    if parameters * 2 * _SPARE <= free:
        return dtype if dtype in ("bfloat16", "float16") else "bfloat16"
    raise DanluError(
        "export.no_memory",
        model=origin.weights,
        reason=reason,
        free=human_bytes(free),
        needed=human_bytes(parameters * 2 * _SPARE),
    )


def _load(origin: ExportOrigin, held: str) -> Any:
    import_model_libraries()
    import torch
    from transformers import AutoModelForCausalLM

    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(
                str(origin.weights),
                dtype=getattr(torch, held),
                device_map={"": "cpu"},
                trust_remote_code=origin.target.base.trust_remote_code,
                local_files_only=True,
            )
            if "quantization_config" in origin.config:
                model = model.dequantize()
                _forget_packing(model)
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
        reason = reason_of(error)
        raise DanluError("model.cannot_load", folder=origin.weights, reason=reason) from error
    return model


def _forget_packing(model: Any) -> None:
    """Take from the model how its weights were packed: saving would undo that, which transformers
    cannot for weights that are packed no more."""
    kept = [
        conversion
        for conversion in getattr(model, "_weight_conversions", None) or []
        if not any("bitsandbytes" in type(op).__module__ for op in _operations(conversion))
    ]
    model._weight_conversions = kept


def _operations(conversion: Any) -> list[Any]:
    return list(getattr(conversion, "operations", []))
