"""``danlu delete TARGET``: delete runs, checkpoints, exports and averages."""

from __future__ import annotations

import argparse
import json

from engine import words
from engine.errors import DanluError
from engine.runs.made import Made, find_made
from engine.runs.places import Place, find_place
from engine.runs.store import folder_bytes
from engine.runs.trash import SetAside, remove, set_aside, set_aside_folder, set_aside_run
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
    things = [find_thing(text) for text in arguments.targets]
    sizes = {thing.label: folder_bytes(thing.folder) for thing in things}
    total, names = human_bytes(sum(sizes.values())), ", ".join(sizes)
    question = words.t("cli_runs.delete_sure", names=names, bytes=total)
    strange = [name for thing in things if isinstance(thing, Made) for name in thing.strange]
    if strange:
        added = words.t("runs.delete_strange", names=short_list(strange))
        question = words.sentences(added, question)
    if not confirm(question, arguments):
        return 0
    for thing in things:
        remove(_set_aside(thing))
    if arguments.json:
        deleted = [{"target": label, "bytes": size} for label, size in sizes.items()]
        print(json.dumps({"deleted": deleted}, ensure_ascii=False, indent=1))
    else:
        print(words.t("cli_runs.freed", bytes=total))
    return 0


def find_thing(text: str) -> Place | Made:
    """The run or checkpoint called ``text``, or the export or average at that path. Raises
    DanluError ``run.not_found`` and ``run.no_such_checkpoint``."""
    try:
        return find_place(text)
    except DanluError:
        made = find_made(text)
        if made is None:
            raise
        return made


def short_list(names: list[str], most: int = 4) -> str:
    """The first few of them, and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} +{len(names) - most}" if len(names) > most else shown


def _set_aside(thing: Place | Made) -> SetAside:
    if isinstance(thing, Made):
        return set_aside_folder(thing.folder, thing.of.name)
    if thing.checkpoint is None:
        return set_aside_run(thing.run)
    return set_aside(thing.run, [thing.checkpoint])
