"""``danlu verify``: every trained question, answered by base and tuned, side by side."""

from __future__ import annotations

import argparse
import json
import shutil
from typing import TYPE_CHECKING, Any

from engine.words import t
from tui.cli.progress_line import progress_line
from tui.cli.table import table

if TYPE_CHECKING:
    from engine.chat.verify import VerifyReport

_BATCH = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", metavar="RUN", help=t("cli_verify.run"))
    parser.add_argument(
        "--batch-size",
        type=int,
        default=_BATCH,
        metavar="N",
        help=t("cli_verify.batch_size", default=_BATCH),
    )
    parser.add_argument("--json", action="store_true", help=t("cli.json"))


def run(args: argparse.Namespace) -> int:
    """Verify and print. Exit code 0 whatever the count of exact answers: it is a finding. Raises
    DanluError."""
    from engine.chat.target import resolve_target
    from engine.chat.verify import verify

    with progress_line() as job:
        report = verify(resolve_target(args.run), job, batch_size=max(1, args.batch_size))
    if args.json:
        print(json.dumps(report.document(), ensure_ascii=False, indent=2))
        return 0
    print_report(report)
    return 0


def print_report(report: VerifyReport) -> None:
    """The report as a table as wide as the terminal; 100 cells where there is none."""
    cells = shutil.get_terminal_size((100, 24)).columns
    print("\n".join(report_lines(report.document(), cells)))


def report_lines(document: dict[str, Any], cells: int) -> list[str]:
    """The ``verify`` document as a table at most ``cells`` wide, with its sum below."""
    titles = [t(f"verify.{name}") for name in ("question", "base", "tuned", "exact")]
    rows = [
        [
            row["question"],
            row["base"],
            row["tuned"],
            t("verify.yes" if row["exact"] else "verify.no"),
        ]
        for row in document["rows"]
    ]
    total = t("verify.sum", exact=document["exact"], questions=document["questions"])
    return [*table(titles, rows, cells), "", total]
