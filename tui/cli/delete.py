"""``danlu delete TARGET``: delete runs and checkpoints."""

from __future__ import annotations

import argparse
import json

from engine import words
from engine.runs.places import Place, find_place
from engine.runs.store import folder_bytes
from engine.runs.trash import remove, set_aside, set_aside_run
from engine.units import human_bytes
from tui.cli.confirm import add_yes, confirm
from tui.cli.options import add_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "targets", nargs="+", metavar="TARGET", help=words.t("cli_runs.delete_target")
    )
    add_yes(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    places = [find_place(text) for text in arguments.targets]
    sizes = {place.label: folder_bytes(place.folder) for place in places}
    total, names = human_bytes(sum(sizes.values())), ", ".join(sizes)
    if not confirm(words.t("cli_runs.delete_sure", names=names, bytes=total), arguments):
        return 0
    for place in places:
        remove(_set_aside(place))
    if arguments.json:
        deleted = [{"target": label, "bytes": size} for label, size in sizes.items()]
        print(json.dumps({"deleted": deleted}, ensure_ascii=False, indent=1))
    else:
        print(words.t("cli_runs.freed", bytes=total))
    return 0


def _set_aside(place: Place):
    if place.checkpoint is None:
        return set_aside_run(place.run)
    return set_aside(place.run, [place.checkpoint])
