"""A run's journal read quickly: what it adds up to, and its curves as a few points.

Most lines of a long journal are steps and device readings. Readings are passed over unread, and of
the steps only so many are read as a small curve shows.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.runs.journal import JOURNAL_NAME
from engine.runs.summary import RunSummary

_KIND = re.compile(rb'"kind": ?"(\w+)"')
_FOLDED = (b"status", b"plan", b"eval", b"checkpoint", b"error", b"result")
_MOST = 128  # steps that are read of one stretch of a journal
Points = list[tuple[float, float]]  # (step, loss)


@dataclass
class Digest:
    """What stands in a journal so far; :meth:`read` takes in what was appended since."""

    path: Path
    summary: RunSummary = field(default_factory=RunSummary)
    loss: Points = field(default_factory=list)
    eval_loss: Points = field(default_factory=list)
    plan: dict[str, Any] = field(default_factory=dict)
    _offset: int = 0

    def read(self) -> None:
        """Read what is new. A journal that was cut short is read again from its start."""
        try:
            with open(self.path / JOURNAL_NAME, "rb") as file:
                if os.fstat(file.fileno()).st_size < self._offset:
                    self._forget()
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return
        whole = data.rfind(b"\n") + 1
        self._offset += whole
        steps: list[bytes] = []
        for line in data[:whole].splitlines():
            kind = _KIND.search(line)
            if kind is None:
                continue
            if kind[1] == b"step":
                steps.append(line)
            elif kind[1] in _FOLDED or self.summary.started is None:
                self._apply(line)
        self._take_steps(steps)

    def _forget(self) -> None:
        self.__dict__.update(vars(Digest(self.path)))

    def _take_steps(self, lines: list[bytes]) -> None:
        stride = max(1, len(lines) // _MOST)
        for line in [*lines[:-1:stride], *lines[-1:]]:
            self._apply(line)
        if len(self.loss) > 2 * _MOST:
            self.loss = [*self.loss[:-1:2], self.loss[-1]]

    def _apply(self, line: bytes) -> None:
        try:
            event = json.loads(line)
            self.summary.apply(event)
        except (ValueError, KeyError, TypeError):  # torn, or not of ours
            return
        if event["kind"] == "step":
            _append(self.loss, event)
        elif event["kind"] == "eval":
            _append(self.eval_loss, event)
        elif event["kind"] == "plan":
            self.plan = event


def _append(points: Points, event: dict[str, Any]) -> None:
    """A step at or before the last one goes back to there: it is trained again."""
    step, loss = event["step"], event.get("loss")
    while points and points[-1][0] >= step:
        points.pop()
    if loss is not None:
        points.append((step, loss))
