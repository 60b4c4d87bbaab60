"""Who speaks: a model, alone or with one adapter on it. Several parts may share a model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from engine.chat.foreign_target import Note
from engine.chat.target import ChatTarget, resolve_target
from engine.errors import DanluError
from engine.spec.sections import Model

Kind = Literal["base", "tuned", "model"]
_TOKENIZER_FILE = "tokenizer_config.json"
_MANIFEST = "export.json"


@dataclass(frozen=True)
class Part:
    """``reader`` is the folder whose tokenizer, and with it the chat template, stands in for the
    model's own; ``label`` is what a person reads. ``notes`` and ``system`` are the target's: what
    to tell of it, and the system prompt it was trained with."""

    label: str
    model: Model
    adapter: Path | None = None
    reader: Path | None = None
    kind: Kind = "model"
    notes: tuple[Note, ...] = field(default=(), compare=False)
    system: str | None = field(default=None, compare=False)


def tuned_part(target: ChatTarget) -> Part:
    """What was tuned. Raises DanluError ``chat.no_tuned`` for a plain model."""
    if target.tuned is None:
        raise DanluError("chat.no_tuned", target=target.label)
    model = target.tuned_model if target.weights is not None else target.base
    reader = _reader(target.adapter)
    return Part(target.label, model, target.adapter, reader, "tuned", target.notes, target.system)


def base_part(target: ChatTarget) -> Part:
    """The model before tuning. It reads with the adapter's tokenizer where that has one: its chat
    template is the one to compare with."""
    kind: Kind = "base" if target.tuned else "model"
    label = Path(target.base.source).name if target.tuned else target.label
    reader = _reader(target.adapter)
    if target.tuned:
        return Part(label, target.base, None, reader, kind)
    return Part(label, target.base, None, reader, kind, target.notes, target.system)


def adapter_part(target: ChatTarget, adapter: Path) -> Part:
    """Another ``adapter`` on the target's base."""
    reader = _reader(adapter) or _reader(target.adapter)
    return Part(adapter.name, target.base, adapter, reader, "tuned")


def part_of(text: str | None, base: str | None = None) -> Part:
    """What ``text`` names: all that a target may be, and exported folders, GGUF among them. Raises
    DanluError ``chat.*``."""
    if text is None:
        return tuned_part(resolve_target(None))
    path = Path(text).expanduser()
    exported = _exported_format(path)
    if path.suffix == ".gguf" and path.is_file():
        return _gguf(path)
    if exported == "gguf":
        files = sorted(path.glob("*.gguf"))
        if files:
            return _gguf(files[0])
    if exported == "onnx":
        raise DanluError("chat.no_onnx", folder=path)
    target = resolve_target(text, base=base)
    part = tuned_part(target) if target.tuned else base_part(target)
    return replace(part, label=f"{path.name} ({exported})") if exported else part


def _gguf(path: Path) -> Part:
    return Part(path.name, Model(source=str(path.resolve())))


def _exported_format(folder: Path) -> str | None:
    """What an exported folder holds, as its manifest says; None for another folder."""
    try:
        found = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        return str(found["format"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _reader(adapter: Path | None) -> Path | None:
    return adapter if adapter and (adapter / _TOKENIZER_FILE).is_file() else None
