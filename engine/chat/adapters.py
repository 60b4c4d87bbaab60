"""Putting a LoRA adapter on a loaded model. Imports peft inside its function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.errors import DanluError, fault_of
from engine.models.foreign import refuse_unreadable
from engine.models.safetensors_header import stored_tensors


def put_on(model: Any, folder: Path, name: str) -> Any:
    """``model`` with the adapter in ``folder`` under ``name``, beside those it has. Raises
    DanluError ``chat.wrong_base`` when it was made for another model, ``chat.broken_adapter`` when
    PEFT cannot make sense of it; ``model`` is spoilt then."""
    from engine.models.quiet import quiet

    refuse_unreadable(folder)
    try:
        with quiet():
            from peft import PeftModel

            if isinstance(model, PeftModel):
                model.load_adapter(str(folder), adapter_name=name)
            else:
                _grow(model, folder)
                model = PeftModel.from_pretrained(model, str(folder), name)
    except (RuntimeError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[-1].strip()[:300]
        raise DanluError("chat.wrong_base", adapter=folder, reason=reason) from error
    except Exception as error:  # of any kind: PEFT takes a config at its word
        raise DanluError("chat.broken_adapter", adapter=folder, reason=fault_of(error)) from error
    homeless = _without_place(model, folder, name)
    if homeless:
        raise DanluError("chat.wrong_base", adapter=folder, reason=homeless[0])
    model.eval()
    return model


def _grow(model: Any, folder: Path) -> None:
    """Give ``model`` as many tokens as the adapter has embeddings for: tuning may have added some,
    and PEFT wants the room made before."""
    ends = {
        f"base_model.model.{name}{part}.weight"
        for name, module in model.named_modules()
        if module in (model.get_input_embeddings(), model.get_output_embeddings())
        for part in ("", ".base_layer")
    }
    wanted = {shape[0] for key, shape in _stored(folder).items() if key in ends}
    if len(wanted) == 1 and wanted != {model.get_input_embeddings().weight.shape[0]}:
        model.resize_token_embeddings(wanted.pop(), mean_resizing=False)


def _without_place(model: Any, folder: Path, name: str) -> list[str]:
    """LoRA weights of the file that found no place in the model: PEFT passes over them."""
    from peft import get_peft_model_state_dict

    stored = {key for key in _stored(folder) if "lora_" in key}
    if not stored:
        return []
    placed = get_peft_model_state_dict(model, adapter_name=name, save_embedding_layers=False)
    return sorted(stored - placed.keys())


def _stored(folder: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the adapter's tensors; none where they are no safetensors."""
    weights = folder / "adapter_model.safetensors"
    if not weights.is_file():
        return {}
    return {stored.name: stored.shape for stored in stored_tensors(weights)}


def adapter_bytes(model: Any, name: str) -> int:
    """What the weights of the adapter ``name`` take in memory."""
    return sum(
        weight.numel() * weight.element_size()
        for place, weight in model.named_parameters()
        if f".{name}." in place or place.endswith(f".{name}")
    )
