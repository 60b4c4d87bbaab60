"""A run as the JSON document that ``runs``, ``train`` and ``resume`` print."""

from __future__ import annotations

from typing import Any

from engine.errors import DanluError
from engine.runs.heads import HeadReader, RunHead
from engine.runs.scan import look
from engine.runs.scores import score_document
from engine.runs.store import Run


def run_document(run: Run) -> dict[str, Any]:
    """What ``runs --json`` says of a run, with its whole size on disk."""
    found = look(run.name, str(run.path))
    if found is None:
        raise DanluError("run.not_found", run=run.name)
    return {**head_document(HeadReader().read(found), str(run.path)), "bytes": run.bytes()}


def head_document(head: RunHead, path: str) -> dict[str, Any]:
    """What ``runs --json`` says of a run; its bytes are those of its checkpoints."""
    damage = DanluError("run.damaged", run=head.name, folder=path)
    return {
        "name": head.name,
        "path": path,
        "status": head.status,
        "step": head.step,
        "steps": head.steps,
        "epoch": head.epoch,
        "loss": head.loss,
        "eval_loss": head.eval_loss,
        "owner_alive": head.active,
        "resumable": head.resumable,
        "checkpoint": f"{path}/{head.last}" if head.last else None,
        "checkpoints": head.checkpoints,
        "best": head.best,
        "pinned": head.pinned,
        "verified": score_document(head.score),
        "bytes": head.bytes,
        "model": head.model,
        "kind": {True: "adapter", False: "full", None: None}[head.adapter],
        "started": head.started,
        "ended": head.ended,
        "changed": round(head.changed, 3),
        "recovered": head.recovered,
        "error": damage.document() if head.status == "damaged" else head.error or None,
    }
