"""Options that say which data, for the verbs that read some."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.words import t

if TYPE_CHECKING:
    from engine.spec.sections import Source


def add_fill(parser: argparse.ArgumentParser) -> None:
    """``--fill NAME=TEXT``, as often as wanted: ``fill`` is a list of names and texts."""
    parser.add_argument(
        "--fill",
        action="append",
        default=[],
        type=_filling,
        metavar="NAME=TEXT",
        help=t("cli_check.fill"),
    )


def _filling(text: str) -> tuple[str, str]:
    """``NAME=TEXT`` as what fills the placeholder ``{{NAME}}``."""
    name, given, value = text.partition("=")
    if not given or not name.strip():
        raise argparse.ArgumentTypeError(t("cli_check.not_a_filling", text=text))
    return name.strip().strip("{}"), value


def sources_of(args: argparse.Namespace, named: Sequence[str]) -> list[Source]:
    """The sources of those names, with the format and columns asked for, or as a whole entry of a
    spec says. Raises DanluError."""
    from engine.data.column_option import parse_columns
    from engine.spec.sections import Source

    columns, tags = parse_columns(args.columns) if args.columns else (None, None)
    return [
        _entry(source)
        if source.lstrip().startswith("{")
        else Source(source, format=args.format, columns=columns or None, tags=tags or None)
        for source in named
    ]


def _entry(text: str) -> Source:
    """A source as a spec writes one that is more than a name."""
    from engine.spec.run_spec import RunSpec
    from engine.spec.sections import PARAMETERS
    from engine.spec.typed import parse_value

    entries = parse_value(PARAMETERS["data.train"], text)
    return RunSpec.from_mapping({"data": {"train": entries}}).data.train[0]
