"""Whether a model is on this machine already. A look at folders: no network, no torch."""

from __future__ import annotations

from pathlib import Path

from engine.home import models_root
from engine.hub.caches import cached
from engine.models import embedded


def is_present(source: str) -> bool:
    """Whether ``source`` (``embedded``, a folder, a hub id) can be loaded without fetching."""
    if source == "embedded":
        return (models_root() / embedded.NAME / "config.json").is_file() or is_present(
            embedded.REPO
        )
    if Path(source).expanduser().is_dir():
        return True
    return source.count("/") == 1 and next(iter(cached(source)), None) is not None
