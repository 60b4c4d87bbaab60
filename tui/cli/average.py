"""``danlu average A B --out DIR``: the mean of several adapters of one base, as an adapter;
``danlu average --list``: those that were made."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DanluError
from engine.runs.averages import list_averages, read_average
from engine.units import human_bytes
from engine.words import t
from tui.average_words import shares
from tui.cli.options import add_json, number_within
from tui.cli.progress_line import progress_line

if TYPE_CHECKING:
    from engine.average.average import Averaged


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET", help=t("cli_average.targets"))
    add("--weights", type=_weights, metavar="W,W", help=t("cli_average.weights"))
    add("--rank", type=number_within(int, 1, 65_536), metavar="N", help=t("cli_average.rank"))
    add("--out", type=Path, metavar="DIR", help=t("cli_average.out"))
    add("--base-model", metavar="MODEL", help=t("cli_average.base_model"))
    add("--list", action="store_true", help=t("cli_average.list"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Average and say where it is. Raises DanluError ``average.*``, ``chat.*``."""
    from engine.average.average import average

    if args.list:
        return _list(args.json)
    if not args.targets or args.out is None:
        raise DanluError("average.nothing_asked", exit_code=2)
    with progress_line() as job:
        made = average(
            args.targets,
            args.out,
            job,
            weights=args.weights,
            rank=args.rank,
            base=args.base_model,
        )
    if args.json:
        print(json.dumps(made.document, ensure_ascii=False, indent=1))
    else:
        print("\n".join(average_lines(made)))
    return 0


def _list(as_json: bool) -> int:
    found = [(each, read_average(each.path)) for each in list_averages()]
    if as_json:
        documents = [{"folder": each.path, **facts} for each, facts in found]
        print(json.dumps(documents, ensure_ascii=False, indent=1))
    elif not found:
        print(t("average.none"))
    for each, facts in () if as_json else found:
        print(f"{each.path}  {' + '.join(shares(facts))}")
    return 0


def average_lines(made: Averaged) -> list[str]:
    """What was averaged, and how well."""
    facts = made.document
    lines = [
        t(
            "average.share",
            weight=f"{each['weight']:>6.1%}",
            target=each["target"],
            rank=each["rank"],
        )
        for each in facts["adapters"]
    ]
    size = human_bytes(facts["bytes"])
    folder, rank = made.folder, facts["rank"]
    lines.append(t("average.made", folder=folder, rank=rank, layers=facts["layers"], size=size))
    kept = f"{facts['kept']:.1%}"
    lines.append(t("average.exact") if facts["exact"] else t("average.cut", rank=rank, kept=kept))
    return [*lines, t("average.next", folder=folder)]


def _weights(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(t("cli_average.not_weights", text=text)) from None
