"""Closed labels: which one an answer gives, accuracy, F1, and what is taken for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.evaluate.match import normalised, place_in
from engine.evaluate.thought import without_thought

_MOST = 40  # more different answers are no closed set
_LONGEST = 24  # characters; longer answers are no labels
_SHARE = 0.5  # different answers a row: rows of a closed set say the same again and again


def labels_of(references: Sequence[str]) -> list[str] | None:
    """The labels that ``references`` are, most frequent first; None where they are no closed set:
    two to forty short answers, each given twice on average or more."""
    said = Counter(without_thought(reference) for reference in references)
    if not 2 <= len(said) <= min(_MOST, len(references) * _SHARE):
        return None
    if any(not label or len(label) > _LONGEST or "\n" in label for label in said):
        return None
    return [label for label, _ in said.most_common()]


class LabelFinder:
    """Finds which of ``labels`` an answer gives."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._by_form = {normalised(label): label for label in labels}
        longest = sorted(self._by_form, key=len, reverse=True)
        self._places = [(self._by_form[form], place_in(form)) for form in longest if form]

    def find(self, answer: str) -> str | None:
        """The label ``answer`` is, or the one label that stands in it; where there are several,
        the one of its first or else of its last line. None where that is not one alone."""
        said = without_thought(answer)
        whole = self._by_form.get(normalised(said))
        if whole is not None:
            return whole
        lines = [line for line in said.splitlines() if line.strip()]
        for part in (said, *lines[:1], *lines[-1:]):
            named = self._named(normalised(part))
            if len(named) == 1:
                return named.pop()
        return None

    def _named(self, text: str) -> set[str]:
        """The labels that stand in ``text``; one that is part of a longer one does not count."""
        named = set()
        for label, place in self._places:
            text, count = place.subn("\n", text)
            if count:
                named.add(label)
        return named


@dataclass(frozen=True)
class LabelScore:
    """One label's part: shares are percent."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    predicted: int


@dataclass(frozen=True)
class LabelReport:
    """How well the labels were given. ``confusion[reference][given]`` counts answers; those that
    give no label, or several, count under ``""``. All shares are percent."""

    accuracy: float
    f1_macro: float
    f1_micro: float
    scores: list[LabelScore]
    confusion: dict[str, dict[str, int]]
    unclear: int
    rows: int

    def document(self) -> dict[str, Any]:
        return {**vars(self), "scores": [vars(score) for score in self.scores]}


def label_report(pairs: Sequence[tuple[str, str | None]], labels: Sequence[str]) -> LabelReport:
    """The report of ``pairs`` (right label, label given). The macro average goes over the labels
    that occur, as scikit-learn's does; an unclear answer is a miss and nobody's false alarm."""
    counts = Counter((right, given or "") for right, given in pairs)
    hits = sum(count for (right, given), count in counts.items() if right == given)
    scores = [score for label in labels if (score := _score(label, counts))]
    named = sum(count for (_, given), count in counts.items() if given)
    confusion = {
        right: {given: n for given in [*labels, ""] if (n := counts[right, given])}
        for right in labels
        if any(counts[right, given] for given in [*labels, ""])
    }
    return LabelReport(
        accuracy=_percent(hits, len(pairs)),
        f1_macro=sum(score.f1 for score in scores) / len(scores) if scores else 0.0,
        f1_micro=_percent(2 * hits, named + len(pairs)),
        scores=scores,
        confusion=confusion,
        unclear=len(pairs) - named,
        rows=len(pairs),
    )


def _score(label: str, counts: Counter[tuple[str, str]]) -> LabelScore | None:
    support = sum(count for (right, _), count in counts.items() if right == label)
    predicted = sum(count for (_, given), count in counts.items() if given == label)
    if not support and not predicted:
        return None
    hit = counts[label, label]
    return LabelScore(
        label,
        _percent(hit, predicted),
        _percent(hit, support),
        _percent(2 * hit, support + predicted),
        support,
        predicted,
    )


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0
