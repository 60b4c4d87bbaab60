"""Writing safetensors tensor by tensor: names and shapes first, values as they come.
Imports torch: import it inside functions only.

safetensors' own writer wants all tensors of a file in memory; here no more than one is.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

import torch

from engine.models.safetensors_header import DTYPE_NAMES
from engine.models.weights import INDEX_NAME

_CODES = {name: code for code, name in DTYPE_NAMES.items()}
_CHUNK = 2**26  # bytes handed to the file at a time


@dataclass(frozen=True)
class PlannedTensor:
    """A tensor to be written; ``dtype`` as torch names it (``bfloat16``)."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return prod(self.shape) * getattr(torch, self.dtype).itemsize


def plan_shards(tensors: Sequence[PlannedTensor], shard_bytes: int) -> list[list[PlannedTensor]]:
    """``tensors`` in their order, in groups of at most ``shard_bytes``; a tensor larger than that
    is a shard of its own."""
    shards: list[list[PlannedTensor]] = []
    room = 0
    for tensor in tensors:
        if not shards or tensor.size > room:
            shards.append([])
            room = shard_bytes
        shards[-1].append(tensor)
        room -= tensor.size
    return shards


def write_shards(
    folder: Path,
    tensors: Sequence[PlannedTensor],
    shard_bytes: int,
    value_of: Callable[[str], torch.Tensor],
    on_bytes: Callable[[int], None],
) -> list[Path]:
    """Write every tensor as ``value_of`` gives it into ``folder``, with an index where that takes
    more than one file. ``on_bytes`` hears how much each step wrote."""
    shards = plan_shards(tensors, shard_bytes)
    names = list(_names(len(shards)))
    for name, shard in zip(names, shards, strict=True):
        with (folder / name).open("wb") as file:
            file.write(_header(shard))
            for tensor in shard:
                _write(file, value_of(tensor.name), tensor, on_bytes)
    if len(shards) > 1:
        _write_index(folder, names, shards)
    return [folder / name for name in names]


def _names(count: int) -> Iterator[str]:
    if count == 1:
        yield "model.safetensors"
        return
    for number in range(1, count + 1):
        yield f"model-{number:05d}-of-{count:05d}.safetensors"


def _header(shard: Sequence[PlannedTensor]) -> bytes:
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for tensor in shard:
        entries[tensor.name] = {
            "dtype": _CODES[tensor.dtype],
            "shape": tensor.shape,
            "data_offsets": [start, start + tensor.size],
        }
        start += tensor.size
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def _write(
    file: BinaryIO, value: torch.Tensor, planned: PlannedTensor, on_bytes: Callable[[int], None]
) -> None:
    if tuple(value.shape) != planned.shape:
        raise ValueError(f"{planned.name}: {tuple(value.shape)} for {planned.shape}")
    flat = value.to(getattr(torch, planned.dtype)).contiguous().view(-1).view(torch.uint8)
    for start in range(0, len(flat), _CHUNK):
        piece = flat[start : start + _CHUNK]
        file.write(piece.numpy().tobytes())
        on_bytes(len(piece))


def _write_index(
    folder: Path, names: Sequence[str], shards: Sequence[Sequence[PlannedTensor]]
) -> None:
    index = {
        "metadata": {"total_size": sum(tensor.size for shard in shards for tensor in shard)},
        "weight_map": {
            tensor.name: name for name, shard in zip(names, shards, strict=True) for tensor in shard
        },
    }
    (folder / INDEX_NAME).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
