"""``danlu attach [RUN]``: watch a run from its first step, and command it."""

from __future__ import annotations

import argparse

from engine.runs.store import find_run
from engine.words import t
from tui.cli.options import add_headless, add_run, wants_screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    add_headless(parser)


def run(arguments: argparse.Namespace) -> int:
    found = find_run(arguments.run)
    if wants_screen(arguments):
        from tui.open_app import open_app

        return open_app(lambda app: app.show_run(found))
    from tui.cli.headless import follow, print_line
    from tui.cli.plain import show_end

    try:
        code = follow(found)
    except KeyboardInterrupt:
        if found.owner_alive():
            print_line("\n" + t("leave.goes_on", run=found.name))
        raise
    show_end(found, print_line)
    return code
