"""What a person asks of an export, checked before any work begins. Without torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from engine.chat.target import ChatTarget
from engine.errors import DanluError

FORMATS = ("merged", "adapter", "gguf", "bnb4", "bnb8", "gptq", "awq", "onnx")
DTYPES = ("bfloat16", "float16", "float32")
PLAIN_QUANTS = ("f32", "f16", "bf16", "q8_0")  # written by danlu itself
_MORE_QUANTS = (
    "q2_k", "q3_k_s", "q3_k_m", "q3_k_l", "q4_0", "q4_1", "q4_k_s", "q4_k_m", "q5_0", "q5_1",
    "q5_k_s", "q5_k_m", "q6_k", "iq4_nl", "iq4_xs",
)  # fmt: skip
QUANTS = (*PLAIN_QUANTS, *_MORE_QUANTS)
SHARDED = ("merged", "bnb4", "bnb8")  # formats of which a shard's size says something
DEFAULT_SHARD = 5 * 10**9  # bytes, as transformers counts its "5GB"
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


@dataclass(frozen=True)
class ExportRequest:
    """One export. ``dtype`` None keeps the base's; ``quant`` matters to GGUF alone."""

    target: ChatTarget
    to: Path
    format: str = "merged"
    dtype: str | None = None
    shard_bytes: int = DEFAULT_SHARD
    quant: str = "q8_0"
    verify: bool = True


def read_size(text: str) -> int:
    """Bytes of ``5GB``, ``500MiB``, ``2g`` or a plain number. Raises DanluError."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise DanluError("export.bad_size", size=text)
    step = 1024 if match[3] else 1000
    count = int(float(match[1]) * step ** _POWERS[match[2].lower()])
    if count < 1:
        raise DanluError("export.bad_size", size=text)
    return count


def check_request(request: ExportRequest) -> None:
    """Refuse what cannot be. Raises DanluError ``export.*``."""
    if request.format == "adapter" and request.target.adapter is None:
        raise DanluError("export.no_adapter", target=request.target.label)
    if request.format == "gguf" and request.quant not in QUANTS:
        raise DanluError("export.bad_quant", quant=request.quant, known=", ".join(QUANTS))
    to = request.to
    if to.is_dir() and any(to.iterdir()):
        raise DanluError("export.occupied", folder=to)
    if to.exists() and not to.is_dir():
        raise DanluError("export.not_a_folder", path=to)
    tuned = request.target.tuned
    if tuned is not None and to.resolve().is_relative_to(tuned.resolve()):
        raise DanluError("export.inside_checkpoint", folder=to, checkpoint=tuned)
