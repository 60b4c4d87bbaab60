"""The tensors of a model folder, found by name and read one at a time.
Imports torch: import it inside functions only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from engine.export.shards import PlannedTensor
from engine.models.safetensors_header import DTYPE_NAMES, stored_tensors
from engine.models.weights import weight_files

_FLOATS = ("float64", "float32", "float16", "bfloat16")
_EMBEDDINGS = ("embed_tokens.weight", "wte.weight", "word_embeddings.weight", "embed_in.weight")


@dataclass(frozen=True)
class BaseTensors:
    """Where each tensor of a model lies, and its shape."""

    files: dict[str, Path]
    tensors: dict[str, PlannedTensor]

    def read(self, name: str) -> torch.Tensor:
        """The tensor ``name``, as it is stored."""
        from safetensors import safe_open

        with safe_open(self.files[name], framework="pt") as file:
            return file.get_tensor(name)

    def name_of(self, wanted: str) -> str | None:
        """The stored name of a parameter as PEFT calls it; some models are stored without the
        first part of it."""
        for name in (wanted, wanted.partition(".")[2]):
            if name in self.tensors:
                return name
        return None

    @property
    def embedding(self) -> str | None:
        """The name of the input embedding, where it bears a usual one."""
        return next((name for name in self.tensors if name.endswith(_EMBEDDINGS)), None)

    def planned(self, dtype: str | None) -> list[PlannedTensor]:
        """Every tensor as it is to be written: floating ones in ``dtype`` where one is given."""
        return [
            PlannedTensor(t.name, dtype if dtype and t.dtype in _FLOATS else t.dtype, t.shape)
            for t in self.tensors.values()
        ]


def base_tensors(folder: Path) -> BaseTensors:
    """The tensors in ``folder``. Raises DanluError ``model.*``."""
    files, tensors = {}, {}
    for file in weight_files(folder):
        for stored in stored_tensors(file):
            files[stored.name] = file
            tensors[stored.name] = PlannedTensor(
                stored.name, DTYPE_NAMES[stored.dtype], stored.shape
            )
    return BaseTensors(files, tensors)
