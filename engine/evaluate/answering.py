"""Letting a model answer every row: in batches, what was answered before left out."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.chat.sampling import Sampling
from engine.chat.talker import Talker, Voice
from engine.errors import DanluError
from engine.evaluate.answer_file import AnswerFile
from engine.evaluate.asked import Asked
from engine.evaluate.out_of_memory import named_out_of_memory
from engine.job import Job

if TYPE_CHECKING:
    from engine.chat.generate import Said

_AT_ONCE = 16  # batches handed over together: enough to sort by length, few enough to lay out soon
_ROW_FAULTS = ("chat.too_long", "chat.template_refuses")  # of one row, not of the model


@dataclass(frozen=True)
class Answered:
    """The answers by the keys of their rows. ``faults`` are rows that could not be asked, with the
    code of the error; ``kept`` answers were there from before; those of the keys ``cut``
    ended at the limit."""

    answers: dict[str, str]
    faults: dict[str, str]
    kept: int
    cut: Set[str] = frozenset()


class Answering:
    """Asks one model (``voice`` of ``talker``) and keeps what it says in ``file``."""

    def __init__(
        self, talker: Talker, voice: Voice, file: AnswerFile, job: Job, phase: str
    ) -> None:
        self._talker, self._file = talker, file
        self._voice: Voice = voice
        self._job, self._phase = job, phase
        self._faults: dict[str, str] = {}
        self._total, self._batch_size = 0, 1
        self._done = 0

    def ask(self, rows: Sequence[Asked], sampling: Sampling, batch_size: int) -> Answered:
        """Every different question of ``rows``, answered. Raises DanluError ``chat.*`` and
        ``evaluate.out_of_memory``; Cancelled, with all complete answers kept."""
        different = {row.key: row for row in rows}
        waiting = {key: row for key, row in different.items() if key not in self._file.answers}
        self._total, self._batch_size = len(different), batch_size
        kept = self._done = len(different) - len(waiting)
        self._report()
        # Like lengths together, so that little of a batch is padding.
        order = sorted(waiting.items(), key=lambda entry: len(str(entry[1].question.messages)))
        step = batch_size * _AT_ONCE
        for start in range(0, len(order), step):
            self._ask_some(order[start : start + step], sampling, batch_size)
            self._job.check()
        answers = {key: self._file.answers[key] for key in different if key in self._file.answers}
        return Answered(answers, self._faults, kept, self._file.cut & answers.keys())

    def _ask_some(self, rows: list[tuple[str, Asked]], sampling: Sampling, batch_size: int) -> None:
        """Ask ``rows``; where one of them cannot be asked, each half alone."""
        try:
            self._ask(rows, sampling, batch_size)
        except DanluError as error:
            if error.code not in _ROW_FAULTS:
                raise
            if len(rows) == 1:
                self._faults[rows[0][0]] = error.code
                self._done += 1
                return
            half = len(rows) // 2
            self._ask_some(rows[:half], sampling, batch_size)
            self._ask_some(rows[half:], sampling, batch_size)

    def _ask(self, rows: list[tuple[str, Asked]], sampling: Sampling, batch_size: int) -> None:
        def keep(index: int, said: Said) -> None:
            self._file.add(rows[index][0], said)
            self._done += 1
            self._report()

        with named_out_of_memory(batch_size):
            self._talker.answer_batch(
                [row.question.messages for _, row in rows],
                sampling,
                self._voice,
                batch_size=batch_size,
                tools=[row.question.tools for _, row in rows],
                stop=lambda: self._job.cancelled,
                on_done=keep,
                job=self._job,
            )
        self._job.check()

    def _report(self) -> None:
        at_once = self._batch_size
        self._job.report(self._phase, self._done, self._total, "rows", at_once=at_once)
