"""Two evaluations side by side, as text: for the command line and for screens."""

from __future__ import annotations

from typing import Any

from engine.evaluate.versus import Versus
from engine.words import t
from tui.cli.table import table
from tui.metric_words import change, interval, metric_name, number


def versus_lines(found: Versus, cells: int) -> list[str]:
    """Who beside whom, what to know of it, the figures, and how many rows changed."""
    return [t("versus.head", **_ends(found)), *notes(found), "", *figure_lines(found, cells)]


def _ends(found: Versus) -> dict[str, Any]:
    ends = {"before": found.before["target"], "after": found.after["target"]}
    return ends | {"rows": len(found.pairs)}


def figure_lines(found: Versus, cells: int) -> list[str]:
    """The figures of both evaluations, a line each, and how sure the difference is."""
    titles = [t("evaluate.metric"), *(t(f"versus.{name}") for name in ("before", "after"))]
    titles += [t("evaluate.change"), t("evaluate.interval")]
    rows = [
        [
            metric_name(figure.name),
            number(figure.name, figure.before),
            number(figure.name, figure.after),
            change(figure.name, figure.difference, figure.interval),
            interval(figure.name, figure.interval),
        ]
        for figure in found.figures
    ]
    return table(titles, rows, cells)


def notes(found: Versus) -> list[str]:
    """How the rows changed; rows that only one of them has; what was asked otherwise."""
    said = [t("versus.counts", metric=metric_name(found.main), **found.counts)]
    for document in (found.before, found.after):
        left = document["rows"] - len(found.pairs)
        if left:
            said.append(t("versus.only_one", count=left, target=document["target"]))
    for name, before, after in found.differing:
        said.append(t("versus.differs", setting=name, before=before, after=after))
    return said
