"""Who spoke in a conversation that was saved: all it takes to load them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from engine.chat.part import Part, tuned_part
from engine.chat.target import ChatTarget, resolve_target
from engine.errors import DanluError
from engine.spec.sections import Model


def part_document(part: Part) -> dict[str, Any]:
    """``{label, kind, model: {source, …}, adapter, reader}``; the last two folders or null."""
    return {
        "label": part.label,
        "kind": part.kind,
        "model": asdict(part.model),
        "adapter": str(part.adapter) if part.adapter else None,
        "reader": str(part.reader) if part.reader else None,
    }


def read_part(document: Mapping[str, Any]) -> Part:
    """The part that ``document`` tells of. Raises KeyError and TypeError for another document."""
    known = {field.name for field in fields(Model)}
    model = Model(**{name: value for name, value in document["model"].items() if name in known})
    places = [Path(document[name]) if document[name] else None for name in ("adapter", "reader")]
    return Part(document["label"], model, *places, kind=document["kind"])


def target_of(part: Part) -> ChatTarget:
    """The target that ``part`` speaks for. Raises DanluError ``chat.*``."""
    if part.kind != "tuned":
        return ChatTarget(part.model, part.label)
    base = part.model.source if part.adapter else None
    return resolve_target(str(part.adapter or part.model.source), base=base)


def part_there(part: Part) -> Part:
    """``part`` where its folders are now: a checkpoint is found by its run's name, too, as after
    danlu's home was moved. Raises DanluError ``chat.voice_gone``."""
    reader = part.reader if part.reader and part.reader.is_dir() else None
    if part.adapter is None:
        return replace(part, reader=reader)
    if part.adapter.is_dir():
        return replace(part, reader=reader, notes=target_of(part).notes)
    try:
        return tuned_part(resolve_target(part.label))
    except DanluError as error:
        raise DanluError("chat.voice_gone", label=part.label, folder=part.adapter) from error
