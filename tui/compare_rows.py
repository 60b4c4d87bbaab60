"""What stands side by side of two runs or checkpoints: losses, scores, sizes, settings."""

from __future__ import annotations

from typing import NamedTuple

from engine import words
from engine.runs.compare import Comparison, Side
from engine.runs.scores import Score
from engine.units import human_bytes, human_duration


class Pair(NamedTuple):
    """One line: its name, both values as text, and which is better (``a``, ``b``, or neither)."""

    name: str
    a: str
    b: str
    better: str = ""


def fact_rows(found: Comparison) -> list[Pair]:
    """Steps, losses, scores, metrics of data that both were measured on, time and size."""
    a, b = found.a, found.b
    rows = [
        Pair(words.t("runs.step"), _steps(a), _steps(b)),
        _lower("runs.loss", a.loss, b.loss),
        _lower("runs.eval", a.eval_loss, b.eval_loss),
        _lower("compare.best_eval", *(s.best_eval[1] if s.best_eval else None for s in (a, b))),
        _score(a.score, b.score),
    ]
    for data in a.evaluations:
        if data in b.evaluations:
            rows += _metrics(data, a.evaluations[data], b.evaluations[data])
    rows.append(Pair(words.t("compare.time"), human_duration(a.seconds), human_duration(b.seconds)))
    rows.append(Pair(words.t("runs.size"), human_bytes(a.bytes), human_bytes(b.bytes)))
    return [row for row in rows if row.a != "–" or row.b != "–"]


def setting_rows(found: Comparison) -> list[Pair]:
    """The settings that differ, by their names as specs write them."""
    return [Pair(name, a or "–", b or "–") for name, a, b in found.differing]


def _steps(side: Side) -> str:
    return f"{side.step}/{side.steps}" if side.steps else str(side.step)


def _lower(key: str, a: float | None, b: float | None) -> Pair:
    return Pair(words.t(key), _number(a), _number(b), _better(b, a))


def _score(a: Score | None, b: Score | None) -> Pair:
    shares = (a.share if a else None), (b.share if b else None)
    return Pair(words.t("compare.verified"), score_text(a), score_text(b), _better(*shares))


def score_text(score: Score | None) -> str:
    """``38/40 95%``."""
    return f"{score.right}/{score.questions} {score.share:.0%}" if score else "–"


def _metrics(data: str, a: dict[str, float], b: dict[str, float]) -> list[Pair]:
    from engine.evaluate.report import LOWER_IS_BETTER
    from tui.metric_words import metric_name, number

    rows = []
    for name, value in a.items():
        if name in b:
            pair = (b[name], value) if name in LOWER_IS_BETTER else (value, b[name])
            title = f"{data} · {metric_name(name)}"
            rows.append(Pair(title, number(name, value), number(name, b[name]), _better(*pair)))
    return rows


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _better(a: float | None, b: float | None) -> str:
    """Which of the two is higher."""
    if a is None or b is None or _number(a) == _number(b):
        return ""
    return "a" if a > b else "b"
