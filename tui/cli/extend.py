"""``danlu extend RUN --epochs N``: train a run on for more epochs; one that trains grows."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from engine import words
from engine.runs.extend import SCHEDULES, extend_run, extension_words, extensions_of
from engine.runs.store import Run, find_run
from tui.cli.anyway import add_anyway, look_at_rows
from tui.cli.options import add_headless, add_json, add_run, number_within
from tui.cli.train import train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument(
        "--epochs",
        type=number_within(float, 0.001, 10_000),
        required=True,
        metavar="N",
        help=words.t("cli_extend.epochs"),
    )
    parser.add_argument(
        "--schedule", choices=SCHEDULES, default="auto", help=words.t("cli_extend.schedule")
    )
    parser.add_argument(
        "--learning-rate",
        type=number_within(float, 1e-12, 1),
        metavar="RATE",
        help=words.t("cli_extend.learning_rate"),
    )
    parser.add_argument("--only-plan", action="store_true", help=words.t("cli_extend.only_plan"))
    add_anyway(parser)
    add_headless(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    found = find_run(arguments.run)
    if arguments.only_plan:
        return _plan(found, arguments)
    alive = found.owner_alive()
    if not alive:
        look_at_rows(found, arguments)
    extend_run(found, arguments.epochs, arguments.schedule, arguments.learning_rate)
    if alive:
        return _asked(found, arguments)
    if not arguments.json:
        print(words.said(*extension_words(extensions_of(found)[-1])))
    return train(found, arguments, resume=True)


def _plan(found: Run, arguments: argparse.Namespace) -> int:
    """Say what would be done, and do nothing."""
    from engine.runs.extend import preview_extension

    wish = (arguments.epochs, arguments.schedule, arguments.learning_rate)
    extension = preview_extension(found, *wish)
    if arguments.json:
        print(json.dumps({"name": found.name, "extension": asdict(extension)}, indent=1))
    else:
        print(words.said(*extension_words(extension)))
    return 0


def _asked(found: Run, arguments: argparse.Namespace) -> int:
    """The run is being trained: its owner was asked and tells the rest in the run's journal."""
    if arguments.json:
        print(json.dumps({"name": found.name, "asked": True, "epochs": arguments.epochs}))
    else:
        epochs = f"{arguments.epochs:g}"
        print(words.t("cli_extend.asked", run=found.name, epochs=epochs))
    return 0
