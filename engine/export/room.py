"""How large an export will be, and whether the disk has room for it. Without torch."""

from __future__ import annotations

from pathlib import Path

from engine.errors import DanluError
from engine.hardware import free_disk_bytes
from engine.models.describe import describe
from engine.models.safetensors_header import stored_tensors
from engine.models.weights import weight_files

# Bytes a weight of a layer, the scales that go with it included; the rest keeps 16 bits.
_BY_FORMAT = {"bnb8": 1.02, "bnb4": 0.53, "gptq": 0.54, "awq": 0.54}
_ONNX = 4.1
_BY_QUANT = {"f32": 4.0, "f16": 2.0, "bf16": 2.0, "q8_0": 1.07}
_BY_DTYPE = {"float32": 4.0, "float16": 2.0, "bfloat16": 2.0}
_K_QUANT = 0.85  # the most of those that llama-quantize writes
_BESIDE = ("tokenizer*", "vocab*", "merges*", "*.model", "*.jinja", "*.json")  # no weights


def expected_bytes(
    base: Path, format: str, *, dtype: str | None, quant: str, adapter: Path | None
) -> tuple[int, int]:
    """``(artefact, peak)``: what stays, and what lies on disk at once while it is made."""
    if format == "adapter" and adapter is not None:
        size = sum(path.stat().st_size for path in adapter.glob("adapter_*"))
        return size + _beside(base), size + _beside(base)
    facts = describe(base)
    merged = int(facts.parameters * _BY_DTYPE.get(dtype or facts.dtype, 2.0)) + _beside(base)
    if format == "merged":
        return merged, merged
    if format == "gguf":
        made = int(facts.parameters * _BY_QUANT.get(quant, _K_QUANT))
        between = 0 if quant in _BY_QUANT else facts.parameters * 2
        return made, made + merged + between
    if format == "onnx":
        made = int(facts.parameters * _ONNX) + _beside(base)
    else:
        rounded = _in_layers(base)
        kept = max(0, facts.parameters - rounded)
        made = int(rounded * _BY_FORMAT[format] + kept * 2) + _beside(base)
    return made, made + merged


def _in_layers(base: Path) -> int:
    """How many weights the layers of the model in ``base`` hold: what is rounded to fewer bits."""
    stored = (tensor for file in weight_files(base) for tensor in stored_tensors(file))
    return sum(each.elements for each in stored if ".layers." in each.name or ".h." in each.name)


def _beside(base: Path) -> int:
    """Bytes of what goes with the weights: tokenizer, template, configurations."""
    files = {file for pattern in _BESIDE for file in base.glob(pattern) if file.is_file()}
    return sum(file.stat().st_size for file in files)


def check_room(folder: Path, needed: int) -> None:
    """Raises DanluError ``export.no_room``."""
    from engine.units import human_bytes

    free = free_disk_bytes(folder.absolute())
    if free < needed:
        raise DanluError(
            "export.no_room", folder=folder, needed=human_bytes(needed), free=human_bytes(free)
        )
