"""How much of a source is taken: a number of its rows, a share of them, or each several times.

All choices are drawn from a seed and the source's name in the order of the rows, so they are the
same whoever reads them, however often, and by however many workers.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from engine.spec.sections import Source

T = TypeVar("T")
_BLOCK = 1024  # rows among which a share is drawn


def mixed(rows: Iterable[T], source: Source, seed: int) -> Iterator[T]:
    """What ``source`` takes of its rows: ``sample`` or ``share`` of them, ``repeat`` times."""
    rows = sampled(rows, source.sample, seed, source.source)
    if source.sample is None and source.share is not None:
        rows = times(rows, source.share, seed, source.source)
    return times(rows, source.repeat, seed, source.source) if source.repeat != 1 else iter(rows)


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


def times(rows: Iterable[T], factor: float, seed: int, name: str) -> Iterator[T]:
    """Each row ``factor`` times, in order: 3 is three times; 0.25 a quarter of the rows, 1.5 all of
    them and half of them again, chosen at random in every stretch of rows, so that no more than a
    stretch is held. The number is exact to the nearest row."""
    draw = random.Random(f"{seed}:{name}:{factor}")
    whole, part = divmod(factor, 1)
    waiting, owed = iter(rows), 0.0
    while block := list(islice(waiting, _BLOCK)):
        owed += part * len(block)
        count = min(len(block), max(0, round(owed)))
        owed -= count
        more = set(draw.sample(range(len(block)), count))
        for index, row in enumerate(block):
            for _ in range(int(whole) + (index in more)):
                yield row


def is_mixed(source: Source) -> bool:
    """Whether not simply each row is taken once."""
    return source.sample is not None or source.share is not None or source.repeat != 1


def amount(rows: int, source: Source) -> int:
    """How many rows :func:`mixed` takes of so many."""
    if source.sample is not None:
        rows = source.sample if rows else 0
    elif source.share is not None:
        rows = _times(rows, source.share)
    return _times(rows, source.repeat)


def _times(rows: int, factor: float) -> int:
    whole, part = divmod(factor, 1)
    return int(whole) * rows + round(part * rows)
