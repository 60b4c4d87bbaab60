"""One training step of the real model on the meta device, with the live bytes counted.

Imports torch and transformers: import it inside functions only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from engine.memory import attention, loss, meta_model, optimizers
from engine.memory.live_bytes import LiveBytes
from engine.memory.meta_autocast import autocast_on_meta
from engine.memory.mixed_precision import MixedPrecision

if TYPE_CHECKING:
    from engine.spec.run_spec import RunSpec


@dataclass(frozen=True)
class Shapes:
    """What a micro-batch holds and where it runs: ``rows`` sequences of tokens. ``capability`` is
    the card's; None: on the CPU. ``padded``: its rows differ in length."""

    rows: int
    length: int
    padded: bool
    capability: tuple[int, int] | None
    accumulates: bool

    @property
    def on_card(self) -> bool:
        return self.capability is not None


@dataclass(frozen=True)
class Trace:
    """``peak`` bytes, made of ``at_peak`` (kind → bytes); the largest sum of each phase; parameters
    of the base model, and those trained; bytes of the trained ones, of their optimizer states and
    of the whole model, as a checkpoint stores them."""

    peak: int
    at_peak: dict[str, int]
    peak_during: dict[str, int]
    parameters: int
    trained_parameters: int
    trained_bytes: int
    state_bytes: int
    model_bytes: int


def trace(folder: Path, spec: RunSpec, shapes: Shapes) -> Trace:
    """Run one micro-batch forward and backward and one optimizer step of a resolved ``spec``.

    Raises DanluError as :func:`engine.memory.meta_model.build` does.
    """
    amp = amp_dtype(spec)
    kernel = attention.kernel_for(
        spec.model.attn_implementation,
        capability=shapes.capability,
        dtype=amp or getattr(torch, spec.model.dtype),
        padded=shapes.padded,
    )
    model, bare = meta_model.build(folder, spec, attention=kernel, on_card=shapes.on_card)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    live = LiveBytes("meta", partial(_kind_of, {bare.config.get_text_config().vocab_size}))
    _hold_model(live, model, lora=spec.method.tuner == "lora")
    run_step(model, bare, spec, shapes, live, device="meta")
    return Trace(
        peak=live.peak,
        at_peak={kind: size for kind, size in live.at_peak.items() if size},
        peak_during=dict(live.peak_during),
        parameters=meta_model.count_parameters(bare),
        trained_parameters=sum(tensor.numel() for tensor in trained),
        trained_bytes=sum(tensor.numel() * tensor.element_size() for tensor in trained),
        state_bytes=optimizers.state_bytes(trained, spec.train.optim),
        model_bytes=sum(part.numel() * part.element_size() for part in model.parameters()),
    )


def amp_dtype(spec: RunSpec) -> torch.dtype | None:
    """Autocast's dtype, as :mod:`engine.train.arguments` sets it; None: no autocast."""
    return {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(spec.model.dtype)


def run_step(
    model: Any, bare: Any, spec: RunSpec, shapes: Shapes, live: LiveBytes, *, device: str
) -> None:
    """One micro-batch and one optimizer step on ``device``, watched by ``live``."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    precision = MixedPrecision(amp_dtype(spec), on_card=shapes.on_card)
    states = optimizers.hold_states(live, trained, spec.train.optim)
    if shapes.accumulates:  # the peak is at the second micro-batch, beside the first's gradients
        for parameter in trained:
            parameter.grad = torch.zeros_like(parameter)
            live.count(parameter.grad, "gradients")
    hooks = [
        parameter.register_post_accumulate_grad_hook(
            lambda tensor: live.count(tensor.grad, "gradients")
        )
        for parameter in trained
    ]
    _watch_recomputation(bare, live, precision)
    inputs = _inputs(shapes, device)
    with live, autocast_on_meta():
        with precision.region(), live.kind("activations"):
            value = loss.compute_loss(
                model,
                bare,
                inputs,
                on_card=shapes.on_card,
                dtype=precision.dtype,
                label_smoothing=spec.train.label_smoothing_factor,
                pairs=spec.method.stage == "dpo",
            )
        with live.kind("backward"):
            value.backward()
        del value
        with live.kind("step"), torch.no_grad():
            decay = spec.train.weight_decay
            optimizers.step(
                live, trained, spec.train.optim, states, on_card=shapes.on_card, decay=decay
            )
    for hook in hooks:
        hook.remove()


def _inputs(shapes: Shapes, device: str) -> dict[str, torch.Tensor]:
    ids = torch.zeros((shapes.rows, shapes.length), dtype=torch.long, device=device)
    return {"input_ids": ids, "labels": ids.clone(), "attention_mask": torch.ones_like(ids)}


def _hold_model(live: LiveBytes, model: Any, *, lora: bool) -> None:
    for parameter in model.parameters():
        live.count(parameter, "adapter" if lora and parameter.requires_grad else "weights")
    live.count_all(model.buffers(), "weights")


def _kind_of(vocabularies: set[int], tensor: torch.Tensor) -> str | None:
    """Logits, and the tiles of them, are told by their width."""
    if tensor.ndim >= 2 and tensor.shape[-1] in (*vocabularies, loss.WORDS_A_TILE):
        return "loss"
    return None


def _watch_recomputation(bare: Any, live: LiveBytes, precision: MixedPrecision) -> None:
    """Let each checkpointed layer be recomputed under the casts its forward ran under, and its
    storages be told apart."""

    @contextmanager
    def again() -> Iterator[None]:
        with precision.region(), live.kind("recomputed"):
            yield

    for module in bare.modules():
        checkpoint = getattr(module, "_gradient_checkpointing_func", None)
        if checkpoint is not None:
            module._gradient_checkpointing_func = partial(
                checkpoint,
                context_fn=lambda: (nullcontext(), again()),
                preserve_rng_state=False,
            )
