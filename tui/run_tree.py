"""Runs, their checkpoints and exports, and averages, as the lines of a tree: folded, filtered,
sorted, marked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

from engine import words
from engine.runs.contents import Contents
from engine.runs.heads import RunHead
from engine.runs.ordering import SORTS, in_order, meant, searched
from engine.runs.scan import FoundRun
from tui.tree_line import Identity, Line

__all__ = ["Identity", "Line", "Lines", "RunTree"]

_OPEN_AT_FIRST = 5  # the newest runs show their checkpoints unasked


class Lines(Sequence[Line]):
    """The lines of many runs, each made when it is asked for. ``opened`` are the places of those
    among ``runs`` whose lines below are shown, with these lines."""

    def __init__(
        self,
        runs: Sequence[FoundRun],
        heads: Mapping[str, RunHead],
        opened: Sequence[tuple[int, list[Line]]],
    ) -> None:
        self._runs, self._heads = runs, heads
        self._below = [below for _, below in opened]
        self._at = [at for at, _ in opened]
        self._tops: list[int] = []  # the row of each opened run
        more = 0
        for at, below in opened:
            self._tops.append(at + more)
            more += len(below)
        self._count = len(runs) + more

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(self._count))]
        row = index + self._count if index < 0 else index
        if not 0 <= row < self._count:
            raise IndexError(index)
        before = bisect_right(self._tops, row) - 1
        if before < 0:
            return self._run(row)
        beyond, below = row - self._tops[before], self._below[before]
        if 0 < beyond <= len(below):
            return below[beyond - 1]
        return self._run(self._at[before] + max(0, beyond - len(below)), opened=beyond == 0)

    def _run(self, at: int, opened: bool = False) -> Line:
        run = self._runs[at]
        head = self._heads.get(run.name)
        hidden = head.checkpoints if head is not None and not opened else 0
        return Line(run, head, hidden=hidden)

    def row_of(self, identity: Identity) -> int | None:
        """The row of a line; that of its run where the line is not shown; None where neither is."""
        at = next((n for n, run in enumerate(self._runs) if run.name == identity[0]), None)
        if at is None:
            return None
        before = bisect_right(self._at, at) - 1
        if before < 0:
            return at
        if self._at[before] != at:
            return self._tops[before] + len(self._below[before]) + at - self._at[before]
        names = [line.identity for line in self._below[before]]
        below = names.index(identity) + 1 if identity in names else 0
        return self._tops[before] + below


@dataclass
class RunTree:
    """What is known of the runs, which of them show their checkpoints, what is marked; whether any
    of them was ``evaluated`` or verified (``scored``)."""

    found: list[FoundRun] = field(default_factory=list)
    heads: dict[str, RunHead] = field(default_factory=dict)
    contents: dict[str, Contents] = field(default_factory=dict)
    marked: dict[Identity, Line] = field(default_factory=dict)
    sort: str = "newest"
    turned: bool = False
    evaluated: bool = False
    scored: bool = False
    _folded: dict[str, bool] = field(default_factory=dict)
    _texts: dict[str, str] = field(default_factory=dict)
    _language: str = ""

    def set_runs(self, found: Sequence[FoundRun]) -> None:
        """Take the list of runs, newest first; what was known of others is forgotten."""
        first = not self._folded
        self.found = list(found)
        if first:
            self._folded = {run.name: False for run in self.found[:_OPEN_AT_FIRST]}
        for run in self.found:
            if run.kind == "average":  # what was exported from it is not counted on its line
                self._folded.setdefault(run.name, False)
        if len(self.heads) > len(found):
            there = {run.name for run in found}
            self.heads = {name: head for name, head in self.heads.items() if name in there}
            self.contents = {name: each for name, each in self.contents.items() if name in there}
            self.marked = {key: line for key, line in self.marked.items() if key[0] in there}

    def learn(self, heads: Iterable[RunHead]) -> None:
        """Take what was read of some runs."""
        for head in heads:
            self.heads[head.name] = head
            self.evaluated = self.evaluated or head.eval_loss is not None
            self.scored = self.scored or head.score is not None
            self._texts.pop(head.name, None)

    def learn_contents(self, name: str, contents: Contents) -> None:
        """Take what a run holds. Marks on what is gone go with it."""
        self.contents[name] = contents
        self.evaluated |= any(kept.checkpoint.eval_loss is not None for kept in contents.kept)
        self.scored |= any(kept.score is not None for kept in contents.kept)
        there = {"", *(kept.name for kept in contents.kept)}
        there |= {str(export.folder) for export in contents.exports}
        gone = [key for key in self.marked if key[0] == name and key[1] not in there]
        for key in gone:
            del self.marked[key]

    @property
    def bytes(self) -> int:
        """Of all checkpoints known of."""
        return sum(head.bytes for head in self.heads.values())

    def is_folded(self, name: str) -> bool:
        return self._folded.get(name, True)

    def fold(self, name: str, folded: bool | None = None) -> None:
        """Fold a run's checkpoints away or show them; without ``folded`` the other way round."""
        self._folded[name] = not self.is_folded(name) if folded is None else folded

    def unread(self) -> list[FoundRun]:
        """Runs whose checkpoints are to be shown and have not been read yet."""
        return [
            run
            for run in self.found
            if not self._folded.get(run.name, True) and run.name not in self.contents
        ]

    def toggle_mark(self, line: Line) -> None:
        if self.marked.pop(line.identity, None) is None:
            self.marked[line.identity] = line

    def next_sort(self, by: int = 1) -> None:
        """Sort by the next key."""
        keys = list(SORTS)
        self.sort, self.turned = keys[(keys.index(self.sort) + by) % len(keys)], False

    def lines(self, wanted: str = "") -> Lines:
        """The lines to show; only runs whose name, status or model contains ``wanted``."""
        runs = self._ordered(wanted)
        opened = [
            (at, list(self._below(run, self.heads.get(run.name))))
            for at, run in enumerate(runs)
            if not self._folded.get(run.name, True)
        ]
        return Lines(runs, self.heads, opened)

    def _ordered(self, wanted: str) -> list[FoundRun]:
        runs = self.found
        if wanted:
            fits = meant(wanted)
            texts = self._texts_now()
            runs = [run for run in runs if fits(texts.get(run.name) or run.name.casefold())]
        if self.sort == "newest":
            return runs[::-1] if self.turned else runs
        by_name = {run.name: run for run in runs}
        read = [self.heads[name] for name in by_name if name in self.heads]
        ordered = [by_name[head.name] for head in in_order(read, self.sort, self.turned)]
        return ordered + [run for run in runs if run.name not in self.heads]

    def _texts_now(self) -> dict[str, str]:
        """What of each run a filter looks into; kept, for it is asked at every key."""
        if self._language != words.language():
            self._texts, self._language = {}, words.language()
        for name, head in self.heads.items():
            if name not in self._texts:
                self._texts[name] = searched(head)
        return self._texts

    def _below(self, run: FoundRun, head: RunHead | None) -> Iterator[Line]:
        contents = self.contents.get(run.name) or Contents()
        exports = list(contents.exports)
        names = {kept.name for kept in contents.kept}
        loose = [export for export in exports if export.checkpoint not in names]
        for kept in contents.kept:
            last = kept is contents.kept[-1] and not loose
            yield Line(run, head, kept, last=last, depth=1)
            made = [export for export in exports if export.checkpoint == kept.name]
            for export in made:
                yield Line(run, head, exported=export, last=export is made[-1], depth=2)
        for export in loose:
            yield Line(run, head, exported=export, last=export is loose[-1], depth=1)
