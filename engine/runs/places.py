"""A run, or one checkpoint of it, from what a person types: ``RUN``, ``RUN/checkpoint-80``, or a
path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import DanluError
from engine.home import runs_root
from engine.runs.layout import checkpoint_step
from engine.runs.store import Run, find_run, is_run


@dataclass(frozen=True)
class Place:
    """``checkpoint`` is the name of its folder; None stands for the whole run."""

    run: Run
    checkpoint: str | None = None

    @property
    def label(self) -> str:
        """How it is typed."""
        return f"{self.run.name}/{self.checkpoint}" if self.checkpoint else self.run.name

    @property
    def folder(self) -> Path:
        return self.run.path / self.checkpoint if self.checkpoint else self.run.path


def find_place(text: str) -> Place:
    """The run or checkpoint called ``text``. Raises DanluError ``run.not_found`` and
    ``run.no_such_checkpoint``."""
    name = text.rstrip("/")
    parent, _, last = name.rpartition("/")
    if checkpoint_step(last) < 0:
        return Place(find_run(name))
    for folder in (runs_root() / parent, Path(parent)):
        if parent and is_run(folder):
            return _checkpoint_of(Run(folder.resolve()), last)
    raise DanluError("run.not_found", run=parent or text)


def _checkpoint_of(run: Run, name: str) -> Place:
    if not (run.path / name).is_dir():
        there = ", ".join(folder.name for folder in run.checkpoint_folders()) or "–"
        raise DanluError("run.no_such_checkpoint", run=run.name, checkpoint=name, there=there)
    return Place(run, name)


def short_target(target: str) -> str:
    """A path by its end, a checkpoint's with its run's name, for all runs have such; anything else
    as it is."""
    path = Path(target).expanduser()
    if not path.is_absolute() and not target.startswith("."):
        return target
    return f"{path.parent.name}/{path.name}" if checkpoint_step(path) >= 0 else path.name


def find_checkpoint(text: str) -> Place:
    """As :func:`find_place`, but a run stands for its best checkpoint, else its last. Raises
    DanluError ``run.nothing_saved`` where it has none."""
    place = find_place(text)
    if place.checkpoint is not None:
        return place
    folders = [folder.name for folder in place.run.checkpoint_folders()]
    if not folders:
        raise DanluError("run.nothing_saved", run=place.run.name)
    best = [c.path for c in place.run.summary().checkpoints if c.best and c.path in folders]
    return Place(place.run, best[-1] if best else folders[-1])
