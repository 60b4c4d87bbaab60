"""Thousands of runs with a hundred checkpoints each, on disk, quickly: for measuring.

``python -m tests.runs.many_runs FOLDER [RUNS] [CHECKPOINTS]`` fills ``FOLDER/runs``.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path

STARTED = 1_763_740_800.0
_SPEC = "model: {source: Qwen/Qwen2.5-0.5B-Instruct}\ndata: {train: [{source: rows.jsonl}]}\n"
_STATUS = ("finished", "stopped", "training", "failed")


def make_many(root: Path, runs: int, checkpoints: int) -> None:
    """``runs`` runs below ``root``, each with ``checkpoints`` checkpoints of one small file and a
    journal of ten steps and five readings a checkpoint."""
    body = _journal(checkpoints)
    for number in range(runs):
        folder = root / f"run-{number:05d}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "spec.yaml").write_text(_SPEC)
        end = _line(10**6, 9e5, {"kind": "status", "status": _STATUS[number % 4]})
        journal = folder / "journal.jsonl"
        journal.write_text(body.replace("0.731", f"{0.1 + (number * 7919 % 997) / 1000:.3f}") + end)
        for at in range(checkpoints):
            made = folder / f"checkpoint-{10 * (at + 1)}"
            made.mkdir(exist_ok=True)
            (made / "adapter_config.json").write_text("{}")
        at = STARTED - number
        os.utime(journal, (at, at))


def _journal(checkpoints: int) -> str:
    lines, seq = [], 0
    plan = {"kind": "plan", "steps": 10 * checkpoints, "parameters": 494_000_000}
    plan |= {"trained_parameters": 4_400_000, "model": "Qwen/Qwen2.5-0.5B-Instruct"}
    for event in ({"kind": "status", "status": "preparing"}, plan):
        lines.append(_line(seq := seq + 1, 0, event))
    for step in range(1, 10 * checkpoints + 1):
        loss = round(0.3 + 2.4 * math.exp(-step / (2 + 3 * checkpoints)), 4)
        event = {"kind": "step", "step": step, "epoch": step / 100, "loss": loss}
        lines.append(_line(seq := seq + 1, step, {**event, "learning_rate": 1e-4}))
        if step % 2 == 0:
            lines.append(_line(seq := seq + 1, step, {"kind": "device", "cpu_percent": 99.0}))
        if step % 10 == 0:
            told = {"step": step, "path": f"checkpoint-{step}", "bytes": 9_856_000}
            lines.append(_line(seq := seq + 1, step, {"kind": "eval", "step": step, "loss": 0.731}))
            told |= {"best": False, "resumable": True, "loss": loss, "eval_loss": 0.731}
            lines.append(_line(seq := seq + 1, step, {"kind": "checkpoint", **told}))
    return "".join(lines)


def _line(seq: int, seconds: float, event: Mapping[str, object]) -> str:
    return json.dumps({"seq": seq, "time": STARTED + seconds, **event}) + "\n"


if __name__ == "__main__":
    given = sys.argv[1:]
    make_many(Path(given[0]) / "runs", *(int(each) for each in (given[1:] or ["10000", "100"])))
