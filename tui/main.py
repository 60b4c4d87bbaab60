"""The command ``danlu``: without a verb the full-screen app, with one the same as a command."""

from __future__ import annotations

import os

# Read once by OpenMP and Textual when they are loaded, so set before either can be.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # else training and screen starve each other
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_FPS", "15")

import argparse
import importlib
import sys
from collections.abc import Sequence
from types import ModuleType

from engine import words
from engine.errors import DanluError
from engine.home import check_home, use_home
from engine.job import Cancelled
from tui.cli.parser import Parser

# Verb → its module below tui.cli, loaded only when its verb is asked for. ``add_arguments(parser)``
# declares what it takes; ``run(arguments)`` does it, gives the exit code and raises DanluError.
VERBS = (
    "demo",
    "train",
    "resume",
    "extend",
    "attach",
    "runs",
    "checkpoints",
    "compare",
    "mark",
    "prune",
    "delete",
    "stop",
    "check",
    "estimate",
    "chat",
    "vote",
    "verify",
    "average",
    "export",
    "evaluate",
    "report",
    "push",
    "login",
    "serve",
    "servers",
    "jobs",
    "recipes",
    "parameters",
    "fetch",
    "search",
    "catalogue",
    "doctor",
)
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 done, 1 the input is at fault, 2 wrong usage,
    3 the work failed, 130 interrupted."""
    given = list(sys.argv[1:] if argv is None else argv)
    _choose_language(given)
    arguments = _parser(given).parse_args(given, argparse.Namespace(given=given))
    if arguments.home:
        use_home(arguments.home)
    try:
        code = _carry_out(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0


def _carry_out(arguments: argparse.Namespace) -> int:
    """Do what is asked, or show why not."""
    try:
        check_home()
        return _run(arguments)
    except BrokenPipeError:
        raise
    except DanluError as error:
        from tui.cli.show_error import show_error

        show_error(error, as_json=getattr(arguments, "json", False))
        return error.exit_code
    except (KeyboardInterrupt, Cancelled):
        return INTERRUPTED
    except Exception as fault:
        from tui.cli.show_error import show_fault

        return show_fault(fault, as_json=getattr(arguments, "json", False))


def _run(arguments: argparse.Namespace) -> int:
    if arguments.verb is None:
        from tui.open_app import open_app

        return open_app(theme=arguments.theme, ascii_only=arguments.ascii)
    return _module(arguments.verb).run(arguments)


def _choose_language(given: Sequence[str]) -> None:
    """Language first, for help is in it: ``--lang``, else the setting, else the locale."""
    from tui.settings import load_settings

    for index, word in enumerate(given):
        if word == "--home" and index + 1 < len(given):
            use_home(given[index + 1])
    wanted = load_settings().language or words.language_of_locale()
    for index, word in enumerate(given):
        if word == "--lang" and index + 1 < len(given):
            wanted = given[index + 1]
        elif word.startswith("--lang="):
            wanted = word.partition("=")[2]
    words.use_language(wanted if wanted in words.LANGUAGES else "en")


def _module(verb: str) -> ModuleType:
    return importlib.import_module(f"tui.cli.{verb}")


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = Parser(prog="danlu", description=words.t("cli.about"))
    parser.add_argument("--version", action=_Version, nargs=0, help=words.t("cli.version"))
    parser.add_argument("--theme", choices=("furnace", "paper", "ansi"), help=words.t("cli.theme"))
    parser.add_argument("--ascii", action="store_true", help=words.t("cli.ascii"))
    _add_common(parser, default=None)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title=words.t("cli.verbs"))
    chosen = next((word for word in given if word in VERBS), None)
    for verb in VERBS:
        text = words.t(f"cli.verb.{verb}")
        own = verbs.add_parser(verb, help=text, description=text)
        _add_common(own, default=argparse.SUPPRESS)
        if verb == chosen:
            _module(verb).add_arguments(own)
    return parser


def _add_common(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument("--home", metavar="DIR", default=default, help=words.t("cli.home"))
    parser.add_argument(
        "--lang", choices=words.LANGUAGES, default=default, help=words.t("cli.lang")
    )


class _Version(argparse.Action):
    """Prints the version; reading it takes a moment, so only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"danlu {version('danlu')}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
