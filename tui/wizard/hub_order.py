"""In which order the hub box lists what was found."""

from __future__ import annotations

from collections.abc import Sequence

from engine.catalogue import CatalogueModel, fits
from engine.hardware import Machine
from engine.hub.found import Found
from tui.wizard.hub_rows import HubRow

SORTS = ("best", "fits", "size")


def in_order(rows: Sequence[HubRow], sort: str, kind: str, here: Machine) -> list[HubRow]:
    """``rows`` as they were found (``best``), by what fits this machine, the largest first
    (``fits``), or by size (``size``)."""
    if sort == "best":
        return list(rows)
    by_size = sort == "size" or kind != "model"
    return sorted(rows, key=lambda row: _rank(row.found, by_size, here))


def _rank(found: Found | None, by_size: bool, here: Machine) -> tuple[int, float]:
    if found is None:
        return 9, 0
    if by_size:
        return 0 if found.bytes is not None else 1, found.bytes or 0
    if isinstance(found.known, CatalogueModel):
        return fits(here)(found.known)
    fit = found.fit(here)
    order = {"bf16": 0, "nf4": 1, "no": 2, None: 3}[fit]
    size = found.parameters or 0
    return order, size if fit == "no" else -size


def with_typed(rows: list[HubRow], typed: str) -> list[HubRow]:
    """``rows`` and the typed name itself: first, but behind names that begin with it, of which it
    is likely to become one."""
    if not typed:
        return rows
    begun = any(
        repo.casefold().startswith(typed.casefold())
        for row in rows
        if row.found is not None
        for _, repo in row.found.hubs
    )
    return [*rows, HubRow(typed=typed)] if begun else [HubRow(typed=typed), *rows]
