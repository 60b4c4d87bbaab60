"""Counting live tensor storages, by what they are for, while a training step is traced.

Imports torch: import it inside functions only.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from engine.memory.shortcuts import shortcut

BLOCK = 512  # CUDA's caching allocator rounds every request up to this many bytes


class LiveBytes(TorchDispatchMode):
    """Watches every operation and knows, at any moment, the bytes alive on ``device`` per kind.

    A new storage is of the kind ``during`` that is current, unless ``kind_of`` names another for
    its shape. ``peak`` is the largest sum seen, ``at_peak`` what it was made of, ``peak_during``
    the largest sum seen within each kind's time.
    """

    def __init__(
        self, device: str, kind_of: Callable[[torch.Tensor], str | None] | None = None
    ) -> None:
        super().__init__()
        self.during = "activations"
        self.now = 0
        self.peak = 0
        self.by_kind: dict[str, int] = {}
        self.at_peak: dict[str, int] = {}
        self.peak_during: dict[str, int] = {}
        self._device = device
        self._kind_of = kind_of or (lambda _: None)
        self._known: dict[int, tuple[weakref.ref[Any], int, str]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = shortcut(func, args, kwargs)
        if result is None:
            result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.count(result)
        elif isinstance(result, list | tuple):
            for part in result:
                if isinstance(part, torch.Tensor):
                    self.count(part)
        return result

    @contextmanager
    def kind(self, name: str) -> Iterator[None]:
        """Storages made within are of kind ``name``."""
        before, self.during = self.during, name
        try:
            yield
        finally:
            self.during = before

    def count(self, tensor: torch.Tensor, kind: str | None = None) -> None:
        """Take a tensor's storage into account; with ``kind``, also one that is known already."""
        if tensor.device.type != self._device:
            return
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self._known:
            if kind is not None:
                self._rename(key, kind)
            return
        kind = kind or self._kind_of(tensor) or self.during
        size = -(-storage.nbytes() // BLOCK) * BLOCK
        self._known[key] = (weakref.ref(storage, lambda _: self._forget(key)), size, kind)
        self._add(kind, size)

    def count_all(self, tensors: Iterable[torch.Tensor], kind: str) -> None:
        """Take many tensors' storages into account as ``kind``."""
        for tensor in tensors:
            self.count(tensor, kind)

    def hold(self, kind: str, size: int) -> None:
        """Count ``size`` bytes that no tensor of the trace stands for, until the end."""
        self._add(kind, size)

    def _add(self, kind: str, size: int) -> None:
        self.now += size
        self.by_kind[kind] = self.by_kind.get(kind, 0) + size
        if self.now > self.peak_during.get(self.during, 0):
            self.peak_during[self.during] = self.now
        if self.now > self.peak:
            self.peak = self.now
            self.at_peak = dict(self.by_kind)

    def _forget(self, key: int) -> None:
        _, size, kind = self._known.pop(key)
        self.now -= size
        self.by_kind[kind] -= size

    def _rename(self, key: int, kind: str) -> None:
        reference, size, before = self._known[key]
        self.by_kind[before] -= size
        self.by_kind[kind] = self.by_kind.get(kind, 0) + size
        self._known[key] = (reference, size, kind)
