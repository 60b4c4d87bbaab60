"""A command line parser whose own words (usage, options, help) are in the person's language."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from engine.usage_sentences import usage_in_words
from engine.words import t


def _counted(one: str, many: str, count: int) -> str:
    return usage_in_words(one if count == 1 else many)


# argparse looks its sentences up by these two names of its own, as gettext's.
for _name, _says in {"_": usage_in_words, "ngettext": _counted}.items():
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

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]  # it has overloads
        self, args: Any = None, namespace: Any = None
    ) -> Any:
        """Nothing may be unknown: refused here, with the usage of the verb it was given to."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(usage_in_words("unrecognized arguments: %s") % " ".join(unknown))
        return found, unknown


class _Formatter(argparse.HelpFormatter):
    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, t("cli.usage") if prefix is None else prefix)
