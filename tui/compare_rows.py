"""What stands side by side of two that are compared: origin, losses, scores, sizes, settings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NamedTuple

from engine import words
from engine.runs.compare import Comparison
from engine.runs.scores import Score
from engine.runs.side import Side
from engine.spec.sections import PARAMETERS
from engine.units import human_bytes, human_duration
from tui.average_words import shares


class Pair(NamedTuple):
    """One line: its name, both values as text, and which is better (``a``, ``b``, or neither)."""

    name: str
    a: str
    b: str
    better: str = ""


def fact_rows(found: Comparison) -> list[Pair]:
    """What they are, steps, losses, scores, metrics of data that both were measured on, time and
    size."""
    a, b = found.a, found.b
    rows = [
        *(_made(a, b) if a.made or b.made else ()),
        Pair(words.t("runs.step"), _steps(a), _steps(b)),
        _lower("runs.loss", a.loss, b.loss),
        _lower("runs.eval", a.eval_loss, b.eval_loss),
        _lower("compare.best_eval", *(s.best_eval[1] if s.best_eval else None for s in (a, b))),
        _score(a.score, b.score),
    ]
    for data in a.evaluations:
        if data in b.evaluations:
            rows += _metrics(data, a.evaluations[data], b.evaluations[data])
    rows += _agreement(a, b)
    rows.append(Pair(words.t("compare.time"), human_duration(a.seconds), human_duration(b.seconds)))
    rows.append(Pair(words.t("runs.size"), human_bytes(a.bytes), human_bytes(b.bytes)))
    return [row for row in rows if row.a != "–" or row.b != "–"]


def setting_rows(found: Comparison, *, labels: bool = False) -> list[Pair]:
    """The settings that differ, by their names as specs write them, or as the form does."""
    return [
        Pair(PARAMETERS[name].label if labels and name in PARAMETERS else name, a or "–", b or "–")
        for name, a, b in found.differing
    ]


def settings_remark(found: Comparison) -> str:
    """Why no settings are listed as differing."""
    a, b = found.a, found.b
    if found.of_one_run:
        return words.t("compare.same_origin" if a.made or b.made else "compare.same_run")
    for side in (a, b):
        if side.run is None:
            average = side.made is not None and side.made["kind"] == "average"
            key = "compare.not_trained" if average else "compare.run_gone"
            return words.t(key, name=side.label)
    if a.spec is None or b.spec is None:
        return words.t("compare.no_spec")
    return words.t("compare.same_settings")


def _made(a: Side, b: Side) -> list[Pair]:
    """What each is, and of what it was made."""
    sides = (a, b)
    return [
        Pair(words.t("compare.kind"), *(_kind(side) for side in sides)),
        *_origins(a, b),
        Pair(words.t("compare.rank"), *(_rank(side) for side in sides)),
        Pair(words.t("compare.proof"), *(_proof(side) for side in sides)),
    ]


def _kind(side: Side) -> str:
    made = side.made or {"kind": "checkpoint"}
    said = words.t(f"compare.{made['kind']}")
    form = (made.get(name) for name in ("format", "quant"))
    return " ".join([said, *(str(each) for each in form if each)])


def _origins(a: Side, b: Side) -> Iterator[Pair]:
    """One line for each of what an average is the mean of."""
    name = words.t("compare.made_of")
    for one, two in zip_longest(_origin(a), _origin(b), fillvalue=""):
        yield Pair(name, one, two)
        name = " "


def _origin(side: Side) -> list[str]:
    made = side.made or {}
    if made.get("kind") == "average":
        return shares({"adapters": made["of"]})
    return [str(made.get("of") or "–")]


def _rank(side: Side) -> str:
    """An average's, with what of the mean is left where it was cut."""
    made = side.made or {}
    if not made.get("rank"):
        return "–"
    kept = made.get("kept")
    cut = not made.get("exact") and isinstance(kept, int | float)
    if cut:
        return words.t("compare.rank_cut", rank=made["rank"], kept=f"{kept:.1%}")
    return str(made["rank"])


def _proof(side: Side) -> str:
    """Whether an export was seen to answer as its checkpoint does."""
    made = side.made or {}
    if made.get("kind") != "export":
        return "–"
    found = {None: "none", True: "yes", False: "no"}[made.get("verified")]
    return words.t(f"report.proved_{found}")


def _agreement(a: Side, b: Side) -> list[Pair]:
    """How far exports agree with their checkpoints, as far as that was measured."""
    found = [((side.made or {}).get("proved") or {}) for side in (a, b)]
    if not any(found):
        return []
    one, two = (each.get("agreement") for each in found)
    better = _better(one, two)
    return [
        Pair(words.t("export.agreement"), _percent(one), _percent(two), better),
        Pair(words.t("export.divergence"), *(_divergence(each) for each in found)),
    ]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _divergence(proved: dict[str, Any]) -> str:
    if not proved:
        return "–"
    first = proved["first_divergence"]
    if first is None:
        return words.t("export.no_divergence")
    return words.t("export.divergence_value", token=first + 1)


def _steps(side: Side) -> str:
    if side.step is None:
        return "–"
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
