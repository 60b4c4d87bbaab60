"""``danlu search WORD…``: what this machine, the catalogue and both hubs have, in one table."""

from __future__ import annotations

import argparse
import json
import shutil

from engine.errors import DanluError
from engine.hardware import machine
from engine.hub.everywhere import Everywhere, place_documents, search_everywhere
from engine.hub.search import query_of
from engine.words import sentences, t
from tui.cli.options import add_json
from tui.cli.progress_line import progress_line
from tui.cli.search_lines import search_lines

_HUBS = ("auto", "modelscope", "huggingface")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="+", metavar="WORD", help=t("cli_search.words"))
    parser.add_argument("--datasets", action="store_true", help=t("cli_search.datasets"))
    parser.add_argument("--hub", choices=_HUBS, default="auto", help=t("cli_search.hub"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Search and print. Raises DanluError ``hub.nothing_found``."""
    kind = "dataset" if args.datasets else "model"
    return search(" ".join(args.words), kind, args.hub, as_json=args.json)


def search(text: str, kind: str, hub: str, *, as_json: bool) -> int:
    """The same, for whoever has the words already."""
    query = query_of(text, kind, hub)
    with progress_line() as job:
        answer = search_everywhere(query, job)
    here = machine()
    if as_json:
        document = {
            "query": text,
            "kind": kind,
            "offline": answer.offline,
            "hubs": place_documents(answer),
            "results": [found.document(here) for found in answer.found],
        }
        print(json.dumps(document, ensure_ascii=False, indent=1))
        return 0
    if not answer.found:
        raise _nothing(answer)
    cells = shutil.get_terminal_size((100, 24)).columns
    print("\n".join(search_lines(answer, here, cells)))
    return 0


def _nothing(answer: Everywhere) -> DanluError:
    reasons = sentences(*(error.what for error in answer.silent.values()))
    return DanluError(
        "hub.nothing_found", query=answer.query.text, asked=reasons or t("cli_search.all_asked")
    )
