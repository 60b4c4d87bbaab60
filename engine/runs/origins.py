"""Who chose each value of a run's spec: kept beside the spec, so that a copy of it, edited, is the
person's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from engine import words
from engine.runs.atomic import write_atomically
from engine.spec.run_spec import Chooser, Origin, RunSpec, plain
from engine.spec.sections import PARAMETERS

ORIGINS_NAME = "origins.json"


def write_origins(run_folder: Path, spec: RunSpec) -> None:
    """Keep who chose what, and the value meant by it."""
    kept = {
        path: {
            "value": plain(spec.get(path)),
            "by": origin.by,
            "code": origin.code,
            "values": dict(origin.values),
        }
        for path, origin in spec.origins.items()
    }
    text = json.dumps(kept, ensure_ascii=False, indent=1, default=str)
    write_atomically(run_folder / ORIGINS_NAME, text + "\n")


def read_origins(run_folder: Path, spec: RunSpec) -> Mapping[str, Origin]:
    """Who chose each value of ``spec``, read from its run's folder. A value edited since is the
    person's; without the file, all that was given is."""
    try:
        kept = json.loads((run_folder / ORIGINS_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = None
    if not isinstance(kept, dict):
        return spec.origins
    found: dict[str, Origin] = {}
    for path, declared in PARAMETERS.items():
        value = plain(spec.get(path))
        entry = kept.get(path)
        if entry and entry.get("value") == value:
            found[path] = _origin(entry)
        elif value != plain(declared.default):
            found[path] = Origin("you")
    return found


def _origin(entry: Mapping[str, Any]) -> Origin:
    by: Chooser = entry["by"] if entry.get("by") in get_args(Chooser) else "you"
    code = entry.get("code") or ""
    known = not code or words.has(f"origin.{code}")
    return Origin(by, code, entry.get("values") or {}) if known else Origin(by)
