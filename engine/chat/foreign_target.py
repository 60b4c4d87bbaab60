"""The base below an adapter that danlu did not train, and what a person should know of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.catalogue import models
from engine.chat.named_bases import named_base
from engine.errors import DanluError
from engine.models.foreign import Foreign, hub_id_of, looks_like_id
from engine.spec.sections import Model

_RECORDS = ("average.json", "export.json")
Note = tuple[str, dict[str, Any]]  # a word key and its values


@dataclass(frozen=True)
class FoundBase:
    """The model below an adapter. ``moved`` is the folder it was trained on where that is gone."""

    model: Model
    moved: str | None = None


def base_of(adapter: Path, known: Foreign, named: str | None) -> FoundBase:
    """The base of ``adapter``: ``named`` by the person, now or before, else by what its makers
    wrote. Raises DanluError ``chat.base_unknown`` and ``chat.base_missing``."""
    named = named or named_base(adapter)
    if named:
        return FoundBase(Model(source=named))
    recorded = _recorded(adapter)
    if recorded is not None:
        return FoundBase(recorded)
    if not known.bases:
        raise DanluError("chat.base_unknown", adapter=adapter)
    first = known.bases[0]
    for base in known.bases:
        folder = Path(base).expanduser()
        if (folder / "config.json").is_file():
            return FoundBase(Model(source=str(folder)), None if base == first else first)
    for base in known.bases:
        found = base if looks_like_id(base) else hub_id_of(base)
        if found:
            moved = None if found == first else first
            return FoundBase(Model(source=found, revision=known.revision), moved)
    raise DanluError("chat.base_missing", adapter=adapter, base=first, guess=_guess(first))


def notes_of(known: Foreign, found: FoundBase, label: str) -> tuple[Note, ...]:
    """What to tell whoever opens it."""
    source = found.model.source
    notes: list[Note] = [("foreign.made_by", {"maker": known.maker, "base": source})]
    if known.step is not None:
        loss = "–" if known.loss is None else f"{known.loss:.4f}"
        notes.append(("foreign.stands_at", {"target": label, "step": known.step, "loss": loss}))
    if found.moved:
        notes.append(("foreign.base_moved", {"moved": found.moved, "base": source}))
    if known.system:
        notes.append(("foreign.system", {"system": known.system}))
    if known.quantized:
        notes.append(("foreign.quantized", {"bits": known.quantized}))
    return tuple(notes)


def is_ours(adapter: Path) -> bool:
    """Whether danlu made it: by averaging, or by exporting."""
    return any((adapter / name).is_file() for name in _RECORDS)


def _recorded(adapter: Path) -> Model | None:
    """The base as danlu called it when it made the adapter: of the model it brings along, PEFT's
    files only name where it lay, or who published it."""
    for name in _RECORDS:
        try:
            facts = json.loads((adapter / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        base = str(facts.get("base") or "") if isinstance(facts, dict) else ""
        if base == "embedded" or (Path(base).expanduser() / "config.json").is_file():
            return Model(source=base)
    return None


def _guess(base: str) -> str:
    """A hub id whose name is that of the missing folder, to name in the way out."""
    name = Path(base.replace("\\", "/")).name.casefold()
    ids = [one for entry in models() for one in entry.ids.values()]
    return next((one for one in ids if one.casefold().rpartition("/")[2] == name), "owner/name")
