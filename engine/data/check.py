"""Checking data before anything is trained on it: every row, with what is wrong, where, and why.

Imports nothing heavy; a tokenizer is given by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from engine.data.bulk import count_rows
from engine.data.conversation import Conversation
from engine.data.duplicates import Seen
from engine.data.example import Example
from engine.data.files import locate
from engine.data.finding import found_error
from engine.data.foreign_tokens import marks_of
from engine.data.inspection import Inspection
from engine.data.onlooker import Onlooker, Run
from engine.data.render_pool import process_count
from engine.data.report import Report, SourceReport
from engine.data.survey import Wording, taken
from engine.errors import DanluError
from engine.job import Job
from engine.spec.sections import Source

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from engine.data.encode import Encoder

_BYTES_A_ROW = 1000  # about, in the files

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
    held: Sequence[Source] = (),
    eval_fraction: float = 0.0,
    content: bool = True,
    job: Job | None = None,
) -> Report:
    """Check every row of ``sources`` as it would be trained at ``stage`` (``auto``: as the rows of
    each source say themselves), and of ``held``, which is for evaluation; ``eval_fraction`` of the
    rows to train will be held back too. With a tokenizer rows are rendered: lengths are known, and
    rows that are too long or have nothing to learn are found.
    Without ``content`` what the words hold (secrets, marks, near duplicates…) is not looked at.

    A source that cannot be read at all is an error of the report, not an exception; only
    ``job.Cancelled`` is raised.
    """
    job = job or Job()
    wording = Wording(fill or {}, system, seed)
    encoder = None
    if tokenizer is not None:
        from engine.data.encode import Encoder

        encoder = Encoder(tokenizer, max_length, over_long, mask_history, train_on_prompt)
    inspection = Inspection(marks_of(tokenizer), eval_fraction) if content else None
    looking = _Looking(wording, encoder, inspection, job)
    held_reports = [looking.at(source, stage, held=True) for source in held]
    looking.seen = Seen()
    reports = [looking.at(source, stage) for source in sources]
    if inspection is not None:
        inspection.finish()
    stages = [report.stage for report in reports]
    return Report(reports, lambda: _reread(sources, stages, wording), held_reports)


@dataclass
class _Looking:
    """What the sources of one check are looked at with."""

    wording: Wording
    encoder: Encoder | None
    inspection: Inspection | None
    job: Job
    seen: Seen = field(default_factory=Seen)

    def at(self, source: Source, stage: str, *, held: bool = False) -> SourceReport:
        """The report of one source."""
        report = SourceReport(source.source, stage)
        try:
            if (
                self.encoder is None
                and not held
                and not (self.inspection and self.inspection.compares)
            ):
                self._in_bulk(source, report)
                return report
            rows = self._looked_at(source, report, held)
            if self.encoder is None:
                for _ in rows:
                    pass
            else:
                count = process_count(None, self._about(source), self.job)
                with self.encoder.pool(count, self.job) as pool:
                    for _ in self.encoder.encode_many(rows, report, pool):
                        pass
        except DanluError as error:
            report.add([found_error(error, source.source)])
        return report

    def _about(self, source: Source) -> int:
        """About how many rows a source has. Raises DanluError."""
        files = locate(source, self.job).files
        return sum(path.stat().st_size for path in files if path.exists()) // _BYTES_A_ROW

    def _looked_at(
        self, source: Source, report: SourceReport, held: bool
    ) -> Iterator[Conversation]:
        """The conversations of a source, each looked at."""
        for example in taken(source, self.wording, report, self.job, self.seen):
            if self.inspection is not None:
                look = self.inspection.held if held else self.inspection.train
                look(example, report)
            if isinstance(example, Conversation):
                yield example
            elif self.encoder is not None:
                from engine.data.weigh import weigh

                weigh(example, self.encoder, report)

    def _in_bulk(self, source: Source, report: SourceReport) -> None:
        """Every row of a source of which none is needed once it is judged."""
        onlooker = _Inspector(self.inspection, report) if self.inspection else None
        count_rows(source, self.wording, report, self.job, self.seen, onlooker)


class _Inspector(Onlooker):
    """Shows the rows of one source to the inspection of all."""

    content = True

    def __init__(self, inspection: Inspection, report: SourceReport) -> None:
        self._inspection, self._report = inspection, report

    @property
    def wants_each(self) -> bool:
        return self._inspection.wants_each

    def look(self, row: Example, digest: bytes) -> None:
        self._inspection.train(row, self._report, digest)

    def passed(self, run: Run) -> None:
        self._inspection.passed(run, self._report)


def _reread(
    sources: Sequence[Source], stages: Sequence[str], wording: Wording
) -> Iterator[Conversation]:
    for source, stage in zip(sources, stages, strict=True):
        try:
            yield from taken(source, wording, SourceReport(source.source, stage), Job())
        except DanluError:  # said in the report already
            continue
