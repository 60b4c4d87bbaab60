"""What a search found as a table of plain text."""

from __future__ import annotations

from engine.hardware import Machine
from engine.hub.everywhere import Everywhere
from engine.hub.found import Found
from engine.units import human_bytes, human_count
from engine.words import t
from tui.cli.table import columns
from tui.wrap import wrap


def search_lines(answer: Everywhere, here: Machine, cells: int) -> list[str]:
    """A heading, a line for each repository, and below them who was not asked and how to go on."""
    keys = ("name", "parameters", "to_fetch", "where", "fit", "license")
    if answer.query.kind == "dataset":
        keys = ("name", "rows", "to_fetch", "where", "languages", "license")
    rows = [tuple(_value(key, found, here) for key in keys) for found in answer.found]
    heads = tuple(t(f"search.{key}") for key in keys)
    lines = columns([heads, *rows], cells, numbers=(1, 2))
    lines.append("")
    for error in answer.silent.values():
        lines += wrap(error.what, cells)
    if answer.offline:
        lines += wrap(t("search.offline"), cells)
    option = "--dataset " if answer.query.kind == "dataset" else ""
    return [*lines, f"danlu fetch {option}{answer.found[0].source}"]


def _value(key: str, found: Found, here: Machine) -> str:
    known = found.known
    if key == "name":
        return found.source
    if key == "parameters":
        return human_count(found.parameters) if found.parameters else "–"
    if key == "rows":
        rows = getattr(known, "rows", None)
        return human_count(rows) if rows else "–"
    if key == "to_fetch":
        return to_fetch_text(found)
    if key == "where":
        return where_text(found)
    if key == "languages":
        return " ".join(getattr(known, "languages", ())) or "–"
    if key == "fit":
        return fit_text(found, here)
    return found.first("license") or "–"


def to_fetch_text(found: Found) -> str:
    """What would come over the line: nothing of what is here; ``~`` where only the catalogue's
    number of parameters tells."""
    best = found.best
    if best is not None and best.folder is not None:
        return "0"
    if best is not None and best.to_fetch is not None:
        return human_bytes(best.to_fetch)
    return f"~{human_bytes(found.bytes)}" if found.bytes else "–"


def where_text(found: Found) -> str:
    """Here, and the hubs that have it; a lock's word where its terms must be agreed to."""
    places = [t("search.here")] if found.here else []
    places += [t(f"search.{hub}") for hub, _ in found.hubs]
    if found.first("gated"):
        places.append(t("search.gated"))
    best = found.best
    if best is not None and best.problem == "hub.no_safetensors":
        places.append(t("search.no_safetensors"))
    return " ".join(places) or "–"


def fit_text(found: Found, here: Machine) -> str:
    """Whether it fits the disk and, by its weights alone, the memory."""
    if found.fits_disk() is False:
        return t("search.disk_no")
    verdict = found.fit(here)
    return t(f"catalogue.fit_{verdict}") if verdict else "–"
