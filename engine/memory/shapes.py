"""The shapes of the largest micro-batch a run will meet. Imports torch: import inside functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.memory.trace import Shapes
from engine.spec.stages import sequences_a_row

if TYPE_CHECKING:
    from engine.hardware import Machine
    from engine.spec.run_spec import RunSpec


def shapes_of(spec: RunSpec, machine: Machine, max_row_tokens: int | None) -> Shapes:
    """The largest micro-batch of a resolved ``spec``. Packed rows are one row without padding;
    other rows of a batch differ in length, so the longest stands beside padded ones."""
    rows = spec.train.per_device_train_batch_size * sequences_a_row(spec.method.stage)
    length = spec.data.max_length
    if max_row_tokens is not None and not spec.train.packing:
        length = max(2, min(length, max_row_tokens))
    if spec.train.packing:
        rows, length = 1, rows * length
    gpu = machine.gpu
    return Shapes(
        rows=rows,
        length=length,
        padded=rows > 1,
        capability=gpu.capability if gpu else None,
        accumulates=(spec.train.gradient_accumulation_steps or 1) > 1,
    )
