"""Whether the disk has room for an average, told from the shapes in the adapters' headers."""

from __future__ import annotations

import math
from pathlib import Path

from engine.average.asked import Asked
from engine.errors import DanluError
from engine.hardware import free_disk_bytes
from engine.units import human_bytes

_FLOAT32 = 4  # bytes; the mean is written so whatever the adapters are in
_BESIDE = 20_000_000  # configuration and tokenizer


def check_room(out: Path, asked: list[Asked], rank: int | None) -> None:
    """Raises DanluError ``average.no_room``."""
    needed, free = bytes_of(asked, rank) + _BESIDE, free_disk_bytes(out)
    if free < needed:
        said = human_bytes(needed), human_bytes(free)
        raise DanluError("average.no_room", folder=out, needed=said[0], free=said[1])


def bytes_of(asked: list[Asked], rank: int | None) -> int:
    """What the weights of the mean take. One rank holds for all of its layers, the greatest."""
    greatest, around = 0, 0
    for module in {name for each in asked for name in each.lora.modules}:
        having = [each for each in asked if module in each.lora.modules]
        sides = sum(having[0].lora.shape_added(module))
        ranks = sum(_rank(each, module) for each in having)
        greatest = max(greatest, min(ranks, rank or ranks))
        around += sides
    first = asked[0].lora
    whole = sum(math.prod(first.shape(key)) for key in first.replaced.values())
    return _FLOAT32 * (greatest * around + whole)


def _rank(asked: Asked, module: str) -> int:
    parts = asked.lora.modules[module]
    return asked.lora.shape(parts.get("a") or parts["embedding_a"])[0]
