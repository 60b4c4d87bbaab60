"""``danlu check --repair``: safe repairs, shown as a diff and written to new files."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import words
from engine.data.repair_place import can_repair, plain_source, repaired_source
from engine.errors import DanluError
from engine.words import t
from tui.cli.check_lines import report_lines
from tui.cli.data_options import sources_of
from tui.cli.lasting_job import lasting_job
from tui.wrap import wrap

if TYPE_CHECKING:
    from engine.data.repair import Repair
    from engine.data.report import Report
    from engine.spec.sections import Source

_CHANGES = 5  # rows whose diff is printed


def run_repair(args: argparse.Namespace) -> int:
    """Repair each source into a file of its own, check what came out, print both. Exit code 1 when
    a row still cannot be trained. Raises DanluError."""
    from engine.data.check import check
    from engine.data.repair import repair
    from engine.data.role_names import propose_roles

    fill = dict(args.fill)
    sources = sources_of(args, args.data)
    outs = _outs([source.source for source in sources], Path(args.repair))
    with lasting_job(args, *(source.source for source in sources)) as job:
        repairs = [
            repair(_before(source), out, stage=args.stage, fill=fill, job=job)
            for source, out in zip(sources, outs, strict=True)
        ]
        after = check(
            [_after(source, out) for source, out in zip(sources, outs, strict=True)],
            stage=args.stage,
            fill=fill,
            system=args.system,
            content=not args.quick,
            job=job,
        )
        propose_roles(
            [_after(*pair) for pair in zip(sources, outs, strict=True)], after.sources, job
        )
        document = {"repairs": [made.document() for made in repairs], **after.document()}
        job.keep(document)
    if args.json:
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        print("\n".join(repair_lines(repairs, after, shutil.get_terminal_size((100, 24)).columns)))
    return 0 if after.ok else 1


def _before(source: Source) -> Source:
    """All rows of the source, as they are read."""
    return plain_source(source) if can_repair(source) else source


def _after(source: Source, out: Path) -> Source:
    """The new file, read as the source was."""
    return repaired_source(source, out) if can_repair(source) else replace(source, source=str(out))


def _outs(sources: list[str], out: Path) -> list[Path]:
    """Where each source goes: to ``out`` itself, or by its own name into the folder ``out``."""
    if out.is_dir():
        return [out / _name(source) for source in sources]
    if len(sources) > 1:
        raise DanluError("repair.one_source", path=out)
    return [out]


def _name(source: str) -> str:
    path = Path(source)
    known = path.suffix.lower() in (".json", ".csv", ".tsv", ".jsonl")
    return path.name if known else f"{path.name.split('.')[0]}.jsonl"


def repair_lines(repairs: list[Repair], after: Report, cells: int) -> list[str]:
    """What was repaired, with some of the diff, and what is left, in ``cells``."""
    lines: list[str] = []
    for made in repairs:
        lines += _head(made, cells)
        for change in made.changes[:_CHANGES]:
            kinds = ", ".join(t(f"repair.kind.{kind}") for kind in change.kinds)
            lines.append(f"  {Path(change.file).name}:{change.line}  {kinds}")
            for line in change.lines:
                text = wrap(line.text, cells - 6) or [""]
                lines += [f"    {line.sign} {part}" for part in text]
        if made.changed > _CHANGES:
            lines.append("  " + t("repair.more", count=made.changed - _CHANGES))
        lines.append("")
    return [*lines, *report_lines(after, cells)]


def _head(made: Repair, cells: int) -> list[str]:
    values: dict[str, Any] = {"changed": made.changed, "rows": made.rows, "written": made.written}
    text = t("repair.rows", **values, out=made.out)
    if not made.needed:
        text = words.sentences(t("repair.none", source=made.source), text)
    lines = wrap(text, cells)
    for kind, count in made.kinds.most_common():
        lines.append(f"  ✓ {t(f'repair.kind.{kind}')} × {count}")
    if made.left_out:
        reasons = ", ".join(f"{_title(code)} × {count}" for code, count in made.left_out.items())
        lines += ["  ! " + part for part in wrap(t("repair.left_out", reasons=reasons), cells - 4)]
    return lines


def _title(code: str) -> str:
    key = f"finding.{code}.title"
    return t(key) if words.has(key) else code
