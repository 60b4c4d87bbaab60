"""How much memory, disk and how many steps a run takes, and whether it fits.

:func:`estimate` builds the real model on the meta device and traces one step of it (``trace.py``);
torch and transformers are imported inside. What a trace cannot see is added here, each as its own
item with its reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import words
from engine.hardware import Gpu, Machine
from engine.libraries import import_model_libraries
from engine.memory.beyond import beyond_the_trace
from engine.memory.items import Item, Verdict, verdict_of
from engine.models.describe import has_experts
from engine.runs.rates import pace_for, shape_of
from engine.spec.resolve import resolve, resolve_model, steps_of

if TYPE_CHECKING:
    from engine.job import Job
    from engine.memory.cards import Card
    from engine.memory.changes import Change
    from engine.memory.trace import Trace
    from engine.spec.run_spec import RunSpec

_CHECKPOINTS_OF_A_RUN = 10  # engine.spec.resolve saves at each tenth
_CHECKPOINT_EXTRAS = 8 * 2**20  # tokenizer, scheduler, random states, arguments


@dataclass(frozen=True)
class Estimate:
    """A prediction for one resolved ``spec``. Bytes throughout.

    ``allocated_bytes`` is what torch's own counter would peak at, ``required_bytes`` what the card
    (or the RAM) must have free, the sum of ``items``; ``peak_during`` the phase of the peak
    (``activations``: forward, ``recomputed`` and ``backward``, ``step``: the optimizer's).
    ``seconds`` are told from how quick the run ``told_from`` was on this machine, or (None) some
    steps that were measured; None where neither was like it, or where ``rows`` were not known.
    """

    spec: RunSpec
    device: str
    verdict: Verdict
    items: tuple[Item, ...]
    allocated_bytes: int
    required_bytes: int
    free_bytes: int
    peak_during: str
    parameters: int
    trained_parameters: int
    length: int
    steps: int | None
    seconds: float | None
    disk_bytes: int
    changes: tuple[Change, ...] = ()
    told_from: str | None = None

    def document(self) -> dict[str, Any]:
        """The JSON form, with words in the current language."""
        return {
            "verdict": self.verdict,
            "device": self.device,
            "allocated_bytes": self.allocated_bytes,
            "required_bytes": self.required_bytes,
            "free_bytes": self.free_bytes,
            "items": [item.document() for item in self.items],
            "peak_during": self.peak_during,
            "parameters": self.parameters,
            "trained_parameters": self.trained_parameters,
            "length": self.length,
            "steps": self.steps,
            "seconds": self.seconds,
            "told_from": self.told_from,
            "disk_bytes": self.disk_bytes,
            "changes": [change.document() for change in self.changes],
        }

    @property
    def verdict_text(self) -> str:
        return words.t(f"memory.verdict.{self.verdict}")


def estimate(
    spec: RunSpec,
    folder: Path,
    machine: Machine,
    *,
    card: Card | None = None,
    max_row_tokens: int | None = None,
    rows: int | None = None,
    with_changes: bool = True,
    job: Job,
) -> Estimate:
    """Predict what ``spec`` takes with the model whose ``config.json`` is in ``folder``.

    ``card`` imagines a CUDA card instead of ``machine``'s device; ``max_row_tokens`` is the longest
    rendered row (without it rows of ``data.max_length`` are assumed), ``rows`` the number of
    training rows. Reports phase ``tracing``. Takes about a second a trace for 7 billion parameters;
    ``with_changes`` traces some alternatives too.

    Raises DanluError ``memory.no_config``, ``memory.unknown_model``, ``memory.cannot_trace``,
    ``adapter.*``.
    """
    machine = with_card(machine, card) if card else machine
    experts = has_experts(folder)
    spec = resolve_model(resolve(spec, machine), experts=experts)
    job.report("tracing", 0, 1, "traces")
    found = _one(spec, folder, machine, max_row_tokens, rows)
    if with_changes:
        from engine.memory.changes import changes_of

        def again(changed: RunSpec) -> Estimate:
            settled = resolve_model(resolve(changed, machine), experts=experts)
            return _one(settled, folder, machine, max_row_tokens, rows)

        found = replace(found, changes=changes_of(found, again, machine, job))
    job.report("tracing", 1, 1, "traces")
    return found


def with_card(machine: Machine, card: Card) -> Machine:
    """``machine`` as if ``card``, all of it free, were its only one."""
    gpu = Gpu(0, card.name, card.bytes, card.bytes, card.capability)
    return replace(machine, gpus=(gpu,))


def _one(
    spec: RunSpec, folder: Path, machine: Machine, max_row_tokens: int | None, rows: int | None
) -> Estimate:
    import_model_libraries()
    from engine.memory.shapes import shapes_of
    from engine.memory.traces import cached_trace

    shapes = shapes_of(spec, machine, max_row_tokens)
    traced = cached_trace(folder, spec, shapes)
    beyond = beyond_the_trace(spec, traced, machine)
    items = (*_items(spec, traced), *beyond.items)
    required = sum(item.bytes for item in items)
    pace = pace_for(shape_of(spec, traced.parameters, machine.device_name)) if rows else None
    return Estimate(
        spec=spec,
        device=machine.device_name,
        verdict=verdict_of(required, beyond.free_bytes),
        items=items,
        allocated_bytes=traced.peak + beyond.allocated_bytes,
        required_bytes=required,
        free_bytes=beyond.free_bytes,
        peak_during=max(traced.peak_during, key=lambda phase: traced.peak_during[phase]),
        parameters=traced.parameters,
        trained_parameters=traced.trained_parameters,
        length=shapes.length,
        steps=_steps(spec, rows),
        seconds=pace.run_seconds(spec, rows) if pace and rows else None,
        told_from=pace.told_from.run if pace and not pace.told_from.probed else None,
        disk_bytes=_disk_bytes(spec, traced, _steps(spec, rows)),
    )


def _items(spec: RunSpec, traced: Trace) -> list[Item]:
    """What was alive at the peak, in the order a person thinks of it."""
    values = {
        "parameters": traced.parameters,
        "trained": traced.trained_parameters,
        "dtype": spec.model.dtype,
        "quantization": spec.model.quantization,
        "rank": spec.method.lora_rank,
        "optim": spec.train.optim,
        "rows": spec.train.per_device_train_batch_size,
        "layers": spec.method.freeze_trainable_layers,
    }
    return [
        Item(kind, size, _why(kind, spec), values)
        for kind in ITEM_ORDER
        if (size := traced.at_peak.get(kind, 0))
    ]


ITEM_ORDER = (
    "weights",
    "adapter",
    "gradients",
    "optimizer",
    "activations",
    "recomputed",
    "loss",
    "backward",
    "step",
)


def _why(kind: str, spec: RunSpec) -> str:
    if kind == "weights" and spec.model.quantization != "none":
        return "weights_packed"
    if kind == "activations" and spec.train.gradient_checkpointing:
        return "activations_checkpointed"
    if kind == "loss" and spec.train.label_smoothing_factor:
        return "loss_smoothed"
    return kind


def _steps(spec: RunSpec, rows: int | None) -> int | None:
    if spec.train.max_steps:
        return spec.train.max_steps
    return steps_of(spec, rows) if rows else None


def _disk_bytes(spec: RunSpec, traced: Trace, steps: int | None) -> int:
    """All checkpoints that are kept, and the one that is written before the oldest goes."""
    lora = spec.method.tuner == "lora"
    weights = traced.trained_bytes if lora else traced.model_bytes
    one = weights + traced.state_bytes + _CHECKPOINT_EXTRAS
    made = _CHECKPOINTS_OF_A_RUN
    if steps is not None:
        made = math.ceil(steps / (spec.train.save_steps or max(1, round(steps / made))))
    kept = spec.train.save_total_limit
    return one * (made if kept is None else min(made, kept + 1))
