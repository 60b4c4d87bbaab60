"""The pictures of a report or a model card: loss and learning rate."""

from __future__ import annotations

from collections.abc import Sequence

from engine.report.curves import Curves, smoothed
from engine.report.svg import Line, chart
from engine.words import t

_EMBER, _JADE, _GOLD = "#d9622b", "#2f9e77", "#b8860b"


def pictures(curves: Curves, extended: Sequence[int] = ()) -> dict[str, str]:
    """SVG text by name (``loss``, ``learning-rate``); a curve that nobody recorded has none.
    ``extended`` are the steps at which the run was made longer."""
    marks: list[tuple[float, str]] = [(step, t("report.longer")) for step in extended]
    made: dict[str, str] = {}
    if curves.loss or curves.eval_loss:
        made["loss"] = _loss(curves, marks)
    if curves.learning_rate:
        rate = t("report.learning_rate")
        lines = [Line(rate, curves.learning_rate, _GOLD)]
        made["learning-rate"] = chart(rate, t("report.step"), lines, marks)
    return made


def _loss(curves: Curves, marks: Sequence[tuple[float, str]]) -> str:
    smooth = smoothed(curves.loss)
    lines = [
        Line(t("report.train_loss"), curves.loss, _EMBER, faint=bool(smooth)),
        Line(t("report.smoothed"), smooth, _EMBER),
        Line(t("report.eval_loss"), curves.eval_loss, _JADE, dots=True),
    ]
    return chart(t("report.losses"), t("report.step"), lines, marks)
