"""Making a loaded model trainable as the spec asks: LoRA, freeze or full, with checkpointing.

Works alike on a real model and on one of the meta device, so that memory is predicted from the very
modules that are trained. Imports peft inside its functions; torch is imported by whoever loaded the
model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DanluError, Fix
from engine.models.foreign import refuse_unreadable

if TYPE_CHECKING:
    from peft import PeftModel
    from torch import nn
    from transformers import PreTrainedModel

    from engine.spec.run_spec import RunSpec


def adapt(model: PreTrainedModel, spec: RunSpec) -> PreTrainedModel | PeftModel:
    """The model with exactly the parameters trainable that ``spec.method`` names, and gradient
    checkpointing on where ``spec.train`` (resolved) asks for it. ``model`` itself is changed.

    Raises DanluError ``adapter.*`` for an adapter folder that is none or was made for another
    model, or for target modules that the model does not have; ``foreign.pickle_weights``.
    """
    if spec.train.gradient_checkpointing:
        enable_checkpointing(model)
    if spec.method.tuner == "lora":
        return _with_adapter(model, spec)
    if spec.method.tuner == "freeze":
        return _partly_frozen(model, spec.method.freeze_trainable_layers)
    model.requires_grad_(True)
    _trainable_without_float16(model)
    return model


def enable_checkpointing(model: PreTrainedModel) -> None:
    """Keep only each layer's input and compute the rest again in backward, the non-reentrant way,
    with gradients let through frozen embeddings."""
    options = {"use_reentrant": False}
    if hasattr(model, "activation_checkpointing_enable"):
        model.activation_checkpointing_enable(options)
    else:
        model.gradient_checkpointing_enable(options)
        model.enable_input_require_grads()
    model.config.use_cache = False


def _with_adapter(model: PreTrainedModel, spec: RunSpec) -> PeftModel:
    from peft import PeftModel, get_peft_model

    # Not peft's prepare_model_for_kbit_training: it would turn embeddings and head to fp32, which
    # costs gibibytes and which bf16 computation does not need.
    model.requires_grad_(False)
    if not spec.method.adapter:
        config = lora_config(spec)
        _check_targets(model, config.target_modules)
        try:
            return get_peft_model(model, config)
        except (ValueError, NotImplementedError) as refusal:
            raise _refused(refusal) from refusal
    folder = _adapter_folder(spec.method.adapter)
    if not _is_meta(model):
        try:
            return PeftModel.from_pretrained(model, str(folder), is_trainable=True)
        except (RuntimeError, ValueError) as refusal:
            reason = str(refusal).strip().splitlines()[-1].strip()[:200]
            raise DanluError("adapter.wrong_base", path=folder, reason=reason) from refusal
    from peft import PeftConfig

    config = PeftConfig.from_pretrained(str(folder))
    config.inference_mode = False
    return get_peft_model(model, config)


def _refused(refusal: Exception) -> DanluError:
    """What PEFT cannot do with this model, as with dropout on the fused experts of some."""
    reason = str(refusal).strip().splitlines()[0]
    fixes = [Fix("no_dropout", {"method.lora_dropout": 0.0})] if "dropout" in reason else []
    return DanluError("adapter.refused", fixes=[*fixes, Fix("other_targets")], reason=reason)


def lora_config(spec: RunSpec) -> Any:
    """The peft LoraConfig of ``spec.method``."""
    from peft import LoraConfig, TaskType

    method = spec.method
    targets = method.target_modules.strip()
    return LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=method.lora_rank,
        lora_alpha=method.lora_alpha,
        lora_dropout=method.lora_dropout or 0.0,
        target_modules=(
            targets
            if targets == "all-linear"
            else [name.strip() for name in targets.split(",") if name.strip()]
        ),
        use_rslora=method.use_rslora,
        use_dora=method.use_dora,
    )


def _check_targets(model: nn.Module, targets: Any) -> None:
    if targets == "all-linear":
        return
    known = _linear_names(model)
    for name in sorted(targets) or [""]:
        if name == "lm_head":
            raise DanluError("adapter.on_lm_head")
        if name.rpartition(".")[2] not in known:
            raise DanluError("adapter.no_such_module", name=name, known=", ".join(sorted(known)))


def _linear_names(model: nn.Module) -> set[str]:
    """Last parts of the names of the model's matrix modules, the output head left out."""
    matrices = (
        path
        for path, module in model.named_modules()
        if getattr(getattr(module, "weight", None), "ndim", 0) >= 2
        or "Linear" in type(module).__name__
    )
    return {path.rpartition(".")[2] for path in matrices} - {"lm_head"}


def _adapter_folder(text: str) -> Path:
    folder = Path(text).expanduser()
    try:
        json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DanluError("adapter.not_an_adapter", path=folder) from None
    refuse_unreadable(folder)
    return folder


def _partly_frozen(model: PreTrainedModel, count: int) -> PreTrainedModel:
    """Train the last ``count`` decoder layers alone: no embeddings, no final norm, no head."""
    model.requires_grad_(False)
    for layer in list(decoder_layers(model))[-count:]:
        layer.requires_grad_(True)
    _trainable_without_float16(model)
    return model


def decoder_layers(model: PreTrainedModel) -> nn.ModuleList:
    """The model's decoder layers, first to last. Raises DanluError ``adapter.no_layers``."""
    from torch import nn

    text = model.config.get_text_config()
    count = getattr(text, "num_hidden_layers", None)
    for _, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            return module
    raise DanluError("adapter.no_layers", model_type=model.config.model_type)


def _trainable_without_float16(model: nn.Module) -> None:
    """fp16 gradients cannot be unscaled by the gradient scaler: train those parameters in fp32."""
    import torch

    for parameter in model.parameters():
        if parameter.requires_grad and parameter.dtype == torch.float16:
            parameter.data = parameter.data.float()


def _is_meta(model: nn.Module) -> bool:
    return any(parameter.is_meta for parameter in model.parameters())
