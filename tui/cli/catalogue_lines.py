"""The catalogue as text: a table of models or data sets, or one model with all that is known."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalogue import CatalogueDataset, CatalogueModel
from engine.hardware import Machine
from engine.units import human_bytes, human_count
from engine.words import t
from tui.cells import fit, width
from tui.cli.table import columns
from tui.model_marks import model_marks
from tui.wrap import wrap

_INDENT = "  "


def models_lines(found: list[CatalogueModel], here: Machine, cells: int) -> list[str]:
    """A line for each model, its columns as wide as they must be, below a heading."""
    rows = [
        (
            model.name,
            human_count(model.parameters),
            human_bytes(model.weight_bytes()),
            t(f"catalogue.fit_{model.fit(here)}"),
            _tokens(model.context),
            model_marks(model) or "–",
            model.license or "–",
        )
        for model in found
    ]
    keys = ("model", "parameters", "bf16", "fit", "context", "marks", "license")
    heads = [t(f"catalogue.{key}") for key in keys]
    where = here.gpu.name if here.gpu else t("catalogue.ram")
    about = t(
        "catalogue.weights_alone", count=len(found), free=human_bytes(here.free_bytes), where=where
    )
    return [*columns([heads, *rows], cells, numbers=(1, 2, 4)), "", *wrap(about, cells)]


def dataset_lines(found: list[CatalogueDataset], cells: int) -> list[str]:
    """A line for each data set, and below it what it holds."""
    rows = [
        (
            entry.name,
            human_count(entry.rows) if entry.rows else "–",
            entry.stage,
            entry.format or "–",
            " ".join(entry.languages) or "–",
            entry.license or "–",
        )
        for entry in found
    ]
    keys = ("dataset", "rows", "stage", "format", "languages", "license")
    heads = [t(f"catalogue.{key}") for key in keys]
    lines = columns([heads, *rows], cells, numbers=(1,))
    shown = [lines[0]]
    for entry, line in zip(found, lines[1:], strict=True):
        shown.append(line)
        shown += [f"{_INDENT}{part}" for part in wrap(entry.about_text, cells - len(_INDENT))]
        shown += [f"{_INDENT}{part}" for part in wrap(_ids(entry.ids), cells - len(_INDENT))]
    return [*shown, "", *wrap(t("catalogue.datasets_count", count=len(found)), cells)]


def model_lines(model: CatalogueModel, here: Machine, cells: int) -> list[str]:
    """All that is known of one model, and how to fetch it."""
    sizes = t(
        "catalogue.sizes",
        bf16=human_bytes(model.weight_bytes()),
        nf4=human_bytes(model.weight_bytes("nf4")),
        fit=t(f"catalogue.fit_{model.fit(here)}"),
    )
    facts = [
        ("parameters", f"{human_count(model.parameters)} ({model.parameters:,})"),
        ("weights", sizes),
        ("architecture", model.architecture or model.model_type),
        ("shapes", _shapes(model)),
        ("context", _tokens(model.context)),
        ("license", model.license),
        ("gated", t("catalogue.gated_yes") if model.gated else None),
        ("marks", model_marks(model)),
        ("languages", " ".join(model.languages)),
        ("released", model.released),
        *((hub, repo) for hub, repo in model.ids.items()),
        ("source", ", ".join(model.source)),
    ]
    named = [(t(f"catalogue.{key}"), value) for key, value in facts if value]
    longest = max(width(label) for label, _ in named) + 2
    lines = [model.name, ""]
    for label, value in named:
        first, *more = wrap(value, cells - longest - len(_INDENT))
        lines.append(f"{_INDENT}{fit(label, longest)}{first}")
        lines += [" " * (longest + len(_INDENT)) + part for part in more]
    return [*lines, "", f"{_INDENT}danlu fetch {next(iter(model.ids.values()))}"]


def _shapes(model: CatalogueModel) -> str:
    """Those that are one number or a yes or no."""
    single = {key: value for key, value in model.shapes.items() if isinstance(value, int)}
    return " · ".join(f"{key} {str(value).lower()}" for key, value in single.items())


def _ids(ids: Mapping[str, str]) -> str:
    return " · ".join(f"{t(f'catalogue.{hub}')} {repo}" for hub, repo in ids.items())


def _tokens(count: int | None) -> str:
    if not count:
        return "–"
    return f"{count // 1024} K" if count % 1024 == 0 else f"{count // 1000} k"
