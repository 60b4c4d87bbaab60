"""What an adapter's files say of it. Without torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.errors import DanluError
from engine.models.safetensors_header import BrokenHeader, StoredTensor, stored_tensors
from engine.models.weights import weight_files
from engine.serve.plan import Named

WEIGHTS_NAME = "adapter_model.safetensors"
_PREFIX = "base_model.model."
# Starts that change the base beneath an adapter are all but these.
_PLAIN_STARTS = ("gaussian", "eva", "orthogonal", "mica", "lora_ga")


def adapter_config(adapter: Path) -> dict[str, Any]:
    """Its adapter_config.json. Raises DanluError ``chat.broken_adapter``."""
    try:
        return json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DanluError("chat.broken_adapter", adapter=adapter, reason=error) from error


def rank_of(adapter: Path | None) -> int:
    """The largest rank of any of its layers."""
    config = adapter_config(adapter) if adapter else {}
    pattern = config.get("rank_pattern") or {}
    return max([int(config.get("r") or 1), *map(int, pattern.values())])


def set_feature(
    named: Sequence[Named], features: Sequence[str], most_rank: int | None = None
) -> tuple[str, str] | None:
    """The name of the first adapter in which one of ``features`` of adapter_config.json is set,
    and which; also a bias, a start that changes the base, a rank above ``most_rank``."""
    for each in named:
        if each.adapter is None:
            continue
        config = adapter_config(each.adapter)
        for feature in features:
            if config.get(feature):
                return each.name, feature
        if config.get("bias", "none") != "none":
            return each.name, "bias"
        start = config.get("init_lora_weights")
        if isinstance(start, str) and start.lower() not in _PLAIN_STARTS:
            return each.name, f"init_lora_weights={start}"
        if most_rank and rank_of(each.adapter) > most_rank:
            return each.name, "r"
    return None


def misplaced_weight(adapter: Path, base: Path) -> str | None:
    """The first weight of ``adapter`` that belongs to no weight of ``base`` of its shape; None
    where each has its place. Raises DanluError of
    :func:`engine.models.weights.weight_files`, OSError."""
    try:
        own = stored_tensors(adapter / WEIGHTS_NAME)
        there = {each.name: each for file in weight_files(base) for each in stored_tensors(file)}
    except BrokenHeader as error:
        return str(error)
    for each in own:
        module, mark, _ = each.name.removeprefix(_PREFIX).partition(".lora_")
        place = there.get(f"{module}.weight")
        if not mark or place is None or not _meets(each, place):
            return each.name
    return None


def _meets(lora: StoredTensor, place: StoredTensor) -> bool:
    """Whether the side of a LoRA matrix that meets the layer is as long as one of the layer's."""
    side = lora.shape[-1] if ".lora_A" in lora.name else lora.shape[0]
    return side in place.shape or ".lora_embedding" in lora.name
