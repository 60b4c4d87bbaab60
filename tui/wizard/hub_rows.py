"""The lines of what a search found, and the heading above them."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual.widget import Widget
from textual.widgets import Static

from engine import words
from engine.catalogue import CatalogueDataset, CatalogueModel
from engine.hardware import Machine
from engine.hub.found import Found
from engine.hub.reference import Hub
from engine.units import human_bytes, human_count
from tui.cells import fit, right
from tui.ink import ink
from tui.model_marks import model_marks
from tui.symbols import sign

_MODEL = (("parameters", 8), ("to_fetch", 10), ("where", 9), ("fit", 12))
_DATA = (("rows", 8), ("to_fetch", 10), ("where", 9), ("stage", 7))
_LICENSE = ("license", 16)  # where there is room
_ROOM = 100  # cells
_MODEL_TOLD = (("context", 10), ("marks", 16))  # where there is much
_DATA_TOLD = (("format", 16), ("languages", 12))
_MUCH = 140  # cells


@dataclass(frozen=True)
class HubRow:
    """A line: a repository that was found, or a text that is taken as it was ``typed``."""

    found: Found | None = None
    typed: str = ""

    @property
    def key(self) -> str:
        return self.typed or (self.found.source if self.found else "")


def columns(kind: str, cells: int) -> list[tuple[str, int]]:
    """Names and cells of the columns after the first."""
    chosen = list(_MODEL if kind == "model" else _DATA)
    if cells >= _MUCH:
        chosen += _MODEL_TOLD if kind == "model" else _DATA_TOLD
    return [*chosen, _LICENSE] if cells >= _ROOM else chosen


class HubHeading(Static):
    """The names of the columns."""

    def __init__(self, kind: str) -> None:
        super().__init__(classes="heading")
        self._kind = kind

    def render(self) -> Text:
        cells = self.size.width
        told = columns(self._kind, cells)
        name = words.t("search.name")
        line = Text(fit(f"    {name}", cells - sum(size for _, size in told)), ink(self, "ash"))
        for key, size in told:
            told_by = "catalogue" if (key, size) in (*_MODEL_TOLD, *_DATA_TOLD) else "search"
            line.append(right(words.t(f"{told_by}.{key}"), size))
        return line


def draw_hub_row(
    widget: Widget, row: HubRow, kind: str, here: Machine, cells: int, selected: bool
) -> Text:
    """One line in ``cells``."""
    line = Text().append(f"{sign('next')} " if selected else "  ", ink(widget, "ember", bold=True))
    if row.found is None:
        return line.append(f"  {fit(words.t('hub_box.as_typed', text=row.typed), cells - 4)}")
    found, told = row.found, columns(kind, cells)
    mark = sign("now") if found.here else " "
    line.append(f"{mark} ", ink(widget, "jade"))
    line.append(fit(found_name(found), cells - 4 - sum(size for _, size in told)))
    for key, size in told:
        text, colour = _value(key, found, here)
        line.append(right(fit(text, size - 1).rstrip(), size), ink(widget, colour))
    return line


def found_name(found: Found) -> str:
    """What was found by its id; the embedded model by its name."""
    return words.t("wizard.embedded") if found.source == "embedded" else found.source


def _value(key: str, found: Found, here: Machine) -> tuple[str, str]:
    """The text of a column and its colour."""
    if key == "parameters":
        return (human_count(found.parameters) if found.parameters else ""), "foreground"
    if key == "rows":
        rows = getattr(found.known, "rows", None)
        return (human_count(rows) if rows else ""), "foreground"
    if key == "stage":
        return getattr(found.known, "stage", ""), "ash"
    if key == "to_fetch":
        return size_text(found), "ash" if found.here else "foreground"
    if key == "where":
        return where(found), "jade" if found.here else "ash"
    if key == "license":
        return found.first("license") or "", "ash"
    if key in ("context", "marks", "format", "languages"):
        return _told(key, found.known), "ash"
    return verdict(found, here)


def _told(key: str, known: CatalogueModel | CatalogueDataset | None) -> str:
    """What the catalogue tells of it."""
    if isinstance(known, CatalogueModel):
        if key == "marks":
            return model_marks(known)
        return human_count(known.context) if key == "context" and known.context else ""
    if isinstance(known, CatalogueDataset):
        return " ".join(known.languages) if key == "languages" else known.format or ""
    return ""


def size_text(found: Found) -> str:
    """What would come over the line; of a copy here nothing does, so its own size."""
    best = found.best
    if best is not None and best.folder is None and best.to_fetch is not None:
        return human_bytes(best.to_fetch)
    if best is not None and best.folder is not None:
        return human_bytes(best.bytes) if best.bytes else ""
    return f"~{human_bytes(found.bytes)}" if found.bytes else ""


def where(found: Found) -> str:
    """Here, or which hubs have it."""
    if found.here:
        return words.t("search.here")
    return " ".join(words.t(f"search.{hub}") for hub, _ in found.hubs)


def verdict(found: Found, here: Machine) -> tuple[str, str]:
    """What stands against taking it, else whether it fits; and a colour."""
    best = found.best
    if best is not None and best.problem == "hub.no_safetensors":
        return words.t("hub_box.not_usable"), "cinnabar"
    if found.fits_disk() is False:
        return words.t("search.disk_no"), "cinnabar"
    fit_here = found.fit(here)
    if best is not None and best.gated and best.folder is None:
        return words.t("search.gated"), "gold"
    if fit_here is None:
        return "", "ash"
    colour = {"bf16": "jade", "nf4": "gold", "no": "cinnabar"}[fit_here]
    return words.t(f"catalogue.fit_{fit_here}"), colour


def hub_line(hub: Hub, count: int | None, searching: bool, failed: bool) -> str:
    """``ModelScope 6``, ``ModelScope …`` or ``ModelScope ✗``."""
    name = words.t(f"catalogue.{hub}")
    if failed:
        return f"{name} {sign('no')}"
    if searching or count is None:
        return f"{name} {count or ''}{sign('more') if searching else ''}".rstrip()
    return f"{name} {count}"
