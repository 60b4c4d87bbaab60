"""``danlu servers``: what is being served, and what was."""

from __future__ import annotations

import argparse
import json

from engine.words import t
from tui.cells import fit, width
from tui.cli.options import add_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print every server, the living first."""
    from engine.serve.serving import document, servings

    documents = [document(each) for each in servings()]
    if args.json:
        print(json.dumps(documents, ensure_ascii=False, indent=1))
        return 0
    if not documents:
        print(t("serve.none"))
        return 0
    longest = max(width(each["name"]) for each in documents)
    for each in documents:
        state = fit(t(f"serve.state.{each['state']}"), 10)
        requests = t("serve.requests", count=each["requests"])
        where = each["url"] if each["state"] == "serving" else "–"
        backend = t(f"serve.backend.{each['backend']}") if each["backend"] else "–"
        print(f"{fit(each['name'], longest)}  {state}  {where}  {backend}  {requests}")
    return 0
