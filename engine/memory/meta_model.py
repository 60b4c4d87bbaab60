"""The model that would be trained, on the meta device: every shape, no weight.

Imports torch and transformers: import it inside functions only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from engine.errors import DanluError, reason_of
from engine.memory.quantized import PackedLinear, quantize_linears
from engine.models.adapt import adapt

if TYPE_CHECKING:
    from engine.spec.run_spec import RunSpec


def build(folder: Path, spec: RunSpec, *, attention: str, on_card: bool) -> tuple[Any, Any]:
    """The model as trained (perhaps wrapped by PEFT) and the bare one within, of a resolved
    ``spec``, with ``attention`` as its attention function.

    Raises DanluError ``memory.no_config``, ``memory.unknown_model``, ``adapter.*``.
    """
    config = read_config(folder, trust_remote_code=spec.model.trust_remote_code)
    bare = _bare(config, spec)
    bare.train()
    bare.config._attn_implementation = attention
    bare.config.get_text_config()._attn_implementation = attention
    if spec.model.quantization != "none":
        quantize_linears(
            bare,
            spec.model.quantization,
            double=spec.model.double_quantization,
            dtype=getattr(torch, spec.model.dtype),
            on_card=on_card,
        )
    model = adapt(bare, spec)
    if spec.model.quantization != "none":
        _adapter_in_bfloat16(model)
    return model, bare


def count_parameters(bare: Any) -> int:
    """Numbers the base model holds, a packed matrix by what it stands for, no adapter."""
    packed = {id(part.weight): part for part in bare.modules() if isinstance(part, PackedLinear)}
    total = 0
    for name, parameter in bare.named_parameters():
        matrix = packed.get(id(parameter))
        if matrix is not None:
            total += matrix.in_features * matrix.out_features
        elif "lora_" not in name:
            total += parameter.numel()
    return total


def read_config(folder: Path, *, trust_remote_code: bool = False) -> Any:
    """The model's configuration. Raises DanluError ``memory.no_config`` and
    ``memory.unknown_model``."""
    from transformers import AutoConfig

    if not (folder / "config.json").is_file():
        raise DanluError("memory.no_config", folder=folder)
    try:
        return AutoConfig.from_pretrained(str(folder), trust_remote_code=trust_remote_code)
    except (OSError, ValueError, KeyError, ImportError, TypeError, AttributeError) as error:
        raise _unknown(folder, error) from error


def _bare(config: Any, spec: RunSpec) -> Any:
    from transformers import AutoModelForCausalLM

    # As engine.models.load holds them: full tuning in fp16 needs weights a loss scaler can unscale.
    in_float32 = spec.model.dtype == "float16" and spec.method.tuner == "full"
    dtype = torch.float32 if in_float32 else getattr(torch, spec.model.dtype)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    try:
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(
                config, dtype=torch.float32, trust_remote_code=spec.model.trust_remote_code
            )
    except (OSError, ValueError, KeyError, ImportError, TypeError, AttributeError) as error:
        raise _unknown(config.name_or_path, error) from error
    # Cast here: transformers would switch torch's default dtype, under the feet of other threads.
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)
    return model


def _adapter_in_bfloat16(model: Any) -> None:
    """SFTTrainer turns the adapter of a quantised base to bf16, but for DoRA's magnitudes."""
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and "lora_magnitude_vector" not in name:
            parameter.data = parameter.data.to(torch.bfloat16)


def _unknown(folder: Any, error: Exception) -> DanluError:
    reason = reason_of(error)
    return DanluError("memory.unknown_model", folder=folder, reason=reason)
