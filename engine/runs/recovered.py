"""What the checkpoints on disk tell of a run whose journal was emptied, cut or lost."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.runs.layout import checkpoint_step

if TYPE_CHECKING:
    from engine.runs.summary import RunSummary

STATE_NAME = "trainer_state.json"


def fill_in(summary: RunSummary, run_folder: Path | str) -> list[tuple[float, float]]:
    """Complete ``summary`` where a checkpoint is from a later step than the journal knows of.
    Returns the losses by step that it was trained with; empty where nothing is amiss."""
    steps = saved_steps(run_folder)
    if not steps or steps[-1] <= summary.step:
        return []
    from engine.runs.store import folder_bytes
    from engine.runs.summary import Checkpoint

    folder = Path(run_folder)
    state = _trainer_state(folder / f"checkpoint-{steps[-1]}")
    history = state.get("log_history")
    logged = [entry for entry in history if isinstance(entry, dict)] if history else []
    losses, evals = _by_step(logged, "loss"), _by_step(logged, "eval_loss")
    known = {checkpoint.step for checkpoint in summary.checkpoints}
    for step in steps:
        if step not in known:
            made = Checkpoint(step, f"checkpoint-{step}", loss=_until(losses, step))
            made.eval_loss = evals.get(step)
            made.bytes = folder_bytes(folder / made.path)
            made.resumable = (folder / made.path / STATE_NAME).is_file()
            summary.checkpoints.append(made)
    summary.step = steps[-1]
    summary.steps = state.get("max_steps") or summary.steps
    summary.epoch = state.get("epoch") or summary.epoch
    summary.loss = _until(losses, steps[-1]) or summary.loss
    summary.eval_loss = _until(evals, steps[-1]) or summary.eval_loss
    summary.recovered = True
    if summary.steps and summary.step >= summary.steps and summary.status == "preparing":
        summary.status = "finished"
    return [(float(step), losses[step]) for step in sorted(losses)]


def saved_steps(run_folder: Path | str) -> list[int]:
    """The steps of the checkpoints on disk, rising."""
    try:
        names = os.listdir(run_folder)
    except OSError:
        return []
    return sorted(step for name in names if (step := checkpoint_step(name)) >= 0)


def _trainer_state(checkpoint: Path) -> dict[str, Any]:
    try:
        found = json.loads((checkpoint / STATE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _by_step(logged: list[dict[str, Any]], name: str) -> dict[int, float]:
    return {
        int(entry["step"]): float(entry[name])
        for entry in logged
        if isinstance(entry.get(name), int | float)
        and math.isfinite(entry[name])
        and isinstance(entry.get("step"), int)
    }


def _until(values: dict[int, float], step: int) -> float | None:
    """The last value at or before ``step``."""
    return next((values[at] for at in sorted(values, reverse=True) if at <= step), None)
