"""Shapes of common results, told at once: torch's own meta kernels for these are Python, and take
most of a trace's time. Imports torch: import it inside functions only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

_aten = torch.ops.aten


def shortcut(func: Any, args: tuple[Any, ...], kwargs: Any) -> Any:
    """The result of ``func`` on meta tensors, or None where its own kernel must say."""
    known = _KNOWN.get(func)
    return None if known is None or kwargs else known(*args)


def _elementwise(left: Any, right: Any = None, *rest: Any) -> Any:
    if not isinstance(left, torch.Tensor) or not left.is_meta or not left.is_floating_point():
        return None
    if isinstance(right, torch.Tensor) and not (
        right.is_meta
        and right.dtype == left.dtype
        and right.shape == left.shape
        and right.stride() == left.stride()
    ):
        return None
    return torch.empty_like(left)


def _dropout(tensor: Any, p: float, train: bool) -> Any:
    if not tensor.is_meta:
        return None
    return torch.empty_like(tensor), torch.empty_like(tensor, dtype=torch.bool)


def _addmm(bias: Any, left: Any, right: Any) -> Any:
    if not left.is_meta:
        return None
    return left.new_empty((left.shape[0], right.shape[1]))


_KNOWN: dict[Any, Callable[..., Any]] = {
    _aten.add.Tensor: _elementwise,
    _aten.mul.Tensor: _elementwise,
    _aten.mul.Scalar: _elementwise,
    _aten.div.Scalar: _elementwise,
    _aten.pow.Tensor_Scalar: _elementwise,
    _aten.neg.default: _elementwise,
    _aten.sqrt.default: _elementwise,
    _aten.rsqrt.default: _elementwise,
    _aten.native_dropout.default: _dropout,
    _aten.native_dropout_backward.default: _elementwise,
    _aten.addmm.default: _addmm,
}
