"""What to talk to, from what a person names: a run, a checkpoint, an adapter, a model."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import DanluError
from engine.home import runs_root
from engine.runs.store import SPEC_NAME, Run, checkpoint_step, find_run
from engine.spec.sections import Model

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_ADAPTER_FILE = "adapter_config.json"
_MODEL_FILE = "config.json"


@dataclass(frozen=True)
class ChatTarget:
    """A model to talk to. ``base`` is the model before tuning; of ``adapter`` (a LoRA folder) and
    ``weights`` (a fully tuned model's folder) at most one is given, none for a plain model."""

    base: Model
    label: str
    adapter: Path | None = None
    weights: Path | None = None
    run: Run | None = None

    @property
    def tuned(self) -> Path | None:
        """The folder of what was learned; None for a plain model."""
        return self.adapter or self.weights

    @property
    def tuned_model(self) -> Model:
        """What to load for the tuned answers of a full fine-tune: its own folder, loaded alike."""
        return replace(self.base, source=str(self.weights), revision=None)


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
    run = Run(folder.parent) if (folder.parent / SPEC_NAME).is_file() else None
    label = f"{run.name}/{folder.name}" if run else folder.name
    adapter = (folder / _ADAPTER_FILE).is_file()
    if not adapter and not (folder / _MODEL_FILE).is_file():
        if run and checkpoint_step(folder) >= 0:
            raise _no_checkpoint(run, folder.name)
        raise DanluError("chat.not_a_model", folder=folder)
    if run:
        below = run.spec().model
    elif adapter:
        below = Model(source=base or _base_of(folder))
    else:
        return ChatTarget(Model(source=str(folder)), label)
    return ChatTarget(
        below,
        label,
        adapter=folder if adapter else None,
        weights=None if adapter else folder,
        run=run,
    )


def _base_of(adapter: Path) -> str:
    """The model an adapter was trained on, as it names it. Raises DanluError when it names none, or
    a folder that is not on this machine."""
    try:
        config = json.loads((adapter / _ADAPTER_FILE).read_text(encoding="utf-8"))
        named = config.get("base_model_name_or_path")
    except (OSError, ValueError, AttributeError) as error:
        raise DanluError("chat.broken_adapter", adapter=adapter, reason=error) from error
    if not named:
        raise DanluError("chat.base_unknown", adapter=adapter)
    if not Path(named).expanduser().is_dir() and not _HUB_ID.fullmatch(named):
        raise DanluError("chat.base_missing", adapter=adapter, base=named)
    return str(named)


def _no_checkpoint(run: Run, name: str) -> DanluError:
    there = ", ".join(folder.name for folder in run.checkpoint_folders()) or "–"
    return DanluError("chat.no_such_checkpoint", run=run.name, checkpoint=name, there=there)
