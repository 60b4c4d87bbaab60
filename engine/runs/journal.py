"""A run's journal: one JSON event a line, append-only, readable after a power cut at any byte.

Kinds and fields: ``status`` (status) · ``phase`` (name, done, total, unit) · ``step`` (step, epoch,
loss, learning_rate, grad_norm, tokens, tokens_per_second, seconds, memory_bytes) · ``eval`` (step,
loss, metrics) · ``checkpoint`` (step, path, bytes, best, resumable) · ``sample`` (step, prompt,
text) · ``device`` (utilisation, memory, …) · ``log`` (level, text) · ``command`` (what, by) ·
``notice`` (code, evidence, fixes) · ``error`` (code, what, why, fixes) · ``plan`` (steps, …).
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

JOURNAL_NAME = "journal.jsonl"
Event = dict[str, Any]
_TAIL_BYTES = 1_000_000


class JournalWriter:
    """Appends events to a run's journal. Any thread may write; a write never waits for a reader."""

    def __init__(self, run_folder: Path) -> None:
        self._path = run_folder / JOURNAL_NAME
        self._lock = threading.Lock()
        self._seq = _mend_torn_end(self._path)
        self._torn = False
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._descriptor = os.open(self._path, flags, 0o644)

    def write(self, kind: str, **fields: Any) -> Event:
        """Append one event. NaN and infinities become null, as JSON has none."""
        with self._lock:
            self._seq += 1
            event = {"seq": self._seq, "time": round(time.time(), 3), "kind": kind, **fields}
            line = json.dumps(_finite(event), ensure_ascii=False, separators=(",", ":"))
            self._append(line.encode("utf-8", "replace") + b"\n")
            if kind in ("status", "checkpoint", "error"):
                os.fsync(self._descriptor)
        return event

    def _append(self, line: bytes) -> None:
        # A full disk may take half a line: the next one then starts on a line of its own.
        left = b"\n" + line if self._torn else line
        self._torn = True
        while left:
            left = left[os.write(self._descriptor, left) :]
        self._torn = False

    def close(self) -> None:
        with self._lock:
            os.close(self._descriptor)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return value


def _mend_torn_end(path: Path) -> int:
    """Cut a last line that a power cut tore off; return the last sequence number."""
    if not path.exists():
        return 0
    with open(path, "rb+") as file:
        size = file.seek(0, os.SEEK_END)
        tail_start = max(0, size - _TAIL_BYTES)
        file.seek(tail_start)
        tail = file.read()
        if b"\n" not in tail:  # one line longer than the tail
            tail_start = 0
            file.seek(0)
            tail = file.read()
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            file.truncate(tail_start + whole)
        for line in reversed(tail[:whole].splitlines()):
            event = _parse(line)
            if event:
                return int(event.get("seq", 0))
    return 0


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(event, dict) and "kind" in event and "time" in event
    return event if whole else None


class JournalFollower:
    """Reads a journal from its start and then what is appended, in bounded bites."""

    def __init__(self, run_folder: Path) -> None:
        self._path = run_folder / JOURNAL_NAME
        self._offset = 0

    def poll(self, max_lines: int = 2000, max_seconds: float = 0.03) -> list[Event]:
        """The next events; empty when there are none yet. Torn and foreign lines are left out."""
        events: list[Event] = []
        deadline = time.monotonic() + max_seconds
        # Not begun yet, or deleted meanwhile: no events.
        with contextlib.suppress(FileNotFoundError), open(self._path, "rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                event = _parse(line)
                if event:
                    events.append(event)
                if len(events) >= max_lines or time.monotonic() > deadline:
                    break
        return events

    def share_read(self) -> float:
        """The part of the journal read so far, 0…1; 1 while there is none."""
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return 1.0
        return self._offset / size if size else 1.0


def read_journal(run_folder: Path) -> list[Event]:
    """Every event of a run."""
    follower = JournalFollower(run_folder)
    events: list[Event] = []
    while bite := follower.poll(max_lines=100_000, max_seconds=60):
        events += bite
    return events
