"""What a source names: ``[ms::|hf::]id-or-path[@revision][:subset][#count]``.

A path that exists wins over every other reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from engine.data.kinds import is_data_file
from engine.hub.reference import HUBS, PREFIXES, Hub, reference
from engine.spec.sections import Source

_COUNT = re.compile(r"(?P<rest>.+)#(?P<count>\d+)")
_ID = re.compile(
    r"(?P<id>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?(?::(?P<subset>[\w./-]+))?", re.ASCII
)


@dataclass(frozen=True)
class DataReference:
    """A path, or the id of a hub's data set (``hub`` None: whichever answers)."""

    path: Path | None = None
    repo: str | None = None
    hub: Hub | None = None
    revision: str | None = None


def parsed(source: Source) -> tuple[DataReference, Source]:
    """What ``source`` refers to, and the source with the subset and count of its name filled in;
    those the person set beside the name are kept."""
    text = source.source.strip()
    if _existing(text):
        return DataReference(path=_existing(text)), source
    hub: Hub | None = None
    for named, prefix in PREFIXES.items():
        if text.lower().startswith(prefix):
            text, hub = text[len(prefix) :], named
    count = _COUNT.fullmatch(text)
    if count:
        text = count["rest"]
        if source.sample is None:
            source = replace(source, sample=int(count["count"]))
    path = _existing(text) if hub is None else None
    if path:
        return DataReference(path=path), source
    revision: str | None = None
    named = None if _looks_like_file(text) else _ID.fullmatch(text)
    if named:
        text, revision = named["id"], named["revision"]
        source = replace(source, subset=source.subset or named["subset"])
    named_repo = reference(text) if "/" in text and not _looks_like_file(text) else None
    if named_repo is None:
        return DataReference(path=Path(text).expanduser()), source
    asked: Hub | None = next((name for name in HUBS if name == source.hub), None)
    return DataReference(
        repo=named_repo.repo,
        hub=asked or hub or named_repo.hub,
        revision=source.revision or revision or named_repo.revision,
    ), source


def _existing(text: str) -> Path | None:
    path = Path(text).expanduser()
    try:
        return path if text and path.exists() else None
    except OSError:  # a name too long for the file system is no path
        return None


def _looks_like_file(text: str) -> bool:
    return text.startswith((".", "/", "~")) or is_data_file(Path(text))


def renamed(source: Source, hub: Hub, repo: str) -> Source:
    """``source`` as the data set ``repo`` of ``hub``: as much of it, the same subset."""
    _, named = parsed(source)
    return replace(named, source=f"{PREFIXES[hub]}{repo}", hub="auto", revision=None)
