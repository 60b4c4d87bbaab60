"""Merging an adapter into its base, shard by shard: no more than one weight is in memory.
Imports torch: import it inside functions only."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from engine.errors import DanluError
from engine.export.base_tensors import BaseTensors, base_tensors
from engine.export.lora_weights import LoraWeights, read_lora, why_in_memory
from engine.export.origin import ExportOrigin
from engine.export.shards import PlannedTensor, write_shards
from engine.job import Job

_HEAD = "lm_head"


class NeedsWholeModel(Exception):
    """Tensor by tensor would not give what PEFT gives; the text is the reason."""


@dataclass
class MergePlan:
    """Where each written tensor comes from. ``sources`` names the base tensor it starts as,
    ``replaced`` the adapter's tensor in its place, ``added`` the adapter's module laid on either.
    ``untied`` when embedding and head no longer are the same."""

    base: BaseTensors
    lora: LoraWeights | None
    tensors: dict[str, PlannedTensor]
    sources: dict[str, str]
    added: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    untied: bool = False

    @property
    def size(self) -> int:
        return sum(tensor.size for tensor in self.tensors.values())

    @property
    def vocabulary(self) -> int | None:
        """How many tokens a replaced embedding has; None where it was not replaced."""
        name = self.base.embedding
        return self.tensors[name].shape[0] if name and name in self.replaced else None

    def value(self, name: str) -> torch.Tensor:
        """The merged tensor ``name``."""
        if name in self.replaced and self.lora:
            weight = self.lora.tensor(self.replaced[name])
        else:
            weight = self.base.read(self.sources[name])
        if name in self.added and self.lora:
            return self.lora.merged(self.added[name], weight)
        return weight


def plan_merge(origin: ExportOrigin, dtype: str | None) -> MergePlan:
    """What merging ``origin`` writes; a model without adapter is copied. Raises NeedsWholeModel and
    DanluError ``export.other_base``, ``export.base_quantized``."""
    if "quantization_config" in origin.config:
        method = origin.config["quantization_config"].get("quant_method", "?")
        if method != "bitsandbytes":
            raise DanluError("export.base_quantized", folder=origin.weights, method=method)
        raise NeedsWholeModel(method)
    base = base_tensors(origin.weights)
    tensors = {tensor.name: tensor for tensor in base.planned(dtype)}
    plan = MergePlan(base, None, tensors, {name: name for name in tensors})
    if origin.adapter is None:
        return plan
    plan.lora = read_lora(origin.adapter)
    reason = why_in_memory(plan.lora)
    if reason:
        raise NeedsWholeModel(reason)
    _untie(plan, plan.lora, origin.config)
    for wanted, key in plan.lora.replaced.items():
        _replace(plan, plan.lora, wanted, key)
    for module in plan.lora.modules:
        name = _place(plan, f"{module}.weight")
        _same_shape(origin, name, plan.lora.shape_added(module), plan.tensors[name].shape)
        plan.added[name] = module
    return plan


def write_merged(plan: MergePlan, folder: Path, shard_bytes: int, job: Job) -> None:
    """Write the weights ``plan`` describes into ``folder``. Raises Cancelled."""
    written = 0

    def count(more: int) -> None:
        nonlocal written
        written += more
        job.report("export_merge", written, plan.size, "bytes")

    job.report("export_merge", 0, plan.size, "bytes")
    write_shards(folder, list(plan.tensors.values()), shard_bytes, plan.value, count)


def _place(plan: MergePlan, wanted: str) -> str:
    if wanted in plan.tensors:
        return wanted
    name = plan.base.name_of(wanted)
    if name is None:
        raise NeedsWholeModel(wanted)
    return name


def _replace(plan: MergePlan, lora: LoraWeights, wanted: str, key: str) -> None:
    name = _place(plan, wanted)
    # A vocabulary may have grown with the tuning, so the shape is the adapter's.
    plan.tensors[name] = dataclasses.replace(plan.tensors[name], shape=lora.shape(key))
    plan.replaced[name] = key


def _same_shape(
    origin: ExportOrigin, name: str, wanted: tuple[int, ...], there: tuple[int, ...]
) -> None:
    if wanted != there:
        raise DanluError(
            "export.other_base",
            adapter=origin.adapter,
            base=origin.weights,
            tensor=name,
            wanted="×".join(map(str, wanted)),
            there="×".join(map(str, there)),
        )


def _untie(plan: MergePlan, lora: LoraWeights, config: dict[str, Any]) -> None:
    """Where base embedding and head are one tensor and the adapter changed only one of them, write
    both: laid on the shared one, what was learned for one would change the other too."""
    head = f"{_HEAD}.weight"
    if head in plan.tensors and not config.get("tie_word_embeddings"):
        return
    touched = {name.rpartition(".weight")[0] or name for name in (*lora.modules, *lora.replaced)}
    embedding = plan.base.embedding
    touches_embedding = embedding is not None and any(
        plan.base.name_of(f"{name}.weight") == embedding for name in touched
    )
    if _HEAD not in touched and not touches_embedding:
        return
    if embedding is None or lora.config.get("ensure_weight_tying"):
        raise NeedsWholeModel("tie_word_embeddings")
    if head not in plan.tensors:
        plan.tensors[head] = dataclasses.replace(plan.tensors[embedding], name=head)
        plan.sources[head] = embedding
    plan.untied = True
