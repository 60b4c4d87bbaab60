"""What the columns of a hub's data set are, where the catalogue says so."""

from __future__ import annotations

from typing import Any

from engine.catalogue import dataset_of
from engine.data.reference import parsed
from engine.spec.sections import Source


def known_columns(name: str) -> dict[str, Any]:
    """The fields of a source that tell it; none where the names of its columns tell enough, or
    nobody knows."""
    repo = parsed(Source(name))[0].repo
    known = dataset_of(repo) if repo else None
    return {"columns": dict(known.columns)} if known is not None and known.columns else {}
