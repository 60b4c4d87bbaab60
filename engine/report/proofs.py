"""What was proved of a run: its verifications with their gate, its evaluations and benchmarks, its
exports."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.chat.kept_reports import FOLDER
from engine.evaluate.report import LOWER_IS_BETTER
from engine.export.manifest import exports_of
from engine.report.markdown import cell, code, inline, table
from engine.runs.layout import checkpoint_step
from engine.runs.store import Run
from engine.units import human_bytes
from engine.words import has, t

_NONE = "–"
_MOST_ROWS = 20  # rows of a verification shown; the JSON has all
_SUMS = ("target", "golden", "match", "questions", "right", "base_right", "exact", "gate")


def verifications_of(run: Run) -> list[dict[str, Any]]:
    """Every report kept in the run, those on the trained questions first, by rising step: its sums
    and its gate. The rows are in the checkpoint's own file."""
    found = []
    for path in (run.path / FOLDER).glob("*/*.json"):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            sums = {name: document.get(name) for name in _SUMS}
        except (OSError, ValueError, AttributeError):
            continue
        found.append({"checkpoint": path.stem, **sums, "path": str(path)})
    return sorted(
        found, key=lambda each: (each["golden"] or "", checkpoint_step(each["checkpoint"]))
    )


def exports_made(run: Run) -> list[dict[str, Any]]:
    """The exports that are still where they were put, oldest first: what each was made of, and
    whether it was proved."""
    made_of = ("target", "checkpoint", "base", "base_revision", "trained_on")
    shown = ("format", "quant", *made_of, "bytes", "verified", "reason")
    return [
        {"folder": str(each.folder), **{name: each.document.get(name) for name in shown}}
        for each in exports_of(run)
    ]


def verify_lines(found: dict[str, Any] | None, every: list[dict[str, Any]]) -> list[str]:
    """A verification, base beside tuned, with its gate; then one line each of all there were. Empty
    without one."""
    if not found or not found.get("rows"):
        return []
    right, rows = found.get("right", found.get("exact")), found["rows"]
    said = t(
        "report.verify_value", checkpoint=found["checkpoint"], right=right, questions=len(rows)
    )
    lines = [said, "", *_gate_lines(found), *_every(every)]
    titles = [t(f"report.{name}") for name in ("prompt", "expected", "base", "tuned")]
    shown = [
        tuple(cell(row.get(name) or _NONE) for name in ("question", "expected", "base", "tuned"))
        for row in rows[:_MOST_ROWS]
    ]
    lines += table(titles, shown)
    left = len(rows) - _MOST_ROWS
    return [*lines, t("report.more_rows", count=left), ""] if left > 0 else lines


def _gate_lines(found: dict[str, Any]) -> list[str]:
    """Whether anything got worse, and what."""
    gate = found.get("gate")
    if not isinstance(gate, dict):  # an older version wrote it
        return []
    lines = [f"**{t('verify_report.' + ('passed' if gate['passed'] else 'held'))}**", ""]
    worse = dict.fromkeys((*gate["worse_than_base"], *gate["worse_than_earlier"]))
    asked = [found["rows"][at - 1]["question"] for at in worse]
    return [*lines, *(f"- {inline(question)}" for question in asked), *([""] if asked else [])]


def _every(found: list[dict[str, Any]]) -> list[str]:
    if len(found) < 2:
        return []
    names = ("checkpoint", "questions", "right", "base_right", "gate")
    return table([t(f"report.{name}") for name in names], map(_row, found))


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    golden, gate = found["golden"], found["gate"] or {}
    asked = code(Path(golden).name) if golden else t("report.trained_questions")
    state = ("open" if gate["passed"] else "closed") if gate else ""
    return (
        code(found["checkpoint"]),
        asked,
        f"{found['right']}/{found['questions']}",
        f"{found['base_right']}/{found['questions']}",
        t(f"report.gate_{state}") if state else _NONE,
    )


def evaluation_lines(evaluations: list[dict[str, Any]]) -> list[str]:
    """Each evaluation's and benchmark's metrics, beside the base's where that was measured; empty
    without any."""
    lines: list[str] = []
    for found in evaluations:
        base = found.get("base") or {}
        rows = []
        for name, value in found["metrics"].items():
            row = [_metric(name), _figure(name, value)]
            more = [_figure(name, base.get(name)), _change(name, found)] if base else []
            rows.append([*row, *more])
        titles = [t("evaluate.metric"), t("evaluate.tuned")]
        titles += [t("evaluate.base"), t("evaluate.change")] if base else []
        lines += [*_heading(found), *table(titles, rows)]
    return lines


def _heading(found: Mapping[str, Any]) -> list[str]:
    """What was evaluated on what; of a benchmark also how it was asked."""
    data = str(found.get("data", ""))
    shown = inline(data) if found.get("benchmark") else code(Path(data).name)
    who = str(found.get("target") or "").rpartition("/")[2]
    said = t("report.evaluated", data=shown, rows=found.get("rows", _NONE))
    parts = [code(who)] if who else []
    if found.get("benchmark"):
        parts.append(t("evaluate.shots", count=found.get("shots") or 0))
        if found.get("limit"):
            key = "limited" if found.get("subjects_known", 1) else "first_only"
            parts.append(t(f"evaluate.{key}", count=found["limit"]))
        if found.get("tool"):
            parts.append(code(found["tool"]))
    return [said, "", *([" · ".join(parts), ""] if parts else [])]


def _metric(name: str) -> str:
    key = f"evaluate.name.{name}"
    return t(key) if has(key) else inline(name)


def _figure(name: str, value: Any) -> str:
    if not isinstance(value, int | float):
        return _NONE
    return f"{value:.4g}" if name in LOWER_IS_BETTER else f"{value:.2f} %"


def _change(name: str, found: Mapping[str, Any]) -> str:
    """By how much it differs from the base, with the interval where one was found."""
    value = (found.get("difference") or {}).get(name)
    if not isinstance(value, int | float):
        return _NONE
    interval = (found.get("intervals") or {}).get(name)
    said = f"{value:+.4g}"
    return f"{said} [{interval[0]:+.3g}, {interval[1]:+.3g}]" if interval else said


def export_lines(exports: list[dict[str, Any]]) -> list[str]:
    """What was exported, and whether it was proved to answer the same; empty without any."""
    titles = [t(f"report.{name}") for name in ("export", "checkpoint", "base", "size", "proved")]
    rows = list(_export_rows(exports))
    return table(titles, rows) if rows else []


def _export_rows(exports: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for made in exports:
        kind = " ".join(str(made[name]) for name in ("format", "quant") if made.get(name))
        verified = made.get("verified")
        proved = "none" if verified is None else "yes" if verified else "no"
        checkpoint = str(made.get("target") or _NONE).rpartition("/")[2]
        size = human_bytes(made.get("bytes") or 0)
        yield code(kind), code(checkpoint), _base(made), size, t(f"report.proved_{proved}")


def _base(made: dict[str, Any]) -> str:
    """The model below, with how it was held while training."""
    trained_on = made.get("trained_on")
    held = f" · {inline(trained_on)}" if trained_on not in (None, "none") else ""
    return f"{code(made['base'])}{held}" if made.get("base") else _NONE
