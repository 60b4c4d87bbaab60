"""bitsandbytes' packed linear layers, for tracing: what they keep, and what they unpack for use.

Imports torch: import it inside functions only.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

# nf4: one absmax per 64 weights in fp32; doubly quantised they are bytes with one fp32 per 256.
_NF4_BITS = 4 + 32 / 64
_NF4_BITS_DOUBLE = 4 + 8 / 64 + 32 / (64 * 256)


def packed_bytes(weights: int, rows: int, quantization: str, double: bool) -> int:
    """Bytes of a packed matrix of ``weights`` numbers in ``rows`` rows."""
    if quantization == "int8":
        return weights + 4 * rows  # one scale in fp32 per row
    return round(weights * (_NF4_BITS_DOUBLE if double else _NF4_BITS) / 8)


def quantize_linears(
    model: nn.Module, quantization: str, *, double: bool, dtype: torch.dtype, on_card: bool
) -> None:
    """Put a :class:`PackedLinear` where transformers would put a bitsandbytes layer: every linear
    layer but the output head."""
    head = getattr(model, "get_output_embeddings", lambda: None)()
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear and child is not head:
                packed = PackedLinear(child, quantization, double, dtype, on_card)
                setattr(parent, name, packed)


class PackedLinear(nn.Linear):
    """A linear layer whose weight is a packed block of bytes, unpacked to ``dtype`` when used."""

    def __init__(
        self, plain: nn.Linear, quantization: str, double: bool, dtype: torch.dtype, on_card: bool
    ) -> None:
        nn.Module.__init__(self)
        self.in_features, self.out_features = plain.in_features, plain.out_features
        size = packed_bytes(plain.weight.numel(), self.out_features, quantization, double)
        block = torch.empty(size, dtype=torch.uint8, device=plain.weight.device)
        self.weight = nn.Parameter(block, requires_grad=False)
        self.bias = plain.bias
        self.quantization = quantization
        self.dtype = dtype
        self.on_card = on_card

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if self.quantization == "int8":
            used = input.reshape(-1, input.shape[-1])
            if self.on_card:  # int8 products of fp16 inputs; the input itself is kept
                half = used.to(torch.float16)
                _ = torch.empty_like(half, dtype=torch.int8)
                del half
            out = _Unpacked.apply(used, self.weight, self.out_features, used.dtype, self.on_card)
            out = out.reshape(*input.shape[:-1], self.out_features)
        else:
            used = input.to(self.dtype)
            out = _Unpacked.apply(used, self.weight, self.out_features, self.dtype, False)
            out = out.to(input.dtype).clone()  # peft clones what a 4-bit layer gives
        return out if self.bias is None else out + self.bias


class _Unpacked(torch.autograd.Function):
    """A product with a matrix that exists only while it is multiplied."""

    @staticmethod
    def forward(
        ctx: Any, input: Any, packed: Any, rows: int, dtype: torch.dtype, in_int8: bool
    ) -> torch.Tensor:
        ctx.columns, ctx.dtype = input.shape[-1], dtype
        ctx.save_for_backward(packed, *((input,) if in_int8 else ()))
        if in_int8:
            sums = input.new_empty((*input.shape[:-1], rows), dtype=torch.int32)
            out = input.new_empty((*input.shape[:-1], rows))
            del sums
            return out
        matrix = packed.new_empty((rows, ctx.columns), dtype=dtype)
        return torch.matmul(input, matrix.t())

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        packed = ctx.saved_tensors[0]
        rows = gradients[0].shape[-1]
        matrix = packed.new_empty((rows, ctx.columns), dtype=ctx.dtype)
        return torch.matmul(gradients[0].to(ctx.dtype), matrix), None, None, None, None
