"""Attention for tracing: keeps and makes what the fused kernels keep and make, computes nothing.

On meta tensors ``scaled_dot_product_attention`` takes its math path and books a length² matrix per
head, which no fused kernel makes; and mask functions look at values, which meta tensors lack. So
each kernel stands here as an attention and a mask function of its own name in transformers'
registries. Imports torch and transformers: import it inside functions only.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from transformers import AttentionInterface, AttentionMaskInterface

_PREFIX = "danlu_traced"


def kernel_for(
    wanted: str, *, capability: tuple[int, int] | None, dtype: torch.dtype, padded: bool
) -> str:
    """The name of the attention to trace: ``wanted`` is the spec's ``attn_implementation``,
    ``capability`` the card's (None: CPU), ``padded`` whether rows of a batch differ in length."""
    if wanted == "eager":
        return "eager"
    if wanted == "flash_attention_2":
        return f"{_PREFIX}_flash"
    if capability is None:
        kernel = "cpu"
    elif capability >= (8, 0) and dtype in (torch.bfloat16, torch.float16):
        kernel = "sdpa"
    else:
        kernel = "sdpa_old"
    return f"{_PREFIX}_{kernel}" + ("_padded" if padded else "")


def _attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    kernel: str,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """As transformers' ``sdpa_attention_forward`` goes about it; q, k, v are (batch, heads, length,
    head size)."""
    # Rotary angles leave q and k in fp32 beside fp32 weights; autocast casts them as v was cast.
    query, key = query.to(value.dtype), key.to(value.dtype)
    grouped = query.shape[1] != key.shape[1]
    if attention_mask is not None and kernel != "flash":
        if grouped:
            key, value = (_repeat(part, query.shape[1]) for part in (key, value))
        # torch turns the mask of booleans into one of numbers, for each layer, and keeps it
        bias = query.new_empty(attention_mask.shape)
        kept = "cpu" if kernel == "cpu" else "efficient"
        return _Fused.apply(query, key, value, bias, kept).transpose(1, 2), None
    if kernel == "sdpa_old":  # no flash kernel; the memory-efficient one knows no grouped heads
        if grouped:
            out = F.scaled_dot_product_attention(query, key, value, enable_gqa=True)
            return out.transpose(1, 2).contiguous(), None
        kernel = "efficient"
    return _Fused.apply(query, key, value, None, kernel).transpose(1, 2), None


def _repeat(part: torch.Tensor, heads: int) -> torch.Tensor:
    return part.repeat_interleave(heads // part.shape[1], dim=1)


class _Fused(torch.autograd.Function):
    """A fused attention kernel: q, k, v, the output and its log-sum-exp are kept for backward."""

    @staticmethod
    def forward(ctx: Any, query: Any, key: Any, value: Any, bias: Any, kernel: str) -> Any:
        batch, heads, length = query.shape[:3]
        out = query.new_empty((batch, length, heads, value.shape[-1])).transpose(1, 2)
        log_sums = query.new_empty((batch, heads, length), dtype=torch.float32)
        ctx.save_for_backward(query, key, value, out, log_sums, *(() if bias is None else (bias,)))
        ctx.kernel = kernel
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        query, key, value, _, log_sums, *_ = ctx.saved_tensors
        to_query = torch.empty_like(query)
        if ctx.kernel == "cpu":
            return to_query, torch.empty_like(key), torch.empty_like(value), None, None
        # CUDA sums dq in fp32 beside a (batch, heads, length) of products, and works on as many
        # heads of dk and dv as there are of q before it adds them up.
        sums = torch.empty_like(log_sums)
        in_float32 = torch.empty_like(query, dtype=torch.float32)
        wide = [torch.empty_like(query) for _ in range(2) if query.shape != key.shape]
        result = to_query, torch.empty_like(key), torch.empty_like(value), None, None
        del sums, in_float32, wide
        return result


def _mask(
    batch_size: int,
    q_length: int,
    kv_length: int,
    *args: Any,
    local_size: int | None = None,
    device: Any = "meta",
    padded: bool,
    **options: Any,
) -> torch.Tensor | None:
    """The mask ``sdpa_mask`` would make: none where rows are full and no window is narrower."""
    if not padded and (local_size is None or kv_length <= local_size):
        return None
    return torch.empty((batch_size, 1, q_length, kv_length), dtype=torch.bool, device=device)


def _no_mask(*args: Any, **options: Any) -> None:
    return None


def _register() -> None:
    for kernel in ("cpu", "sdpa", "sdpa_old"):
        for padded in (False, True):
            name = f"{_PREFIX}_{kernel}" + ("_padded" if padded else "")
            AttentionInterface.register(name, partial(_attend, kernel=kernel))
            AttentionMaskInterface.register(name, partial(_mask, padded=padded))
    AttentionInterface.register(f"{_PREFIX}_flash", partial(_attend, kernel="flash"))
    AttentionMaskInterface.register(f"{_PREFIX}_flash", _no_mask)


_register()
