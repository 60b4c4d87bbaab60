"""Before a run goes on by command: are its rows those it was trained on, or others, as is asked?"""

from __future__ import annotations

import argparse

from engine import words
from engine.runs.store import Run
from tui.cli.progress_line import progress_line


def add_anyway(parser: argparse.ArgumentParser) -> None:
    """``--anyway``: take rows that changed since."""
    parser.add_argument("--anyway", action="store_true", help=words.t("cli_runs.anyway"))


def look_at_rows(run: Run, arguments: argparse.Namespace) -> None:
    """With ``--anyway`` take the rows as they are now, else raise DanluError
    ``train.data_changed`` where they are others than the run was trained on."""
    from engine.train.same_rows import accept_rows, check_same_rows

    with progress_line() as job:
        if arguments.anyway:
            accept_rows(run, job)
        else:
            check_same_rows(run, job)
