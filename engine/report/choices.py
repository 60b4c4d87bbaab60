"""Which parameters of a run differ from their defaults, and who chose them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine import words
from engine.runs.journal import Event
from engine.spec.run_spec import Chooser, RunSpec, plain
from engine.spec.sections import PARAMETERS
from engine.spec.yaml_form import show_value

# Told elsewhere on the page: what was trained on what, and what it was asked.
_ELSEWHERE = ("run.name", "model.source", "data.train", "data.eval", "watch.prompts")
_BY_DATA = ".tenth"  # runs of earlier versions do not tell who chose; this counts the rows


@dataclass(frozen=True)
class Choice:
    """One parameter. ``value`` and ``default`` as a spec shows them; ``why`` may be empty."""

    name: str
    label: str
    value: str
    default: str
    by: Chooser
    why: str

    def document(self) -> dict[str, Any]:
        return dict(vars(self))


def choices_of(spec: RunSpec, events: Iterable[Event]) -> list[Choice]:
    """What was chosen otherwise than by default, in the order of the declarations. ``events`` tell
    what machine, model and data chose while preparing."""
    settled = {path: _asked(spec, path) for path in PARAMETERS if _differs(spec, path)}
    for event in events:
        if event["kind"] == "log" and event.get("code") == "log.chosen":
            path = event["values"].get("parameter")
            if path in PARAMETERS and path not in settled:
                settled[path] = _chosen(path, event["values"])
    return [settled[path] for path in PARAMETERS if path in settled and path not in _ELSEWHERE]


def _differs(spec: RunSpec, path: str) -> bool:
    return plain(spec.get(path)) != plain(PARAMETERS[path].default)


def _asked(spec: RunSpec, path: str) -> Choice:
    origin = spec.origin(path)
    why = words.t(f"origin.{origin.code}", **origin.values) if origin.code else ""
    return _choice(path, show_value(spec.get(path)), origin.by, why)


def _chosen(path: str, values: dict[str, Any]) -> Choice:
    why = values.get("why") or {}
    code = str(why.get("code", ""))
    by: Chooser = values.get("by") or ("data" if code.endswith(_BY_DATA) else "machine")
    said = words.said(code, why.get("values") or {}) if words.has(code) else ""
    return _choice(path, str(values.get("value")), by, said)


def _choice(path: str, value: str, by: Chooser, why: str) -> Choice:
    declared = PARAMETERS[path]
    return Choice(path, declared.label, value, show_value(declared.default), by, why)
