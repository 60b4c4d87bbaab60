"""The mean of what several LoRA adapters add to one layer. Imports torch: import it inside
functions only.

A LoRA layer adds s·BA. The mean of several is Σ wᵢ·sᵢ·BᵢAᵢ, which is not what the means of the
factors multiply to: (B₁+B₂)(A₁+A₂) has the cross terms B₁A₂ and B₂A₁ of layers that never met. Two
ways are right, those that PEFT's ``add_weighted_adapter`` calls ``cat`` and ``svd``:

- stacked: [B₁ B₂]·[w₁s₁A₁; w₂s₂A₂] is that mean exactly, and its rank is the sum of the ranks;
- cut to a rank: the nearest layer of that rank, by singular values.

It is done here on the stored tensors rather than by PEFT, because PEFT needs the whole base in
memory for it (28 GB for two adapters of 40 MB), takes the singular values of each full-sized
product (the QR factors of B and Aᵀ give the same from a matrix of rank × rank), and leaves the
rsLoRA switch on in what it stacks, which then counts √rank times too much (0.21).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Layer:
    """``b @ a`` is what is added: ``a`` of shape (rank, in), ``b`` (out, rank), both float32.
    ``energy`` is the squared norm of the mean, ``kept`` that of what is left of it."""

    a: torch.Tensor
    b: torch.Tensor
    energy: float = 0.0
    kept: float = 0.0


def stacked(layers: Sequence[tuple[torch.Tensor, torch.Tensor, float]]) -> Layer:
    """The weighted sum of ``layers``, each ``(a, b, weight × scale)``, exactly."""
    a = torch.cat([a.float() * factor for a, _, factor in layers], dim=0)
    b = torch.cat([b.float() for _, b, _ in layers], dim=1)
    return Layer(a, b)


def cut(layer: Layer, rank: int) -> Layer:
    """The nearest layer of at most ``rank`` (Eckart and Young), its weight shared evenly between
    both factors."""
    left, right_b = torch.linalg.qr(layer.b)
    right, right_a = torch.linalg.qr(layer.a.T)
    u, values, v = torch.linalg.svd(right_b @ right_a.T)
    squares = values.double() ** 2
    root = values[:rank].sqrt()
    return Layer(
        a=root[:, None] * (v[:rank] @ right.T),
        b=(left @ u[:, :rank]) * root,
        energy=float(squares.sum()),
        kept=float(squares[:rank].sum()),
    )


def padded(layer: Layer, rank: int) -> Layer:
    """The same with zeros up to ``rank``, so that one rank holds for every layer."""
    missing = rank - len(layer.a)
    if missing <= 0:
        return layer
    a = torch.nn.functional.pad(layer.a, (0, 0, 0, missing))
    b = torch.nn.functional.pad(layer.b, (0, missing))
    return Layer(a, b, layer.energy, layer.kept)


def mean(tensors: Sequence[torch.Tensor], weights: Sequence[float]) -> torch.Tensor:
    """The weighted mean of whole tensors, in the dtype of the first."""
    total = torch.zeros_like(tensors[0], dtype=torch.float32)
    for tensor, weight in zip(tensors, weights, strict=True):
        total += tensor.float() * weight
    return total.to(tensors[0].dtype)
