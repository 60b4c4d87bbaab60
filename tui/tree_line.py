"""One line of the tree of runs: what it stands for, and what makes sense to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.runs.contents import Exported, Kept
from engine.runs.heads import RunHead
from engine.runs.places import Place
from engine.runs.scan import FoundRun
from engine.runs.store import Run

_TALKS = ("merged", "adapter", "bnb4", "bnb8")  # exports that can be loaded again here
# What can be done with exports that cannot, by what is done.
_BESIDE = {"publish": ("gguf", "gptq", "awq", "onnx"), "serve": ("gptq", "awq")}
Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a run or an average (``head`` is None until its journal is read), a checkpoint of
    it (``kept``), or an export made from it. ``depth`` counts from the top; ``last`` of its
    like."""

    found: FoundRun
    head: RunHead | None = None
    kept: Kept | None = None
    exported: Exported | None = None
    last: bool = False
    depth: int = 0
    hidden: int = 0  # checkpoints folded away

    @property
    def run(self) -> Run:
        return Run(Path(self.found.path))

    @property
    def identity(self) -> Identity:
        part = self.kept.name if self.kept else str(self.exported.folder) if self.exported else ""
        return self.found.name, part

    @property
    def is_run(self) -> bool:
        return self._is_top and self.found.kind == "run"

    @property
    def is_average(self) -> bool:
        return self._is_top and self.found.kind == "average"

    @property
    def _is_top(self) -> bool:
        return self.kept is None and self.exported is None

    @property
    def kind(self) -> str:
        """``run``, ``checkpoint``, ``export`` or ``average``."""
        if self.exported is not None:
            return "export"
        return self.found.kind if self._is_top else "checkpoint"

    @property
    def in_journal(self) -> bool:
        """Whether it is of a run, whose journal tells of it."""
        return self.is_run or self.kept is not None

    @property
    def pinned(self) -> bool:
        if self.exported is not None:
            return self.exported.pinned
        if self.kept is not None:
            return self.kept.pinned
        return self.head is not None and self.head.pinned

    @property
    def mark(self) -> str | None:
        """By which name it is pinned in its run's folder; None stands for the whole."""
        return str(self.exported.folder) if self.exported else self.kept.name if self.kept else None

    @property
    def place(self) -> Place:
        """The run or checkpoint it stands for."""
        return Place(self.run, self.kept.name if self.kept else None)

    @property
    def target(self) -> str:
        """What chat and verify are asked for: ``run``, ``run/checkpoint-20``, the path of an export
        or average."""
        return self.place.label if self.in_journal else self.path

    @property
    def label(self) -> str:
        """How it is called in a question: as :attr:`target`, but the path's end alone."""
        return self.place.label if self.in_journal else Path(self.path).name

    @property
    def path(self) -> str:
        """The folder on disk."""
        if self.exported:
            return str(self.exported.folder)
        return f"{self.found.path}/{self.kept.name}" if self.kept else self.found.path

    @property
    def bytes(self) -> int:
        if self.exported:
            return self.exported.bytes
        if self.kept:
            return self.kept.checkpoint.bytes
        return self.head.bytes if self.head else 0

    @property
    def can_talk(self) -> bool:
        """Whether there is something learned to talk to."""
        if self.exported:
            return self.exported.format in _TALKS
        if self.kept:
            return self.kept.there
        if self.is_average:
            return True
        return self.head is not None and bool(self.head.checkpoints) and not self.found.damaged

    def can(self, use: str) -> bool:
        """Whether ``use`` (chat, verify, evaluate, export, serve, publish) makes sense of it."""
        if self.exported is None:
            return self.can_talk
        if use in ("verify", "export"):  # a merged model has no base to be held against
            return self.exported.format == "adapter" or (use == "export" and self.can_talk)
        return self.can_talk or self.exported.format in _BESIDE.get(use, ())

    @property
    def goes_on(self) -> bool:
        """Whether more epochs of its run would go on from here: the run, or its last checkpoint."""
        last = self.head.last if self.head is not None else None
        return self.is_run or (self.kept is not None and self.kept.name == last)

    @property
    def can_resume(self) -> bool:
        """Whether its run ended early and training can go on from here."""
        head = self.head
        if (
            head is None
            or not self.in_journal
            or head.active
            or head.status in ("finished", "damaged")
        ):
            return False
        return self.kept.resumable if self.kept else head.resumable
