"""The harness's progress bars as the progress of a job, and how long it will take said once."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from engine.job import Job
from engine.units import human_duration

_LONG = 600.0  # seconds to go from which they are said


@contextlib.contextmanager
def counting(huggingface: Any, job: Job, batch: int) -> Iterator[None]:
    """While open, the harness draws no bars; that of ``huggingface``, which asks the model a
    ``batch`` at a time, reports to ``job``, and at all of them the job may be cancelled."""
    modules = [each for name, each in sys.modules.items() if name.startswith("lm_eval")]
    before = {module: module.tqdm for module in modules if hasattr(module, "tqdm")}
    for module in before:
        vars(module)["tqdm"] = partial(_Bar, job, batch if module is huggingface else 0)
    try:
        yield
    finally:
        for module, bar in before.items():
            vars(module)["tqdm"] = bar


class _Bar:
    """What the harness takes for a progress bar; draws nothing. ``batch`` is how many requests are
    answered together, 0 for a bar of anything else, which is not told of."""

    def __init__(
        self, job: Job, batch: int, rows: Any = None, total: int | None = None, **_: Any
    ) -> None:
        self._job, self._batch = job, batch
        self._rows, self._done = rows, 0
        self._total = total if total is not None else len(rows or ())
        self._started, self._told = time.monotonic(), False
        self.update(0)

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            yield row
            self.update(1)

    def update(self, count: int = 1) -> None:
        self._done += count
        if self._batch:
            self._job.report("benchmark_ask", self._done, self._total or None, "requests")
            self._tell_when_long()
        else:
            self._job.check()

    def _tell_when_long(self) -> None:
        """Said after the first batch, while little is lost by asking fewer questions."""
        if self._told or self._done < self._batch:
            return
        self._told = True
        left = (time.monotonic() - self._started) * (self._total - self._done) / self._done
        if left > _LONG:
            time_left = human_duration(left)
            self._job.note("evaluate.takes_long", time=time_left, requests=self._total)

    def close(self) -> None:
        """Nothing was opened."""
