"""Data sets of a hub: fetched once into the hub's own cache, then read as files."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from engine.data.folders import files_below, mentions
from engine.data.kinds import is_data_file
from engine.data.parts import parts_of
from engine.data.reference import DataReference, parsed
from engine.errors import DanluError
from engine.home import home
from engine.hub import fetch as hub
from engine.hub.caches import cached
from engine.hub.pins import commit_in
from engine.hub.reference import HUBS, Hub
from engine.job import Job
from engine.runs.atomic import write_atomically
from engine.spec.sections import Source

_COMMIT = re.compile("[0-9a-f]{40}")
_FRONT = re.compile(r"---\s*\n(.*?)\n---", re.DOTALL)
# After these a commit that was here before is as good as the hub's.
_GONE = ("hub.not_found", "hub.no_revision", "hub.called_otherwise")
# After these a copy that some other program left in a cache is better than nothing.
_NO_HUB = ("hub.offline", "hub.unreachable", "hub.connection_lost", "hub.server_error", "hub.busy")


@dataclass(frozen=True)
class Copy:
    """A hub's data set on this machine. ``commit`` is None where nobody knows which one it is."""

    hub: Hub
    folder: Path
    commit: str | None


def fetch(target: DataReference, source: Source, job: Job) -> tuple[list[Path], Copy]:
    """The files of a hub's data set that hold the subset and split of ``source``, and the copy they
    are of; downloaded where danlu has not done so before.

    Raises DanluError ``data.no_subset``, ``data.no_files`` and ``hub.*``.
    """
    assert target.repo is not None
    copy = _copy(target, job)
    return chosen(copy.folder, target.repo, source), copy


def to_fetch(source: Source) -> list[DataReference]:
    """The data sets of a hub behind ``source`` that danlu has not fetched yet; none of a source
    that cannot be understood."""
    try:
        targets = [parsed(part)[0] for part in parts_of(source)[1]]
    except DanluError:
        return []
    return [target for target in targets if target.repo and _recorded(target) is None]


def _copy(target: DataReference, job: Job) -> Copy:
    repo, name = target.repo or "", target.hub or "auto"
    known = _recorded(target)
    if known is not None:
        return known
    try:
        fetched = hub.fetch(repo, hub=name, revision=target.revision, kind="dataset", job=job)
    except DanluError as error:
        gone = error.code in _GONE and _commit(target.revision or "")
        left = _left_in_cache(target) if gone or error.code in _NO_HUB else None
        if left is None:
            raise
        return left
    copy = Copy(fetched.hub, fetched.folder, _commit(fetched.revision))
    _remember(target, copy)
    if copy.commit:  # so that a run which names it finds it without a network
        _remember(DataReference(repo=repo, hub=copy.hub, revision=copy.commit), copy)
    return copy


def _remember(target: DataReference, copy: Copy) -> None:
    entry = {"folder": str(copy.folder), "hub": copy.hub, "revision": copy.commit}
    write_atomically(_record(target), json.dumps(entry))


def _record(target: DataReference) -> Path:
    """Where danlu notes that it fetched a data set whole, and where it lies."""
    parts = (target.hub or "auto", (target.repo or "").replace("/", "--"), target.revision or "-")
    return home() / "datasets" / ("@".join(parts).replace("/", "--") + ".json")


def _recorded(target: DataReference) -> Copy | None:
    """The copy danlu fetched before; None where it is gone, or is of another commit by now."""
    try:
        entry: Any = json.loads(_record(target).read_text("utf-8"))
        folder = Path(entry["folder"])
        name: Hub = next(one for one in HUBS if one == entry["hub"])
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None
    if not folder.is_dir():
        return None
    # ModelScope's client replaces the files of a folder when its branch moves on.
    commit = commit_in(folder) if name == "modelscope" else _commit(str(entry.get("revision")))
    wanted = _commit(target.revision or "")
    return Copy(name, folder, commit) if wanted in (None, commit) else None


def _commit(revision: str) -> str | None:
    return revision if _COMMIT.fullmatch(revision) else None


def _left_in_cache(target: DataReference) -> Copy | None:
    copies = cached(
        target.repo or "", hub=target.hub or "auto", revision=target.revision, kind="dataset"
    )
    for copy in copies:
        try:
            files_below(copy.folder)
        except DanluError:
            continue
        return Copy(copy.hub, copy.folder, _commit(copy.revision))
    return None


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
