"""Loading a tokenizer and a model as a spec asks. Imports torch and transformers when called.

How weights are held, by the rules of mixed precision:

- float32 (CPU, or asked for): everything float32.
- bfloat16: the weights are bfloat16; bfloat16 has float32's range, so nothing needs scaling. A LoRA
  adapter's own weights are float32 (PEFT's ``autocast_adapter_dtype``).
- float16 with LoRA: the frozen base is float16, the adapter float32; the trainer scales the loss.
- float16 with full tuning: the weights are float32 and only the arithmetic is float16, because a
  loss scaler cannot unscale float16 gradients. (Freeze tuning turns just the trained layers to
  float32: :mod:`engine.models.adapt`.)
- nf4 and int8: packed weights, arithmetic in the dtype above.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DanluError, reason_of
from engine.hardware import Machine
from engine.libraries import import_model_libraries
from engine.models.describe import ModelFacts, describe
from engine.models.quiet import quiet
from engine.models.stop_tokens import stop_token_ids
from engine.spec.sections import Model

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

__all__ = [
    "attention",
    "compute_dtype",
    "device_of",
    "load_model",
    "load_tokenizer",
    "stop_token_ids",
    "weight_dtype",
]


def load_tokenizer(
    folder: Path | str, *, trust_remote_code: bool = False
) -> PreTrainedTokenizerBase:
    """The tokenizer in ``folder``; pads with its stop token where it has no pad token.

    Raises DanluError ``model.no_tokenizer`` or ``model.remote_code``.
    """
    import_model_libraries()
    from transformers import AutoTokenizer

    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(
                str(folder), trust_remote_code=trust_remote_code, local_files_only=True
            )
    except Exception as error:  # of any kind: tokenizers raise a bare Exception for a broken file
        raise _load_error("model.no_tokenizer", folder, error) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(
    folder: Path | str,
    model: Model,
    machine: Machine,
    *,
    for_training: bool,
    tuner: str = "lora",
) -> PreTrainedModel:
    """The model in ``folder``, on its device, held as the module says; in training mode only
    ``for_training``.

    Raises DanluError ``model.cannot_load``, ``model.remote_code``, ``model.already_quantized``,
    ``model.no_memory`` and those of :func:`engine.models.describe.describe`.
    """
    import_model_libraries()
    import torch
    from transformers import AutoModelForCausalLM

    folder = Path(folder)
    facts = describe(folder)
    device = device_of(machine)
    held = weight_dtype(model, machine, for_training=for_training, tuner=tuner)
    options: dict[str, Any] = {
        "dtype": getattr(torch, held),
        "attn_implementation": attention(model, machine, held),
        "device_map": {"": device},
        "use_safetensors": True,
        "trust_remote_code": model.trust_remote_code,
        "local_files_only": True,
    }
    if model.quantization != "none":
        options["quantization_config"] = _quantization(model, machine, facts, folder)
    try:
        with quiet():
            loaded = AutoModelForCausalLM.from_pretrained(str(folder), **options)
    except torch.cuda.OutOfMemoryError as error:
        raise DanluError("model.no_memory", exit_code=3, folder=folder, device=device) from error
    except (OSError, ValueError, ImportError, RuntimeError, KeyError) as error:
        raise _load_error("model.cannot_load", folder, error) from error
    loaded.train(for_training)
    if for_training:
        _keep_gradients(loaded)
    return loaded


def _keep_gradients(model: PreTrainedModel) -> None:
    """On a CPU with AVX512-BF16 bitsandbytes 0.50 lays 4-bit weights out anew the first time they
    are only asked (a watched prompt, an evaluation), for a kernel that knows no gradients: none
    would come through them any more (``Linear4bit.forward``, ``matmul_4bit``)."""
    layers: Any = model.modules()
    for layer in layers:
        if hasattr(layer, "support_avx512bf16_for_cpu"):
            layer.support_avx512bf16_for_cpu = False


def compute_dtype(model: Model, machine: Machine) -> str:
    """In which dtype to calculate: what the spec says, ``auto`` by what the machine can do."""
    if model.dtype != "auto":
        return model.dtype
    if machine.gpu is None:
        return "float32"
    return "bfloat16" if machine.bfloat16 else "float16"


def weight_dtype(model: Model, machine: Machine, *, for_training: bool, tuner: str = "lora") -> str:
    """In which dtype unquantised weights are held; the module's docstring has the rules."""
    dtype = compute_dtype(model, machine)
    if for_training and dtype == "float16" and tuner == "full":
        return "float32"
    return dtype


def device_of(machine: Machine) -> str:
    """Where the model goes, as torch names it: the card with most free memory, else the CPU."""
    gpu = machine.gpu
    if gpu is None:
        return "cpu"
    # torch counts the visible cards, in NVML's order once this is set (before CUDA starts).
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    import torch

    if not torch.cuda.is_available():
        return "cpu"
    return f"cuda:{machine.gpus.index(gpu)}"


def attention(model: Model, machine: Machine, held: str) -> str:
    """Which implementation of attention to take, as transformers names it."""
    wanted = model.attn_implementation
    can_flash = machine.flash_attention and held != "float32"
    if wanted == "auto":
        return "flash_attention_2" if can_flash else "sdpa"
    if wanted == "flash_attention_2" and not can_flash:
        return "sdpa"
    return wanted


def _quantization(model: Model, machine: Machine, facts: ModelFacts, folder: Path) -> Any:
    import torch
    from transformers import BitsAndBytesConfig

    if facts.quantized is not None:
        raise DanluError(
            "model.already_quantized",
            folder=folder,
            method=facts.quantized,
            wanted=model.quantization,
        )
    if model.quantization == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=model.double_quantization,
        bnb_4bit_compute_dtype=getattr(torch, compute_dtype(model, machine)),
    )


def _load_error(code: str, folder: Path | str, error: Exception) -> DanluError:
    reason = reason_of(error)
    if "trust_remote_code" in str(error):
        return DanluError("model.remote_code", folder=folder)
    return DanluError(code, folder=folder, reason=reason)
