"""The right name for a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from engine.errors import DanluError
from engine.spec.sections import PARAMETERS, SECTIONS

_BY_NAME = {declared.name: path for path, declared in PARAMETERS.items()}

# What users of ms-swift, LLaMA-Factory, axolotl, Unsloth and TRL call the same thing.
_ELSEWHERE = {
    "attn_impl": "attn_implementation",
    "base_model": "source",
    "batch_size": "per_device_train_batch_size",
    "cutoff_len": "max_length",
    "dataset": "train",
    "epochs": "num_train_epochs",
    "eval_dataset": "eval",
    "finetuning_type": "tuner",
    "flash_attn": "attn_implementation",
    "grad_accum": "gradient_accumulation_steps",
    "load_in_4bit": "quantization",
    "load_in_8bit": "quantization",
    "lora_r": "lora_rank",
    "lora_target": "target_modules",
    "lora_target_modules": "target_modules",
    "lorap_lr_ratio": "loraplus_lr_ratio",
    "lr": "learning_rate",
    "lr_scheduler": "lr_scheduler_type",
    "max_seq_length": "max_length",
    "micro_batch_size": "per_device_train_batch_size",
    "model_name_or_path": "source",
    "num_epochs": "num_train_epochs",
    "optimizer": "optim",
    "per_device_batch_size": "per_device_train_batch_size",
    "quant_bits": "quantization",
    "quantization_bit": "quantization",
    "r": "lora_rank",
    "sequence_len": "max_length",
    "split_dataset_ratio": "eval_fraction",
    "torch_dtype": "dtype",
    "train_type": "tuner",
    "tuner_type": "tuner",
    "use_hf": "hub",
    "val_dataset": "eval",
    "val_set_size": "eval_fraction",
    "val_size": "eval_fraction",
    "warmup": "warmup_ratio",
}


def nearest(wrong: str, right: Iterable[str]) -> str | None:
    """The one of ``right`` that ``wrong`` begins or looks most like; None when it is like none."""
    by_lower = {name.lower(): name for name in right}
    begun = [name for name in by_lower if wrong and name.startswith(wrong.lower())]
    if len(begun) == 1:
        return by_lower[begun[0]]
    found = difflib.get_close_matches(wrong.lower(), by_lower, n=1, cutoff=0.5)
    return by_lower[found[0]] if found else None


def path_of(name: str) -> str | None:
    """The dotted path of a parameter given by path or by its bare name; None for no parameter."""
    return name if name in PARAMETERS else _BY_NAME.get(name)


def unknown_key_error(where: Sequence[str], key: str) -> DanluError:
    """The error for ``key``, found at the top of a spec (``where`` empty) or in a section, naming
    the nearest parameter: the same name in another section, or one that looks like it."""
    path = ".".join([*where, key])
    in_section = [d.name for d in PARAMETERS.values() if d.section in where]
    close: str | None
    if key in _BY_NAME:
        close = key
    elif key in _ELSEWHERE:
        close = _ELSEWHERE[key]
    elif where:
        close = nearest(key, in_section) or nearest(key, _BY_NAME)
    else:
        close = nearest(key, [*SECTIONS, *_BY_NAME])
    if not close:
        return DanluError("spec.unknown_key", key=path)
    own = f"{where[0]}.{close}" if where else ""
    found = own if own in PARAMETERS else _full_name(close, where)
    return DanluError("spec.unknown_key_near", key=path, nearest=found)


def _full_name(close: str, where: Sequence[str]) -> str:
    return close if not where and close in SECTIONS else _BY_NAME.get(close, close)
