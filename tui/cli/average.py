"""``danlu average A B --out DIR``: the mean of several adapters of one base, as an adapter;
``danlu average --list``: those that were made."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from engine.errors import DanluError
from engine.runs.averages import list_averages, read_average
from engine.words import t
from tui.average_words import made_lines, shares
from tui.cli.lasting_job import lasting_job
from tui.cli.options import add_json, number_within


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
    with lasting_job(args, *args.targets) as job:
        made = average(
            args.targets,
            args.out,
            job,
            weights=args.weights,
            rank=args.rank,
            base=args.base_model,
        )
        job.keep(made.document)
    if args.json:
        print(json.dumps(made.document, ensure_ascii=False, indent=1))
    else:
        print("\n".join([*made_lines(made.document), t("average.next", folder=made.folder)]))
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


def _weights(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(t("cli_average.not_weights", text=text)) from None
