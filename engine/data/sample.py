"""How much of a source is taken: a number of its rows, a share of them, or each several times.

All choices are drawn from a seed and the source's name in the order of the rows, so they are the
same whoever reads them, however often, and by however many workers.
"""

from __future__ import annotations

import heapq
import random
from array import array
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from engine.data.put_aside import PutAside
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
    whole copies, then takes the rest at random. ``name`` keeps two sources from choosing alike.
    Rows chosen wait on disk until the last is drawn. Raises DanluError ``data.cache_unwritable``.
    """
    if count is None:
        yield from rows
        return
    with PutAside() as aside:
        drawn = _drawn(rows, count, random.Random(f"{seed}:{name}"), aside)
        copies, rest = divmod(count, drawn.size) if drawn.size else (0, 0)
        for _ in range(copies or 1):
            yield from (aside.get(place) for place in drawn.places)
        if copies:
            yield from (aside.get(drawn.places[n]) for n in sorted(drawn.by_draw(rest)))


class _Drawn:
    """The rows with the least draws so far, in their order: twenty-four bytes each."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._draws, self.places = array("d"), array("Q")
        self._bound = 2.0  # greater than every draw
        self.size = 0  # rows drawn in all

    def wants(self, draw: float) -> bool:
        """Whether a row of this draw may be among the least."""
        self.size += 1
        return draw <= self._bound

    def add(self, draw: float, place: int) -> None:
        self._draws.append(draw)
        self.places.append(place)
        if len(self._draws) >= 2 * self._count + _BLOCK:
            self.prune()

    def prune(self) -> None:
        """Leave the rows that are no longer among the least."""
        kept = self.by_draw(self._count)
        if kept and len(kept) == self._count:
            self._bound = self._draws[kept[-1]]
        kept.sort()
        self._draws = array("d", [self._draws[number] for number in kept])
        self.places = array("Q", [self.places[number] for number in kept])

    def by_draw(self, count: int) -> list[int]:
        """The numbers of the ``count`` rows of the least draws, the least first."""
        return heapq.nsmallest(count, range(len(self._draws)), key=self._draws.__getitem__)


def _drawn(rows: Iterable[T], count: int, draw: random.Random, aside: PutAside) -> _Drawn:
    drawn = _Drawn(count)
    for row in rows:
        own = draw.random()
        if drawn.wants(own):
            drawn.add(own, aside.put(row))
    drawn.prune()
    return drawn


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
