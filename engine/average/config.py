"""The configuration of an averaged adapter, as PEFT and all who read its files understand it."""

from __future__ import annotations

from typing import Any

from engine.average.asked import Asked

# Which layers are adapted, in the words of each configuration.
_WHERE = ("target_modules", "exclude_modules", "layers_to_transform", "layers_pattern")


def averaged_config(asked: list[Asked], rank: int, base: str | None) -> dict[str, Any]:
    """That of the first adapter with the new rank, whose scale is one: alpha equals the rank. Where
    the adapters differ in the layers they have, each layer is named."""
    first = asked[0].lora.config
    config = dict(first)
    if any(_where(each.lora.config) != _where(first) for each in asked):
        modules = {module for each in asked for module in each.lora.modules}
        config |= dict.fromkeys(_WHERE) | {"target_modules": sorted(modules)}
    config |= {
        "r": rank,
        "lora_alpha": rank,
        "rank_pattern": {},
        "alpha_pattern": {},
        "use_rslora": False,
        "init_lora_weights": True,
        "inference_mode": True,
    }
    named = base or asked[0].target.base.source
    if named != "embedded":
        config["base_model_name_or_path"] = named
    return config


def _where(config: dict[str, Any]) -> list[Any]:
    found = [config.get(name) for name in _WHERE]
    return [sorted(value) if isinstance(value, list) else value for value in found]
