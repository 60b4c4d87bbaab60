"""Filling what nobody chose: each rule looks at machine, method or data, and says why."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from engine.hardware import Machine
from engine.spec.run_spec import Origin, RunSpec

_TARGET_ROWS_A_STEP = 16


def resolve(spec: RunSpec, machine: Machine) -> RunSpec:
    """A copy in which everything the machine and the method decide has a value, and who chose it.
    What the size of the data decides is left to :func:`resolve_steps`."""
    for rule in (
        _dtype,
        _attention,
        _learning_rate,
        _dropout,
        _accumulation,
        _eval_batch,
        _checkpointing,
        _warmup,
    ):
        spec = rule(spec, machine)
    return spec


def _set(spec: RunSpec, path: str, value: Any, origin: Origin) -> RunSpec:
    section, _, name = path.partition(".")
    values = {**vars(getattr(spec, section)), name: value}
    made = type(getattr(spec, section))(**values)
    return replace(spec, **{section: made}, origins={**spec.origins, path: origin})


def _dtype(spec: RunSpec, machine: Machine) -> RunSpec:
    wanted = spec.model.dtype
    gpu = machine.gpu
    if wanted == "auto":
        if gpu is None:
            return _set(spec, "model.dtype", "float32", Origin("machine", "dtype_cpu"))
        if machine.bfloat16:
            return _set(spec, "model.dtype", "bfloat16", Origin("machine", "dtype_bf16"))
        return _set(
            spec, "model.dtype", "float16", Origin("machine", "dtype_fp16", {"gpu": gpu.name})
        )
    if wanted == "bfloat16" and gpu is not None and not machine.bfloat16:
        why = Origin("machine", "dtype_no_bf16", {"gpu": gpu.name})
        return _set(spec, "model.dtype", "float16", why)
    if wanted == "float16" and gpu is None:
        return _set(spec, "model.dtype", "float32", Origin("machine", "dtype_no_fp16"))
    return spec


def _attention(spec: RunSpec, machine: Machine) -> RunSpec:
    wanted = spec.model.attn_implementation
    path = "model.attn_implementation"
    if wanted == "auto":
        if machine.flash_attention and spec.model.dtype != "float32":
            return _set(spec, path, "flash_attention_2", Origin("machine", "attention_flash"))
        return _set(spec, path, "sdpa", Origin("machine", "attention_sdpa"))
    if wanted == "flash_attention_2" and not machine.flash_attention:
        return _set(spec, path, "sdpa", Origin("machine", "attention_no_flash"))
    return spec


def resolve_model(spec: RunSpec, *, experts: bool) -> RunSpec:
    """A resolved ``spec`` with what the model decides. PEFT puts no dropout on ``experts`` that are
    stored as one matrix, so it is left away, unless a person asked for it."""
    path, method = "method.lora_dropout", spec.method
    on_experts = experts and method.tuner == "lora" and method.target_modules == "all-linear"
    if not on_experts or not method.lora_dropout or spec.origin(path).by != "default":
        return spec
    return _set(spec, path, 0.0, Origin("model", "dropout_experts"))


def _learning_rate(spec: RunSpec, machine: Machine) -> RunSpec:
    if spec.train.learning_rate is not None:
        return spec
    lora = spec.method.tuner == "lora"
    if spec.method.stage == "dpo":  # those of TRL's own example (trl/scripts/dpo.py)
        why = Origin("default", "learning_rate_dpo", {"tuner": spec.method.tuner})
        return _set(spec, "train.learning_rate", 5e-6 if lora else 5e-7, why)
    why = Origin("default", "learning_rate", {"tuner": spec.method.tuner})
    return _set(spec, "train.learning_rate", 1e-4 if lora else 1e-5, why)


def _dropout(spec: RunSpec, machine: Machine) -> RunSpec:
    path = "method.lora_dropout"
    if spec.method.lora_dropout is not None:
        return spec
    if spec.method.stage == "dpo":  # as TRL trains preferences (DPOConfig.disable_dropout)
        return _set(spec, path, 0.0, Origin("default", "dropout_dpo"))
    return _set(spec, path, 0.05, Origin("default", "dropout"))


def _accumulation(spec: RunSpec, machine: Machine) -> RunSpec:
    if spec.train.gradient_accumulation_steps is not None:
        return spec
    batch = spec.train.per_device_train_batch_size
    steps = max(1, math.ceil(_TARGET_ROWS_A_STEP / batch))
    why = Origin("default", "accumulation", {"rows": _TARGET_ROWS_A_STEP})
    return _set(spec, "train.gradient_accumulation_steps", steps, why)


def _eval_batch(spec: RunSpec, machine: Machine) -> RunSpec:
    if spec.train.per_device_eval_batch_size is not None:
        return spec
    batch = spec.train.per_device_train_batch_size
    return _set(spec, "train.per_device_eval_batch_size", batch, Origin("default", "eval_batch"))


def _checkpointing(spec: RunSpec, machine: Machine) -> RunSpec:
    if spec.train.gradient_checkpointing is not None:
        return spec
    on_card = machine.gpu is not None
    why = Origin("machine", "checkpointing_gpu" if on_card else "checkpointing_cpu")
    return _set(spec, "train.gradient_checkpointing", on_card, why)


def _warmup(spec: RunSpec, machine: Machine) -> RunSpec:
    if spec.train.warmup_ratio is not None:
        return spec
    ratio = 0.0 if spec.train.warmup_steps else 0.05
    return _set(spec, "train.warmup_ratio", ratio, Origin("default", "warmup"))


def steps_of(spec: RunSpec, rows: int) -> int:
    """Optimizer steps of the run over ``rows`` training rows; accumulation must be resolved."""
    if spec.train.max_steps:
        return spec.train.max_steps
    return max(1, math.ceil(spec.train.num_train_epochs * _steps_per_epoch(spec, rows)))


def epochs_of(spec: RunSpec, rows: int) -> float:
    """How often the run goes through its ``rows``: as asked for, or as many steps at most give."""
    if spec.train.max_steps:
        return spec.train.max_steps / _steps_per_epoch(spec, rows)
    return spec.train.num_train_epochs


def _steps_per_epoch(spec: RunSpec, rows: int) -> int:
    accumulation = spec.train.gradient_accumulation_steps or 1
    micro_batches = math.ceil(rows / spec.train.per_device_train_batch_size)
    return max(1, math.ceil(micro_batches / accumulation))


def resolve_steps(spec: RunSpec, rows: int) -> RunSpec:
    """Fill what the number of training rows decides: how often to evaluate, save and watch."""
    tenth = max(1, round(steps_of(spec, rows) / 10))
    for path in ("train.save_steps", "train.eval_steps", "watch.every"):
        if spec.get(path) is None:
            spec = _set(spec, path, tenth, Origin("data", "tenth", {"rows": rows}))
    return spec
