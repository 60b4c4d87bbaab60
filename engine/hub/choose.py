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

    Of a model: its safetensors, config, tokenizer and code; pickled and converted copies only where
    there are no safetensors. Of a dataset: everything.
    """
    if kind != "model":
        return sorted(files, key=lambda file: file.path)
    top = [file for file in files if PurePosixPath(file.path).suffix == _WEIGHTS]
    has_safetensors = any(not _elsewhere(file.path) for file in top)
    wanted = [file for file in files if _wanted(file.path, has_safetensors)]
    return sorted(wanted, key=lambda file: (_is_weights(file.path), file.path))


def _wanted(path: str, has_safetensors: bool) -> bool:
    lower = path.lower()
    if lower.endswith(_PICTURES) or PurePosixPath(path).name.startswith("."):
        return False
    if not has_safetensors:
        return True
    if _elsewhere(path):
        return False
    # "consolidated.safetensors" is Mistral's second copy of all weights.
    return not lower.endswith(_OTHER_WEIGHTS) and not lower.startswith("consolidated")


def _elsewhere(path: str) -> bool:
    parts = PurePosixPath(path.lower()).parts
    return len(parts) > 1 and parts[0] in _OTHER_FOLDERS


def _is_weights(path: str) -> bool:
    return path.lower().endswith((_WEIGHTS, *_OTHER_WEIGHTS))
