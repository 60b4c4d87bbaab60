"""How well a checkpoint answered when it was verified, read from the report kept beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.chat.verify_report import VERIFY_NAME


@dataclass(frozen=True, slots=True)
class Score:
    """``right`` of ``questions`` by the checkpoint, ``base_right`` by the model below it; ``worse``
    is how many the base, or an earlier verification, had right and the checkpoint has not."""

    right: int
    questions: int
    base_right: int = 0
    worse: int = 0

    @property
    def share(self) -> float:
        return self.right / self.questions if self.questions else 0.0


def read_score(checkpoint: Path | str) -> Score | None:
    """The score of a checkpoint's folder; None where it was not verified."""
    try:
        with open(f"{checkpoint}/{VERIFY_NAME}", encoding="utf-8") as file:
            return _score(json.load(file))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def score_document(score: Score | None) -> dict[str, Any] | None:
    """A score as JSON: ``{right, questions, base_right, worse, share}``."""
    if score is None:
        return None
    names = ("right", "questions", "base_right", "worse")
    return {**{name: getattr(score, name) for name in names}, "share": round(score.share, 4)}


def _score(document: dict[str, Any]) -> Score:
    right = document.get("right", document.get("exact"))
    earlier = (document.get("gate") or {}).get("worse_than_earlier") or ()
    return Score(
        int(right or 0),
        int(document["questions"]),
        int(document.get("base_right") or 0),
        len({*(document.get("regressions") or ()), *earlier}),
    )
