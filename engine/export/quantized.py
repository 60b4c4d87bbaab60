"""Writing a merged model quantised: bitsandbytes, GPTQ, AWQ. Imports torch and transformers when
called.

GPTQ and AWQ choose their roundings by what the model computes on calibration rows: the person's
own, laid out by the chat template. gptqmodel and llm-compressor, which do it, want other libraries
than danlu and run in a Python of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.errors import DanluError, is_disk_full, reason_of
from engine.export.origin import write_json
from engine.export.outside_tools import run_tool
from engine.export.tool_python import tool_for
from engine.job import Job
from engine.libraries import import_model_libraries
from engine.models.quiet import quiet

_LONGEST = 2048  # tokens of a calibration row
_GROUPS = (128, 64, 32)  # sizes that vLLM and SGLang have kernels for


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
        if is_disk_full(error):
            raise  # told as such, not as the library's failure
        raise _failed("bitsandbytes", error) from error


def write_calibrated(format: str, merged: Path, folder: Path, rows: Sequence[str], job: Job) -> str:
    """Write the model in ``merged`` with 4-bit weights as ``gptq`` or ``awq``; returns what wrote
    it. Raises DanluError, Cancelled."""
    tool = tool_for(format)
    order = merged / "quantise.json"
    write_json(
        order,
        {
            "method": format,
            "by": tool.name,
            "model": str(merged),
            "to": str(folder),
            "rows": list(rows),
            "group": group_size(merged),
            "longest": _LONGEST,
        },
    )
    command = tool.command("quantise.py", str(order))
    run_tool(command, "export_quantise", job, tool=tool.name, scratch=merged)
    return f"{tool.package} {tool.version}"


def group_size(merged: Path) -> int:
    """How many weights share a scale: as many as the widths of all layers allow. Raises DanluError
    ``export.odd_width``."""
    from engine.export.base_tensors import base_tensors

    stored = base_tensors(merged)
    widths = {
        tensor.shape[-1]
        for name, tensor in stored.tensors.items()
        if len(tensor.shape) == 2 and ".layers." in name
    }
    for size in _GROUPS:
        if all(width % size == 0 for width in widths):
            return size
    odd = next(width for width in sorted(widths) if width % _GROUPS[-1])
    raise DanluError("export.odd_width", width=odd, least=_GROUPS[-1])


def _failed(tool: str, error: Exception) -> DanluError:
    reason = reason_of(error)
    return DanluError("export.tool_failed", exit_code=3, tool=tool, reason=reason)
