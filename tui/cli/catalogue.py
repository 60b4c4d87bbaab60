"""``danlu catalogue [WORD…]``: the models and data sets danlu knows of, without a network."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from typing import Any

from engine.catalogue import CatalogueModel, datasets, find, fits, models
from engine.errors import DanluError
from engine.hardware import Machine, machine
from engine.words import t
from tui.cli.catalogue_lines import dataset_lines, model_lines, models_lines
from tui.cli.options import add_json

_SORTS = ("listed", "fits", "size", "newest")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="WORD", help=t("cli_catalogue.words"))
    parser.add_argument("--datasets", action="store_true", help=t("cli_catalogue.datasets"))
    parser.add_argument("--sort", choices=_SORTS, default="listed", help=t("cli_catalogue.sort"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print what is found; a single model with all that is known of it. Raises DanluError
    ``catalogue.not_found``."""
    query = " ".join(args.words)
    cells = shutil.get_terminal_size((100, 24)).columns
    if args.datasets:
        sets = find(query, datasets())
        _say_none(sets, query)
        if args.sort == "size":
            sets.sort(key=lambda entry: entry.rows or 0)
        _print(args, [entry.document() for entry in sets], lambda: dataset_lines(sets, cells))
        return 0
    here = machine()
    found = find(query, models())
    _say_none(found, query)
    _sort(found, args.sort, here)
    documents = [_document(model, here) for model in found]
    if len(found) == 1:
        _print(args, documents, lambda: model_lines(found[0], here, cells))
    else:
        _print(args, documents, lambda: models_lines(found, here, cells))
    return 0


def _say_none(found: list[Any], query: str) -> None:
    if not found:
        raise DanluError("catalogue.not_found", query=query)


def _print(
    args: argparse.Namespace, documents: list[dict[str, Any]], lines: Callable[[], list[str]]
) -> None:
    if args.json:
        print(json.dumps(documents, ensure_ascii=False, indent=1))
    else:
        print("\n".join(lines()))


def _sort(found: list[CatalogueModel], sort: str, here: Machine) -> None:
    if sort == "fits":
        found.sort(key=fits(here))
    elif sort == "size":
        found.sort(key=lambda model: model.parameters)
    elif sort == "newest":
        found.sort(key=lambda model: model.released or "", reverse=True)


def _document(model: CatalogueModel, here: Machine) -> dict[str, Any]:
    return {
        **model.document(),
        "weight_bytes": model.weight_bytes(),
        "nf4_bytes": model.weight_bytes("nf4"),
        "fit": model.fit(here),
    }
