"""A question on the command line before something that cannot be undone."""

from __future__ import annotations

import argparse
import sys

from engine import words
from engine.errors import DanluError


def add_yes(parser: argparse.ArgumentParser) -> None:
    """``--yes``: ask nothing."""
    parser.add_argument("--yes", action="store_true", help=words.t("cli_runs.yes"))


def confirm(question: str, arguments: argparse.Namespace) -> bool:
    """Whether the person says yes: by ``--yes``, or at the terminal. Raises DanluError
    ``run.not_confirmed`` where nobody can be asked."""
    if arguments.yes:
        return True
    if getattr(arguments, "json", False) or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise DanluError("run.not_confirmed", question=question)
    answer = input(f"{question} {words.t('cli_runs.yes_or_no')} ").strip().casefold()
    return answer in words.t("cli_runs.yes_words").split()
