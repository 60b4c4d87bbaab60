"""What a data screen shows: rows as the model will see them, page by page, and how long they are.

Reads no more rows than the pages asked for, so the first page of a large file is there at once.
For a worker thread; imports nothing heavy itself.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from engine.data.conversation import Conversation
from engine.data.encode import Encoder
from engine.data.finding import Finding, at_row
from engine.data.foreign_tokens import marks_of
from engine.data.preference import Preference
from engine.data.remarks import remarks
from engine.data.render import Rendered
from engine.data.report import SourceReport
from engine.data.survey import Wording, taken
from engine.errors import DanluError
from engine.job import Cancelled, Job, Part
from engine.spec.sections import Data, Source

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_EVERY = 64
_HELD = 2000  # rows kept in memory; those before them are read again when they are asked for
_LIKELY = 50  # rows of the most and the fewest characters, of which the tokens are counted


@dataclass(frozen=True)
class PreviewRow:
    """One row to be trained: ``number`` from 1; ``conversation`` is the row, an Example of its
    stage; ``rendered`` is None without a tokenizer, for other rows than conversations and pairs,
    and where the template refuses; of a pair it is the better side, ``rejected`` the worse;
    ``findings`` are its own."""

    number: int
    conversation: Any
    rendered: Rendered | None
    findings: tuple[Finding, ...]
    rejected: Rendered | None = None

    @property
    def sides(self) -> tuple[Rendered, ...]:
        """All that is rendered of the row."""
        return tuple(side for side in (self.rendered, self.rejected) if side is not None)


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
        self,
        data: Data,
        tokenizer: PreTrainedTokenizerBase | None = None,
        *,
        seed: int = 42,
        stage: str = "sft",
    ) -> None:
        self._data, self._seed, self._stage = data, seed, stage
        self._marks = marks_of(tokenizer)
        self._encoder: Encoder | None = None
        if tokenizer is not None:
            self._encoder = Encoder(
                tokenizer, data.max_length, data.over_long, data.mask_history, data.train_on_prompt
            )
        self._job = Job()
        self._failure: DanluError | None = None
        self._begin()

    def _begin(self) -> None:
        self._read: deque[Any] = deque()
        self._passed = 0  # rows before those held
        self._rest: Iterator[Any] | None = None
        self.complete = False

    @property
    def known(self) -> int:
        """How many rows were read so far: all of them once ``complete``."""
        return self._passed + len(self._read)

    def page(self, first: int, count: int) -> list[PreviewRow]:
        """``count`` rows from row ``first`` (from 0) on; fewer at the end. Raises DanluError where
        the data cannot be read."""
        if first < self._passed:
            self._begin()
        self._read_until(first + count, keep=first)
        rows = islice(self._read, first - self._passed, first - self._passed + count)
        return [self._row(number, row) for number, row in enumerate(rows, first + 1)]

    def count(self, job: Job) -> int:
        """The number of all rows; reads them all."""
        self._job = job
        self._read_until(None)
        return self.known

    def lengths(self, job: Job, limit: int | None = None) -> Lengths:
        """The lengths of all rows, or of ``limit`` rows spread evenly over them."""
        assert self._encoder is not None, "lengths need a tokenizer"
        total = self.count(job)
        step = max(1, math.ceil(total / limit)) if limit else 1
        lengths, trained, longer = [], 0, 0
        for index, row in enumerate(self._conversations()):
            if index % (_EVERY * step) == 0:
                job.report("rendering_data", index, total, "rows")
            sides = self._sides(row) if index % step == 0 else ()
            if sides:
                lengths.append(max(side.length for side in sides))
                trained += sum(side.trained for side in sides)
                longer += any(side.cut for side in sides)
        job.report("rendering_data", total, total, "rows")
        return Lengths(tuple(lengths), trained, percentiles(lengths), longer)

    def find(
        self, wanted: Callable[[Any], bool] | None, near: int, step: int, job: Job
    ) -> int | None:
        """The place (from 0) of the next row (``step`` 1) or the one before (-1) that is
        ``wanted``, looked for from ``near`` on and round the end; None when there is none. Without
        ``wanted`` it is one about which something was found."""
        self._job = job
        if step > 0:
            ahead = self._matches(wanted, near + 1, None, job)
            return next(chain(ahead, self._matches(wanted, 0, max(0, near), job)), None)
        before = deque(self._matches(wanted, 0, max(0, near), job), maxlen=1)
        behind = before or deque(self._matches(wanted, near + 1, None, job), maxlen=1)
        return behind[0] if behind else None

    def _matches(
        self, wanted: Callable[[Any], bool] | None, first: int, end: int | None, job: Job
    ) -> Iterator[int]:
        wanted = wanted or self._is_noted
        for index, row in enumerate(islice(self._conversations(), end)):
            if index % _EVERY == 0:
                job.report("searching_data", index, None, "rows")
            if index >= first and wanted(row):
                yield index

    def extreme(self, longest: bool, job: Job) -> int | None:
        """The place (from 0) of the longest or the shortest row; None without rows."""
        self._job = job
        sign = 1 if longest else -1
        sized = (
            (sign * sum(len(text) for _, text in row.said()), -index, row)
            for index, row in enumerate(self._conversations())
        )
        likely = heapq.nlargest(_LIKELY, sized, key=lambda entry: entry[:2])
        counted = [(sign * self._size(row, sign * size), at) for size, at, row in likely]
        return -max(counted)[1] if counted else None

    def _is_noted(self, row: Any) -> bool:
        return bool(row.findings) or bool(self._row(0, row).findings)

    def _size(self, row: Any, characters: int) -> int:
        return max((side.length for side in self._sides(row)), default=characters)

    def _sides(self, row: Any) -> tuple[Rendered, ...]:
        return self._row(0, row, remarked=False).sides

    def _row(self, number: int, row: Any, *, remarked: bool = True) -> PreviewRow:
        noted = row.findings
        if remarked:
            noted = (*noted, *at_row(remarks(row, self._marks), row.row))
        if self._encoder is not None and isinstance(row, Conversation):
            rendered, findings = self._encoder.examine(row)
            return PreviewRow(number, row, rendered, (*noted, *findings))
        if self._encoder is not None and isinstance(row, Preference):
            both, findings = self._encoder.examine_pair(row)
            better, worse = both or (None, None)
            return PreviewRow(number, row, better, (*noted, *findings), worse)
        return PreviewRow(number, row, None, noted)

    def _read_until(self, wanted: int | None, keep: int | None = None) -> None:
        """Read on to row ``wanted`` (all for None), holding no more than _HELD rows and those from
        ``keep`` on."""
        if self._failure is not None:
            raise self._failure
        if self._rest is None:
            self._rest = self._conversations()
        while not self.complete and (wanted is None or self.known < wanted):
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
                while len(self._read) > _HELD and (keep is None or self._passed < keep):
                    self._read.popleft()
                    self._passed += 1

    def _conversations(self) -> Iterator[Any]:
        wording = Wording(self._data.fill, self._data.system, self._seed)
        for source in self._data.train:
            report = SourceReport(source.source, self._stage)
            yield from taken(source, wording, report, _Relay(self))


class _Relay(Job):
    """Reading that goes on through several calls reports to the job of the call it goes on in."""

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self._preview = preview

    def report(
        self,
        phase: str,
        done: float = 0,
        total: float | None = None,
        unit: str = "",
        parts: Sequence[Part] = (),
        at_once: int = 1,
    ) -> None:
        self._preview._job.report(phase, done, total, unit, parts, at_once)


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
