"""``danlu resume RUN``: continue a run from its newest checkpoint, or from one that is named."""

from __future__ import annotations

import argparse
import json

from engine import words
from engine.errors import DanluError
from engine.runs.places import Place, find_place
from engine.runs.rebuild import rebuild_spec
from engine.runs.rewind import go_back, overtaken_by
from engine.runs.store import SPEC_NAME, Run, find_run
from engine.runs.trash import remove
from tui.cli.anyway import add_anyway, look_at_rows
from tui.cli.confirm import add_yes
from tui.cli.options import add_headless, add_json, add_run
from tui.cli.train import train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument(
        "--from", dest="start", metavar="CHECKPOINT", help=words.t("cli_runs.resume_from")
    )
    parser.add_argument("--rebuild", action="store_true", help=words.t("cli_runs.rebuild"))
    add_anyway(parser)
    add_yes(parser)
    add_headless(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    found = find_run(arguments.run)
    if arguments.rebuild:
        return _rebuild(found, arguments.json)
    check_resumable(found)
    look_at_rows(found, arguments)
    if arguments.start:
        name = arguments.start.rstrip("/").rpartition("/")[2]
        _go_back(find_place(f"{found.path}/{name}"), arguments.yes)
    return train(found, arguments, resume=True)


def check_resumable(found: Run) -> None:
    """Raise DanluError when the run is finished, damaged, is being trained, or has nothing to go on
    from."""
    found.spec()
    if found.owner_alive():
        raise DanluError("run.already_running", run=found.name)
    summary = found.summary()
    if summary.status == "finished":
        raise DanluError("train.already_finished", run=found.name, steps=summary.steps)
    if found.last_checkpoint() is None:
        spec = found.path / SPEC_NAME
        raise DanluError("train.nothing_to_resume", run=found.name, spec=spec)


def _go_back(place: Place, sure: bool) -> None:
    """Give up what was saved after ``place``. Raises DanluError ``run.overtakes`` unless sure."""
    later = overtaken_by(place)
    if later and not sure:
        raise DanluError(
            "run.overtakes",
            run=place.run.name,
            checkpoint=place.checkpoint,
            later=", ".join(later),
        )
    overtaken = go_back(place)
    if overtaken is not None:
        remove(overtaken)


def _rebuild(found: Run, as_json: bool) -> int:
    spec = rebuild_spec(found)
    if as_json:
        print(json.dumps({"run": found.name, "spec": str(spec)}, ensure_ascii=False, indent=1))
    else:
        print(words.t("cli_runs.rebuilt", spec=spec))
    return 0
