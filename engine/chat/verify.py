"""Did it learn? Every trained or golden question, answered by the base and by what was tuned."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.chat.kept_reports import earlier_report
from engine.chat.sampling import Sampling
from engine.chat.talker import Talker, Voice
from engine.chat.target import ChatTarget, resolve_target
from engine.chat.verify_report import VerifiedRow, VerifyReport
from engine.errors import DanluError
from engine.evaluate.asked import asked_rows, last_words
from engine.evaluate.match import Mode
from engine.job import Job
from engine.runs.made import runs_behind
from engine.spec.sections import Source

if TYPE_CHECKING:
    from engine.chat.generate import Said
    from engine.data.questions import Question

_MARGIN = 16  # tokens an answer may go on beyond the trained one: enough to see that it does
_LEAST = 48  # tokens every answer may have, so that a short expected one leaves the base its words
GOLDEN_TOKENS = 512  # tokens an answer may have where a golden one says little of its length


def verify(
    target: ChatTarget | Talker | str,
    job: Job,
    *,
    questions: Sequence[Question] | None = None,
    batch_size: int = 16,
    golden: str | None = None,
    match: Mode = "exact",
    max_new_tokens: int | None = None,
) -> VerifyReport:
    """Ask base and tuned every trained question of the target's run (of an export or average, of
    the runs it was made from), or those of the data set
    ``golden``, at temperature 0; the report is kept with the checkpoint unless ``questions`` were
    chosen. A talker that is loaded already is used as it is. Raises DanluError ``chat.*``,
    ``verify.*``, and for ``golden`` ``data.*`` and ``evaluate.no_rows``; Cancelled.
    """
    if isinstance(target, str):
        target = resolve_target(target)
    wanted = target.target if isinstance(target, Talker) else target
    if wanted.tuned is None:
        raise DanluError("chat.no_tuned", target=wanted.label)
    asked = list(questions) if questions is not None else _questions_of(wanted, golden, job)
    if not asked:
        raise DanluError("verify.no_questions", target=wanted.label)
    talker = target if isinstance(target, Talker) else Talker.load(target, job=job)
    job.note("verify.asks", count=len(asked))
    start = time.monotonic()
    limits = _limits(talker, asked, max_new_tokens or (GOLDEN_TOKENS if golden else None))
    base = _answers(talker, asked, None, "asking_base", limits, batch_size, job)
    tuned = _answers(talker, asked, "tuned", "asking_tuned", limits, batch_size, job)
    rows = [
        VerifiedRow(last_words(question.messages), question.expected, before, after)
        for question, before, after in zip(asked, base, tuned, strict=True)
    ]
    earlier = earlier_report(wanted, golden) if questions is None else None
    report = VerifyReport(wanted, rows, time.monotonic() - start, match, golden, earlier)
    if questions is None:
        report.keep()
    return report


def _questions_of(target: ChatTarget, golden: str | None, job: Job) -> list[Question]:
    from engine.data.questions import trained_questions

    if golden is not None:
        data = target.run.spec().data if target.run else None
        system, fill = (data.system, data.fill) if data else (target.system, None)
        rows = asked_rows(Source(golden), job, system=system, fill=fill).rows
        return [row.question for row in rows]
    runs = [target.run] if target.run else runs_behind(target.tuned) if target.tuned else []
    if not runs:
        raise DanluError("verify.no_run", target=target.label)
    found = [each for run in runs for each in trained_questions(run.spec(), job)]
    return list({(repr(each.messages), each.expected): each for each in found}.values())


def _limits(talker: Talker, questions: Sequence[Question], fixed: int | None) -> list[int]:
    """How many tokens each answer may have."""
    if fixed is not None:
        return [fixed] * len(questions)
    lengths = talker.token_counts([question.expected for question in questions])
    return [max(_LEAST, length + _MARGIN) for length in lengths]


def _answers(
    talker: Talker,
    questions: Sequence[Question],
    voice: Voice,
    phase: str,
    limits: Sequence[int],
    batch_size: int,
    job: Job,
) -> list[str]:
    done = 0

    def count(index: int, said: Said) -> None:
        nonlocal done
        done += 1
        job.report(phase, done, len(questions), "questions", at_once=batch_size)

    job.report(phase, 0, len(questions), "questions")
    answers = talker.answer_batch(
        [question.messages for question in questions],
        Sampling(),
        voice,
        batch_size=batch_size,
        limits=limits,
        tools=[question.tools for question in questions],
        stop=lambda: job.cancelled,
        on_done=count,
        job=job,
    )
    job.check()
    return answers
