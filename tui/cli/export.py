"""``danlu export``: take what was tuned elsewhere, and prove that it answers the same there."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import DanluError
from engine.export.request import DTYPES, FORMATS, SHARDED, ExportRequest, read_size
from engine.units import human_bytes
from engine.words import t
from tui.cells import fit, width
from tui.cli.lasting_job import lasting_job
from tui.cli.options import add_json
from tui.cli.table import table
from tui.export_facts import fact_rows, verdict

if TYPE_CHECKING:
    from engine.export.manifest import ExportReport

_BAD = 3  # exit code of an export that does not answer as the checkpoint does
_CELLS = 100  # width where there is no terminal
_QUANT, _SHARD = "q8_0", "5GB"
# What an option says something to; elsewhere it would be passed over in silence.
_MEANT_FOR = {"quant": ("gguf",), "dtype": ("merged",), "shard_size": SHARDED}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help=t("cli_export.target"))
    parser.add_argument("--to", metavar="DIR", required=True, help=t("cli_export.to"))
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="merged",
        help=t("cli_export.format", default="merged"),
    )
    parser.add_argument("--dtype", choices=DTYPES, help=t("cli_export.dtype"))
    parser.add_argument("--shard-size", metavar="SIZE", help=t("cli_export.shard_size"))
    parser.add_argument("--quant", metavar="KIND", help=t("cli_export.quant", default=_QUANT))
    parser.add_argument("--base-model", metavar="MODEL", help=t("cli_chat.base_model"))
    parser.add_argument("--no-verify", action="store_true", help=t("cli_export.no_verify"))
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Export, prove, print. Exit code 3 for one that was made and is bad. Raises DanluError."""
    from engine.chat.target import resolve_target
    from engine.export.export import export

    _refuse_idle(args)
    with lasting_job(args, args.target) as job:
        request = ExportRequest(
            target=resolve_target(args.target, base=args.base_model),
            to=Path(args.to).expanduser().absolute(),
            format=args.format,
            dtype=args.dtype,
            shard_bytes=read_size(args.shard_size or _SHARD),
            quant=(args.quant or _QUANT).lower(),
            verify=not args.no_verify,
        )
        report = export(request, job)
        shown = {"folder": str(report.folder), **report.document}
        job.keep(shown)
    if args.json:
        print(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        cells = shutil.get_terminal_size((_CELLS, 24)).columns
        print("\n".join(report_lines(report, cells)))
    return _BAD if report.verified is False else 0


def _refuse_idle(args: argparse.Namespace) -> None:
    """Raises DanluError ``export.idle_option``."""
    for name, formats in _MEANT_FOR.items():
        if getattr(args, name) is not None and args.format not in formats:
            raise DanluError(
                "export.idle_option",
                option=f"--{name.replace('_', '-')}",
                format=args.format,
                formats=", ".join(formats),
                first=formats[0],
            )


def report_lines(report: ExportReport, cells: int) -> list[str]:
    """What was made and how it compares, at most ``cells`` wide."""
    document = report.document
    lines = [t("export.made", folder=report.folder, size=human_bytes(document["bytes"])), ""]
    verification = document["verification"]
    if verification:
        facts = fact_rows(document)
        widest = max(width(name) for name, _, _ in facts)
        lines += [f"{fit(name, widest)}  {value}" for name, value, _ in facts]
        lines += ["", *_differences(verification, cells)]
    lines.append(verdict(document))
    if document["format"] == "gguf":
        lines.append(t("export.next_ollama", folder=shlex.quote(str(report.folder))))
    return lines


def _differences(verification: dict[str, Any], cells: int) -> list[str]:
    """The answers that part, side by side; nothing where none does."""
    parted = [row for row in verification["rows"] if row["divergence"] is not None]
    if not parted:
        return []
    titles = [t("export.prompt_title"), t("export.checkpoint"), t("export.artefact")]
    rows = [[row["prompt"], row["checkpoint"], row["artefact"]] for row in parted]
    return [*table(titles, rows, cells), ""]
