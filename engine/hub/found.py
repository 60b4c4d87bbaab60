"""What all places together have for a query: one line for each repository, wherever it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.catalogue import (
    CatalogueDataset,
    CatalogueModel,
    Fit,
    datasets,
    find,
    fit_of,
    models,
)
from engine.hardware import Machine
from engine.hub.caches import huggingface_cache, modelscope_cache
from engine.hub.offer import Offer
from engine.hub.reference import HUBS, Hub
from engine.hub.room import has_room
from engine.hub.search import Query

_HF_LAST = {"modelscope": 0, "huggingface": 1, None: 2}


@dataclass(frozen=True)
class Found:
    """One repository. ``offers`` are its copies here first, then those of the hubs; ``known`` is
    what the catalogue says of it."""

    offers: tuple[Offer, ...]
    known: CatalogueModel | CatalogueDataset | None = None

    @property
    def here(self) -> Offer | None:
        return next((offer for offer in self.offers if offer.folder is not None), None)

    @property
    def best(self) -> Offer | None:
        """The one to take: here, else a hub's that can be taken, else any."""
        open_ones = (one for one in self.offers if not one.problem and not one.gated)
        takeable = (one for one in self.offers if not one.problem)
        for choice in (self.here, next(open_ones, None), next(takeable, None)):
            if choice is not None:
                return choice
        return self.offers[0] if self.offers else None

    @property
    def source(self) -> str:
        """What a spec would name it by."""
        if self.best is not None:
            return self.best.repo
        return next(iter(self.known.ids.values())) if self.known else ""

    @property
    def hubs(self) -> list[tuple[Hub, str]]:
        """The hubs that have it, and its id there: as they said, else as the catalogue says."""
        ids: dict[Hub, str] = {}
        for offer in self.offers:
            if offer.hub and (offer.folder is None or offer.hub not in ids):
                ids[offer.hub] = offer.repo
        for hub in HUBS:
            if self.known and hub in self.known.ids:
                ids.setdefault(hub, self.known.ids[hub])
        return sorted(ids.items(), key=lambda item: _HF_LAST[item[0]])

    def first(self, name: str) -> Any:
        """The first value that is known of field ``name``, the catalogue's last."""
        best = [self.best] if self.best else []
        for offer in (*best, *self.offers):
            value = getattr(offer, name)
            if value is not None:
                return value
        return getattr(self.known, name, None)

    @property
    def parameters(self) -> int | None:
        return self.first("parameters")

    @property
    def bytes(self) -> int | None:
        """Bytes of what is here or would be fetched; of a model only the catalogue knows, those of
        its weights."""
        if self.best is not None and self.best.bytes is not None:
            return self.best.bytes
        return self.known.weight_bytes() if isinstance(self.known, CatalogueModel) else None

    def fit(self, machine: Machine) -> Fit | None:
        """How a model's weights alone fit the memory that is free; None where its size is not
        known, and for data."""
        if isinstance(self.known, CatalogueModel):
            return self.known.fit(machine)
        return fit_of(self.parameters, machine) if self.parameters else None

    def fits_disk(self) -> bool | None:
        """Whether what is to be fetched has room; None while its size is not known."""
        best = self.best
        need = best.to_fetch if best is not None else self.bytes
        if need is None:
            return None
        hub = best.hub if best else self.hubs[0][0]
        folder = modelscope_cache() if hub == "modelscope" else huggingface_cache()
        return has_room(need, folder)

    def document(self, machine: Machine) -> dict[str, Any]:
        """The JSON form; what is not known is left out."""
        here = self.here
        values = {
            "source": self.source,
            "here": str(here.folder) if here else None,
            "bytes": self.bytes,
            "to_fetch": self.best.to_fetch if self.best else None,
            "parameters": self.parameters,
            "license": self.first("license"),
            "gated": self.first("gated"),
            "fit": self.fit(machine),
            "fits_disk": self.fits_disk(),
            "ids": dict(self.hubs),
            "offers": [offer.document() for offer in self.offers],
            "catalogue": self.known.document() if self.known else None,
        }
        return {name: value for name, value in values.items() if value is not None}


def put_together(query: Query, offers: Iterable[Offer]) -> list[Found]:
    """One line for each repository among ``offers`` and the entries of the catalogue that have
    every word: what was named in full first, what is here next, then the catalogue's, then by how
    often they are fetched."""
    entries: Sequence[CatalogueModel | CatalogueDataset] = (
        models() if query.kind == "model" else datasets()
    )
    by_id = {repo.casefold(): entry for entry in entries for repo in entry.ids.values()}
    grouped: dict[str, list[Offer]] = {}
    known: dict[str, CatalogueModel | CatalogueDataset] = {}
    for offer in offers:
        entry = by_id.get(offer.repo.casefold())
        key = entry.name if entry else offer.repo.casefold()
        grouped.setdefault(key, []).append(offer)
        if entry:
            known[key] = entry
    for entry in _in_catalogue(query):
        grouped.setdefault(entry.name, [])
        known[entry.name] = entry
    lines = [Found(_ordered(offers), known.get(key)) for key, offers in grouped.items()]
    return sorted(lines, key=lambda line: _place(line, query))


def _in_catalogue(query: Query) -> Sequence[CatalogueModel | CatalogueDataset]:
    asked = query.repo or query.word
    return find(asked, models()) if query.kind == "model" else find(asked, datasets())


def _ordered(offers: list[Offer]) -> tuple[Offer, ...]:
    return tuple(sorted(offers, key=lambda one: (one.folder is None, _HF_LAST[one.hub])))


def _place(line: Found, query: Query) -> tuple[Any, ...]:
    names = [repo.casefold() for _, repo in line.hubs] + [line.source.casefold()]
    exact = query.repo is not None and query.repo.casefold() in names
    downloads = max((one.downloads or 0 for one in line.offers), default=0)
    refused = line.best is not None and line.best.problem is not None
    return not exact, line.here is None, refused, line.known is None, -downloads
