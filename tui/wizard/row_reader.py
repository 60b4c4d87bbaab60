"""The rows of a draft, read one by one in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from engine.job import Job
from tui.wizard import findings
from tui.wizard.desk import Task
from tui.wizard.draft import Draft

if TYPE_CHECKING:
    from engine.data.preview import Preview, PreviewRow


class RowReader:
    """Reads the rows as spec and tokenizer of ``draft`` stand at each call; one thread at a time,
    for all share what was read."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._preview: Preview | None = None
        self._key = ""
        self._turn = threading.Lock()

    @property
    def last(self) -> int | None:
        """The index of the last row; None before all were read."""
        preview = self._preview
        return max(0, preview.known - 1) if preview is not None and preview.complete else None

    def row(self, index: int) -> Task[PreviewRow | None]:
        """The row at ``index``, from 0; None behind the last."""
        self._renew()
        return self._draft.desk.ask("row", (self._key, index), lambda job: self._page(job, index))

    def first(self, count: int) -> Task[list[PreviewRow]]:
        """The first ``count`` rows."""
        self._renew()
        return self._draft.desk.ask(
            "sample",
            (self._key, count),
            lambda job: self._with_preview(job, lambda rows: list(rows.page(0, count))),
        )

    def find(self, key: Hashable, look: Callable[[Preview, Job], int | None]) -> Task[int | None]:
        """The index of a row that ``look`` finds; what was looked for before is given up. ``key``
        stands for what is looked for."""
        self._renew()
        self._draft.desk.forget("jump")
        return self._draft.desk.ask(
            "jump", key, lambda job: self._with_preview(job, lambda rows: look(rows, job))
        )

    def _page(self, job: Job, index: int) -> PreviewRow | None:
        return self._with_preview(job, lambda rows: next(iter(rows.page(index, 1)), None))

    def _renew(self) -> None:
        """Forget what was read of rows that were otherwise."""
        draft = self._draft
        coder = findings.tokenizer(draft)
        key = repr((draft.spec.data, draft.spec.train.seed, coder is not None))
        if key != self._key:
            self._key, self._preview, self._turn = key, None, threading.Lock()

    def _with_preview(self, job: Job, work: Callable[[Preview], Any]) -> Any:
        from engine.data.preview import Preview

        spec, coder = self._draft.spec, findings.tokenizer(self._draft)
        with self._turn:
            job.check()
            if self._preview is None:
                self._preview = Preview(
                    spec.data, coder, seed=spec.train.seed, stage=spec.method.stage
                )
            return work(self._preview)
