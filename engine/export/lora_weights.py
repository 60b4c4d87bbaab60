"""What a LoRA adapter adds to each weight of its base, read tensor by tensor.
Imports torch: import it inside functions only.

Only what is understood to the last factor is merged here; anything else is named by
:func:`why_in_memory` and left to PEFT, which needs the whole model in memory.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from engine.errors import DanluError
from engine.export.origin import read_json

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
_PREFIX = "base_model.model."
# Suffix in the file → the part of a LoRA layer it is.
_PARTS = {
    ".lora_A.weight": "a",
    ".lora_B.weight": "b",
    ".lora_embedding_A": "embedding_a",
    ".lora_embedding_B": "embedding_b",
    ".lora_magnitude_vector": "magnitude",
    ".lora_magnitude_vector.weight": "magnitude",
}
# Settings under which merging is more than W + s·BA.
_BEYOND = (
    "target_parameters", "trainable_token_indices", "layer_replication", "alora_invocation_tokens",
    "corda_config", "eva_config", "loftq_config", "use_qalora", "arrow_config", "use_bdlora",
    "monteclora_config",
)  # fmt: skip
_MOVES_BASE = ("pissa", "olora", "corda", "loftq", "orthogonal", "eva", "lora_ga")


@dataclass(frozen=True)
class LoraWeights:
    """An adapter on disk: for each module the keys of its parts, and the tensors it replaces."""

    folder: Path
    config: dict[str, Any]
    modules: dict[str, dict[str, str]]
    replaced: dict[str, str]
    unknown: tuple[str, ...]

    def tensor(self, key: str) -> torch.Tensor:
        from safetensors import safe_open

        with safe_open(self.folder / ADAPTER_WEIGHTS, framework="pt") as file:
            return file.get_tensor(key)

    def shape(self, key: str) -> tuple[int, ...]:
        from safetensors import safe_open

        with safe_open(self.folder / ADAPTER_WEIGHTS, framework="pt") as file:
            return tuple(file.get_slice(key).get_shape())

    def merged(self, module: str, weight: torch.Tensor) -> torch.Tensor:
        """``weight`` of ``module`` with what was learned, computed in float32."""
        parts = self.modules[module]
        if "embedding_a" in parts:
            a, b = self.tensor(parts["embedding_a"]), self.tensor(parts["embedding_b"])
            return weight.float() + (b.float() @ a.float()).T * self.scale(module, len(a))
        turned = bool(self.config.get("fan_in_fan_out"))
        base = weight.float().T if turned else weight.float()
        a, b = self.tensor(parts["a"]).float(), self.tensor(parts["b"]).float()
        summed = torch.addmm(base, b, a, alpha=self.scale(module, len(a)))
        if "magnitude" in parts:  # DoRA: the direction is learned apart from each row's length
            length = torch.linalg.norm(summed, dim=1)
            summed *= (self.tensor(parts["magnitude"]).float().view(-1) / length)[:, None]
        return summed.T if turned else summed

    def shape_added(self, module: str) -> tuple[int, int]:
        """The shape of the weight ``module`` must have in the base."""
        parts = self.modules[module]
        if "embedding_a" in parts:
            return self.shape(parts["embedding_a"])[1], self.shape(parts["embedding_b"])[0]
        out, into = self.shape(parts["b"])[0], self.shape(parts["a"])[1]
        return (into, out) if self.config.get("fan_in_fan_out") else (out, into)

    def scale(self, module: str, rank: int) -> float:
        """lora_alpha over the rank, or over its root for rsLoRA."""
        from peft.utils.other import get_pattern_key

        pattern = self.config.get("alpha_pattern") or {}
        alpha = pattern.get(get_pattern_key(list(pattern), module), self.config["lora_alpha"])
        return alpha / (rank**0.5 if self.config.get("use_rslora") else rank)


def read_lora(folder: Path) -> LoraWeights:
    """The adapter in ``folder``. Raises DanluError ``export.not_lora`` for another kind of adapter
    and ``export.adapter_weights`` where its weights are no safetensors."""
    from safetensors import SafetensorError, safe_open

    config = read_json(folder / ADAPTER_CONFIG)
    if config.get("peft_type") != "LORA":
        raise DanluError("export.not_lora", adapter=folder, kind=config.get("peft_type"))
    try:
        with safe_open(folder / ADAPTER_WEIGHTS, framework="pt") as file:
            keys = list(file.keys())
    except (OSError, SafetensorError) as error:
        raise DanluError("export.adapter_weights", adapter=folder, reason=error) from error
    modules: dict[str, dict[str, str]] = defaultdict(dict)
    replaced, unknown = {}, []
    for key in keys:
        name = key.removeprefix(_PREFIX)
        suffix = next((suffix for suffix in _PARTS if name.endswith(suffix)), None)
        if suffix:
            modules[name.removesuffix(suffix)][_PARTS[suffix]] = key
        elif "lora_" in name or ".modules_to_save." in name:
            unknown.append(name)
        else:
            replaced[name.replace(".base_layer.", ".")] = key
    return LoraWeights(folder, config, dict(modules), replaced, tuple(unknown))


def refuse_not_finite(folder: Path) -> None:
    """Raises DanluError ``export.not_finite`` where a training went astray: such an adapter answers
    nothing, and what is made of it agrees with that to the last token; ``export.adapter_weights``
    where they cannot be read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / ADAPTER_WEIGHTS, framework="pt") as file:
            for key in file.keys():  # noqa: SIM118
                if not torch.isfinite(file.get_tensor(key)).all():
                    raise DanluError("export.not_finite", adapter=folder, tensor=key)
    except (OSError, SafetensorError) as error:
        raise DanluError("export.adapter_weights", adapter=folder, reason=error) from error


def why_in_memory(lora: LoraWeights) -> str | None:
    """What of the adapter only PEFT can merge; None where tensor by tensor gives the same."""
    start = lora.config.get("init_lora_weights")
    if isinstance(start, str) and start.startswith(_MOVES_BASE):
        return f"init_lora_weights={start}"
    for name in _BEYOND:
        if lora.config.get(name):
            return name
    if lora.unknown:
        return lora.unknown[0]
    for name, parts in lora.modules.items():
        if not ({"a", "b"} <= parts.keys() or {"embedding_a", "embedding_b"} <= parts.keys()):
            return name
        if "embedding_a" in parts and "magnitude" in parts:
            return name
        if any(len(lora.shape(parts[part])) != 2 for part in parts if part != "magnitude"):
            return name
    return None
