"""The lines of the Model step's list: which they are, how they are sorted, how one is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.text import Text
from textual.widget import Widget

from engine import words
from engine.catalogue import CatalogueModel, Fit, find, fit_of, model_of, models
from engine.hardware import Machine
from engine.units import human_bytes, human_count
from tui.cells import cut_start, fit, right
from tui.ink import ink
from tui.symbols import sign
from tui.wizard import findings
from tui.wizard.draft import Draft
from tui.wizard.model_heading import MODEL_COLUMNS
from tui.wizard.names import model_name


@dataclass(frozen=True)
class ModelRow:
    """A line of the list: a model (``source``), or a way to name one (``action``)."""

    source: str = ""
    action: str = ""
    size: int | None = None
    parameters: int | None = None
    here: bool = False
    coming: bool = False


SORTS = ("listed", "fits", "size")


def model_rows(draft: Draft, query: str, sort: str, *, roomy: bool = False) -> list[ModelRow]:
    """The models on this machine and those that were named, those of the catalogue once something
    is typed or sorted, and the two ways to one that is not in the list. A ``roomy`` list has the
    catalogue below in any case, what fits this machine first."""
    shelf = findings.ask_shelf(draft).result or []
    found = {
        entry.source: ModelRow(
            entry.source, size=entry.bytes, parameters=entry.parameters, here=True
        )
        for entry in reversed(shelf)
    }
    rows = list(reversed(found.values()))
    named = ("embedded", *draft.typed_models, draft.given.model.source, draft.spec.model.source)
    for source in named:
        if all(row.source != source for row in rows):
            rows.append(_named_row(draft, source))
    rows.sort(key=lambda row: row.source != "embedded")
    wanted = query.lower().split()
    shown = [row for row in rows if all(word in row.source.lower() for word in wanted)]
    listed = [row.source for row in rows]
    shown += catalogue_rows(query, draft.spec.model.hub, listed, sort)
    shown = sort_rows(shown, sort, draft.machine)
    below = []
    if roomy and not query.strip() and sort == "listed":
        below = sort_rows(
            catalogue_rows("", draft.spec.model.hub, listed, "fits"), "fits", draft.machine
        )
    return [*shown, ModelRow(action="hub_id"), ModelRow(action="browse"), *below]


def _named_row(draft: Draft, source: str) -> ModelRow:
    known = model_of(source)
    return ModelRow(
        source,
        here=findings.local_folder(draft, source) is not None,
        coming=findings.coming(draft, source),
        size=known.weight_bytes() if known else None,
        parameters=known.parameters if known else None,
    )


def draw_model_row(
    widget: Widget, row: ModelRow, cells: int, *, selected: bool, chosen: bool
) -> Text:
    """One line in ``cells``."""
    lead = f"{sign('next')} " if selected else "  "
    line = Text().append(lead, ink(widget, "ember", bold=True))
    if row.action:
        key = "h" if row.action == "hub_id" else "o"
        line.append(f"  {fit(words.t(f'wizard_model.{row.action}'), cells - 10)}")
        return line.append(right(key, 4), ink(widget, "ember", bold=True))
    line.append(f"{sign('now') if chosen else ' '} ", ink(widget, "ember"))
    key = "here" if row.here else "on_its_way" if row.coming else "to_fetch"
    place = words.t(f"wizard_model.{key}")
    numbers = (
        human_count(row.parameters) if row.parameters else "",
        human_bytes(row.size) if row.size else "",
        place,
    )
    room = cells - 4 - sum(MODEL_COLUMNS)
    line.append(fit(cut_start(model_name(row.source), room), room))  # an owner tells the least
    for text, column in zip(numbers, MODEL_COLUMNS, strict=True):
        colour = "jade" if row.here else "ember" if row.coming else "ash"
        style = ink(widget, colour) if text == place else ""
        line.append(right(text, column), style)
    return line


def catalogue_rows(
    query: str, hub: str, listed: Iterable[str], sort: str = "listed"
) -> list[ModelRow]:
    """The models of the catalogue that have every word of ``query``, none without a word unless
    they are sorted, and none of those ``listed`` already; each by its id on ``hub``, if it is
    there."""
    if not query.strip() and sort == "listed":
        return []
    known = {source.lower() for source in listed}
    return [
        ModelRow(_id(model, hub), size=model.weight_bytes(), parameters=model.parameters)
        for model in find(query, models())
        if not any(repo.lower() in known for repo in model.ids.values())
    ]


def sort_rows(rows: list[ModelRow], sort: str, here: Machine) -> list[ModelRow]:
    """``fits``: the largest whose weights fit the memory first; ``size``: the smallest first. What
    has no known size goes last."""
    if sort == "listed":
        return rows
    return sorted(rows, key=lambda row: _rank(row, sort, here))


def _rank(row: ModelRow, sort: str, here: Machine) -> tuple[int, int]:
    if not row.parameters:
        return 9, 0
    if sort == "size":
        return 0, row.parameters
    verdict = row_fit(row, here)
    order = ("bf16", "nf4", "no").index(verdict) if verdict else 3
    return order, row.parameters if verdict == "no" else -row.parameters


def row_fit(row: ModelRow, here: Machine) -> Fit | None:
    """How its weights alone fit the memory that is free; None where its size is not known."""
    known = model_of(row.source)
    if known is not None:
        return known.fit(here)
    return fit_of(row.parameters, here) if row.parameters else None


def _id(model: CatalogueModel, hub: str) -> str:
    return model.ids.get(hub) or next(iter(model.ids.values()))
