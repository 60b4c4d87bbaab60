"""Scoring one model's answers: each row by itself, and all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.evaluate.answering import Answered
from engine.evaluate.asked import Asked
from engine.evaluate.labels import LabelFinder, LabelReport, label_report
from engine.evaluate.likeness import TEXT_METRICS, TextScorer
from engine.evaluate.match import Mode, last_number, matches
from engine.evaluate.settings import Settings
from engine.evaluate.thought import as_asked, is_unfinished, without_thought
from engine.job import Job

if TYPE_CHECKING:
    from engine.evaluate.likelihood import Likelihood

_EVERY = 16
_LOOSER: dict[str, Mode] = {
    "normalised_match": "normalised",
    "contains_match": "contains",
    "number_match": "number",
}
_MATCHES = ("exact_match", *_LOOSER)


@dataclass(frozen=True)
class ScoredRow:
    """One answer. ``metrics`` are percent but for ``loss``; a metric that does not apply to the row
    is left out. ``fault`` is the code of the error that kept the row from being asked; ``tokens``
    how many the loss is the mean of; ``at_limit`` whether the answer was cut there."""

    answer: str | None
    metrics: dict[str, float]
    label: str | None = None
    fault: str | None = None
    tokens: int | None = None
    at_limit: bool = False

    @property
    def quality(self) -> tuple[float, float]:
        """For an order that begins with the worst: the mean of what is percent, then the loss."""
        shares = [value for name, value in self.metrics.items() if name != "loss"]
        if self.fault:
            return (-1.0, 0.0)
        return (sum(shares) / len(shares) if shares else 0.0, -self.metrics.get("loss", 0.0))

    def document(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in ("label", "fault", "tokens", "at_limit")}
        return {"answer": self.answer, **self.metrics, **named}


@dataclass(frozen=True)
class Scored:
    """All answers of one model. ``unfinished`` of them ended within their thought, ``at_limit`` at
    the limit of their length."""

    rows: list[ScoredRow]
    metrics: dict[str, float]
    labels: LabelReport | None = None
    unfinished: int = 0
    at_limit: int = 0
    faults: dict[str, int] = field(default_factory=dict)


class Scoring:
    """Scores answers to ``rows`` by ``settings``, the same way for tuned and base."""

    def __init__(
        self,
        rows: Sequence[Asked],
        settings: Settings,
        scorer: TextScorer | None,
        labels: Sequence[str],
    ) -> None:
        self._rows, self._settings, self._scorer = rows, settings, scorer
        self._labels = labels
        self._finder = LabelFinder(labels)
        self._right = [self._finder.find(row.question.expected) if labels else None for row in rows]

    def score(
        self,
        answered: Answered,
        losses: Sequence[Likelihood | None],
        job: Job,
    ) -> Scored:
        """The score of what was answered and of ``losses`` (by row). Raises Cancelled."""
        rows = []
        for index, asked in enumerate(self._rows):
            if index % _EVERY == 0:
                job.report("scoring", index, len(self._rows), "rows")
            rows.append(self._row(index, asked.key, answered, losses))
        job.report("scoring", len(rows), len(rows), "rows")
        codes = [row.fault for row in rows if row.fault]
        return Scored(
            rows,
            self._together(rows, losses),
            self._label_report(rows),
            sum(is_unfinished(row.answer or "") for row in rows),
            sum(row.at_limit for row in rows),
            {code: codes.count(code) for code in dict.fromkeys(codes)},
        )

    def _row(
        self,
        index: int,
        key: str,
        answered: Answered,
        losses: Sequence[Likelihood | None],
    ) -> ScoredRow:
        metrics: dict[str, float] = {}
        found = losses[index] if losses else None
        tokens = found.tokens if found is not None else None
        if found is not None and found.loss is not None:
            metrics["loss"] = round(found.loss, 6)
        answer, fault = answered.answers.get(key), answered.faults.get(key)
        if answer is None:
            return ScoredRow(None, metrics, None, fault, tokens)
        reference = self._rows[index].question.expected
        given = as_asked(answer, reference)
        label = None
        if self._right[index] is not None:
            label = self._finder.find(answer)
            metrics["accuracy"] = 100.0 * (label == self._right[index])
        if "match" in self._settings.metrics:
            metrics |= _matched(given, reference)
        if self._scorer is not None:
            found_text = self._scorer.score(given, reference)
            metrics |= {name: found_text[name] for name in self._text_names}
        return ScoredRow(answer, metrics, label, fault, tokens, key in answered.cut)

    @property
    def _text_names(self) -> list[str]:
        return [name for name in TEXT_METRICS if name.partition("-")[0] in self._settings.metrics]

    def _together(
        self, rows: Sequence[ScoredRow], losses: Sequence[Likelihood | None]
    ) -> dict[str, float]:
        answered = [
            (asked, row)
            for asked, row in zip(self._rows, rows, strict=True)
            if row.answer is not None
        ]
        metrics: dict[str, float] = {}
        if self._scorer is not None and answered:
            references = [asked.question.expected for asked, _ in answered]
            answers = [
                as_asked(row.answer or "", asked.question.expected) for asked, row in answered
            ]
            whole = self._scorer.together(answers, references, [_text(row) for _, row in answered])
            metrics |= {name: whole[name] for name in self._text_names}
        for name in _MATCHES:
            values = [row.metrics[name] for _, row in answered if name in row.metrics]
            if values:
                metrics[name] = round(sum(values) / len(values), 4)
        labels = self._label_report(rows)
        if labels is not None:
            metrics |= {
                "accuracy": round(labels.accuracy, 4),
                "f1_macro": round(labels.f1_macro, 4),
                "f1_micro": round(labels.f1_micro, 4),
            }
        return metrics | _loss_of(losses)

    def _label_report(self, rows: Sequence[ScoredRow]) -> LabelReport | None:
        pairs = [
            (right, row.label)
            for right, row in zip(self._right, rows, strict=True)
            if right is not None and row.answer is not None
        ]
        return label_report(pairs, self._labels) if pairs else None


def _matched(answer: str, reference: str) -> dict[str, float]:
    """Every rung of the ladder; below the first, thoughts are left out of both."""
    said, wanted = without_thought(answer), without_thought(reference)
    found = {"exact_match": matches("exact", answer, reference)}
    found |= {name: matches(mode, said, wanted) for name, mode in _LOOSER.items()}
    if last_number(wanted) is None:
        del found["number_match"]
    return {name: 100.0 * right for name, right in found.items()}


def _text(row: ScoredRow) -> dict[str, float]:
    return {name: row.metrics.get(name, 0.0) for name in TEXT_METRICS}


def _loss_of(losses: Sequence[Likelihood | None]) -> dict[str, float]:
    if not losses:
        return {}
    from engine.evaluate.likelihood import mean_loss, perplexity

    loss = mean_loss(losses)
    found = {"loss": loss, "perplexity": perplexity(loss)}
    return {name: round(value, 6) for name, value in found.items() if value is not None}
