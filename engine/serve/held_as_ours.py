"""How ``transformers serve`` is to hold what it loads: as danlu's own server holds it. Imports
torch, transformers and peft inside functions only.

Both are hooks on public methods, for the process it runs in; whatever either finds otherwise than
it knows it leaves alone or refuses.
"""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress
from typing import Any


def hold_adapters_as_peft_does() -> None:
    """Over a base in half precision PEFT holds an adapter in float32; so it was trained, and so it
    is asked everywhere else. transformers itself loads it in the base's precision, which gives some
    questions another answer. Loading fails where that cannot be helped, and where weights of the
    adapter find no place."""
    import peft
    from peft.functional import cast_adapter_dtype
    from transformers import PreTrainedModel

    inject: Any = peft.inject_adapter_in_model
    load: Any = PreTrainedModel.load_adapter

    def injected(config: Any, model: Any, adapter_name: str = "default", **others: Any) -> Any:
        made = inject(config, model, adapter_name, **others)
        cast_adapter_dtype(made, adapter_name)
        return made

    def loaded(self: Any, *asked: Any, **others: Any) -> Any:
        info = load(self, *asked, **others)
        for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
            if found := getattr(info, kind, None):
                raise RuntimeError(f"{kind}: {sorted(map(str, found))[0]}")
        for name, weight in self.named_parameters():
            if ".lora_" in name and weight.element_size() < 4:
                raise RuntimeError(f"{name}: {weight.dtype}")
        return info

    peft.inject_adapter_in_model = injected
    PreTrainedModel.load_adapter = loaded


def share_the_base() -> None:
    """It loads the base anew below each adapter. Weights that are equal to ones loaded before are
    replaced by those, so that they stand in memory once."""
    from transformers import PreTrainedModel

    load: Any = PreTrainedModel.from_pretrained.__func__  # type: ignore[attr-defined]
    known: dict[str, Any] = {}

    def loaded(cls: Any, *asked: Any, **others: Any) -> Any:
        found = load(cls, *asked, **others)
        # With the facts of its loading, where they are asked for.
        share(found[0] if isinstance(found, tuple) else found, known)
        _give_back()
        return found

    made: Any = classmethod(loaded)
    PreTrainedModel.from_pretrained = made


def share(model: Any, known: dict[str, Any]) -> None:
    """Have ``model`` stand on the weights in ``known`` (by name) that equal its own, and keep its
    others there."""
    import torch

    replaced: dict[int, Any] = {}
    for name, weight in model.named_parameters():
        if type(weight) is not torch.nn.Parameter or ".lora_" in name:
            continue  # what bitsandbytes holds has a state of its own
        other = known.setdefault(name.replace(".base_layer.", "."), weight)
        if other is not weight and _equal(other, weight):
            replaced[id(weight)] = other
    for module in model.modules():  # a tied weight stands in several
        for name, weight in module._parameters.items():
            module._parameters[name] = replaced.get(id(weight), weight)


def _give_back() -> None:
    """Let the machine have the memory of what was replaced."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    with suppress(OSError, AttributeError):  # glibc's alone
        ctypes.CDLL(None).malloc_trim(0)


def _equal(one: Any, other: Any) -> bool:
    import torch

    alike = (one.shape, one.dtype, one.device) == (other.shape, other.dtype, other.device)
    return alike and torch.equal(one, other)
