"""``danlu resume RUN``: continue a run from its newest checkpoint."""

from __future__ import annotations

import argparse

from engine.errors import DanluError
from engine.runs.store import SPEC_NAME, Run, find_run
from tui.cli.options import add_headless, add_json, add_run
from tui.cli.train import train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    add_headless(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    found = find_run(arguments.run)
    check_resumable(found)
    return train(found, arguments, resume=True)


def check_resumable(found: Run) -> None:
    """Raise DanluError when the run is finished, is being trained, or has nothing to go on from."""
    if found.owner_alive():
        raise DanluError("run.already_running", run=found.name)
    summary = found.summary()
    if summary.status == "finished":
        raise DanluError("train.already_finished", run=found.name, steps=summary.steps)
    if found.last_checkpoint() is None:
        spec = found.path / SPEC_NAME
        raise DanluError("train.nothing_to_resume", run=found.name, spec=spec)
