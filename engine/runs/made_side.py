"""An export or average as one side of a comparison."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.export.manifest import read_manifest
from engine.home import home
from engine.runs.averages import read_average
from engine.runs.contents import EVALUATIONS
from engine.runs.layout import SPEC_NAME
from engine.runs.places import Place
from engine.runs.scores import read_score
from engine.runs.side import Side, evaluations_of, side_of
from engine.runs.store import Run, folder_bytes

_EXPORT = ("format", "quant", "target", "base", "trained_on", "verified", "why", "reason")
_PROVED = ("agreement", "threshold", "tokens", "first_divergence", "same_answers", "prompts")
_AVERAGE = ("rank", "exact", "kept", "base")


def side_of_made(folder: Path) -> Side:
    """Read one side that was made of checkpoints: the training is that of the one checkpoint an
    export was made from, where its run is still there."""
    facts = read_manifest(folder)
    made = _average_facts(folder) if facts is None else _export_facts(facts)
    origin = Path(str((facts or {}).get("checkpoint") or ""))
    known = (origin.parent / SPEC_NAME).is_file()
    side = side_of(Place(Run(origin.parent), origin.name)) if known else Side("")
    evaluations = list((home() / EVALUATIONS).glob("*"))
    return replace(
        side,
        target=str(folder),
        made=made,
        bytes=folder_bytes(folder),
        score=read_score(folder),
        evaluations=evaluations_of(evaluations, folder.name, folder),
    )


def _export_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """``{kind: export, format, quant, of, base, trained_on, verified, why, reason, proved}``."""
    told = {name: facts.get(name) for name in _EXPORT}
    found = facts.get("verification")
    proved = {name: found.get(name) for name in _PROVED} if isinstance(found, dict) else None
    return {"kind": "export", **told, "of": told.pop("target"), "proved": proved}


def _average_facts(folder: Path) -> dict[str, Any]:
    """``{kind: average, of: [{target, weight}], rank, exact, kept, base}``."""
    facts = read_average(folder)
    parts = [
        {"target": each.get("target"), "weight": each.get("weight")}
        for each in facts.get("adapters") or ()
        if isinstance(each, dict)
    ]
    return {"kind": "average", "of": parts, **{name: facts.get(name) for name in _AVERAGE}}
