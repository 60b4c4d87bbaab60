"""What ``torch.autocast`` does, for tensors of the meta device, which autocast itself passes by.

Imports torch: import it inside functions only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

# CUDA's lists (aten/src/ATen/autocast_mode.h), by the names models call them by.
_LOWER: frozenset[Callable[..., Any]] = frozenset(
    {
        F.linear, F.conv1d, torch.conv1d, torch.matmul, torch.Tensor.matmul,
        torch.Tensor.__matmul__, torch.mm, torch.bmm, torch.Tensor.bmm, torch.Tensor.mm,
        torch.addmm, torch.Tensor.addmm, torch.baddbmm, torch.addbmm, torch.einsum,
    }
)  # fmt: skip
_FLOAT32: frozenset[Callable[..., Any]] = frozenset(
    {
        F.softmax, torch.softmax, torch.Tensor.softmax, F.log_softmax, torch.log_softmax,
        torch.Tensor.log_softmax, F.layer_norm, F.group_norm, F.cross_entropy, F.nll_loss,
        torch.pow, torch.Tensor.pow, torch.Tensor.__pow__, torch.rsqrt, torch.Tensor.rsqrt,
        torch.exp, torch.Tensor.exp, torch.log, torch.Tensor.log, F.softplus, torch.Tensor.norm,
        torch.norm, torch.sum, torch.Tensor.sum, torch.cumsum, torch.Tensor.cumsum,
    }
)  # fmt: skip


class MixedPrecision(TorchFunctionMode):
    """Casts as autocast does, within :meth:`region`: matrix products to ``dtype``, the casts of
    trained fp32 parameters being kept until it ends; sums, norms and exponentials to fp32.

    With ``on_card`` dropout keeps what CUDA's fused kernel keeps: a mask of bytes.
    """

    def __init__(self, dtype: torch.dtype | None, *, on_card: bool) -> None:
        super().__init__()
        self.dtype = dtype
        self._on_card = on_card
        self._casts: dict[int, torch.Tensor] = {}

    @contextmanager
    def region(self) -> Iterator[None]:
        """Where autocast is on: the forward, and each recomputation of a checkpointed layer."""
        with self:
            yield
        self._casts.clear()

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if self._on_card and func is F.dropout:
            return _fused_dropout(*args, **kwargs)
        if func is torch.all and len(args) == 1 and args[0].is_meta:
            return torch.ones((), dtype=torch.bool)  # of a mask's values: the rows have no padding
        if self.dtype and func in _LOWER:
            args = tuple(self._lowered(value) for value in args)
            kwargs = {name: self._lowered(value) for name, value in kwargs.items()}
        elif self.dtype and func in _FLOAT32 and kwargs.get("dtype") is None:
            args = tuple(_raised(value) for value in args)
        return func(*args, **kwargs)

    def _lowered(self, value: Any) -> Any:
        if isinstance(value, list | tuple) and any(isinstance(v, torch.Tensor) for v in value):
            return [self._lowered(part) for part in value]
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            return value
        if value.dtype == self.dtype or value.dtype == torch.float64:
            return value
        if not (value.is_leaf and value.requires_grad and value.dtype == torch.float32):
            return value.to(self.dtype)
        cached = self._casts.get(id(value))
        if cached is None:
            cached = self._casts[id(value)] = value.to(self.dtype)
        return cached


def _raised(value: Any) -> Any:
    if isinstance(value, torch.Tensor) and value.dtype in (torch.float16, torch.bfloat16):
        return value.float()
    return value


def _fused_dropout(
    input: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> torch.Tensor:
    return torch.native_dropout(input, p, True)[0] if training and p > 0 else input
