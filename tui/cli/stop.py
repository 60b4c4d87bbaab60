"""``danlu stop RUN``: ask the process that trains a run to save and end."""

from __future__ import annotations

import argparse

from engine import words
from engine.errors import DanluError
from engine.runs.commands import send_command
from engine.runs.store import find_run
from tui.cli.options import add_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)


def run(arguments: argparse.Namespace) -> int:
    found = find_run(arguments.run)
    if not found.owner_alive():
        raise DanluError("run.not_running", run=found.name)
    send_command(found.path, "stop", by="danlu stop")
    print(words.t("plain.stop_asked", run=found.name))
    return 0
