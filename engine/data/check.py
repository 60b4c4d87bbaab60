"""Checking data before anything is trained on it: every row, with what is wrong, where, and why.

Imports nothing heavy; a tokenizer is given by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from engine.data.conversation import Conversation
from engine.data.duplicates import Seen
from engine.data.finding import found_error
from engine.data.report import Report, SourceReport
from engine.data.survey import Wording, taken
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from engine.data.encode import Encoder

__all__ = ["Report", "SourceReport", "check"]


def check(
    sources: Sequence[Source],
    *,
    stage: str = "sft",
    tokenizer: PreTrainedTokenizerBase | None = None,
    max_length: int | None = None,
    over_long: Literal["cut", "drop"] = "cut",
    fill: Mapping[str, str] | None = None,
    system: str | None = None,
    mask_history: bool = False,
    train_on_prompt: bool = False,
    seed: int = 42,
    job: Job | None = None,
) -> Report:
    """Check every row of ``sources`` as it would be trained. With a tokenizer rows are rendered
    too: lengths are known, and rows that are too long or have nothing to learn are found.

    A source that cannot be read at all is an error of the report, not an exception; only
    ``job.Cancelled`` is raised.
    """
    job = job or Job()
    wording = Wording(fill or {}, system, seed)
    encoder = None
    if tokenizer is not None:
        from engine.data.encode import Encoder

        encoder = Encoder(tokenizer, max_length, over_long, mask_history, train_on_prompt)
    seen = Seen()
    reports = [_check_source(source, stage, wording, encoder, job, seen) for source in sources]
    return Report(reports, lambda: _reread(sources, wording))


def _check_source(
    source: Source, stage: str, wording: Wording, encoder: Encoder | None, job: Job, seen: Seen
) -> SourceReport:
    report = SourceReport(source.source, stage)
    try:
        for conversation in taken(source, wording, report, job, seen):
            if encoder is not None:
                encoder.encode(conversation, report)
    except DanluError as error:
        report.add([found_error(error, source.source)])
    return report


def _reread(sources: Sequence[Source], wording: Wording) -> Iterator[Conversation]:
    for source in sources:
        try:
            yield from taken(source, wording, SourceReport(source.source), Job())
        except DanluError:  # said in the report already
            continue
