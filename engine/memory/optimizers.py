"""Optimizer states, and what a step makes on the way. Imports torch: import inside functions only.

``adamw_torch`` on a card takes torch's foreach path, which makes a temporary as large as all
trained parameters (pure bf16 AdamW peaks at five times the weights); on the CPU it goes parameter
by parameter. transformers makes the same classes: ``Trainer.get_optimizer_cls_and_kwargs``.
"""

from __future__ import annotations

from typing import Any

import torch

from engine.memory.live_bytes import LiveBytes

_EIGHT_BIT = ("adamw_8bit", "paged_adamw_8bit")
_SMALLEST_8BIT = 4096  # bitsandbytes keeps fp32 states for smaller tensors
_BLOCK_8BIT = 256


def hold_states(live: LiveBytes, trained: list[torch.Tensor], optim: str) -> Any:
    """Count the states that ``optim`` keeps for ``trained``; returns what :func:`step` needs."""
    if optim in _EIGHT_BIT:
        if optim == "adamw_8bit":  # the paged one keeps them where torch does not count
            live.hold("optimizer", sum(eight_bit_bytes(tensor) for tensor in trained))
        return None
    if optim == "sgd":  # without momentum: no states
        return None
    if optim == "adafactor":
        from transformers.optimization import Adafactor

        return Adafactor(trained, lr=1e-3, scale_parameter=False, relative_step=False)
    return _adamw(live, trained)


def eight_bit_bytes(tensor: torch.Tensor) -> int:
    """Bytes of bitsandbytes' two 8-bit AdamW states of one parameter."""
    count = tensor.numel()
    if count < _SMALLEST_8BIT:
        return 2 * 4 * count
    return 2 * (count + 4 * -(-count // _BLOCK_8BIT))


def state_bytes(trained: list[torch.Tensor], optim: str) -> int:
    """Bytes of the optimizer's states as a checkpoint stores them."""
    if optim in _EIGHT_BIT:
        return sum(eight_bit_bytes(tensor) for tensor in trained)
    if optim == "sgd":
        return 0
    if optim == "adafactor":
        return sum(4 * _factored(tensor) for tensor in trained)
    return sum(2 * tensor.numel() * tensor.element_size() for tensor in trained)


def _factored(tensor: torch.Tensor) -> int:
    if tensor.ndim < 2:
        return tensor.numel()
    rows, columns = tensor.shape[-2:]
    return tensor.numel() // (rows * columns) * (rows + columns)


def _adamw(live: LiveBytes, trained: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    states = [[torch.zeros_like(tensor) for tensor in trained] for _ in range(2)]
    for part in states:
        live.count_all(part, "optimizer")
    return states


def step(
    live: LiveBytes, trained: list[Any], optim: str, states: Any, *, on_card: bool, decay: float
) -> None:
    """One optimizer step over the gradients that ``trained`` hold."""
    gradients = [tensor.grad for tensor in trained if tensor.grad is not None]
    if optim == "sgd":
        if decay and on_card:
            _ = [torch.empty_like(gradient) for gradient in gradients]
        return
    if optim == "adafactor":
        states.step()
        live.count_all(
            (part for state in states.state.values() for part in state.values()
             if isinstance(part, torch.Tensor)),
            "optimizer",
        )  # fmt: skip
        return
    if optim == "adamw_torch":
        _adamw_step(gradients, states, on_card=on_card)


def _adamw_step(gradients: list[Any], states: Any, *, on_card: bool) -> None:
    """The temporaries of torch's ``_multi_tensor_adamw`` (a card) or ``_single_tensor_adamw``:
    the square root of the second moment, which is divided and raised in place, or once more."""
    if on_card:
        _ = [torch.sqrt(moment) for moment in states[1]]
        return
    for moment in states[1]:
        root = torch.sqrt(moment)
        scaled = root / 1.0
        del root, scaled
