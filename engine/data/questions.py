"""The questions a run was trained on, with the answers it should give: what verifying asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.data.conversation import Conversation
from engine.data.preference import Preference
from engine.data.report import SourceReport
from engine.data.split import held_back
from engine.data.survey import Wording, taken
from engine.job import Job
from engine.spec.run_spec import RunSpec


@dataclass(frozen=True)
class Question:
    """What is asked (all messages before the last answer), and the trained answer."""

    messages: list[dict[str, Any]]
    expected: str
    tools: list[dict[str, Any]] | None = None
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


def trained_questions(spec: RunSpec, job: Job) -> list[Question]:
    """Each different row of the training data as a question, filled and with the system prompt as
    in training; rows held back for evaluation, and those whose last answer calls a tool, are not
    among them. Raises DanluError as reading does."""
    wording = Wording(spec.data.fill, spec.data.system, spec.train.seed)
    rows = [
        row
        for source in spec.data.train
        for row in taken(source, wording, SourceReport(source.source, spec.method.stage), job)
    ]
    held = held_back(rows, spec.data.eval_fraction)
    trained = {row.key: row for row, evaluated in zip(rows, held, strict=True) if not evaluated}
    return [question for row in trained.values() if (question := question_of(row))]


def question_of(row: Conversation | Preference) -> Question | None:
    """The row's last answer (of a pair the better one) as what is expected; None where that calls a
    tool or is not trained, as in rows with images."""
    if isinstance(row, Preference):
        row = row.chosen
    *before, answer = row.messages
    if row.images or answer.get("tool_calls") or answer.get("loss") is False:
        return None
    return Question(before, answer["content"], row.tools, row.file, row.line)
