"""Taking a number of rows from a source, the same for the same seed, holding no more than those."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def sampled(rows: Iterable[T], count: int | None, seed: int, name: str) -> Iterator[T]:
    """``count`` of ``rows``, in their order: all of them for None; more than there are repeats
    whole copies, then takes the rest at random. ``name`` keeps two sources from choosing alike."""
    if count is None:
        yield from rows
        return
    draw = random.Random(f"{seed}:{name}")
    size = 0

    def drawn() -> Iterator[tuple[float, int, T]]:
        nonlocal size
        for index, row in enumerate(rows):
            size = index + 1
            yield draw.random(), index, row

    chosen = heapq.nsmallest(count, drawn(), key=lambda entry: entry[:2])
    in_order = sorted(chosen, key=lambda entry: entry[1])
    copies, rest = divmod(count, size) if size else (0, 0)
    for _ in range(copies):
        yield from (row for _, _, row in in_order)
    kept = {index for _, index, _ in chosen[:rest]} if copies else set()
    yield from (row for _, index, row in in_order if not copies or index in kept)
