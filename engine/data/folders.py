"""The data files of a folder: those of one split, as ``datasets`` saves them, as the card of a data
set lists them, or by their names."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from engine.data.finding import Finding, found
from engine.data.kinds import ENDINGS, ending_of, is_data_file
from engine.errors import DanluError
from engine.spec.sections import Source

_FRONT = re.compile(r"---\s*\n(.*?)\n---", re.DOTALL)
_NOT_DATA = {
    "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json",
    "config.json", "package.json",
}  # fmt: skip
_NOT_TEXT = {"readme", "license", "licence", "requirements", "notice"}
_SPLITS = ("train", "training", "test", "validation", "valid", "val", "dev", "eval")
_ALIKE = {"training": "train", "valid": "validation", "val": "validation", "dev": "validation"}


def folder_files(folder: Path, source: Source) -> tuple[list[Path], list[Finding]]:
    """The files of ``folder`` that hold the split of ``source``, and what to say of the choice.
    Raises DanluError ``data.no_files``, ``data.no_split`` and ``data.no_subset``."""
    saved = _saved(folder, source.split)
    if saved:
        return saved, []
    if source.subset:
        return chosen(folder, str(folder), source), []
    files = files_below(folder)
    kept = [file for file in files if not _of_other_split(file, folder, source.split)] or files
    findings = []
    if len(kept) < len(files):
        left = [file.relative_to(folder).as_posix() for file in files if file not in kept]
        names = ", ".join(left[:5]) + (" …" if len(left) > 5 else "")
        findings.append(found("other_split", str(folder), 0, split=source.split, files=names))
    kinds = Counter(ending_of(file) for file in kept)
    if len(kinds) > 1:
        shown = ", ".join(f"{count} × {kind}" for kind, count in kinds.most_common())
        findings.append(found("mixed_files", str(folder), 0, kinds=shown))
    return kept, findings


def chosen(folder: Path, repo: str, source: Source) -> list[Path]:
    """The files for the subsets (several stand between slashes) and the split: as the set's card
    lists them, else by their names. Raises DanluError ``data.no_subset``, ``data.no_files``."""
    if source.subset and "/" in source.subset and not (folder / source.subset).exists():
        parts = [replace(source, subset=part) for part in source.subset.split("/") if part]
        return list(dict.fromkeys(f for part in parts for f in chosen(folder, repo, part)))
    files = files_below(folder)
    listed = _listed(folder, source)
    if listed:
        return listed
    names = {file: file.relative_to(folder).as_posix() for file in files}
    if source.subset:
        files = [file for file in files if mentions(names[file], source.subset)]
    if not files:
        raise DanluError(
            "data.no_subset",
            id=repo,
            subset=source.subset or "–",
            split=source.split,
            files=", ".join(list(names.values())[:20]),
        )
    return [file for file in files if mentions(names[file], source.split)] or files


def _listed(folder: Path, source: Source) -> list[Path]:
    """The files that the card's ``configs`` name for the subset and split."""
    card = folder / "README.md"
    match = _FRONT.match(card.read_text("utf-8", errors="replace")) if card.is_file() else None
    try:
        front = yaml.safe_load(match[1]) if match else None
    except yaml.YAMLError:
        front = None
    front = front if isinstance(front, dict) else {}
    configs: Any = front.get("configs")
    known = [entry for entry in configs if isinstance(entry, dict)] if configs else []
    for config in known:
        wanted = source.subset or ("default" if len(known) > 1 else config.get("config_name"))
        if config.get("config_name") == wanted:
            return _matching(folder, config.get("data_files"), source.split)
    return []


def _matching(folder: Path, listed: object, split: str) -> list[Path]:
    entries = listed if isinstance(listed, list) else [listed]
    patterns = []
    for entry in entries:
        if isinstance(entry, str):
            patterns.append(entry)
        elif isinstance(entry, dict) and entry.get("split") == split:
            path = entry.get("path")
            patterns += path if isinstance(path, list) else [path]
    found = {
        file
        for pattern in patterns
        if isinstance(pattern, str) and not os.path.isabs(pattern)
        for file in folder.glob(pattern)
        if is_data_file(file)
    }
    return sorted(found)


def files_below(folder: Path) -> list[Path]:
    """The data files of a folder, sorted; hidden ones, caches and registries of data sets left
    out; plain text only where nothing else is. Raises DanluError ``data.no_files``."""
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if is_data_file(path)
        and path.name not in _NOT_DATA
        and not path.name.startswith("cache-")
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    ]
    rows = [path for path in files if ending_of(path) != ".txt"]
    texts = [path for path in files if path.stem.lower() not in _NOT_TEXT]
    if not (rows or texts):
        raise DanluError("data.no_files", path=folder, endings=" ".join(ENDINGS))
    return rows or texts


def mentions(name: str, word: str) -> bool:
    """Whether a file's name has ``word`` as one of its parts."""
    return re.search(rf"(?:^|[/._-]){re.escape(word)}(?:[/._-]|$)", name) is not None


def _of_other_split(file: Path, folder: Path, split: str) -> bool:
    name = file.relative_to(folder).as_posix().lower()
    named = {_ALIKE.get(word, word) for word in _SPLITS if mentions(name, word)}
    return bool(named) and _ALIKE.get(split, split) not in named


def _saved(folder: Path, split: str) -> list[Path]:
    """The files of a table, or of a dictionary of tables, that ``datasets`` saved there."""
    tables: Any = _read(folder / "dataset_dict.json")
    if isinstance(tables, dict) and isinstance(tables.get("splits"), list):
        splits = [str(name) for name in tables["splits"]]
        if split not in splits:
            raise DanluError(
                "data.no_split", path=folder, split=split, splits=", ".join(splits) or "–"
            )
        folder = folder / split
    state: Any = _read(folder / "state.json")
    listed = state.get("_data_files") if isinstance(state, dict) else None
    names = [entry.get("filename") for entry in listed or [] if isinstance(entry, dict)]
    files = [folder / name for name in names if isinstance(name, str) and "/" not in name]
    return [file for file in files if file.is_file()]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
