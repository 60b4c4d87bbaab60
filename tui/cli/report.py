"""``danlu report``: one page about a run, with its curves, to hand on."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from engine.words import t
from tui.cli.options import add_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", metavar="RUN", help=t("cli_report.run"))
    parser.add_argument("--out", metavar="FILE.md", type=Path, help=t("cli_report.out"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the page and say where it is; with ``--json`` print the same facts, and write only
    where ``--out`` says. Raises DanluError ``run.*`` and ``report.*``."""
    from engine.report.facts import facts_of
    from engine.report.of import run_of
    from engine.report.write import write_report

    facts = facts_of(run_of(args.run))
    if not args.json:
        for path in write_report(facts, args.out):
            print(path)
        return 0
    files = write_report(facts, args.out) if args.out else []
    document = {**facts.document(), "files": [str(path) for path in files]}
    print(json.dumps(document, ensure_ascii=False, indent=1))
    return 0
