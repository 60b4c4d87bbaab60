"""A command line parser whose own words (usage, options, help) are in the person's language."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from engine.words import t

# What argparse says of wrong usage, and the word key of it. Their %-places are argparse's.
_SENTENCES = {
    "the following arguments are required: %s": "required",
    "unrecognized arguments: %s": "unrecognized",
    "expected one argument": "one",
    "expected at least one argument": "at_least_one",
    "expected at most one argument": "at_most_one",
    "expected %s argument": "count",
    "expected %s arguments": "counts",
    "argument %(argument_name)s: %(message)s": "argument",
    "invalid %(type)s value: %(value)r": "invalid_value",
    "invalid choice: %(value)r (choose from %(choices)s)": "invalid_choice",
    "not allowed with argument %s": "not_with",
    "one of the arguments %s is required": "one_of",
    "ambiguous option: %(option)s could match %(matches)s": "ambiguous",
    "ignored explicit argument %r": "ignored",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "unknown_verb",
    "%(prog)s: error: %(message)s\n": "error",
}


def _in_words(sentence: str) -> str:
    key = _SENTENCES.get(sentence)
    return t(f"cli_usage.{key}") if key else sentence


def _counted(one: str, many: str, count: int) -> str:
    return _in_words(one if count == 1 else many)


# argparse looks its sentences up by these two names of its own, as gettext's.
for _name, _says in {"_": _in_words, "ngettext": _counted}.items():
    setattr(argparse, _name, _says)


class Parser(argparse.ArgumentParser):
    """As argparse's, but nothing of it is English in Chinese. Its subparsers are of this kind."""

    def __init__(self, *, prog: str | None = None, description: str | None = None) -> None:
        super().__init__(
            prog=prog, description=description, add_help=False, formatter_class=_Formatter
        )
        self._positionals.title = t("cli.positionals")
        self._optionals.title = t("cli.options")
        self.add_argument("-h", "--help", action="help", help=t("cli.help"))


class _Formatter(argparse.HelpFormatter):
    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, t("cli.usage") if prefix is None else prefix)
