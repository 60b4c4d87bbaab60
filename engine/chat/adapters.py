"""Putting a LoRA adapter on a loaded model. Imports peft inside its function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.errors import DanluError


def put_on(model: Any, folder: Path, name: str) -> Any:
    """``model`` with the adapter in ``folder`` under ``name``, beside those it has. Raises
    DanluError ``chat.wrong_base`` when it was made for another model; ``model`` is spoilt then."""
    from engine.models.quiet import quiet

    try:
        with quiet():
            from peft import PeftModel

            if isinstance(model, PeftModel):
                model.load_adapter(str(folder), adapter_name=name)
            else:
                model = PeftModel.from_pretrained(model, str(folder), name)
    except (RuntimeError, ValueError, OSError, KeyError) as error:
        reason = str(error).strip().splitlines()[-1].strip()[:200]
        raise DanluError("chat.wrong_base", adapter=folder, reason=reason) from error
    homeless = _without_place(model, folder, name)
    if homeless:
        raise DanluError("chat.wrong_base", adapter=folder, reason=homeless[0])
    model.eval()
    return model


def _without_place(model: Any, folder: Path, name: str) -> list[str]:
    """LoRA weights of the file that found no place in the model: PEFT passes over them."""
    from peft import get_peft_model_state_dict
    from safetensors import safe_open

    weights = folder / "adapter_model.safetensors"
    if not weights.is_file():
        return []
    with safe_open(weights, framework="pt") as file:
        stored = {key for key in file.keys() if "lora_" in key}  # noqa: SIM118
    placed = get_peft_model_state_dict(model, adapter_name=name, save_embedding_layers=False)
    return sorted(stored - placed.keys())


def adapter_bytes(model: Any, name: str) -> int:
    """What the weights of the adapter ``name`` take in memory."""
    return sum(
        weight.numel() * weight.element_size()
        for place, weight in model.named_parameters()
        if f".{name}." in place or place.endswith(f".{name}")
    )
