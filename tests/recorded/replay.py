"""Plays a recorded journal into a run folder, as if it were trained now: for tests, and to look.

``python -m tests.recorded.replay FOLDER [speed] [from-event]``
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.runs.journal import JournalWriter, read_journal
from engine.runs.lock import RunLock
from engine.runs.store import Run

IDENTITY = Path(__file__).parent / "identity"
_SPEC = """\
model: {source: embedded}
data: {train: [{source: self_cognition.jsonl}]}
watch: {prompts: ["你是谁？", "Who made you?"]}
"""


def recorded_run(folder: Path, events: int | None = None) -> Run:
    """A run folder whose journal is the first ``events`` of the recorded one, times and all."""
    folder.mkdir(parents=True)
    (folder / "spec.yaml").write_text(_SPEC, encoding="utf-8")
    text = (IDENTITY / "journal.jsonl").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    (folder / "journal.jsonl").write_text("".join(lines[:events]), encoding="utf-8")
    return Run(folder)


def replay(folder: Path, speed: float = 1.0, start: int = 0) -> None:
    """Own the run and journal the recorded events with the pauses they had, ``speed`` times as
    fast; those before ``start`` at once."""
    lock = RunLock(folder)
    journal = JournalWriter(folder)
    _write(journal, read_journal(IDENTITY), speed, start)
    journal.close()
    lock.release()


def _write(
    journal: JournalWriter, events: Iterable[dict[str, Any]], speed: float, start: int
) -> None:
    before = None
    for number, event in enumerate(events):
        fields = {k: v for k, v in event.items() if k not in ("seq", "time", "kind")}
        if before is not None and number >= start:
            time.sleep((event["time"] - before) / speed)
        before = event["time"]
        journal.write(event["kind"], **fields)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    recorded_run(target, 0) if not target.exists() else None
    replay(target, *(float(text) for text in sys.argv[2:3]), start=int((sys.argv[3:] or ["0"])[0]))
