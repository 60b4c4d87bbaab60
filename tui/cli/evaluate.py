"""``danlu evaluate``: a model's answers measured on data, and beside those of its base."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.benchmark.known import BENCHMARKS, find_benchmark
from engine.errors import DanluError
from engine.evaluate.settings import BATCH_SIZE, GROUPS, Settings
from engine.evaluate.stored_rows import StoredRows
from engine.evaluate.versus import Versus, read_evaluation, versus
from engine.job import Job
from engine.words import t
from tui.cli.data_options import add_fill
from tui.cli.evaluate_lines import evaluation_lines
from tui.cli.lasting_job import lasting_job
from tui.cli.options import add_json, number_within
from tui.versus_lines import versus_lines

if TYPE_CHECKING:
    from engine.chat.target import ChatTarget

_AUTO, _NONE = "auto", "none"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("target", metavar="TARGET", help=t("cli_evaluate.target"))
    add("data", nargs="?", metavar="DATA", help=t("cli_evaluate.data"))
    _add_benchmark(parser)
    add("--sample", type=_count, metavar="N", help=t("cli_evaluate.sample"))
    add("--max-new-tokens", type=_count, metavar="N", help=t("cli_evaluate.max_new_tokens"))
    add(
        "--batch-size",
        type=_count,
        metavar="N",
        help=t("cli_evaluate.batch_size", default=BATCH_SIZE),
    )
    add("--metrics", metavar="NAME,…", help=t("cli_evaluate.metrics", known=", ".join(GROUPS)))
    add("--labels", metavar="NAME,…", help=t("cli_evaluate.labels"))
    add("--language", choices=("auto", "zh", "en"), default=_AUTO, help=t("cli_evaluate.language"))
    add("--system", metavar="TEXT", help=t("cli_evaluate.system"))
    add_fill(parser)
    add("--format", default="auto", help=t("cli_check.format"))
    add("--seed", type=int, default=42, metavar="N", help=t("cli_evaluate.seed"))
    add("--base", action="store_true", help=t("cli_evaluate.base"))
    add("--base-model", metavar="MODEL", help=t("cli_chat.base_model"))
    add("--again", action="store_true", help=t("cli_evaluate.again"))
    add("--against", metavar="OTHER", help=t("cli_evaluate.against"))
    add("--out", metavar="DIR", type=Path, help=t("cli_evaluate.out"))
    add_json(parser)


def _add_benchmark(parser: argparse.ArgumentParser) -> None:
    add, known = parser.add_argument, ", ".join(BENCHMARKS)
    add("--benchmark", metavar="NAME", help=t("cli_evaluate.benchmark", known=known))
    add("--limit", type=_count, metavar="N", help=t("cli_evaluate.limit"))
    add("--shots", type=number_within(int, 0, 100), metavar="N", help=t("cli_evaluate.shots"))
    usual = "$DANLU_HOME/benchmarks/NAME"
    add(
        "--data-folder",
        type=Path,
        metavar="DIR",
        help=t("cli_evaluate.data_folder", usual=usual),
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate and print. Raises DanluError."""
    if args.data is None and args.benchmark is None and args.target.endswith(".json"):
        document = read_evaluation(Path(args.target))
        found = _against(args, document, Job()) if args.against else None
    else:
        with lasting_job(args, args.target) as job:
            if (args.data is None) == (args.benchmark is None):
                raise DanluError("benchmark.data_or_benchmark", target=args.target)
            _refuse_unknown_other(args)
            document = _measured(args, args.target, job)
            found = _against(args, document, job) if args.against else None
            job.keep(document)
    if found is not None:
        document["against"] = found.document()
    if args.json:
        print(json.dumps(document, ensure_ascii=False, indent=1))
        return 0
    print("\n".join(_lines(document, found)))
    return 0


def _refuse_unknown_other(args: argparse.Namespace) -> None:
    """Raises DanluError for an ``--against`` that names nothing: now, not once all is measured."""
    from engine.chat.target import resolve_target

    if args.against and args.against.endswith(".json"):
        read_evaluation(Path(args.against))
    elif args.against:
        resolve_target(args.against, base=args.base_model)


def _lines(document: dict[str, Any], found: Versus | None) -> list[str]:
    cells = shutil.get_terminal_size((100, 24)).columns
    rows = Path(document["rows_path"])
    worst = StoredRows(rows).page(0, 3) if rows.is_file() else []
    lines = evaluation_lines(document, worst, cells)
    return [*lines, "", *versus_lines(found, cells)] if found else lines


def _measured(args: argparse.Namespace, named: str, job: Job) -> dict[str, Any]:
    """The document of ``named``, which is the target or what it is compared with."""
    from engine.chat.target import resolve_target

    target = resolve_target(named, base=args.base_model)
    base = args.base and named == args.target
    return (
        _on_benchmark(args, target, base, job)
        if args.benchmark
        else _on_data(args, target, base, job)
    )


def _against(args: argparse.Namespace, document: dict[str, Any], job: Job) -> Versus:
    """``document`` beside what ``--against`` names: a kept evaluation, or a model that is asked
    the same now."""
    if args.against.endswith(".json"):
        return versus(read_evaluation(Path(args.against)), document)
    if args.data is None and args.benchmark is None:
        raise DanluError("evaluate.no_evaluation", file=args.against)
    same = argparse.Namespace(**vars(args))
    if args.data is not None:  # another tokenizer may count the references otherwise
        same.max_new_tokens = document["settings"]["max_new_tokens"]
    return versus(_measured(same, args.against, job), document)


def _on_data(args: argparse.Namespace, target: ChatTarget, base: bool, job: Job) -> dict[str, Any]:
    from engine.evaluate.evaluate import evaluate

    settings = replace(settings_of(args), base=base)
    return evaluate(target, args.data, settings, job, out=args.out).document()


def _on_benchmark(
    args: argparse.Namespace, target: ChatTarget, base: bool, job: Job
) -> dict[str, Any]:
    from engine.benchmark.run import BATCH_SIZE, BenchmarkSettings, run_benchmark

    benchmark = find_benchmark(args.benchmark)
    settings = BenchmarkSettings(
        limit=args.limit,
        shots=args.shots,
        data_folder=args.data_folder,
        max_new_tokens=args.max_new_tokens,
        batch_size=args.batch_size or BATCH_SIZE,
        base=base,
        again=args.again,
    )
    return run_benchmark(target, benchmark, settings, job, out=args.out)


def settings_of(args: argparse.Namespace) -> Settings:
    """What the options ask for. Raises DanluError ``evaluate.unknown_metric``."""
    from engine.evaluate.settings import groups_of, labels_named

    labels: dict[str, Any] = {}
    if args.labels == _NONE:
        labels = {"labels": ()}
    elif args.labels == _AUTO:
        labels = {"labels_required": True}
    elif args.labels is not None:
        labels = {"labels": labels_named(args.labels) or None}
    return Settings(
        metrics=groups_of(args.metrics) if args.metrics else GROUPS,
        sample=args.sample,
        max_new_tokens=args.max_new_tokens,
        batch_size=args.batch_size or BATCH_SIZE,
        system=args.system,
        language=None if args.language == _AUTO else args.language,
        format=args.format,
        fill=dict(args.fill),
        seed=args.seed,
        base=args.base,
        again=args.again,
        **labels,
    )


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(t("cli_evaluate.not_a_count", text=text))
    return int(text)
