"""``danlu mark TARGET``: pin a run, a checkpoint, an export or an average, or choose the best
checkpoint."""

from __future__ import annotations

import argparse
import json
from typing import Any

from engine import words
from engine.errors import DanluError
from engine.runs.made import Made
from engine.runs.marks import choose_best, pin, read_marks
from engine.runs.places import Place
from tui.cli.delete import find_thing
from tui.cli.options import add_json

_WHAT = {"pin": "pin", "unpin": "unpin", "best": "best", "no-best": "no_best"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "targets", nargs="+", metavar="TARGET", help=words.t("cli_runs.mark_target")
    )
    choices = parser.add_mutually_exclusive_group(required=True)
    for what, word in _WHAT.items():
        text = words.t(f"cli_runs.{word}")
        choices.add_argument(f"--{what}", dest="what", action="store_const", const=what, help=text)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    things = [find_thing(text) for text in arguments.targets]
    for thing in things:
        mark(thing, arguments.what)
    documents = [document(thing) for thing in things]
    if arguments.json:
        print(json.dumps(documents, ensure_ascii=False, indent=1))
        return 0
    for each in documents:
        pinned = ", ".join(each["pinned"]) or "–"
        best = each["best"] or words.t("cli_runs.by_loss")
        whole = words.t("cli_runs.whole") if each["whole"] else ""
        print(words.t("cli_runs.marked", run=each["run"], pinned=whole or pinned, best=best))
    return 0


def mark(place: Place | Made, what: str) -> None:
    """Do ``what`` to ``place``. Raises DanluError ``run.which_checkpoint``."""
    if isinstance(place, Made):
        if what not in ("pin", "unpin"):
            raise DanluError("run.which_checkpoint", run=place.of.name)
        pin(place.of, place.mark, what == "pin")
    elif what in ("pin", "unpin"):
        pin(place.run.path, place.checkpoint, what == "pin")
    elif what == "no-best":
        choose_best(place.run.path, None)
    elif place.checkpoint is None:
        raise DanluError("run.which_checkpoint", run=place.run.name)
    else:
        choose_best(place.run.path, place.checkpoint)


def document(place: Place | Made) -> dict[str, Any]:
    """``{run, best, pinned: […], whole}``."""
    home = place.of if isinstance(place, Made) else place.run.path
    marks = read_marks(home)
    return {"run": home.name, **vars(marks), "pinned": list(marks.pinned)}
