"""``danlu compare A B``: two runs, checkpoints, exports or averages side by side."""

from __future__ import annotations

import argparse
import json
import shutil

from engine import words
from engine.runs.compare import compare
from tui.cli.options import add_json
from tui.cli.table import table
from tui.compare_rows import fact_rows, setting_rows, settings_remark


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name in ("a", "b"):
        parser.add_argument(name, metavar=name.upper(), help=words.t("cli_runs.compare_target"))
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    found = compare(arguments.a, arguments.b)
    if arguments.json:
        print(json.dumps(found.document(), ensure_ascii=False, indent=1))
        return 0
    cells = shutil.get_terminal_size((100, 24)).columns
    labels = [found.a.label, found.b.label]
    facts = [[row.name, row.a, row.b] for row in fact_rows(found)]
    print("\n".join(table(["", *labels], facts, cells)))
    settings = [[row.name, row.a, row.b] for row in setting_rows(found)]
    if settings:
        print()
        print("\n".join(table([words.t("compare.setting"), *labels], settings, cells)))
    else:
        print(f"\n{settings_remark(found)}")
    return 0
