"""Which adapters are to be averaged, and whether they may be: of one base, of one kind, of the same
shapes. Imports torch when called, but loads no weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.models.foreign import hub_id_of

if TYPE_CHECKING:
    from engine.export.lora_weights import LoraWeights

# What must be alike for one configuration to hold for all.
_ONLY_START = ("gaussian", "eva", "orthogonal")  # other ones also change the base itself
_ALIKE = ("fan_in_fan_out", "bias", "modules_to_save", "task_type")


@dataclass(frozen=True)
class Asked:
    """One adapter and its share of the mean."""

    target: ChatTarget
    lora: LoraWeights
    weight: float


def read_asked(
    targets: Sequence[ChatTarget], weights: Sequence[float] | None, base: str | None
) -> list[Asked]:
    """The adapters of ``targets`` with their shares. ``base`` says that all were trained on that
    model, whatever they name. Raises DanluError ``average.*``, ``export.not_lora`` and
    ``export.adapter_weights``."""
    from engine.export.lora_weights import read_lora

    if len(targets) < 2:
        raise DanluError("average.too_few", exit_code=2)
    shares = _shares(weights, len(targets))
    for target in targets:
        if target.adapter is None:
            raise DanluError("average.not_an_adapter", target=target.label)
    _refuse_twice(targets)
    if base is None:
        _one_base(targets)
    found = [
        Asked(target, read_lora(target.adapter), share)
        for target, share in zip(targets, shares, strict=True)
        if target.adapter is not None
    ]
    for asked in found:
        _refuse_beyond(asked)
    for other in found[1:]:
        _same_kind(found[0], other)
        _same_shapes(found[0], other)
    return found


def _shares(weights: Sequence[float] | None, count: int) -> list[float]:
    """``weights`` as parts of one; equal ones where none are given."""
    if weights is None:
        return [1.0 / count] * count
    given = ", ".join(f"{weight:g}" for weight in weights)
    if len(weights) != count:
        raise DanluError("average.weights_count", exit_code=2, weights=given, count=count)
    total = math.fsum(weights)
    if not all(math.isfinite(w) and w >= 0 for w in weights) or total <= 0:
        raise DanluError("average.bad_weights", exit_code=2, weights=given)
    return [weight / total for weight in weights]


def _refuse_twice(targets: Sequence[ChatTarget]) -> None:
    seen: dict[Path | None, str] = {}
    for target in targets:
        if target.adapter in seen:
            raise DanluError("average.same_twice", first=seen[target.adapter], second=target.label)
        seen[target.adapter] = target.label


def _one_base(targets: Sequence[ChatTarget]) -> None:
    first = targets[0]
    for target in targets[1:]:
        if _base(target) != _base(first):
            raise DanluError(
                "average.other_base",
                first=first.label,
                first_base=first.base.source,
                second=target.label,
                second_base=target.base.source,
            )


def _base(target: ChatTarget) -> str:
    """The base by one name: its hub id where a folder lies in a hub's cache, else its place."""
    source = target.base.source
    here = Path(source).expanduser()
    return hub_id_of(source) or (str(here.resolve()) if here.is_dir() else source)


def _refuse_beyond(asked: Asked) -> None:
    """What a sum of layers does not average."""
    from engine.export.lora_weights import why_in_memory

    lora = asked.lora
    magnitude = any("magnitude" in parts for parts in lora.modules.values())
    if lora.config.get("use_dora") or magnitude:
        raise DanluError("average.dora", target=asked.target.label)
    config = lora.config
    if config.get("init_lora_weights") in _ONLY_START:
        config = {**config, "init_lora_weights": True}
    beyond = why_in_memory(replace(lora, config=config))
    if beyond is not None:
        raise DanluError("average.beyond", target=asked.target.label, reason=beyond)


def _same_kind(first: Asked, other: Asked) -> None:
    for name in _ALIKE:
        one, two = (_plain(each.lora.config.get(name)) for each in (first, other))
        if one != two:
            raise _unlike(first, other, name, one, two)
    if sorted(first.lora.replaced) != sorted(other.lora.replaced):
        only = sorted(set(first.lora.replaced) ^ set(other.lora.replaced))[0]
        has = only in first.lora.replaced
        raise DanluError(
            "average.whole_only_some",
            tensor=only,
            has=(first if has else other).target.label,
            lacks=(other if has else first).target.label,
        )


def _same_shapes(first: Asked, other: Asked) -> None:
    for module in sorted(first.lora.modules.keys() & other.lora.modules.keys()):
        one, two = (each.lora.shape_added(module) for each in (first, other))
        if one != two:
            raise _unlike(first, other, module, _size(one), _size(two))
    for name, key in first.lora.replaced.items():
        one, two = first.lora.shape(key), other.lora.shape(other.lora.replaced[name])
        if one != two:
            raise _unlike(first, other, name, _size(one), _size(two))


def _unlike(first: Asked, other: Asked, part: str, one: Any, two: Any) -> DanluError:
    return DanluError(
        "average.unlike",
        part=part,
        first=first.target.label,
        first_value=one,
        second=other.target.label,
        second_value=two,
    )


def _plain(value: Any) -> Any:
    """A list without its order, an empty one as nothing."""
    return ", ".join(sorted(map(str, value))) or None if isinstance(value, list) else value


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
