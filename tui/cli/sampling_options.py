"""The options that say how answers are drawn, declared once: each of its own type and range."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.chat.sampling import CHAT_DEFAULT, FIELDS, Sampling, read_sampling, sampling_of
from engine.words import t
from tui.cli.options import number_within


def add_sampling(parser: argparse.ArgumentParser) -> None:
    """An option for each setting of sampling, and ``--sampling FILE`` for all of them."""
    for field in FIELDS:
        name = "--" + field.name.replace("_", "-")
        kind = number_within(field.kind, field.low, field.high)
        said = t(f"cli_chat.{field.name}", default=getattr(CHAT_DEFAULT, field.name))
        parser.add_argument(name, type=kind, metavar="N", help=said)
    parser.add_argument("--sampling", metavar="FILE", help=t("cli_chat.sampling"))


def chosen_sampling(args: argparse.Namespace, below: Sampling = CHAT_DEFAULT) -> Sampling:
    """What the options say, over what ``--sampling`` names, over ``below``. Raises DanluError
    ``chat.bad_file`` or ``chat.bad_sampling``."""
    if args.sampling:
        below = read_sampling(Path(args.sampling).expanduser(), below)
    given = {field.name: getattr(args, field.name) for field in FIELDS}
    return sampling_of({name: value for name, value in given.items() if value is not None}, below)
