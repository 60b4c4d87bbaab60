"""Which files of a folder are published: weights and what is needed to run them, nothing else.

A list of what is wanted, not of what is not: optimizer state, random states, training arguments and
whatever else may lie beside the weights never leaves this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from engine.errors import DanluError

_WANTED = (
    "adapter_config.json", "config.json", "generation_config.json", "configuration.json",
    "preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json",
    "quantize_config.json", "quant_config.json", "*.safetensors", "*.safetensors.index.json",
    "*.gguf", "Modelfile", "*.onnx", "*.onnx_data",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model", "tekken.json",
    "chat_template.jinja", "chat_template.json", "LICENSE*", "NOTICE*", "USE_POLICY*",
    "configuration_*.py", "modeling_*.py", "tokenization_*.py", "processing_*.py",
)  # fmt: skip
_WEIGHTS = (".safetensors", ".gguf", ".onnx")
README, PICTURE = "README.md", "loss.svg"


@dataclass(frozen=True)
class PushFile:
    """A file by its path in the repository; size in bytes."""

    path: str
    local: Path
    size: int


def files_of(folder: Path) -> list[PushFile]:
    """The files of ``folder`` to publish, small ones first and weights last. Raises DanluError
    ``publish.no_weights`` where none is a model's."""
    found = [
        PushFile(path.relative_to(folder).as_posix(), path, path.stat().st_size)
        for path in folder.rglob("*")
        if path.is_file() and _wanted(path.relative_to(folder))
    ]
    if not any(is_weights(file.path) for file in found):
        raise DanluError("publish.no_weights", folder=folder)
    return sorted(found, key=lambda file: (is_weights(file.path), file.path))


def is_weights(path: str) -> bool:
    """Whether a file holds weights, by its name."""
    return path.endswith(_WEIGHTS)


def _wanted(path: Path) -> bool:
    # Folders: only those in which exporters for ONNX put their graphs.
    if len(path.parts) > 1 and path.parts[0] != "onnx":
        return False
    return any(fnmatchcase(path.name, pattern) for pattern in _WANTED)
