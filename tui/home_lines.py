"""The last runs as the list of runs draws them, for a home that has room for its columns."""

from __future__ import annotations

from collections.abc import Iterable

from engine.runs.scan import look
from engine.runs.store import Run
from tui.run_heads import HeadWatch
from tui.tree_line import Line


class HomeLines:
    """Keeps what was read of some runs between looks. Used in one worker thread at a time."""

    def __init__(self) -> None:
        self._watch = HeadWatch()
        self._lines: dict[str, Line] = {}

    def look(self, runs: Iterable[Run]) -> dict[str, Line]:
        """A line for each of ``runs`` that can be read, by its name; only those in which something
        happened since the last look are read."""
        seen = [look(run.name, str(run.path)) for run in runs]
        found = [each for each in seen if each is not None]
        if not self._lines:
            heads = {head.name: head for head in self._watch.known(found)}
        else:
            heads = {name: line.head for name, line in self._lines.items() if line.head}
        heads |= {head.name: head for head in self._watch.read(self._watch.stale(found))}
        self._lines = {
            each.name: Line(each, heads[each.name]) for each in found if each.name in heads
        }
        return self._lines
