"""``danlu parameters``: what can be set, what it is for, what it may be."""

from __future__ import annotations

import argparse
import json
import shutil

from engine.spec.parameter import Parameter
from engine.spec.reference import (
    accepts,
    default_text,
    detail_lines,
    find_parameters,
    schema_document,
)
from engine.spec.sections import SECTIONS
from engine.words import t
from tui.wrap import wrap

_INDENT = "    "
_NAME_CELLS = max(len(declared.name) for declared in find_parameters(None))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help=t("cli_parameters.name"))
    parser.add_argument("--json", action="store_true", help=t("cli_parameters.json"))


def run(args: argparse.Namespace) -> int:
    """Print the reference. Raises DanluError for a name that is none."""
    if args.json:
        print(json.dumps(schema_document(args.name), ensure_ascii=False, indent=2))
        return 0
    cells = shutil.get_terminal_size((100, 24)).columns
    print("\n".join(all_lines(cells) if args.name is None else name_lines(args.name, cells)))
    return 0


def all_lines(cells: int) -> list[str]:
    """Every parameter in two lines or three, section by section, at most ``cells`` wide."""
    lines: list[str] = []
    for section in SECTIONS:
        lines += [*wrap(_heading(section), cells), ""]
        for declared in find_parameters(section):
            lines += _short_lines(declared, cells)
        lines.append("")
    return [*lines, *wrap(t("reference.more"), cells)]


def name_lines(name: str, cells: int) -> list[str]:
    """All about one parameter, or about each of a section."""
    lines = [*wrap(_heading(name), cells), ""] if name in SECTIONS else []
    for declared in find_parameters(name):
        for line in detail_lines(declared):
            lines += wrap(line, cells) if line else [""]
        lines.append("")
    return lines[:-1]


def _heading(section: str) -> str:
    return f"## {section} · {t(f'section.{section}.label')}: {t(f'section.{section}.help')}"


def _short_lines(declared: Parameter, cells: int) -> list[str]:
    # A name is never broken over lines: it is there to be copied.
    default = f"{t('reference.default')}: {default_text(declared)}"
    facts = wrap(f"{accepts(declared)} · {default}", cells - len(_INDENT))
    name = f"{declared.name:<{_NAME_CELLS}}"
    return [f"{name}  {declared.label}", *(f"{_INDENT}{line}" for line in facts)]
