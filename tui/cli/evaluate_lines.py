"""An evaluation as text: its metrics, its labels, what is to be known of it, the worst rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.units import human_duration
from engine.words import t
from tui.cells import fit, width
from tui.cli.table import table
from tui.metric_words import change, interval, metric_name, number, remarks

_MOST_LABELS = 12  # labels whose confusion is drawn


def evaluation_lines(
    document: dict[str, Any], worst: Sequence[dict[str, Any]], cells: int
) -> list[str]:
    """The ``evaluate`` document as text at most ``cells`` wide, with its ``worst`` rows."""
    lines = [t("cli_evaluate.head", **{key: document[key] for key in ("target", "data", "rows")})]
    lines += [*remarks(document), t("cli_evaluate.took", time=human_duration(document["seconds"]))]
    lines += ["", *metric_lines(document, cells)]
    if document["labels"]:
        lines += ["", *label_lines(document["labels"], cells)]
    if document.get("subjects"):
        lines += ["", *subject_lines(document["subjects"], cells)]
    if worst and worst[0]["answer"] is not None:
        lines += ["", t("cli_evaluate.worst"), *_worst_lines(worst, cells)]
    lines += ["", t("cli_evaluate.kept_in", path=document["path"])]
    return lines


def metric_lines(document: dict[str, Any], cells: int) -> list[str]:
    """The metrics; with the base's, before and after and what changed."""
    after, before = document["metrics"], document.get("base")
    if before is None:
        rows = [[metric_name(name), number(name, value)] for name, value in after.items()]
        return table([t("evaluate.metric"), t("evaluate.value")], rows, cells)
    titles = [t(f"evaluate.{name}") for name in ("metric", "base", "tuned", "change")]
    between = document.get("intervals", {})
    rows = [
        [
            metric_name(name),
            number(name, before.get(name)),
            number(name, value),
            change(name, document["difference"].get(name), between.get(name)),
            *([interval(name, between.get(name))] if between else []),
        ]
        for name, value in after.items()
    ]
    return table([*titles, *([t("evaluate.interval")] if between else [])], rows, cells)


def label_lines(labels: dict[str, Any], cells: int) -> list[str]:
    """Each label's part, and what was taken for what where there are not too many."""
    columns = ("precision", "recall", "f1", "support", "predicted")
    titles = [t("evaluate.label"), *(t(f"evaluate.{name}") for name in columns)]
    rows = [
        [
            score["label"],
            *(f"{score[name]:.2f}" for name in columns[:3]),
            *(str(score[name]) for name in columns[3:]),
        ]
        for score in labels["scores"]
    ]
    lines = table(titles, rows, cells)
    confusion: dict[str, dict[str, int]] = labels["confusion"]
    if 1 < len(confusion) <= _MOST_LABELS:
        lines += ["", *_confusion(confusion, cells)]
    return lines


def subject_lines(subjects: Sequence[dict[str, Any]], cells: int) -> list[str]:
    """How well each subject of a benchmark was answered, the worst first."""
    titles = [t("evaluate.subject"), t("evaluate.support"), metric_name("accuracy")]
    rows = [
        [each["subject"], str(each["rows"]), number("accuracy", each["accuracy"])]
        for each in subjects
    ]
    return table(titles, rows, cells)


def _confusion(confusion: dict[str, dict[str, int]], cells: int) -> list[str]:
    given = list(dict.fromkeys([*confusion, *(name for row in confusion.values() for name in row)]))
    given.sort(key=lambda name: name == "")
    titles = [t("evaluate.confusion"), *(name or t("evaluate.unclear") for name in given)]
    rows = [
        [right, *(str(row.get(name, 0) or "·") for name in given)]
        for right, row in confusion.items()
    ]
    return table(titles, rows, cells)


def _worst_lines(rows: Sequence[dict[str, Any]], cells: int) -> list[str]:
    names = [t(f"evaluate.{name}") for name in ("question", "reference", "answer")]
    widest = max(width(name) for name in names)
    lines = []
    for row in rows:
        said = (row["question"], row["reference"], row["answer"] or "–")
        for name, text in zip(names, said, strict=True):
            lines.append(fit(f"  {fit(name, widest)}  {' '.join(text.split())}", cells).rstrip())
        lines.append("")
    return lines[:-1]
