"""Whatever ended a training, as a named error with its ways out."""

from __future__ import annotations

import errno

from engine.errors import DanluError, Fix, fault_of
from engine.spec.run_spec import RunSpec


def named(failure: BaseException, spec: RunSpec | None) -> DanluError:
    """The DanluError for ``failure``: itself when it is one, out of memory or disk by their signs,
    else ``train.unexpected`` with its last line."""
    if isinstance(failure, DanluError):
        return failure
    if isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return DanluError("train.disk_full", exit_code=3)
    if is_out_of_memory(failure):
        return DanluError(
            "train.out_of_memory", exit_code=3, fixes=_smaller(spec) if spec else None
        )
    return DanluError("train.unexpected", exit_code=3, reason=fault_of(failure))


def is_out_of_memory(failure: BaseException) -> bool:
    """Whether ``failure`` is of memory, on the card or beside it."""
    text = str(failure)
    return (
        isinstance(failure, MemoryError)
        or type(failure).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in text
        or "CUDA out of memory" in text
    )


def _smaller(spec: RunSpec) -> list[Fix]:
    """What makes the run smaller, the least harmful first."""
    fixes = []
    batch, accumulation = (
        spec.train.per_device_train_batch_size,
        spec.train.gradient_accumulation_steps or 1,
    )
    if batch > 1:
        fixes.append(
            Fix(
                "smaller_batch",
                {
                    "train.per_device_train_batch_size": batch // 2,
                    "train.gradient_accumulation_steps": accumulation * 2,
                },
            )
        )
    if not spec.train.gradient_checkpointing:
        fixes.append(Fix("checkpointing", {"train.gradient_checkpointing": True}))
    if spec.model.quantization == "none" and spec.method.tuner == "lora":
        fixes.append(Fix("quantize", {"model.quantization": "nf4"}))
    fixes.append(Fix("shorter", {"data.max_length": max(64, spec.data.max_length // 2)}))
    return fixes
