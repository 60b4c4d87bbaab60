"""``danlu check``: every row of the data, with what is wrong, where, and what to do about it."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.words import t
from tui.cli.options import add_json
from tui.cli.progress_line import progress_line
from tui.wrap import wrap

if TYPE_CHECKING:
    from engine.data.length_plan import LengthPlan
    from engine.data.report import Report
    from engine.job import Job
    from engine.spec.sections import Source

_MARKS = {"error": "✗", "warning": "!", "info": "·"}
_STAGES = ("auto", "pt", "sft", "dpo", "kto", "grpo")
_MOST_HELD = 0.5  # of all rows
_PLACES = 6  # further lines named for each finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", nargs="+", metavar="DATA", help=t("cli_check.data"))
    parser.add_argument("--model", metavar="MODEL", help=t("cli_check.model"))
    parser.add_argument("--max-length", type=_positive, metavar="N", help=t("cli_check.max_length"))
    parser.add_argument("--stage", choices=_STAGES, default="auto", help=t("cli_check.stage"))
    parser.add_argument("--format", default="auto", help=t("cli_check.format"))
    parser.add_argument("--columns", metavar="A=B,…", default="", help=t("cli_check.columns"))
    parser.add_argument("--system", metavar="TEXT", help=t("cli_check.system"))
    parser.add_argument(
        "--fill",
        action="append",
        default=[],
        type=filling,
        metavar="NAME=TEXT",
        help=t("cli_check.fill"),
    )
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
        from tui.cli.check_repair import run_repair

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
    if args.json:
        document = report_document(report)
        plan = _plan(report, args)
        if plan is not None:
            document["lengths"] = plan.document()
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        cells = shutil.get_terminal_size((100, 24)).columns
        lines = report_lines(report, cells, limited=bool(args.max_length and args.model))
        plan = _plan(report, args)
        if plan is not None:
            from tui.cli.length_lines import length_lines

            lines[-1:-1] = [*length_lines(plan, cells), ""]
        print("\n".join(lines))
    return 0 if report.ok else 1


def _plan(report: Report, args: argparse.Namespace) -> LengthPlan | None:
    """What the lengths of all rows say; None where they are not known."""
    from engine.data.length_plan import length_plan

    stages = {source.stage for source in report.sources}
    stage = stages.pop() if len(stages) == 1 else "sft"
    return length_plan(report.lengths, max_length=args.max_length, stage=stage)


def sources_of(args: argparse.Namespace, named: Sequence[str]) -> list[Source]:
    """The sources of those names, with the format and columns asked for, or as a whole entry of a
    spec says. Raises DanluError."""
    from engine.data.column_option import parse_columns
    from engine.spec.sections import Source

    columns, tags = parse_columns(args.columns) if args.columns else (None, None)
    return [
        _entry(source)
        if source.lstrip().startswith("{")
        else Source(source, format=args.format, columns=columns or None, tags=tags or None)
        for source in named
    ]


def _entry(text: str) -> Source:
    """A source as a spec writes one that is more than a name."""
    from engine.spec.run_spec import RunSpec
    from engine.spec.sections import PARAMETERS
    from engine.spec.typed import parse_value

    entries = parse_value(PARAMETERS["data.train"], text)
    return RunSpec.from_mapping({"data": {"train": entries}}).data.train[0]


def report_document(report: Report) -> dict[str, Any]:
    """The ``check`` document; with ``error`` where no source could be read at all."""
    document = report.document()
    failures = [finding.error for finding in report.findings if finding.error is not None]
    if failures and len(failures) == len(report.sources):
        document["error"] = failures[0].document()
    return document


def report_lines(report: Report, cells: int, *, limited: bool = False) -> list[str]:
    """The report as text at most ``cells`` wide, source by source, findings grouped."""
    lines: list[str] = []
    for source in (*report.sources, *report.held):
        document = source.document()
        lines += [_summary(document) if source.rows else source.source]
        lines += [*_lengths(source.lengths, limited)]
        for group in document["findings"]:
            lines += _group_lines(group, cells)
        lines.append("")
    lines.append(t("cli_check.ok" if report.ok else "cli_check.not_ok"))
    return lines


def _summary(source: dict[str, Any]) -> str:
    counts = t("cli_check.counts", **{key: source[key] for key in ("rows", "kept", "dropped")})
    parts = [source["source"], source["format"] or "?", counts]
    if source["stage"] not in ("sft", "auto"):
        parts.insert(2, t(f"cli_check.rows_for.{source['stage']}"))
    if source["taken"] != source["kept"]:
        parts.append(t("cli_check.taken", taken=source["taken"]))
    if source["cut"]:
        parts.append(t("cli_check.cut", cut=source["cut"]))
    return " · ".join(parts)


def _lengths(lengths: list[int], limited: bool) -> list[str]:
    if not lengths:
        return []
    from engine.data.preview import percentiles

    shares = percentiles(lengths)
    values = {"half": shares[50], "most": shares[95], "longest": shares[100]}
    lines = ["  " + t("cli_check.lengths", **values)]
    if not limited:
        lines.append("  " + t("cli_check.give_max_length"))
    return lines


def _group_lines(group: dict[str, Any], cells: int) -> list[str]:
    from engine.data.report import place_name

    head = f"  {_MARKS[group['severity']]} {_title(group['code'])} × {group['count']}"
    lines = [head, f"      {place_name(group)}"]
    lines += _indented(group["message"], cells)
    lines += _indented(f"→ {group['fix']}", cells)
    by_row = len({place["line"] for place in group["places"]}) == 1  # all of a file on one line
    unit = "row" if by_row else "line"
    others = dict.fromkeys(place[unit] for place in group["places"])
    others.pop(group[unit])
    if others:
        named = ", ".join(str(line) for line in list(others)[:_PLACES])
        more = group["count"] > _PLACES + 1
        key = "more_rows" if more and by_row else "rows" if by_row else "places"
        key = "more_places" if more and not by_row else key
        lines += _indented(t(f"cli_check.{key}", lines=named), cells)
    return lines


def _title(code: str) -> str:
    from engine.words import has

    key = f"finding.{code}.title"
    return t(key) if has(key) else t("cli_check.unreadable")


def _indented(text: str, cells: int) -> list[str]:
    return ["      " + line for line in wrap(text, cells - 6)]


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


def filling(text: str) -> tuple[str, str]:
    """``NAME=TEXT`` as what fills the placeholder ``{{NAME}}``."""
    name, given, value = text.partition("=")
    if not given or not name.strip():
        raise argparse.ArgumentTypeError(t("cli_check.not_a_filling", text=text))
    return name.strip().strip("{}"), value
