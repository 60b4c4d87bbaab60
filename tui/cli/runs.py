"""``danlu runs``: every run, sorted and filtered."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from itertools import islice

from engine import words
from engine.home import runs_root
from engine.runs.head_index import read_heads
from engine.runs.heads import RunHead
from engine.runs.ordering import SORTS, in_order, meant, searched, status_word
from engine.runs.scan import scan
from engine.units import human_bytes
from tui.cells import fit, right, width
from tui.cli.options import add_json, number_within
from tui.cli.run_document import head_document


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sort", choices=SORTS, default="newest", help=words.t("cli_runs.sort"))
    parser.add_argument("--reverse", action="store_true", help=words.t("cli_runs.reverse"))
    parser.add_argument("--filter", metavar="TEXT", default="", help=words.t("cli_runs.filter"))
    parser.add_argument(
        "--limit", metavar="N", type=number_within(int, 1, 10**9), help=words.t("cli_runs.limit")
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    found = scan(runs_root())
    paths = {each.name: each.path for each in found}
    fits = meant(arguments.filter)
    heads: Iterable[RunHead] = (head for _, head in read_heads(found) if fits(searched(head)))
    if arguments.sort != "newest" or arguments.reverse:
        heads = in_order(heads, arguments.sort, arguments.reverse)
    shown = list(islice(heads, arguments.limit))  # newest first needs to read no more than these
    if arguments.json:
        documents = [head_document(head, paths[head.name]) for head in shown]
        print(json.dumps(documents, ensure_ascii=False, indent=1))
    elif not shown:
        print(words.t("cli_runs.none_fit" if found else "plain.no_runs"))
    else:
        _print(shown)
    return 0


def _print(heads: list[RunHead]) -> None:
    longest = max(width(head.name) for head in heads)
    for head in heads:
        steps = f"{head.step}/{head.steps or '?'}"
        score = f"{head.score.right}/{head.score.questions}" if head.score else "–"
        cells = [fit(head.name, longest), fit(status_word(head.status), 12), right(steps, 11)]
        cells += [right(loss_text(head.loss), 8), right(loss_text(head.eval_loss), 8)]
        print("  ".join([*cells, right(score, 7), right(human_bytes(head.bytes), 9)]))


def loss_text(loss: float | None) -> str:
    """A loss with four digits behind the point, or a dash."""
    return "–" if loss is None else f"{loss:.4f}"
