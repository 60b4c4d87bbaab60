"""Saying as which adapter a model answers, quickly enough to be done at every token. Imports peft
inside its functions."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any


class Switch:
    """Sets the adapter in each LoRA layer directly. PEFT's own ``set_adapter`` and
    ``disable_adapter`` also go through every weight to say whether it is trained: 16 and 57 ms of
    CPU time on a model of 135M parameters, as much as a token takes. Where a model has layers of
    another kind than plain ones (fully tuned copies, prompts), PEFT's own way is taken."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._layers = _plain_layers(model)

    def to(self, adapter: str | None) -> AbstractContextManager[Any]:
        """Let the model answer with ``adapter``, or as if it had none, inside the block."""
        if self._layers is None:
            return self._by_peft(adapter)
        for layer in self._layers:
            if adapter is not None:
                layer._active_adapter = [adapter]
            layer._disable_adapters = adapter is None
        return nullcontext()

    def _by_peft(self, adapter: str | None) -> AbstractContextManager[Any]:
        if adapter is None:
            return self._model.disable_adapter()
        if self._model.active_adapter != adapter:
            self._model.set_adapter(adapter)
        return nullcontext()


def _plain_layers(model: Any) -> list[Any] | None:
    """The layers adapters stand in; None where there are others than those that can be set."""
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils.other import AuxiliaryTrainingWrapper

    layers = []
    for module in model.modules():
        if isinstance(module, AuxiliaryTrainingWrapper):
            return None
        if isinstance(module, BaseTunerLayer):
            if not hasattr(module, "_active_adapter") or not hasattr(module, "_disable_adapters"):
                return None
            layers.append(module)
    return layers or None
