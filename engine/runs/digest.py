"""A run's journal read quickly: what it adds up to, and its curves as a few points.

Most lines of a long journal are steps and device readings. Readings are passed over unread, and of
the steps only so many are read as a small curve shows.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.runs.journal import JOURNAL_NAME
from engine.runs.summary import RunSummary

_STEP = re.compile(rb'"kind": ?"step"')
_FOLDED = re.compile(rb'"kind": ?"(?:status|plan|eval|checkpoint|error|result)"')
_event = json.JSONDecoder().raw_decode  # half the time of json.loads on bytes
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
        if self.summary.started is None:
            self._apply(data[: data.find(b"\n") + 1])
        for line in _lines_of(_FOLDED, data, whole):
            self._apply(line)
        for line in _some_steps(data, whole):
            self._apply(line)
        if len(self.loss) > 2 * _MOST:
            self.loss = [*self.loss[:-1:2], self.loss[-1]]

    def _forget(self) -> None:
        self.__dict__.update(vars(Digest(self.path)))

    def _apply(self, line: bytes) -> None:
        try:
            event = _event(line.decode())[0]
            self.summary.apply(event)
        except (ValueError, KeyError, TypeError):  # torn, or not of ours
            return
        if event["kind"] == "step":
            _append(self.loss, event)
        elif event["kind"] == "eval":
            _append(self.eval_loss, event)
        elif event["kind"] == "plan":
            self.plan = event


def _lines_of(kind: re.Pattern[bytes], data: bytes, end: int, stride: int = 0) -> Iterator[bytes]:
    """The lines of that kind before ``end``; of those that begin within ``stride`` bytes of one
    another only the first."""
    at = 0
    while found := kind.search(data, at, end):
        start = data.rfind(b"\n", 0, found.start()) + 1
        after = data.find(b"\n", found.end()) + 1
        yield data[start:after]
        at = max(after, start + stride)


def _some_steps(data: bytes, end: int) -> Iterator[bytes]:
    """The steps, or where they are many as many as a curve shows and the last one."""
    count = sum(data.count(b'"kind":%b"step"' % gap, 0, end) for gap in (b"", b" "))
    if count <= 2 * _MOST:
        yield from _lines_of(_STEP, data, end)
        return
    yield from _lines_of(_STEP, data, end, end // _MOST)
    last = max(data.rfind(b'"kind":%b"step"' % gap, 0, end) for gap in (b"", b" "))
    start = data.rfind(b"\n", 0, last) + 1
    yield data[start : data.find(b"\n", last) + 1]


def _append(points: Points, event: dict[str, Any]) -> None:
    """A step at or before the last one goes back to there: it is trained again."""
    step, loss = event["step"], event.get("loss")
    while points and points[-1][0] >= step:
        points.pop()
    if loss is not None:
        points.append((step, loss))
