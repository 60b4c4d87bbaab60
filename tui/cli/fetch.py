"""``danlu fetch REF``: bring a model or a data set onto this machine, resuming what was begun."""

from __future__ import annotations

import argparse
import json

from engine.models.describe import ModelFacts, describe
from engine.models.locate import LocatedModel, locate
from engine.spec.sections import Model
from engine.units import human_bytes, human_count
from engine.words import t
from tui.cli.lasting_job import lasting_job
from tui.cli.options import add_json

_HUBS = ("auto", "modelscope", "huggingface")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("ref", metavar="REF", nargs="?", help=t("cli_fetch.ref"))
    what.add_argument("--search", metavar="WORD", help=t("cli_fetch.search"))
    parser.add_argument("--dataset", action="store_true", help=t("cli_fetch.dataset"))
    parser.add_argument("--hub", choices=_HUBS, default="auto", help=t("cli_fetch.hub"))
    parser.add_argument("--revision", help=t("cli_fetch.revision"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Fetch and describe. Raises DanluError ``model.*``, ``data.*`` and ``hub.*``."""
    if args.search:
        from tui.cli.search import search

        kind = "dataset" if args.dataset else "model"
        return search(args.search, kind, args.hub, as_json=args.json)
    if args.dataset:
        from tui.cli.fetch_dataset import fetch_dataset

        return fetch_dataset(args)
    model = Model(source=args.ref, hub=args.hub, revision=args.revision)
    with lasting_job(args, args.ref) as job:
        found = locate(model, job)
        facts = describe(found.folder)
        job.keep(document(found, facts))
    if args.json:
        print(json.dumps(document(found, facts), ensure_ascii=False, indent=1))
        return 0
    print(found.folder)
    print(_facts_text(facts))
    pinned = "".join(f", {name.partition('.')[2]}: {value}" for name, value in found.pin.items())
    print(t("cli_fetch.next", model=f"{{source: {found.source}{pinned}}}"))
    return 0


def document(found: LocatedModel, facts: ModelFacts) -> dict[str, object]:
    """The ``fetch`` JSON: where the model is, where it came from, and what it is."""
    return {**found.document(), **vars(facts)}


def _facts_text(facts: ModelFacts) -> str:
    return t(
        "cli_fetch.facts",
        parameters=human_count(facts.parameters),
        size=human_bytes(facts.weight_bytes),
        dtype=facts.quantized or facts.dtype,
        context=facts.context_length,
        license=facts.license or t("cli_fetch.unknown_license"),
    )
