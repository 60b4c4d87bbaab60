"""A run as the JSON document that ``runs``, ``train`` and ``resume`` print."""

from __future__ import annotations

from typing import Any

from engine.runs.store import Run


def run_document(run: Run) -> dict[str, Any]:
    """What ``runs --json`` says of a run."""
    summary = run.summary()
    last = run.last_checkpoint()
    return {
        "name": run.name,
        "path": str(run.path),
        "status": summary.status,
        "step": summary.step,
        "steps": summary.steps,
        "loss": summary.loss,
        "eval_loss": summary.eval_loss,
        "owner_alive": run.owner_alive(),
        "resumable": can_resume(run),
        "checkpoint": str(last) if last else None,
        "bytes": run.bytes(),
    }


def can_resume(run: Run) -> bool:
    """Whether the run ended early and its newest checkpoint holds what resumption needs."""
    from engine.train.checkpoints import why_not_resumable

    last = run.last_checkpoint()
    if last is None or run.owner_alive():
        return False
    return run.summary().status != "finished" and not why_not_resumable(last)
