"""All who may join a conversation, listed without loading any: ten thousand checkpoints cost a look
into each run's folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine import words
from engine.chat.held import Held, held_here
from engine.chat.part import Part, base_part, part_of
from engine.chat.target import ChatTarget
from engine.errors import DanluError
from engine.export.manifest import ExportReport, exports_of
from engine.hardware import Machine, machine
from engine.home import runs_root
from engine.models.shelf import ShelfEntry, shelf
from engine.runs.averages import list_averages, read_average
from engine.runs.head_index import read_heads
from engine.runs.heads import RunHead
from engine.runs.layout import checkpoint_step
from engine.runs.scan import FoundRun, scan
from engine.runs.store import Run
from engine.spec.sections import Model
from engine.units import human_bytes
from tui.average_words import shares
from tui.symbols import sign

_MOST_READ = 20  # runs, newest first, of which is found out on which model they stand


@dataclass(frozen=True)
class Choice:
    """A heading (``searched`` None), or one who may join: what ``target`` names, or ``part`` where
    that is known. ``shared``: on a model that is loaded."""

    title: str = ""
    target: str = ""
    part: Part | None = None
    note: str = ""
    shared: bool = False
    searched: str | None = None


def choices(target: ChatTarget, there: Sequence[Part]) -> list[Choice]:
    """All who may join, those of the same run first; who is there already is left out. Reads
    folders: call it in a thread."""
    return _Choosing(target, there).choices()


@dataclass
class _Choosing:
    target: ChatTarget
    there: Sequence[Part]
    on: Machine = field(default_factory=machine)

    def __post_init__(self) -> None:
        self._held: dict[Model, Held | None] = {}
        self._loaded = {self._of(part.model) for part in self.there}
        self._taken = {str(part.adapter or part.model.source) for part in self.there}
        self._plain = {self._of(part.model) for part in self.there if not part.adapter}

    def choices(self) -> list[Choice]:
        found = list(read_heads(scan(runs_root())))
        own = [each for each in found if self._is_own(each[0])]
        others = [each for each in found if not self._is_own(each[0])]
        groups = (
            ("here", [*self._base(), *self._checkpoints(own)]),
            ("exports", list(self._exports([*own, *others]))),
            ("averages", list(self._averages())),
            ("trained", list(self._checkpoints(others))),
            ("models", list(self._models(shelf()))),
        )
        listed: list[Choice] = []
        for name, group in groups:
            if group:
                listed += [Choice()] if listed else []
                listed += [Choice(words.t(f"voice_picker.{name}")), *group]
        return [_searchable(choice) if choice.target else choice for choice in listed]

    def _is_own(self, run: FoundRun) -> bool:
        return self.target.run is not None and Path(run.path) == self.target.run.path

    def _of(self, model: Model) -> Held | None:
        if model not in self._held:
            self._held[model] = held_here(model, self.on)
        return self._held[model]

    def _base(self) -> Iterator[Choice]:
        base = base_part(self.target)
        held = self._of(base.model)
        if held is None or held not in self._plain:
            note = words.t("chat.base")
            yield Choice(base.label, base.model.source, base, note, held in self._loaded)

    def _checkpoints(self, runs: Sequence[tuple[FoundRun, RunHead]]) -> Iterator[Choice]:
        for number, (run, head) in enumerate(runs):
            names = sorted(_checkpoint_names(run.path), key=checkpoint_step, reverse=True)
            shared = number < _MOST_READ and bool(names) and self._stands_on_loaded(run, names[0])
            for name in names:
                folder = f"{run.path}/{name}"
                if folder not in self._taken:
                    note = sign("best") if name == head.best else ""
                    yield Choice(f"{run.name}/{name}", folder, note=note, shared=shared)

    def _stands_on_loaded(self, run: FoundRun, checkpoint: str) -> bool:
        if not os.path.isfile(f"{run.path}/{checkpoint}/adapter_config.json"):
            return False
        try:
            return self._of(Run(Path(run.path)).spec().model) in self._loaded
        except (DanluError, OSError):  # its spec is broken: who chooses it is told
            return False

    def _exports(self, runs: Sequence[tuple[FoundRun, RunHead]]) -> Iterator[Choice]:
        for run, _ in runs:
            for report in exports_of(Run(Path(run.path))):
                choice = _export(report)
                if choice is not None and choice.target not in self._taken:
                    yield choice

    def _averages(self) -> Iterator[Choice]:
        for average in list_averages():
            if average.path not in self._taken:
                facts = read_average(average.path)
                base = Model(source=str(facts.get("base") or ""))
                note = " + ".join(shares(facts))
                shared = self._of(base) in self._loaded
                yield Choice(Path(average.path).name, average.path, note=note, shared=shared)

    def _models(self, entries: Sequence[ShelfEntry]) -> Iterator[Choice]:
        for entry in entries:
            source = str(entry.source)
            held = self._of(Model(source=source))
            if held is None or held not in self._plain:
                name = source if source == "embedded" else Path(source).name
                yield Choice(
                    name, source, note=human_bytes(entry.bytes), shared=held in self._loaded
                )


def _checkpoint_names(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if checkpoint_step(name) >= 0]
    except OSError:  # deleted meanwhile
        return []


def _export(report: ExportReport) -> Choice | None:
    """None for what cannot be talked to."""
    folder, document = report.folder, report.document
    try:
        label = part_of(str(folder)).label
    except DanluError:
        return None
    verified = document.get("verified")
    proved = "" if verified is None else sign("yes" if verified else "no")
    size = human_bytes(document.get("bytes") or 0)
    note = f"{size}  {document.get('target', '')}  {proved}".rstrip()
    return Choice(label, str(folder), note=note)


def _searchable(choice: Choice) -> Choice:
    named = "" if os.path.isabs(choice.target) else choice.target  # paths match too much
    return replace(choice, searched=f"{choice.title} {choice.note} {named}".casefold())
