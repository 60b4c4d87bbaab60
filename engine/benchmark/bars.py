"""The harness's progress bars as the progress of a job."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

from engine.job import Job


@contextlib.contextmanager
def counting(huggingface: Any, job: Job) -> Iterator[None]:
    """While open, the harness draws no bars; that of ``huggingface``, which asks the model, reports
    to ``job``, and at all of them the job may be cancelled."""
    modules = [each for name, each in sys.modules.items() if name.startswith("lm_eval")]
    before = {module: module.tqdm for module in modules if hasattr(module, "tqdm")}
    for module in before:
        vars(module)["tqdm"] = partial(_Bar, job, module is huggingface)
    try:
        yield
    finally:
        for module, bar in before.items():
            vars(module)["tqdm"] = bar


class _Bar:
    """What the harness takes for a progress bar; draws nothing."""

    def __init__(
        self, job: Job, reports: bool, rows: Any = None, total: int | None = None, **_: Any
    ) -> None:
        self._job, self._reports = job, reports
        self._rows, self._done = rows, 0
        self._total = total if total is not None else len(rows or ())
        self.update(0)

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            yield row
            self.update(1)

    def update(self, count: int = 1) -> None:
        self._done += count
        if self._reports:
            self._job.report("benchmark_ask", self._done, self._total or None, "requests")
        else:
            self._job.check()

    def close(self) -> None:
        """Nothing was opened."""
