"""The weights in a model folder: which files, how many parameters, in which dtype."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.models.safetensors_header import (
    DTYPE_NAMES,
    BrokenHeader,
    StoredTensor,
    stored_tensors,
)

INDEX_NAME = "model.safetensors.index.json"
_SINGLE_NAME = "model.safetensors"
# What quantisation stores beside the weights themselves.
_BESIDE_QUANTIZED = (
    ".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map", ".SCB", ".weight_format",
    ".qzeros", ".scales", ".g_idx", ".weight_scale", ".weight_scale_inv", ".input_scale",
)  # fmt: skip
_BESIDE_PART = ".quant_state."


@dataclass(frozen=True)
class Weights:
    """Weights counted from their headers; ``dtype`` is the one that holds most bytes."""

    files: tuple[Path, ...]
    parameters: int
    size: int
    dtype: str


def weights_of(folder: Path, quantization: dict[str, Any] | None) -> Weights:
    """Count the weights in ``folder``; ``quantization`` is its quantization_config.

    Raises DanluError ``model.no_weights``, ``model.missing_shards``, ``model.only_pickle``,
    ``model.only_gguf`` or ``model.broken_safetensors``.
    """
    files = weight_files(folder)
    tensors = [tensor for file in files for tensor in _tensors(file)]
    sizes: Counter[str] = Counter()
    for tensor in tensors:
        sizes[tensor.dtype] += tensor.size
    dtype = sizes.most_common(1)[0][0] if sizes else "F32"
    return Weights(
        tuple(files),
        sum(_parameters(tensor, quantization) for tensor in tensors),
        sum(sizes.values()),
        DTYPE_NAMES.get(dtype, dtype.lower()),
    )


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files transformers would load. Raises as :func:`weights_of`."""
    index = folder / INDEX_NAME
    if index.is_file():
        files = [folder / name for name in sorted(set(_weight_map(index).values()))]
        missing = [file.name for file in files if not file.is_file()]
        if missing:
            raise DanluError(
                "model.missing_shards", folder=folder, count=len(missing), first=missing[0]
            )
        return files
    if (folder / _SINGLE_NAME).is_file():
        return [folder / _SINGLE_NAME]
    others = sorted(folder.glob("*.safetensors"))
    others = [file for file in others if not file.name.startswith("adapter_")]
    if len(others) == 1:
        return others
    raise _without_safetensors(folder)


def _weight_map(index: Path) -> dict[str, str]:
    try:
        found = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DanluError("model.broken_file", file=index, reason=_reason(error)) from error
    if not isinstance(found, dict) or not found:
        raise DanluError("model.broken_file", file=index, reason="weight_map")
    return found


def _without_safetensors(folder: Path) -> DanluError:
    if any(folder.glob("*.bin")) or any(folder.glob("*.pt")) or any(folder.glob("*.pth")):
        return DanluError("model.only_pickle", folder=folder)
    if any(folder.glob("*.gguf")):
        return DanluError("model.only_gguf", folder=folder)
    return DanluError("model.no_weights", folder=folder)


def _tensors(file: Path) -> list[StoredTensor]:
    try:
        return stored_tensors(file)
    except (BrokenHeader, OSError) as error:
        raise DanluError("model.broken_safetensors", file=file, reason=_reason(error)) from error


def _parameters(tensor: StoredTensor, quantization: dict[str, Any] | None) -> int:
    """How many parameters ``tensor`` stands for: packed ones hold several an element."""
    if quantization is None:
        return tensor.elements
    if tensor.name.endswith(_BESIDE_QUANTIZED) or _BESIDE_PART in tensor.name:
        return 0
    if tensor.name.endswith(".qweight"):
        return tensor.elements * 32 // int(quantization.get("bits") or 4)
    if tensor.dtype == "U8" and quantization.get("load_in_4bit", True):
        return tensor.elements * 2
    return tensor.elements


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
