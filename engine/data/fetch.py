"""Data sets of a hub: fetched once into the hub's own cache, then read as files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.folders import chosen, files_below
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
