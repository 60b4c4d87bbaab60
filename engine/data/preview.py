"""What a data screen shows: rows as the model will see them, page by page, and how long they are.

Reads no more rows than the pages asked for, so the first page of a large file is there at once.
For a worker thread; imports nothing heavy itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.data.conversation import Conversation
from engine.data.encode import Encoder
from engine.data.finding import Finding
from engine.data.render import Rendered
from engine.data.report import SourceReport
from engine.data.survey import Wording, taken
from engine.errors import DanluError
from engine.job import Cancelled, Job
from engine.spec.sections import Data, Source

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_EVERY = 64


@dataclass(frozen=True)
class PreviewRow:
    """One row to be trained: ``number`` from 1; ``rendered`` is None without a tokenizer or where
    the template refuses; ``findings`` are its own."""

    number: int
    conversation: Conversation
    rendered: Rendered | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Bucket:
    """``count`` rows of ``low`` to ``high`` tokens, both included."""

    low: int
    high: int
    count: int


@dataclass(frozen=True)
class Lengths:
    """How long the rows are, in tokens, before any cut."""

    lengths: tuple[int, ...]
    trained: int
    percentiles: dict[int, int]
    over_long: int

    @property
    def total(self) -> int:
        """Tokens of all rows."""
        return sum(self.lengths)

    def buckets(self, count: int = 12) -> list[Bucket]:
        return histogram(self.lengths, count)


class Preview:
    """The rows of ``data.train`` as they will be trained, read as far as they are looked at."""

    def __init__(
        self, data: Data, tokenizer: PreTrainedTokenizerBase | None = None, *, seed: int = 42
    ) -> None:
        self._data, self._seed = data, seed
        self._encoder: Encoder | None = None
        if tokenizer is not None:
            self._encoder = Encoder(
                tokenizer, data.max_length, data.over_long, data.mask_history, data.train_on_prompt
            )
        self._job = Job()
        self._failure: DanluError | None = None
        self._begin()

    def _begin(self) -> None:
        self._read: list[Conversation] = []
        self._rest: Iterator[Conversation] | None = None
        self.complete = False
        self.reports = [SourceReport(source.source) for source in self._data.train]

    @property
    def known(self) -> int:
        """How many rows were read so far: all of them once ``complete``."""
        return len(self._read)

    def page(self, first: int, count: int) -> list[PreviewRow]:
        """``count`` rows from row ``first`` (from 0) on; fewer at the end. Raises DanluError where
        the data cannot be read."""
        self._read_until(first + count)
        numbered = enumerate(self._read[first : first + count], first + 1)
        return [self._row(number, conversation) for number, conversation in numbered]

    def count(self, job: Job) -> int:
        """The number of all rows; reads them all."""
        self._job = job
        self._read_until(None)
        return len(self._read)

    def lengths(self, job: Job, limit: int | None = None) -> Lengths:
        """The lengths of all rows, or of ``limit`` rows spread evenly over them."""
        assert self._encoder is not None, "lengths need a tokenizer"
        total = self.count(job)
        step = max(1, math.ceil(total / limit)) if limit else 1
        lengths, trained, longer = [], 0, 0
        for index in range(0, total, step):
            if index % (_EVERY * step) == 0:
                job.report("rendering_data", index, total, "rows")
            rendered, _ = self._encoder.examine(self._read[index])
            if rendered is not None:
                lengths.append(rendered.length)
                trained += rendered.trained
                longer += bool(rendered.cut)
        job.report("rendering_data", total, total, "rows")
        return Lengths(tuple(lengths), trained, percentiles(lengths), longer)

    def _row(self, number: int, conversation: Conversation) -> PreviewRow:
        if self._encoder is None:
            return PreviewRow(number, conversation, None, conversation.findings)
        rendered, findings = self._encoder.examine(conversation)
        return PreviewRow(number, conversation, rendered, (*conversation.findings, *findings))

    def _read_until(self, wanted: int | None) -> None:
        if self._failure is not None:
            raise self._failure
        if self._rest is None:
            self._rest = self._conversations()
        while not self.complete and (wanted is None or len(self._read) < wanted):
            try:
                conversation = next(self._rest, None)
            except DanluError as error:
                self._failure = error
                raise
            except Cancelled:
                self._begin()  # the reading that was broken off cannot be gone on with
                raise
            if conversation is None:
                self.complete = True
            else:
                self._read.append(conversation)

    def _conversations(self) -> Iterator[Conversation]:
        wording = Wording(self._data.fill, self._data.system, self._seed)
        for source, report in zip(self._data.train, self.reports, strict=True):
            yield from taken(source, wording, report, _Relay(self))


class _Relay(Job):
    """Reading that goes on through several calls reports to the job of the call it goes on in."""

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self._preview = preview

    def report(
        self, phase: str, done: float = 0, total: float | None = None, unit: str = ""
    ) -> None:
        self._preview._job.report(phase, done, total, unit)


def preview(
    sources: Sequence[Source], tokenizer: PreTrainedTokenizerBase | None = None, **data: object
) -> Preview:
    """A Preview of ``sources``; further arguments are fields of the spec's ``data``."""
    return Preview(Data(train=list(sources), **data), tokenizer)  # type: ignore[arg-type]


def percentiles(
    lengths: Sequence[int], shares: Sequence[int] = (50, 90, 95, 99, 100)
) -> dict[int, int]:
    """The length that so many percent of the rows do not exceed (nearest rank); {} for no rows."""
    ordered = sorted(lengths)
    if not ordered:
        return {}
    return {share: ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)] for share in shares}


def histogram(lengths: Sequence[int], buckets: int = 12) -> list[Bucket]:
    """Counts of rows by length, in at most ``buckets`` ranges of one round width, from 1 up."""
    if not lengths:
        return []
    width = _round_up(max(lengths) / buckets)
    counts = [0] * math.ceil(max(max(lengths), 1) / width)
    for length in lengths:
        counts[max(0, length - 1) // width] += 1
    return [Bucket(i * width + 1, (i + 1) * width, count) for i, count in enumerate(counts)]


def _round_up(width: float) -> int:
    """The next of 1, 2, 4, 5, 8, 10, 20, 40, 50, 80, 100 … that is not below ``width``."""
    scale = 1
    while True:
        for step in (1, 2, 4, 5, 8):
            if step * scale >= width:
                return step * scale
        scale *= 10
