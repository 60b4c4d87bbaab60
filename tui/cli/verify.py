"""``danlu verify``: every trained or golden question, answered by base and tuned, side by side."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DanluError
from engine.evaluate.match import MODES
from engine.words import t
from tui.cli.lasting_job import lasting_job
from tui.cli.options import add_json
from tui.cli.table import table
from tui.wrap import wrap

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
    parser.add_argument("--base-model", metavar="MODEL", help=t("cli_chat.base_model"))
    parser.add_argument("--golden", metavar="DATA", help=t("cli_verify.golden"))
    parser.add_argument("--match", choices=MODES, help=t("cli_verify.match"))
    parser.add_argument(
        "--max-new-tokens", type=int, metavar="N", help=t("cli_verify.max_new_tokens")
    )
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        type=_report_file,
        metavar="FILE",
        help=t("cli_verify.report"),
    )
    parser.add_argument("--gate", action="store_true", help=t("cli_verify.gate"))
    parser.add_argument("--kept", action="store_true", help=t("cli_verify.kept"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Verify and print. Exit code 0 whatever the count of right answers, which is a finding; with
    ``--gate`` 1 when an answer got worse. Raises DanluError."""
    report = _kept(args) if args.kept else _ask(args)
    if args.json:
        print(json.dumps(report.document(), ensure_ascii=False, indent=2))
    else:
        print_report(report)
    return int(args.gate and not report.passed)


def _ask(args: argparse.Namespace) -> VerifyReport:
    from engine.chat.target import resolve_target
    from engine.chat.verify import verify

    file = Path(args.golden or "").expanduser().absolute()  # the report is read elsewhere, too
    with lasting_job(args, args.run) as job:
        report = verify(
            resolve_target(args.run, base=args.base_model),
            job,
            batch_size=max(1, args.batch_size),
            golden=str(file) if file.is_file() else args.golden,
            match=args.match or "exact",
            max_new_tokens=args.max_new_tokens,
        )
        job.keep(report.document())
        return _written(report, args)


def _kept(args: argparse.Namespace) -> VerifyReport:
    """What was found the last time, judged by ``--match`` where that is given. Raises DanluError
    ``verify.not_yet``."""
    from engine.chat.target import resolve_target
    from engine.chat.verify_report import kept_report, read_report

    target = resolve_target(args.run, base=args.base_model)
    document = kept_report(target.tuned) if target.tuned else None
    if document is None:
        raise DanluError("verify.not_yet", target=target.label)
    report = read_report(document)
    return _written(replace(report, match=args.match or report.match), args)


def _written(report: VerifyReport, args: argparse.Namespace) -> VerifyReport:
    """``report``, now also in the files asked for. Raises DanluError ``verify.cannot_write``."""
    from engine.chat.verify_report import write_report

    for path in args.report:
        write_report(report, path)
    return report


def _report_file(text: str) -> Path:
    path = Path(text).expanduser()
    if path.suffix not in (".md", ".json"):
        raise argparse.ArgumentTypeError(t("cli_verify.not_a_report", text=text))
    return path


def print_report(report: VerifyReport) -> None:
    """The report as a table as wide as the terminal; 100 cells where there is none."""
    cells = shutil.get_terminal_size((100, 24)).columns
    print("\n".join(report_lines(report.document(), cells)))


def report_lines(document: dict[str, Any], cells: int) -> list[str]:
    """The ``verify`` document as a table at most ``cells`` wide, with its sum below."""
    exact = document["match"] == "exact" and not document["golden"]
    judged = "exact" if exact else "right"
    titles = [t(f"verify.{name}") for name in ("question", "base", "tuned", judged)]
    rows = [
        [
            row["question"],
            row["base"],
            row["tuned"],
            t("verify.yes" if row[judged] else "verify.no"),
        ]
        for row in document["rows"]
    ]
    by_match = wrap(t("verify_report.by_match", **document["by_match"]), cells)
    lines = [*table(titles, rows, cells), "", *_worse_lines(document), *by_match]
    counts = {name: document[name] for name in (judged, "questions")}
    if exact:
        return [*lines, t("verify.sum", **counts)]
    return [*lines, t("verify.right_sum", **counts, base_right=document["base_right"])]


def _worse_lines(document: dict[str, Any]) -> list[str]:
    """What the base, or the earlier report, had right and the tuned model has not."""
    worse = _asked(document, "worse_than_base")
    since = _asked(document, "worse_than_earlier")
    lines: list[str] = []
    if worse:
        lines += [t("verify.worse", count=len(worse)), *(f"  ✗ {asked}" for asked in worse), ""]
    if since:
        earlier = document["gate"]["earlier"]
        lines.append(t("verify.worse_since", count=len(since), earlier=earlier))
        lines += [*(f"  ✗ {asked}" for asked in since), ""]
    return lines


def _asked(document: dict[str, Any], what: str) -> list[str]:
    return [document["rows"][at - 1]["question"] for at in document["gate"][what]]
