"""Writing an artefact of any format into an empty folder. Imports torch: import it inside functions
only."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from engine.export import outside_tools, quantized
from engine.export.carry import carry_beside, carry_config, carry_generation, carry_tokenizer
from engine.export.lora_weights import ADAPTER_WEIGHTS, refuse_not_finite
from engine.export.merge import MergePlan, NeedsWholeModel, plan_merge, write_merged
from engine.export.merge_in_memory import merge_in_memory
from engine.export.modelfile import write_modelfile
from engine.export.older import config_for_all
from engine.export.onnx import write_onnx
from engine.export.origin import ExportOrigin, read_json, write_json
from engine.export.prompts import calibration_texts
from engine.export.readme import write_readme
from engine.export.request import PLAIN_QUANTS, ExportRequest
from engine.job import Job
from engine.models.load import load_tokenizer

_CALIBRATION_ROWS = 256
_DTYPES = ("bfloat16", "float16", "float32")


def write_artefact(
    origin: ExportOrigin, request: ExportRequest, folder: Path, staging: Path, job: Job
) -> dict[str, Any]:
    """Write what ``request`` asks into ``folder``; ``staging`` is an empty folder for what lies
    between. Returns facts for the manifest. Raises DanluError, Cancelled."""
    if origin.adapter is not None and (origin.adapter / ADAPTER_WEIGHTS).is_file():
        refuse_not_finite(origin.adapter)
    if request.format == "adapter":
        from engine.export.adapter_only import copy_adapter

        copy_adapter(origin, folder)
        carry_tokenizer(origin, folder)
        write_readme(origin, request, folder)
        return {}
    merged = folder if request.format == "merged" else staging
    rows = _calibration(origin, request, job)
    tokenizer, stops, notes = _write_merged(origin, request, merged, job)
    if request.format == "gguf":
        notes |= _write_gguf(origin, request, merged, folder, tokenizer, stops, job)
    elif request.format != "merged":
        notes["written_by"] = _write_other(request, merged, folder, rows, job)
        carry_tokenizer(origin, folder)
        carry_beside(origin, folder)
        shutil.copyfile(merged / "generation_config.json", folder / "generation_config.json")
    write_readme(origin, request, folder)
    return notes


def _write_merged(
    origin: ExportOrigin, request: ExportRequest, folder: Path, job: Job
) -> tuple[Any, list[int], dict[str, Any]]:
    """The merged model as transformers keeps it: (tokenizer, stop ids, facts)."""
    reason = None
    try:
        plan = plan_merge(origin, request.dtype)
    except NeedsWholeModel as needed:
        reason = str(needed)
        merge_in_memory(origin, folder, request.dtype, request.shard_bytes, reason, job)
        config = folder / "config.json"
        write_json(config, config_for_all(read_json(config)))
    else:
        write_merged(plan, folder, request.shard_bytes, job)
        carry_config(
            origin,
            folder,
            dtype=_main_dtype(plan),
            untied=plan.untied,
            vocabulary=plan.vocabulary,
        )
    tokenizer = carry_tokenizer(origin, folder)
    stops = carry_generation(origin, folder, tokenizer)
    carry_beside(origin, folder)
    return tokenizer, stops, {"merged": "whole" if reason else "by_tensor", "merged_why": reason}


def _main_dtype(plan: MergePlan) -> str:
    sizes: dict[str, int] = {}
    for tensor in plan.tensors.values():
        sizes[tensor.dtype] = sizes.get(tensor.dtype, 0) + tensor.size
    floats = {dtype: size for dtype, size in sizes.items() if dtype in _DTYPES}
    return max(floats, key=lambda dtype: floats[dtype], default="float32")


def _write_gguf(
    origin: ExportOrigin,
    request: ExportRequest,
    merged: Path,
    folder: Path,
    tokenizer: Any,
    stops: list[int],
    job: Job,
) -> dict[str, Any]:
    name = f"{origin.target.label.replace('/', '-')}-{request.quant}.gguf"
    plain = request.quant in PLAIN_QUANTS
    first = folder / name if plain else merged / "between.gguf"
    by = _convert(merged, first, request.quant if plain else "bf16", tokenizer, origin, job)
    if not plain:
        outside_tools.quantise(first, folder / name, request.quant, job)
    texts = [str(token) for token in tokenizer.convert_ids_to_tokens(stops)]
    templated = write_modelfile(folder, name, tokenizer, texts)
    return {"converter": by, "modelfile_template": templated}


def _convert(
    merged: Path, path: Path, quant: str, tokenizer: Any, origin: ExportOrigin, job: Job
) -> str:
    """Write GGUF by llama.cpp's own converter where it is, else by danlu's; returns which."""
    from engine.export.gguf_model import write_gguf

    if outside_tools.converter():
        outside_tools.convert(merged, path, quant, job)
        return "llama.cpp"
    job.report("export_gguf")
    write_gguf(
        merged,
        path,
        quant,
        tokenizer,
        origin.target.label,
        lambda done, total: job.report("export_gguf", done, total, "bytes"),
    )
    return "danlu"


def _calibration(origin: ExportOrigin, request: ExportRequest, job: Job) -> list[str]:
    """The rows GPTQ and AWQ round by, read before any long work: they may be gone."""
    if request.format not in ("gptq", "awq"):
        return []
    tokenizer = load_tokenizer(
        origin.tokenizer_folder, trust_remote_code=origin.target.base.trust_remote_code
    )
    return calibration_texts(origin.target, tokenizer, _CALIBRATION_ROWS, job)


def _write_other(
    request: ExportRequest, merged: Path, folder: Path, rows: list[str], job: Job
) -> str:
    """Write one of the forms made from a merged model; returns what wrote it."""
    if request.format == "onnx":
        return write_onnx(merged, folder, job)
    if request.format in ("bnb4", "bnb8"):
        bits = 4 if request.format == "bnb4" else 8
        quantized.write_bitsandbytes(merged, folder, bits, request.shard_bytes, job)
        return "bitsandbytes"
    return quantized.write_calibrated(request.format, merged, folder, rows, job)
