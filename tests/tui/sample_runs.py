"""Runs on disk as a training would have left them: journals, specs, checkpoints, by hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from engine.home import runs_root
from engine.runs.averages import averages_root
from engine.runs.store import Run

STARTED = 1_763_740_800.0  # 2025-11-21 16:00 UTC
_RESUME_FILES = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json")


def make_run(
    name: str,
    status: str = "finished",
    *,
    step: int = 160,
    steps: int = 160,
    loss: float = 0.04,
    saved: tuple[int, ...] = (80, 160),
    best: int | None = None,
    age: float = 0.0,
    resumable: bool = True,
    error: dict[str, Any] | None = None,
) -> Run:
    """A run that came to ``step`` of ``steps`` and saved at ``saved``; ``age`` seconds old."""
    folder = runs_root() / name
    folder.mkdir(parents=True)
    spec = "model: {source: Qwen/Qwen2.5-0.5B-Instruct}\ndata: {train: [{source: rows.jsonl}]}\n"
    (folder / "spec.yaml").write_text(spec)
    events: list[dict[str, Any]] = [{"kind": "status", "status": "preparing"}]
    events.append({"kind": "plan", "steps": steps})
    events.append({"kind": "status", "status": "training"})
    for at in sorted({*saved, step}):
        value = round(loss * (1 + 3 * (step - at) / max(step, 1)), 4)
        events.append({"kind": "step", "step": at, "loss": value, "seconds_left": 75.0})
        if at in saved:
            events.append({"kind": "eval", "step": at, "loss": round(value + 0.07, 4)})
            events.append(_checkpoint(folder, at, value, at == best, resumable))
    if error:
        events.append({"kind": "error", **error})
    events.append({"kind": "status", "status": status})
    lines = [
        json.dumps({"seq": n, "time": STARTED + 30 * n, **event}) for n, event in enumerate(events)
    ]
    (folder / "journal.jsonl").write_text("\n".join(lines) + "\n")
    for path in (folder / "journal.jsonl", folder):
        os.utime(path, (STARTED - age, STARTED - age))
    return Run(folder)


def _checkpoint(
    folder: Path, step: int, loss: float, best: bool, resumable: bool
) -> dict[str, Any]:
    made = folder / f"checkpoint-{step}"
    made.mkdir()
    (made / "adapter_config.json").write_text("{}")
    for name in _RESUME_FILES if resumable else ():
        (made / name).write_bytes(b"")
    return {
        "kind": "checkpoint",
        "step": step,
        "path": made.name,
        "bytes": 9_856_000,
        "best": best,
        "resumable": resumable,
        "loss": loss,
        "eval_loss": round(loss + 0.07, 4),
    }


def make_some_runs() -> list[Run]:
    """A finished run, an interrupted one, a failed one, one that was stopped."""
    return [
        make_run("identity-smollm2", best=160),
        make_run("news-r1-7b", "training", step=212, steps=450, loss=1.21, saved=(200,), age=60),
        make_run("小炉-身份", "stopped", step=90, saved=(50,), loss=0.61, resumable=False, age=90),
        make_run(
            "domain-qa",
            "failed",
            step=12,
            saved=(),
            loss=2.4,
            age=120,
            error={"code": "train.out_of_memory", "what": "The card's memory is full.", "why": ""},
        ),
    ]


def make_export(
    run: Run,
    checkpoint: str = "checkpoint-160",
    kind: str = "adapter",
    proved: dict[str, Any] | None = None,
) -> Path:
    """An export of a run's checkpoint, in a folder beside danlu's home, as danlu writes it."""
    folder = Path.cwd() / f"{run.name}-{kind}"
    folder.mkdir()
    (folder / "adapter_config.json").write_text("{}")
    facts = {"format": kind, "verified": True, "bytes": 5_000_000, "run": str(run.path.absolute())}
    facts["checkpoint"] = str(run.path.absolute() / checkpoint)
    facts |= {"target": f"{run.name}/{checkpoint}", "verification": proved}
    facts["files"] = {"adapter_config.json": 2}
    (folder / "export.json").write_text(json.dumps(facts))
    with (run.path / "exports.jsonl").open("a") as records:
        records.write(json.dumps({"path": str(folder)}) + "\n")
    return folder


def make_average(name: str, *targets: str) -> Path:
    """An average of adapters where danlu puts them, as it writes it."""
    folder = averages_root() / name
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "Qwen/x"}))
    (folder / "adapter_model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    weights = [{"target": each, "weight": 1 / len(targets)} for each in targets]
    facts = {"created": STARTED, "adapters": weights, "base": "Qwen/x", "rank": 16, "exact": True}
    (folder / "average.json").write_text(json.dumps(facts))
    os.utime(folder / "average.json", (STARTED - 30, STARTED - 30))
    return folder
