"""The models that are on this machine already. Headers and folder listings only: no torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DanluError
from engine.home import models_root
from engine.hub.caches import all_cached
from engine.models import embedded
from engine.models.describe import ModelFacts, describe


@dataclass(frozen=True)
class ShelfEntry:
    """A model that can be tuned. ``source`` is what a spec would name it by; ``origin`` is danlu,
    modelscope or huggingface; bytes are those of its weights."""

    source: str
    folder: Path
    origin: str
    bytes: int
    parameters: int
    facts: ModelFacts


def shelf() -> list[ShelfEntry]:
    """Models in danlu's own folder and in both hubs' caches, danlu's first. What is incomplete,
    or writes no text, is left out."""
    found: dict[tuple[str, str], ShelfEntry] = {}
    for source, folder, origin in _places():
        try:
            facts = describe(folder)
        except DanluError:
            continue
        if facts.generates:
            entry = ShelfEntry(source, folder, origin, facts.weight_bytes, facts.parameters, facts)
            found.setdefault((source, origin), entry)
    return list(found.values())


def _places() -> Iterator[tuple[str, Path, str]]:
    root = models_root()
    own = sorted(root.iterdir()) if root.is_dir() else []
    for folder in own:
        if not folder.name.startswith("."):
            yield ("embedded" if folder.name == embedded.NAME else str(folder)), folder, "danlu"
    for copy in all_cached():
        yield copy.repo, copy.folder, copy.hub
