"""Options that several verbs share, declared once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from engine import words


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``: print one JSON document."""
    parser.add_argument("--json", action="store_true", help=words.t("cli.json"))


def add_headless(parser: argparse.ArgumentParser) -> None:
    """``--headless``: plain lines, at a terminal, too."""
    parser.add_argument("--headless", action="store_true", help=words.t("cli.headless"))


def add_set(parser: argparse.ArgumentParser) -> None:
    """``--set NAME=VALUE``, as often as wanted: ``set`` is a list of such texts."""
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help=words.t("cli.set")
    )


def add_run(parser: argparse.ArgumentParser) -> None:
    """A run by its name or path; without one the newest."""
    parser.add_argument("run", nargs="?", metavar="RUN", help=words.t("cli.run"))


def number_within(kind: type, low: float, high: float) -> Callable[[str], Any]:
    """An argument's type: a number from ``low`` to ``high``; another one is wrong usage."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            problem = words.t("cli_chat.not_a_number", text=text, low=low, high=high)
            raise argparse.ArgumentTypeError(problem)
        return value

    return read


def wants_screen(arguments: argparse.Namespace) -> bool:
    """Whether a verb that can should open the screen: at a terminal, unless told otherwise."""
    plain = arguments.headless or getattr(arguments, "json", False)
    return not plain and sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()
