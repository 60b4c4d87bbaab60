"""``danlu runs``: every run, newest first."""

from __future__ import annotations

import argparse
import json

from engine import words
from engine.runs.store import list_runs
from engine.units import human_bytes
from tui.cells import fit, width
from tui.cli.options import add_json
from tui.cli.run_document import run_document


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    documents = [run_document(each) for each in list_runs()]
    if arguments.json:
        print(json.dumps(documents, ensure_ascii=False, indent=1))
        return 0
    if not documents:
        print(words.t("plain.no_runs"))
        return 0
    longest = max(width(document["name"]) for document in documents)
    for document in documents:
        steps = f"{document['step']}/{document['steps'] or '?'}"
        loss = f"{document['loss']:.4f}" if document["loss"] is not None else "–"
        status = words.t(f"status.{document['status']}")
        size = human_bytes(document["bytes"])
        name = fit(document["name"], longest)
        print(f"{name}  {fit(status, 12)}  {steps:>11}  {loss:>8}  {size:>9}")
    return 0
