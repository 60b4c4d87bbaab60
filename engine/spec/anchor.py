"""Paths in a spec made absolute, so that a run means the same from every folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.spec.run_spec import RunSpec
from engine.spec.sections import Source

REGISTRY = "dataset_info.json"
_FOLDERS = ("model.source", "method.adapter")


def anchor_mapping(mapping: dict[str, Any], folders: Sequence[Path]) -> dict[str, Any]:
    """The nested values of a spec, each relative path that exists below one of ``folders`` (the
    first that has it) made absolute. What exists nowhere is left as it is: it may be a hub id."""
    anchored = {
        name: dict(values) if isinstance(values, dict) else values
        for name, values in mapping.items()
    }
    for path in _FOLDERS:
        section, _, name = path.partition(".")
        values = anchored.get(section)
        if isinstance(values, dict) and values.get(name) != "embedded":
            _replace(values, name, folders)
    data = anchored.get("data")
    for name in ("train", "eval"):
        if isinstance(data, dict) and isinstance(data.get(name), list):
            data[name] = [_anchor_entry(entry, folders) for entry in data[name]]
    return anchored


def anchor_spec(spec: RunSpec, folder: Path) -> RunSpec:
    """``spec`` with the relative paths that exist below ``folder`` made absolute."""
    folders = (folder,)
    model, method = spec.model, spec.method
    if model.source != "embedded":
        model = replace(model, source=anchor_text(model.source, folders))
    if method.adapter:
        method = replace(method, adapter=anchor_text(method.adapter, folders))
    data = replace(
        spec.data,
        train=[_anchor_source(source, folders) for source in spec.data.train],
        eval=[_anchor_source(source, folders) for source in spec.data.eval],
    )
    return replace(spec, model=model, method=method, data=data)


def anchor_overrides(overrides: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The same for dotted path → value, as ``--set`` gives them."""
    nested: dict[str, Any] = {}
    for path, value in overrides.items():
        section, _, name = path.partition(".")
        nested.setdefault(section, {})[name] = value
    anchored = anchor_mapping(nested, (folder,))
    return {f"{s}.{name}": v for s, values in anchored.items() for name, v in values.items()}


def anchor_text(text: str, folders: Sequence[Path]) -> str:
    """The absolute path of ``text`` below the first of ``folders`` that has it, else ``text``."""
    expanded = os.path.expanduser(text)
    for folder in folders:
        if _exists(folder / expanded):
            return str((folder / expanded).resolve())
    place, colon, names = expanded.partition(":")
    if colon:
        for folder in folders:  # sets of a registry, as data/dataset_info.json:name
            path = folder / place
            if _exists(path / REGISTRY) or (path.name == REGISTRY and _exists(path)):
                return f"{path.resolve()}:{names}"
    return expanded


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long, or not a path at all
        return False


def _replace(values: dict[str, Any], name: str, folders: Sequence[Path]) -> None:
    if isinstance(values.get(name), str):
        values[name] = anchor_text(values[name], folders)


def _anchor_entry(entry: Any, folders: Sequence[Path]) -> Any:
    if isinstance(entry, str):
        name, mark, count = entry.rpartition("#")
        if mark and count.isdigit():
            return f"{anchor_text(name, folders)}#{count}"
        return anchor_text(entry, folders)
    if isinstance(entry, dict):
        entry = dict(entry)
        _replace(entry, "source", folders)
    return entry


def _anchor_source(source: Source, folders: Sequence[Path]) -> Source:
    return replace(source, source=anchor_text(source.source, folders))
