"""``danlu doctor``: what this machine has, and what is switched off for want of something."""

from __future__ import annotations

import argparse
import json
import shutil

from engine.doctor import Check, examine
from engine.words import t
from tui.cells import fit, width
from tui.cli.options import add_json
from tui.cli.progress_line import progress_line
from tui.wrap import wrap

_MARKS = {"ok": "✓", "limited": "!", "missing": "–"}
_BLOCKS = "✗"  # without it nothing can be trained
_WIDEST = 110  # cells: longer lines are hard to read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print every check. The exit code is 3 where danlu cannot train at all."""
    with progress_line() as job:
        report = examine(job)
    if args.json:
        print(json.dumps(report.document(), ensure_ascii=False, indent=1))
    else:
        cells = min(_WIDEST, shutil.get_terminal_size((100, 24)).columns)
        titles = max(width(check.title) for check in report.checks)
        for check in report.checks:
            print("\n".join(check_lines(check, titles, cells)))
        print("\n" + t("doctor.ready" if report.ok else "doctor.not_ready"))
    return 0 if report.ok else 3


def check_lines(check: Check, titles: int, cells: int) -> list[str]:
    """One check in lines at most ``cells`` wide: what was found, below it what follows."""
    start = f"{_BLOCKS if check.blocks else _MARKS[check.state]} {fit(check.title, titles)}  "
    indent = " " * (titles + 4)
    room = max(20, cells - width(start))
    found = wrap(check.found, room)
    follows = wrap(check.consequence, room) if check.consequence else []
    return [start + found[0], *(indent + line for line in found[1:] + follows)]
