"""What a safetensors file holds, read from its header alone."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

_LONGEST_HEADER = 100_000_000  # bytes, the format's own limit
DTYPE_NAMES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}


class BrokenHeader(Exception):
    """The file is no whole safetensors file; ``str`` says in which way."""


@dataclass(frozen=True)
class StoredTensor:
    """One tensor of a file: its name, dtype as the format names it, shape and bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int

    @property
    def elements(self) -> int:
        return prod(self.shape)


def stored_tensors(path: Path) -> list[StoredTensor]:
    """The tensors of ``path``. Raises BrokenHeader when the header cannot be read, or promises more
    bytes than the file has (a download that was cut); OSError when the file cannot be opened."""
    header, data_start = _header(path)
    tensors = [
        StoredTensor(name, entry["dtype"], tuple(entry["shape"]), _length(entry))
        for name, entry in header.items()
        if name != "__metadata__"
    ]
    promised = data_start + sum(tensor.size for tensor in tensors)
    held = path.stat().st_size
    if held < promised:
        raise BrokenHeader(f"{held} / {promised} B")
    return tensors


def _header(path: Path) -> tuple[dict[str, Any], int]:
    with path.open("rb") as file:
        start = file.read(8)
        if len(start) < 8:
            raise BrokenHeader(f"{len(start)} B")
        (length,) = struct.unpack("<Q", start)
        if length > _LONGEST_HEADER:
            raise BrokenHeader(f"header {length} B")
        text = file.read(length)
    try:
        header = json.loads(text)
    except ValueError as error:
        raise BrokenHeader(str(error)) from error
    if not isinstance(header, dict):
        raise BrokenHeader(type(header).__name__)
    return header, 8 + length


def _length(entry: dict[str, Any]) -> int:
    try:
        start, end = entry["data_offsets"]
        return int(end) - int(start)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenHeader(str(error)) from error
