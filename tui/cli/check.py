"""``danlu check``: every row of the data, with what is wrong, where, and what to do about it."""

from __future__ import annotations

import argparse
import json
import shutil
from typing import TYPE_CHECKING, Any

from engine.data.schema import STAGES
from engine.words import t
from tui.cli.check_lines import report_lines
from tui.cli.check_repair import run_repair
from tui.cli.data_options import add_fill, sources_of
from tui.cli.length_lines import length_lines
from tui.cli.options import add_json
from tui.cli.progress_line import progress_line

if TYPE_CHECKING:
    from engine.data.length_plan import LengthPlan
    from engine.data.report import Report
    from engine.job import Job

_STAGES = ("auto", *STAGES)
_MOST_HELD = 0.5  # of all rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", nargs="+", metavar="DATA", help=t("cli_check.data"))
    parser.add_argument("--model", metavar="MODEL", help=t("cli_check.model"))
    parser.add_argument("--max-length", type=_positive, metavar="N", help=t("cli_check.max_length"))
    parser.add_argument("--stage", choices=_STAGES, default="auto", help=t("cli_check.stage"))
    parser.add_argument("--format", default="auto", help=t("cli_check.format"))
    parser.add_argument("--columns", metavar="A=B,…", default="", help=t("cli_check.columns"))
    parser.add_argument("--system", metavar="TEXT", help=t("cli_check.system"))
    add_fill(parser)
    parser.add_argument(
        "--eval", action="append", default=[], metavar="DATA", help=t("cli_check.eval")
    )
    parser.add_argument(
        "--eval-fraction", type=_share, default=0.0, metavar="X", help=t("cli_check.eval_fraction")
    )
    parser.add_argument("--quick", action="store_true", help=t("cli_check.quick"))
    parser.add_argument("--repair", metavar="OUT", help=t("cli_check.repair"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Check and print. Exit code 1 when a row cannot be trained. Raises DanluError."""
    from engine.data.check import check
    from engine.data.role_names import propose_roles

    if args.repair:
        return run_repair(args)
    sources = sources_of(args, args.data)
    with progress_line() as job:
        report = check(
            sources,
            stage=args.stage,
            tokenizer=_tokenizer(args.model, job) if args.model else None,
            max_length=args.max_length,
            fill=dict(args.fill),
            system=args.system,
            held=sources_of(args, args.eval),
            eval_fraction=args.eval_fraction,
            content=not args.quick,
            job=job,
        )
        propose_roles(sources, report.sources, job)
    plan = _plan(report, args)
    if args.json:
        document = report_document(report)
        if plan is not None:
            document["lengths"] = plan.document()
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        cells = shutil.get_terminal_size((100, 24)).columns
        lines = report_lines(report, cells, limited=bool(args.max_length and args.model))
        if plan is not None:
            lines[-1:-1] = [*length_lines(plan, cells), ""]
        print("\n".join(lines))
    return 0 if report.ok else 1


def _plan(report: Report, args: argparse.Namespace) -> LengthPlan | None:
    """What the lengths of all rows say; None where they are not known."""
    from engine.data.length_plan import length_plan

    stages = {source.stage for source in report.sources}
    stage = stages.pop() if len(stages) == 1 else "sft"
    return length_plan(report.lengths, max_length=args.max_length, stage=stage)


def report_document(report: Report) -> dict[str, Any]:
    """The ``check`` document; with ``error`` where no source could be read at all."""
    document = report.document()
    failures = [finding.error for finding in report.findings if finding.error is not None]
    if failures and len(failures) == len(report.sources):
        document["error"] = failures[0].document()
    return document


def _tokenizer(model: str, job: Job) -> Any:
    from engine.models.load import load_tokenizer
    from engine.models.locate import locate
    from engine.spec.sections import Model

    job.report("load_tokenizer")
    return load_tokenizer(locate(Model(source=model), job).folder)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(t("cli_check.not_a_length", text=text))
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= _MOST_HELD:
        raise argparse.ArgumentTypeError(t("cli_check.not_a_share", text=text, most=_MOST_HELD))
    return share
