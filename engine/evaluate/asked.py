"""The rows of a data set as questions with their reference answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.data.conversation import Conversation, content_key
from engine.data.example import Example
from engine.data.labelled import Labelled
from engine.data.plain_text import PlainText
from engine.data.preference import Preference
from engine.data.questions import Question, question_of
from engine.data.report import SourceReport
from engine.data.survey import Wording, taken
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

_EVERY = 64


@dataclass(frozen=True)
class Asked:
    """One row: what is asked, and the whole conversation it comes from."""

    question: Question
    conversation: Conversation

    @property
    def key(self) -> str:
        """A hash of all that is asked: equal questions have one answer."""
        return content_key(self.question.messages, self.question.tools)

    @property
    def last_words(self) -> str:
        """What the person asked last."""
        return last_words(self.question.messages)


@dataclass(frozen=True)
class AskedRows:
    """The rows that can be evaluated. Of the rest, ``dropped`` could not be read, ``unanswered``
    have no answer in words (they end in a call of a tool), and ``unwanted`` one marked as bad."""

    rows: list[Asked]
    dropped: int = 0
    unanswered: int = 0
    unwanted: int = 0


def asked_rows(
    source: Source,
    job: Job,
    *,
    system: str | None = None,
    fill: Mapping[str, str] | None = None,
    seed: int = 42,
) -> AskedRows:
    """The rows of ``source``, in any format training reads; of preferences the better answer is the
    reference. Raises DanluError as reading does, ``evaluate.plain_text``, and ``evaluate.no_rows``
    when none is left."""
    report = SourceReport(source.source, "auto")
    rows: list[Asked] = []
    unanswered = unwanted = 0
    job.report("reading_data")
    for example in taken(source, Wording(fill or {}, system, seed), report, job):
        if isinstance(example, Labelled) and not example.label:
            unwanted += 1
            continue
        conversation = _answered(example)
        question = question_of(conversation) if conversation else None
        if conversation is None or question is None or not question.expected.strip():
            unanswered += 1
            continue
        rows.append(Asked(question, conversation))
        if len(rows) % _EVERY == 0:
            job.report("reading_data", len(rows), None, "rows")
    if not rows:
        raise DanluError(
            "evaluate.no_rows", data=source.source, rows=report.rows, dropped=report.dropped
        )
    return AskedRows(rows, report.dropped, unanswered, unwanted)


def _answered(example: Example) -> Conversation | None:
    """The row with its good answer; None where it has no answer. Raises DanluError
    ``evaluate.plain_text``."""
    match example:
        case Conversation():
            return example
        case Preference():
            return example.chosen
        case Labelled():
            return example.conversation
        case PlainText():
            raise DanluError("evaluate.plain_text", file=example.file, line=example.line)
    return None


def last_words(messages: list[dict[str, Any]]) -> str:
    """What the person asked last."""
    said = [message["content"] for message in messages if message["role"] == "user"]
    return str(said[-1]) if said else ""
