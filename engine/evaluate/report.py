"""What an evaluation found: the document, the rows worst first, and where both are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.chat.target import ChatTarget
from engine.evaluate.asked import Asked, AskedRows
from engine.evaluate.score import Scored
from engine.evaluate.settings import Settings
from engine.runs.atomic import write_atomically

LOWER_IS_BETTER = ("loss", "perplexity")
_MAIN = ("accuracy", "rouge-l", "exact_match", "bleu-4", "loss")  # what says most of a row
_SAME = 5e-5  # a difference that rounding alone can make


@dataclass(frozen=True)
class Evaluation:
    """A finished evaluation. ``kept`` answers were there from one before; ``labels_by`` and
    ``limit_by`` (of ``settings.max_new_tokens``) say who chose: ``you`` or the ``data``."""

    target: ChatTarget
    data: str
    asked: AskedRows
    settings: Settings
    scored: Scored
    base: Scored | None
    language: str
    scorers: dict[str, str]
    labels: Sequence[str]
    labels_by: str | None
    limit_by: str | None
    path: Path
    seconds: float
    kept: int = 0
    _rows: list[dict[str, Any]] = field(default_factory=list, repr=False, compare=False)

    @property
    def rows_path(self) -> Path:
        return self.path.with_suffix(".rows.jsonl")

    def document(self) -> dict[str, Any]:
        """The ``evaluate`` JSON document: ``{target, data, rows, metrics, labels, base?,
        difference?, intervals?, path, rows_path, …}``. Metrics are percent but for loss and
        perplexity; an interval is ``[low, high]`` of the difference."""
        document: dict[str, Any] = {
            "target": self.target.label,
            "run": self.target.run.name if self.target.run else None,
            "model": self.target.base.source,
            "folder": self.target.folder,
            "data": self.data,
            "rows": len(self.asked.rows),
            "dropped": self.asked.dropped,
            "unanswered": self.asked.unanswered,
            "unwanted": self.asked.unwanted,
            "unfinished": self.scored.unfinished,
            "at_limit": self.scored.at_limit,
            "faults": self.scored.faults,
            "metrics": self.scored.metrics,
            "labels": self._labels_of(self.scored),
        }
        if self.base is not None:
            document |= {
                "base": self.base.metrics,
                "base_labels": self._labels_of(self.base),
                "base_at_limit": self.base.at_limit,
                "difference": difference(self.base.metrics, self.scored.metrics),
                "intervals": self._intervals(self.base),
            }
        return document | {
            "language": self.language,
            "scorers": self.scorers,
            "settings": vars(self.settings),
            "limit_by": self.limit_by,
            "kept": self.kept,
            "seconds": round(self.seconds, 1),
            "path": str(self.path),
            "rows_path": str(self.rows_path),
        }

    def _intervals(self, base: Scored) -> dict[str, list[float]]:
        from engine.evaluate.paired import intervals

        references = [asked.question.expected for asked in self.asked.rows]
        before, after = (
            [
                {"row": at, "reference": reference, **row.document()}
                for at, (reference, row) in enumerate(zip(references, scored.rows, strict=True))
            ]
            for scored in (base, self.scored)
        )
        return intervals(before, after, self.scored.metrics, self.labels)

    def _labels_of(self, scored: Scored) -> dict[str, Any] | None:
        if scored.labels is None:
            return None
        named = {"names": list(self.labels), "by": self.labels_by}
        return named | scored.labels.document()

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row as it is kept, the worst first: ``{row, file, line, question, reference, answer,
        <metric>…, label, fault, base?}``."""
        order = sorted(range(len(self.asked.rows)), key=lambda at: self.scored.rows[at].quality)
        for index in order:
            yield self._row(index, self.asked.rows[index])

    def _row(self, index: int, asked: Asked) -> dict[str, Any]:
        row = {
            "row": index + 1,
            "file": asked.conversation.file,
            "line": asked.conversation.line,
            "question": asked.last_words,
            "reference": asked.question.expected,
            **self.scored.rows[index].document(),
        }
        if self.base is not None:
            row["base"] = self.base.rows[index].document()
        return row

    def save(self) -> None:
        """Keep document and rows: whole or not at all, the document last."""
        lines = (json.dumps(row, ensure_ascii=False) for row in self.rows())
        write_atomically(self.rows_path, "".join(line + "\n" for line in lines))
        text = json.dumps(self.document(), ensure_ascii=False, indent=1)
        write_atomically(self.path, text + "\n")


def difference(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """After less before, for each metric both have."""
    return {name: round(after[name] - before[name], 6) for name in after if name in before}


def is_better(name: str, change: float) -> bool | None:
    """Whether ``change`` of the metric is for the better; None where it is none."""
    if abs(change) < _SAME:
        return None
    return (change < 0) == (name in LOWER_IS_BETTER)


def main_metric(metrics: Mapping[str, Any]) -> str | None:
    """The metric that says most of a row or an evaluation; None without any."""
    return next((name for name in _MAIN if metrics.get(name) is not None), None)
