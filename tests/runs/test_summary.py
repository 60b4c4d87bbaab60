"""A run's state is the fold of its journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.runs.journal import JournalWriter
from engine.runs.lock import RunLock
from engine.runs.summary import RunSummary, summarise


def fold(*events: tuple[str, dict[str, Any]]) -> RunSummary:
    summary = RunSummary()
    for seq, (kind, fields) in enumerate(events, start=1):
        summary.apply({"seq": seq, "time": 100.0 + seq, "kind": kind, **fields})
    return summary


def test_steps_losses_and_ends_are_kept() -> None:
    summary = fold(
        ("status", {"status": "preparing"}),
        ("plan", {"steps": 20}),
        ("status", {"status": "training"}),
        ("step", {"step": 1, "epoch": 0.1, "loss": 2.5, "seconds_left": 19.0}),
        ("step", {"step": 2, "epoch": 0.2, "loss": None, "seconds_left": 18.0}),
        ("eval", {"step": 2, "loss": 2.0}),
        ("result", {"adapter": "checkpoint-20", "loss": 0.1}),
        ("status", {"status": "finished"}),
    )
    assert (summary.status, summary.step, summary.steps) == ("finished", 2, 20)
    assert (summary.loss, summary.eval_loss, summary.seconds_left) == (2.5, 2.0, 18.0)
    assert (summary.started, summary.ended) == (101.0, 108.0)
    assert summary.result == {"adapter": "checkpoint-20", "loss": 0.1}


def test_checkpoints_come_go_and_one_is_best() -> None:
    summary = fold(
        ("checkpoint", {"step": 5, "path": "checkpoint-5", "bytes": 10, "best": True}),
        ("checkpoint", {"step": 10, "path": "checkpoint-10", "bytes": 10}),
        ("eval", {"step": 10, "loss": 1.5}),
        ("checkpoint", {"step": 15, "path": "checkpoint-15", "bytes": 9, "best": True}),
        ("checkpoint", {"step": 5, "path": "checkpoint-5", "deleted": True}),
        ("checkpoint", {"step": 10, "path": "checkpoint-10", "bytes": 12, "eval_loss": 1.5}),
    )
    shown = sorted((c.step, c.bytes, c.best, c.eval_loss) for c in summary.checkpoints)
    assert shown == [(10, 12, False, 1.5), (15, 9, True, None)]


def test_a_run_resumed_after_a_failure_is_no_longer_failed() -> None:
    failed = [
        ("error", {"code": "train.oom", "what": "", "why": "", "fixes": []}),
        ("status", {"status": "failed"}),
    ]
    assert fold(*failed).error is not None
    resumed = fold(*failed, ("status", {"status": "training"}))
    assert (resumed.error, resumed.ended) == (None, None)


def test_unknown_kinds_change_nothing() -> None:
    assert fold(("sunshine", {})).status == "preparing"


def test_a_run_left_in_the_middle_is_interrupted_once_nobody_owns_it(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path)
    writer.write("status", status="training")
    lock = RunLock(tmp_path)
    assert summarise(tmp_path).status == "training"
    lock.release()
    assert summarise(tmp_path).status == "interrupted"
    writer.write("status", status="finished")
    writer.close()
    assert summarise(tmp_path).status == "finished"
