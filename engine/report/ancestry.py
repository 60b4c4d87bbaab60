"""Where a run's weights come from: the chain of weights it started from, those they were averaged
of, and how the run was made longer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.report.markdown import code, inline, table
from engine.runs.averages import RECORD_NAME, list_averages
from engine.runs.extend import extension_words, extensions_of
from engine.runs.store import Run
from engine.words import said, t

_NONE = "–"
_PRINT = 12  # digits of a hash that are shown; the JSON has all


def lineage_of(card: dict[str, Any]) -> list[dict[str, Any]]:
    """The weights started from, newest first: ``{kind, path, run, checkpoint, step, sha256,
    averaged: [{target, weight, …}]}``; empty for a run that started from a plain model."""
    found: list[dict[str, Any]] = []
    weights = card.get("lineage")
    while isinstance(weights, dict):
        told = {name: value for name, value in weights.items() if name != "of"}
        found.append({**told, "averaged": _averaged(Path(str(weights.get("path") or "")))})
        weights = weights.get("of")
    return found


def extensions(run: Run) -> list[dict[str, Any]]:
    """How the run was made longer, oldest first, each with the sentence that tells it."""
    return [{**asdict(each), "told": said(*extension_words(each))} for each in extensions_of(run)]


def averages_with(run: Run) -> list[dict[str, Any]]:
    """The averages that hold an adapter of ``run`` and are still there, newest first: ``{path,
    averaged: [{target, weight, …}]}``."""
    found = []
    for average in list_averages():
        parts = _averaged(Path(average.path))
        if any(Path(str(part.get("path"))).parent == run.path.absolute() for part in parts):
            found.append({"path": average.path, "averaged": parts})
    return found


def average_lines(averages: list[dict[str, Any]]) -> list[str]:
    """What was averaged with adapters of the run, as it stands on the page; empty without any."""
    titles = [t(f"report.{name}") for name in ("weights", "kind", "share", "fingerprint")]
    return table(titles, _rows(averages)) if averages else []


def ancestry_lines(lineage: list[dict[str, Any]], longer: list[dict[str, Any]]) -> list[str]:
    """Both as they stand on the page; empty for a run that began with a plain model and was never
    made longer."""
    lines: list[str] = []
    if lineage:
        titles = [t(f"report.{name}") for name in ("weights", "kind", "share", "fingerprint")]
        lines += [t("report.started_from"), "", *table(titles, _rows(lineage))]
    if longer:
        lines += [*(f"- {inline(each['told'])}" for each in longer), ""]
    return lines


def _rows(lineage: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for weights in lineage:
        averaged = weights["averaged"]
        kind = "average" if averaged else weights["kind"]
        yield code(_name(weights)), t(f"report.weights_kind.{kind}"), _NONE, _print(weights)
        for part in averaged:
            kind = t("report.weights_kind.part")
            yield code(part["target"]), kind, f"{100 * part['weight']:.3g} %", _print(part)


def _name(weights: dict[str, Any]) -> str:
    run, checkpoint = weights.get("run"), weights.get("checkpoint")
    return f"{run}/{checkpoint}" if run else str(weights.get("path"))


def _print(weights: dict[str, Any]) -> str:
    found = weights.get("sha256")
    return code(str(found)[:_PRINT]) if found else _NONE


def _averaged(folder: Path) -> list[dict[str, Any]]:
    """The adapters that the one in ``folder`` is the mean of; empty for another."""
    try:
        document = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
        return [
            {"target": str(each["target"]), "weight": float(each["weight"]), **each}
            for each in document["adapters"]
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []
