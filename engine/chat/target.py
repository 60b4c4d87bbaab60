"""What to talk to, from what a person names: a run, a checkpoint, an adapter, a model."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.chat.foreign_target import Note, base_of, is_ours, notes_of
from engine.errors import DanluError
from engine.home import runs_root
from engine.job import Job
from engine.models.foreign import (
    best_checkpoint,
    checkpoints_below,
    checkpoints_in,
    read_foreign,
    refuse_unreadable,
)
from engine.runs.store import SPEC_NAME, Run, checkpoint_step, find_run
from engine.spec.sections import Model

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_ADAPTER_FILE = "adapter_config.json"
_MODEL_FILE = "config.json"


@dataclass(frozen=True)
class ChatTarget:
    """A model to talk to. ``base`` is the model before tuning; of ``adapter`` (a LoRA folder) and
    ``weights`` (a fully tuned model's folder) at most one is given, none for a plain model.
    ``notes`` are what to tell of one that another program made, ``system`` the system prompt it
    was trained with where that is known."""

    base: Model
    label: str
    adapter: Path | None = None
    weights: Path | None = None
    run: Run | None = None
    system: str | None = None
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def tuned(self) -> Path | None:
        """The folder of what was learned; None for a plain model."""
        return self.adapter or self.weights

    @property
    def folder(self) -> str | None:
        """Where what it names lies, in full; None for a model of a hub."""
        place = self.tuned or Path(self.base.source).expanduser()
        return str(place.resolve()) if place.is_dir() else None

    @property
    def tuned_model(self) -> Model:
        """What to load for the tuned answers of a full fine-tune: its own folder, loaded alike."""
        return replace(self.base, source=str(self.weights), revision=None)

    def tell(self, job: Job) -> None:
        """Say through ``job`` what there is to know of it."""
        for code, values in self.notes:
            job.note(code, **values)


def resolve_target(text: str | None, base: str | None = None) -> ChatTarget:
    """What ``text`` names: a run (its best checkpoint, else its last), ``RUN/checkpoint-20``, the
    path of a checkpoint, adapter or model, ``embedded`` or a hub id; None is the newest run.
    ``base`` names the model below an adapter that does not know it. Raises DanluError."""
    if text is None:
        return _of_run(find_run(None))
    name = text.rstrip("/")
    run = _run_of(name)
    if run is not None:
        return _of_run(run)
    folder = _folder_of(name)
    if folder is not None:
        return _of_folder(folder, base)
    if name == "embedded":
        return ChatTarget(Model(source=name), name)
    if (runs_root() / name).parent.joinpath(SPEC_NAME).is_file():
        raise _no_checkpoint(Run((runs_root() / name).parent), Path(name).name)
    if _HUB_ID.fullmatch(name) and not name.startswith("."):
        return ChatTarget(Model(source=name), name)
    raise DanluError("chat.not_found", target=text)


def _run_of(name: str) -> Run | None:
    for folder in (runs_root() / name, Path(name).expanduser()):
        if (folder / SPEC_NAME).is_file():
            return Run(folder.resolve())
    return None


def _folder_of(name: str) -> Path | None:
    for folder in (runs_root() / name, Path(name).expanduser()):
        if folder.is_dir():
            return folder.resolve()
    return None


def _of_run(run: Run) -> ChatTarget:
    folders = {folder.name: folder for folder in run.checkpoint_folders()}
    if not folders:
        raise DanluError("chat.nothing_saved", run=run.name)
    best = [c.path for c in run.summary().checkpoints if c.best and c.path in folders]
    chosen = folders[best[-1]] if best else list(folders.values())[-1]
    return _of_folder(chosen, None)


def _of_folder(folder: Path, base: str | None) -> ChatTarget:
    if (folder.parent / SPEC_NAME).is_file():
        return _of_checkpoint(folder, Run(folder.parent))
    if (folder / _ADAPTER_FILE).is_file():
        return _of_foreign_adapter(folder, base)
    if (folder / _MODEL_FILE).is_file():
        return _of_model(folder, base)
    inside = checkpoints_in(folder)
    if inside:
        chosen = best_checkpoint(inside)
        found = _of_folder(chosen, base)
        if len(inside) == 1:
            return found
        values = {"folder": folder.name, "checkpoint": chosen.name, "count": len(inside)}
        return replace(found, notes=(("foreign.inside", values), *found.notes))
    below = checkpoints_below(folder)
    if below:
        values = {"folder": folder, "count": len(below), "newest": below[-1]}
        raise DanluError("chat.checkpoints_below", **values)
    code = "model.only_gguf" if any(folder.glob("*.gguf")) else "chat.not_a_model"
    raise DanluError(code, folder=folder)


def _of_checkpoint(folder: Path, run: Run) -> ChatTarget:
    adapter = (folder / _ADAPTER_FILE).is_file()
    if not adapter and not (folder / _MODEL_FILE).is_file():
        if checkpoint_step(folder) >= 0:
            raise _no_checkpoint(run, folder.name)
        raise DanluError("chat.not_a_model", folder=folder)
    spec = run.spec()
    return ChatTarget(
        spec.model,
        f"{run.name}/{folder.name}",
        adapter=folder if adapter else None,
        weights=None if adapter else folder,
        run=run,
        system=spec.data.system,
    )


def _of_foreign_adapter(folder: Path, base: str | None) -> ChatTarget:
    _refuse_broken(folder)
    refuse_unreadable(folder)
    known, label = read_foreign(folder), _foreign_label(folder)
    found = base_of(folder, known, base)
    notes = () if is_ours(folder) else notes_of(known, found, label)
    return ChatTarget(found.model, label, adapter=folder, system=known.system, notes=notes)


def _of_model(folder: Path, base: str | None) -> ChatTarget:
    """A whole model: plain, or fully tuned where its base is named or on this machine."""
    known, label = read_foreign(folder), _foreign_label(folder)
    if not base and known.step is None:
        return ChatTarget(Model(source=str(folder)), label, system=known.system)
    here = [name for name in known.bases if (Path(name).expanduser() / _MODEL_FILE).is_file()]
    if not base and not here:
        return ChatTarget(Model(source=str(folder)), label, system=known.system)
    found = base_of(folder, known, base or here[0])
    notes = notes_of(known, found, label)
    return ChatTarget(found.model, label, weights=folder, system=known.system, notes=notes)


def _foreign_label(folder: Path) -> str:
    """A checkpoint's name alone would not tell it from those of other runs."""
    inside = checkpoint_step(folder) >= 0
    return f"{folder.parent.name}/{folder.name}" if inside else folder.name


def _refuse_broken(adapter: Path) -> None:
    try:
        config: Any = json.loads((adapter / _ADAPTER_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DanluError("chat.broken_adapter", adapter=adapter, reason=error) from error
    if not isinstance(config, dict):
        reason = type(config).__name__
        raise DanluError("chat.broken_adapter", adapter=adapter, reason=reason)


def _no_checkpoint(run: Run, name: str) -> DanluError:
    there = ", ".join(folder.name for folder in run.checkpoint_folders()) or "–"
    return DanluError("chat.no_such_checkpoint", run=run.name, checkpoint=name, there=there)
