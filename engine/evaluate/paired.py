"""How sure a difference is: figures of the same rows under two models, drawn again and again.

A paired bootstrap: each draw takes as many rows as there are, some twice and some never, the same
ones for both. Imports numpy: import it inside functions only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.evaluate.labels import LabelFinder

Row = Mapping[str, Any]
Sums = np.ndarray  # (draws, columns): of each draw the sums of its rows
DRAWS = 2000
_AT_ONCE = 4_000_000  # rows of draws counted together: 32 MB
_SHARE = 95  # percent of the draws that lie in an interval
_SEED = 20_240_229
_ROUNDED = 0.006  # two figures that differ by less are the same one, rounded on the way


@dataclass(frozen=True)
class Change:
    """A figure of both on the rows they share, and between what its difference lies in 95 of 100
    draws."""

    before: float
    after: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the difference is more than chance: not of either sign."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class _Figure:
    """A figure of ``columns`` (rows, anything) summed: ``of`` makes it out of the sums."""

    columns: np.ndarray
    of: Callable[[Sums], np.ndarray]


def intervals(
    before: Sequence[Row],
    after: Sequence[Row],
    metrics: Mapping[str, float],
    labels: Sequence[str] = (),
) -> dict[str, list[float]]:
    """``[low, high]`` of the difference of each of ``metrics`` that is made of rows; ``before`` and
    ``after`` are the same rows, in any order."""
    beside = {row["row"]: row for row in before}
    pairs = [(beside[row["row"]], row) for row in after if row["row"] in beside]
    found = changes(pairs, labels)
    return {
        name: [round(found[name].low, 4), round(found[name].high, 4)]
        for name, value in metrics.items()
        if name in found and abs(found[name].after - value) < _ROUNDED
    }


def changes(
    pairs: Sequence[tuple[Row, Row]], labels: Sequence[str] = (), draws: int = DRAWS
) -> dict[str, Change]:
    """The change of each figure that can be made of the rows of ``pairs`` (before, after)."""
    found = {}
    for name, (before, after) in _figures(pairs, labels).items():
        rows = len(before.columns)
        whole = [float(side.of(side.columns.sum(axis=0)[None])[0]) for side in (before, after)]
        both = np.hstack([before.columns, after.columns])
        sums = np.vstack([drawn @ both for drawn in _draws(rows, draws)])
        parts = before.columns.shape[1]
        differences = after.of(sums[:, parts:]) - before.of(sums[:, :parts])
        outside = (100 - _SHARE) / 2
        low, high = np.nanpercentile(differences, [outside, 100 - outside])
        found[name] = Change(whole[0], whole[1], float(low), float(high))
    return found


def _draws(rows: int, draws: int) -> Iterator[np.ndarray]:
    """How often each row is in each draw, a part of the draws at a time."""
    chance = np.random.default_rng(_SEED)
    part = max(1, _AT_ONCE // rows)
    for start in range(0, draws, part):
        count = min(part, draws - start)
        taken = chance.integers(rows, size=(count, rows))
        yield np.stack([np.bincount(each, minlength=rows) for each in taken])


def _figures(
    pairs: Sequence[tuple[Row, Row]], labels: Sequence[str]
) -> dict[str, tuple[_Figure, _Figure]]:
    found: dict[str, tuple[_Figure, _Figure]] = {}
    for name in _names(pairs):
        both = [pair for pair in pairs if _is_number(pair[0], name) and _is_number(pair[1], name)]
        if name == "loss":
            found["loss"] = _of_both(both, _losses, _mean)
            found["perplexity"] = _of_both(both, _losses, lambda sums: np.exp(_mean(sums)))
        else:
            found[name] = _of_both(both, lambda row, name=name: [row[name], 1.0], _mean)
    answered = [pair for pair in pairs if all(row.get("answer") is not None for row in pair)]
    if labels and answered:
        found |= _label_figures(answered, labels)
    return found


def _names(pairs: Iterable[tuple[Row, Row]]) -> list[str]:
    """The figures both rows of some pair have."""
    names: dict[str, None] = {}
    for before, after in pairs:
        for name in after:
            if name not in _NO_FIGURES and _is_number(after, name) and _is_number(before, name):
                names[name] = None
    return list(names)


_NO_FIGURES = ("row", "line", "tokens")


def _is_number(row: Row, name: str) -> bool:
    value = row.get(name)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _losses(row: Row) -> list[float]:
    """All nats and all tokens, as the mean loss of an evaluation is over tokens."""
    tokens = float(row.get("tokens") or 1)
    return [row["loss"] * tokens, tokens]


def _mean(sums: Sums) -> np.ndarray:
    return sums[:, 0] / sums[:, 1]


def _of_both(
    pairs: Sequence[tuple[Row, Row]],
    columns: Callable[[Row], list[float]],
    of: Callable[[Sums], np.ndarray],
) -> tuple[_Figure, _Figure]:
    before = np.array([columns(pair[0]) for pair in pairs], dtype=float)
    after = np.array([columns(pair[1]) for pair in pairs], dtype=float)
    return _Figure(before, of), _Figure(after, of)


def _label_figures(
    pairs: Sequence[tuple[Row, Row]], labels: Sequence[str]
) -> dict[str, tuple[_Figure, _Figure]]:
    finder, place = LabelFinder(labels), {label: at for at, label in enumerate(labels)}
    wanted = [finder.find(after["reference"]) for _, after in pairs]
    sides = []
    for side in (0, 1):
        table = np.zeros((len(pairs), 3, len(labels)))  # hits, right ones, given ones
        for at, (right, pair) in enumerate(zip(wanted, pairs, strict=True)):
            given = pair[side]["label"]
            if right is None:
                continue
            table[at, 1, place[right]] = 1
            if given in place:
                table[at, 2, place[given]] = 1
                table[at, 0, place[right]] = right == given
        sides.append(table.reshape(len(pairs), -1))
    count = len(labels)
    return {
        "f1_macro": (_Figure(sides[0], _macro(count)), _Figure(sides[1], _macro(count))),
        "f1_micro": (_Figure(sides[0], _micro(count)), _Figure(sides[1], _micro(count))),
    }


def _macro(count: int) -> Callable[[Sums], np.ndarray]:
    """The mean F1 of the labels that occur, right or given, in percent."""

    def of(sums: Sums) -> np.ndarray:
        hits, right, given = np.moveaxis(sums.reshape(len(sums), 3, count), 1, 0)
        occurs = right + given
        f1 = np.where(occurs > 0, 200 * hits / np.maximum(occurs, 1), 0.0)
        return f1.sum(axis=1) / np.maximum((occurs > 0).sum(axis=1), 1)

    return of


def _micro(count: int) -> Callable[[Sums], np.ndarray]:
    def of(sums: Sums) -> np.ndarray:
        hits, right, given = sums.reshape(len(sums), 3, count).sum(axis=2).T
        return 200 * hits / np.maximum(right + given, 1)

    return of
