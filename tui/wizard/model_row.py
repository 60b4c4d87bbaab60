"""A line of the Model step's list, and those that come from the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.catalogue import CatalogueModel, find, models


@dataclass(frozen=True)
class ModelRow:
    """A line of the list: a model (``source``), or a way to name one (``action``)."""

    source: str = ""
    action: str = ""
    size: int | None = None
    parameters: int | None = None
    here: bool = False


def catalogue_rows(query: str, hub: str, listed: Iterable[str]) -> list[ModelRow]:
    """The models of the catalogue that have every word of ``query``, none without a word, and none
    of those ``listed`` already; each by its id on ``hub``, if it is there."""
    if not query.strip():
        return []
    known = {source.lower() for source in listed}
    return [
        ModelRow(_id(model, hub), size=model.weight_bytes(), parameters=model.parameters)
        for model in find(query, models())
        if not any(repo.lower() in known for repo in model.ids.values())
    ]


def _id(model: CatalogueModel, hub: str) -> str:
    return model.ids.get(hub) or next(iter(model.ids.values()))
