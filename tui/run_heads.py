"""Which runs there are and how they stand; each look reads only what is new since the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.home import runs_root
from engine.runs.averages import list_averages
from engine.runs.head_index import remember, remembered
from engine.runs.heads import HeadReader, RunHead
from engine.runs.scan import FoundRun, found_in, glimpse

_PAGE = 60  # runs that are shown before there is time for all
_BATCH = 200  # heads that are kept for the next time at once


class HeadWatch:
    """Used in one worker thread at a time. ``first`` are names to be read before all others: those
    in sight; the screen may change it while reading goes on."""

    def __init__(self) -> None:
        self.first: Sequence[str] = ()
        self._reader = HeadReader()
        self._states: dict[str, tuple[int, int, int]] = {}
        self._active: set[str] = set()

    def scan(self, newest: Callable[[list[FoundRun], int], None] | None = None) -> list[FoundRun]:
        """Every run and average, newest first. Where there are many, ``newest`` is given a page of
        them before the rest is looked at, and how many there may be."""
        seen, averages = glimpse(runs_root()), list_averages()
        if newest is not None and len(seen) > 2 * _PAGE:
            page = _newest_first([*found_in(seen[:_PAGE]), *averages])
            newest(page[:_PAGE], len(seen) + len(averages))
        return _newest_first([*found_in(seen), *averages])

    def known(self, found: Sequence[FoundRun]) -> list[RunHead]:
        """The heads that are remembered from earlier times and still true."""
        heads = remembered(found)
        self._states |= {run.name: run.state for run in found if run.name in heads}
        return list(heads.values())

    def stale(self, found: Sequence[FoundRun]) -> list[FoundRun]:
        """The runs that may be other than at the last look: never read, trained then, or something
        happened in them since."""
        states, active = self._states, self._active
        return [run for run in found if run.name in active or states.get(run.name) != run.state]

    def read(self, stale: Sequence[FoundRun]) -> Iterator[RunHead]:
        """The heads of ``stale``, those in sight first. Runs that are deleted meanwhile are passed
        over."""
        left = {run.name: run for run in stale}
        fresh: list[tuple[FoundRun, RunHead]] = []
        while left:
            name = next((name for name in self.first if name in left), None)
            run = left.pop(name if name is not None else next(iter(left)))
            try:
                head = self._reader.read(run)
            except OSError:
                continue
            self._states[run.name] = run.state
            (self._active.add if head.active else self._active.discard)(run.name)
            fresh.append((run, head))
            if len(fresh) >= _BATCH:
                remember(fresh)
                fresh = []
            yield head
        remember(fresh)


def _newest_first(found: list[FoundRun]) -> list[FoundRun]:
    return sorted(found, key=lambda each: each.changed, reverse=True)
