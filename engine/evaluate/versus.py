"""Two evaluations on the same rows: is the one better than the other, and how sure is that?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.errors import DanluError
from engine.evaluate.report import is_better, main_metric

Row = dict[str, Any]
Verdict = Literal["better", "worse", "unclear", ""]
_ROUNDED = 0.006  # figures of rows may be rounded on the way to that of all
_NO_MATTER = ("batch_size", "again", "base", "metrics", "labels_required")
_BESIDE = ("language", "scorers", "shots", "limit", "tool")


@dataclass(frozen=True)
class Figure:
    """A metric before and after. ``interval`` is where the difference lies in 95 of 100 draws of
    the rows; None where the metric is not made of rows one by one."""

    name: str
    before: float
    after: float
    interval: tuple[float, float] | None

    @property
    def difference(self) -> float:
        return round(self.after - self.before, 6)

    @property
    def verdict(self) -> Verdict:
        """``unclear`` where chance alone may make the difference; empty without an interval."""
        if self.interval is None:
            return ""
        low, high = self.interval
        better = is_better(self.name, self.difference)
        if better is None or low <= 0 <= high:
            return "unclear"
        return "better" if better else "worse"

    def document(self) -> dict[str, Any]:
        low, high = self.interval or (None, None)
        return {
            "before": self.before,
            "after": self.after,
            "difference": self.difference,
            "low": low,
            "high": high,
            "verdict": self.verdict or None,
        }


@dataclass(frozen=True)
class Versus:
    """``pairs`` are the rows both have (before, after), what got worse most first, by ``main``."""

    before: dict[str, Any]
    after: dict[str, Any]
    figures: list[Figure]
    pairs: list[tuple[Row, Row]]
    main: str

    def change(self, pair: tuple[Row, Row]) -> float:
        """How much the main figure of a row rose; 0 where one of the two has none."""
        before, after = (row.get(self.main) for row in pair)
        return after - before if before is not None and after is not None else 0.0

    @property
    def counts(self) -> dict[str, int]:
        """How many rows became better, worse, and stayed the same."""
        said = [is_better(self.main, self.change(pair)) for pair in self.pairs]
        return {"better": said.count(True), "worse": said.count(False), "same": said.count(None)}

    @property
    def differing(self) -> list[tuple[str, Any, Any]]:
        """What was asked or counted otherwise: setting, before, after."""
        one, two = _settings(self.before), _settings(self.after)
        names = [name for name in {**one, **two} if one.get(name) != two.get(name)]
        return [(name, one.get(name), two.get(name)) for name in names]

    def document(self) -> dict[str, Any]:
        """``{before, after, data, rows, only_before, only_after, main, better, worse, same,
        metrics: {name: {before, after, difference, low, high, verdict}}, differing}``."""
        shared = len(self.pairs)
        return {
            "before": {key: self.before.get(key) for key in ("target", "rows", "path")},
            "after": {key: self.after.get(key) for key in ("target", "rows", "path")},
            "data": self.after["data"],
            "rows": shared,
            "only_before": self.before["rows"] - shared,
            "only_after": self.after["rows"] - shared,
            "main": self.main,
            **self.counts,
            "metrics": {figure.name: figure.document() for figure in self.figures},
            "differing": [
                {"setting": name, "before": one, "after": two} for name, one, two in self.differing
            ],
        }


def read_evaluation(path: Path) -> dict[str, Any]:
    """The document of an evaluation that was kept. Raises DanluError ``evaluate.no_evaluation``."""
    try:
        document = json.loads(path.expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DanluError("evaluate.no_evaluation", file=path) from error
    if not isinstance(document, dict) or not {"metrics", "rows_path", "data"} <= document.keys():
        raise DanluError("evaluate.no_evaluation", file=path)
    return document


def versus(before: dict[str, Any], after: dict[str, Any]) -> Versus:
    """``after`` compared with ``before``, both ``evaluate`` documents, on the rows both asked.
    Raises DanluError ``evaluate.rows_gone``, ``evaluate.nothing_in_common``."""
    from engine.evaluate.paired import changes

    pairs = _pairs(_rows(before), _rows(after))
    if not pairs:
        raise DanluError(
            "evaluate.nothing_in_common", before=before["target"], after=after["target"]
        )
    found = changes(pairs, _labels(before, after))
    whole = len(pairs) == before["rows"] == after["rows"]
    figures = []
    for name, value in after["metrics"].items():
        change = found.get(name)
        told = before["metrics"].get(name)
        by_rows = change is not None and abs(change.after - value) < _ROUNDED
        if change is not None and (by_rows or not whole):
            interval = (round(change.low, 4), round(change.high, 4))
            figures.append(Figure(name, round(change.before, 4), round(change.after, 4), interval))
        elif whole and told is not None:
            figures.append(Figure(name, told, value, None))
    main = main_metric({figure.name: figure.after for figure in figures}) or "loss"
    figures.sort(key=lambda figure: (figure.name != main, figure.interval is None))
    made = Versus(before, after, figures, pairs, main)
    lower = is_better(main, 1.0) is False
    pairs.sort(key=lambda pair: made.change(pair) * (-1 if lower else 1))
    return made


def _rows(document: dict[str, Any]) -> list[Row]:
    try:
        with open(document["rows_path"], encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
    except (OSError, ValueError) as error:
        raise DanluError(
            "evaluate.rows_gone", target=document["target"], file=document["rows_path"]
        ) from error
    return sorted(rows, key=lambda row: row["row"])


def _pairs(before: Sequence[Row], after: Sequence[Row]) -> list[tuple[Row, Row]]:
    """The same questions with the same references, wherever their files lie now."""
    beside = dict(_keyed(before))
    return [(beside[key], row) for key, row in _keyed(after) if key in beside]


def _keyed(rows: Sequence[Row]) -> Iterator[tuple[tuple[Any, ...], Row]]:
    seen: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        key = (row.get("subject"), row["question"], row["reference"])
        seen[key] += 1
        yield (*key, seen[key]), row


def _labels(before: dict[str, Any], after: dict[str, Any]) -> Sequence[str]:
    """The labels both were scored by; none where they differ."""
    names = [(document.get("labels") or {}).get("names", []) for document in (before, after)]
    return names[1] if sorted(names[0]) == sorted(names[1]) else []


def _settings(document: dict[str, Any]) -> dict[str, Any]:
    chosen = document.get("settings") or {}
    found = {name: value for name, value in chosen.items() if name not in _NO_MATTER}
    return found | {name: document[name] for name in _BESIDE if name in document}
