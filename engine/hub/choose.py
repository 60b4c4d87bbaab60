"""Which files of a model repository are worth fetching: one form of the weights, no duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

_OTHER_WEIGHTS = (
    ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".ggml", ".h5", ".msgpack", ".onnx", ".onnx_data",
    ".ot", ".tflite", ".mlmodel", ".mlpackage", ".pkl", ".nemo", ".engine",
)  # fmt: skip
_OTHER_FOLDERS = ("original", "onnx", "coreml", "openvino", "gguf", "metal", "flax", "tf")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".mp4", ".pdf", ".zip", ".tar.gz")
_WEIGHTS = ".safetensors"


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository; size in bytes, sha256 where the hub tells it."""

    path: str
    size: int
    sha256: str | None = None


def choose(files: Sequence[RemoteFile], kind: str) -> list[RemoteFile]:
    """The files to fetch, weights last, so that a folder with whole weights has all else too.

    Of a model: its safetensors, config, tokenizer and code; no pickled or converted copies, no
    pictures. Of a dataset: everything.
    """
    if kind != "model":
        return sorted(files, key=lambda file: file.path)
    wanted = [file for file in files if _wanted(file.path)]
    return sorted(wanted, key=lambda file: (is_safetensors(file.path), file.path))


def is_safetensors(path: str) -> bool:
    """Whether ``path`` names weights that danlu loads."""
    return path.lower().endswith(_WEIGHTS)


def _wanted(path: str) -> bool:
    lower = path.lower()
    if lower.endswith((*_PICTURES, *_OTHER_WEIGHTS)) or PurePosixPath(path).name.startswith("."):
        return False
    # "consolidated.safetensors" is Mistral's second copy of all weights.
    return not _elsewhere(path) and not lower.startswith("consolidated")


def _elsewhere(path: str) -> bool:
    parts = PurePosixPath(path.lower()).parts
    return len(parts) > 1 and parts[0] in _OTHER_FOLDERS
