"""The data files of a folder: those of one split, as ``datasets`` saves them or by their names."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from engine.data.finding import Finding, found
from engine.data.kinds import ENDINGS, ending_of, is_data_file
from engine.errors import DanluError
from engine.spec.sections import Source

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
        from engine.data.fetch import chosen

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
