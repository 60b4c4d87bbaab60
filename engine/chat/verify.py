"""Did it learn? Every trained question, answered by the base and by what was tuned."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.chat.sampling import Sampling
from engine.chat.talker import Talker, Voice
from engine.chat.target import ChatTarget, resolve_target
from engine.errors import DanluError
from engine.job import Job

if TYPE_CHECKING:
    from engine.data.questions import Question

_MARGIN = 16  # tokens an answer may go on beyond the trained one: enough to see that it does
_LEAST = 48  # tokens every answer may have, so that a short expected one leaves the base its words
_EMPTY_THOUGHT = re.compile(r"\A\s*<think>\s*</think>")


@dataclass(frozen=True)
class VerifiedRow:
    """One trained question, the trained answer, and what base and tuned said at temperature 0."""

    question: str
    expected: str
    base: str
    tuned: str

    @property
    def exact(self) -> bool:
        """Whether the tuned answer is the trained one, but for space around it and a thought that
        holds nothing (which some templates write before every answer)."""
        return _bare(self.tuned) == _bare(self.expected)


@dataclass(frozen=True)
class VerifyReport:
    """What a verification found."""

    target: ChatTarget
    rows: list[VerifiedRow]
    seconds: float

    @property
    def exact(self) -> int:
        return sum(row.exact for row in self.rows)

    def document(self) -> dict[str, Any]:
        """The JSON form: ``{questions, exact, rows: [{question, expected, base, tuned, exact}],
        target, run, tuned, model, seconds}``."""
        return {
            "questions": len(self.rows),
            "exact": self.exact,
            "rows": [{**vars(row), "exact": row.exact} for row in self.rows],
            "target": self.target.label,
            "run": self.target.run.name if self.target.run else None,
            "tuned": str(self.target.tuned),
            "model": self.target.base.source,
            "seconds": round(self.seconds, 1),
        }


def verify(
    target: ChatTarget | Talker | str,
    job: Job,
    *,
    questions: Sequence[Question] | None = None,
    batch_size: int = 16,
) -> VerifyReport:
    """Ask base and tuned every trained question of the target's run, at temperature 0. A talker
    that is loaded already is used as it is. Raises DanluError ``chat.*``, ``verify.*``, Cancelled.
    """
    if isinstance(target, str):
        target = resolve_target(target)
    wanted = target.target if isinstance(target, Talker) else target
    if wanted.tuned is None:
        raise DanluError("chat.no_tuned", target=wanted.label)
    asked = list(questions) if questions is not None else _questions_of(wanted, job)
    if not asked:
        raise DanluError("verify.no_questions", target=wanted.label)
    talker = target if isinstance(target, Talker) else Talker.load(target, job=job)
    start = time.monotonic()
    base = _answers(talker, asked, None, "asking_base", batch_size, job)
    tuned = _answers(talker, asked, "tuned", "asking_tuned", batch_size, job)
    rows = [
        VerifiedRow(_last_words(question.messages), question.expected, before, after)
        for question, before, after in zip(asked, base, tuned, strict=True)
    ]
    return VerifyReport(wanted, rows, time.monotonic() - start)


def _questions_of(target: ChatTarget, job: Job) -> list[Question]:
    from engine.data.questions import trained_questions

    if target.run is None:
        raise DanluError("verify.no_run", target=target.label)
    return trained_questions(target.run.spec(), job)


def _answers(
    talker: Talker,
    questions: Sequence[Question],
    voice: Voice,
    phase: str,
    batch_size: int,
    job: Job,
) -> list[str]:
    done = 0

    def count(index: int, answer: str) -> None:
        nonlocal done
        done += 1
        job.report(phase, done, len(questions), "questions")

    job.report(phase, 0, len(questions), "questions")
    lengths = talker.token_counts([question.expected for question in questions])
    answers = talker.answer_batch(
        [question.messages for question in questions],
        Sampling(),
        voice,
        batch_size=batch_size,
        limits=[max(_LEAST, length + _MARGIN) for length in lengths],
        tools=[question.tools for question in questions],
        stop=lambda: job.cancelled,
        on_done=count,
        job=job,
    )
    job.check()
    return answers


def _last_words(messages: list[dict[str, Any]]) -> str:
    """What the person asked last."""
    said = [message["content"] for message in messages if message["role"] == "user"]
    return str(said[-1]) if said else ""


def _bare(answer: str) -> str:
    return _EMPTY_THOUGHT.sub("", answer).strip()
