"""Small real runs for the tests: a tiny model, a few rows, some steps."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from engine.runs.journal import Event, read_journal
from engine.runs.layout import checkpoint_step
from engine.runs.store import Run, create_run
from engine.spec.run_spec import RunSpec
from engine.train.session import TrainingSession


def write_rows(path: Path, count: int = 12) -> Path:
    """``count`` alpaca rows of different lengths."""
    rows = [
        {"instruction": f"What is number {i}?", "output": f"Number {i} is {'very ' * (i % 5)}good."}
        for i in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_pairs(path: Path, count: int = 12) -> Path:
    """Pairs as a blind comparison writes them, some with a turn answered before."""
    before = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": "What can I do for you?"},
    ]
    rows = [
        {
            "prompt": [
                *(before if number % 3 == 0 else []),
                {"role": "user", "content": f"What is number {number}?"},
            ],
            "chosen": [{"role": "assistant", "content": "It is " + "good " * (number % 4 + 1)}],
            "rejected": [{"role": "assistant", "content": f"Number {number} is bad."}],
        }
        for number in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def tiny_spec(model: Path, rows: Path, **changes: Any) -> RunSpec:
    """A spec of six steps (12 rows × 2 epochs in batches of 4), LoRA with dropout, so that random
    numbers matter. ``changes`` are ``section__name=value``."""
    spec = RunSpec.from_mapping(
        {
            "model": {"source": str(model)},
            "data": {"train": [{"source": str(rows)}], "max_length": 128},
            "method": {"lora_rank": 4, "lora_dropout": 0.1},
            "train": {
                "num_train_epochs": 2,
                "per_device_train_batch_size": 2,
                "gradient_accumulation_steps": 2,
                "learning_rate": 5e-3,
                "save_steps": 2,
                "save_total_limit": None,
            },
        }
    )
    return spec.with_values({key.replace("__", "."): value for key, value in changes.items()})


def tiny_run(model: Path, folder: Path, **changes: Any) -> Run:
    """A run folder of :func:`tiny_spec`, not yet trained."""
    return create_run(tiny_spec(model, write_rows(folder / "rows.jsonl"), **changes))


def train(run: Run, resume: bool = False) -> TrainingSession:
    """Train ``run`` to its end."""
    session = TrainingSession(run, resume=resume)
    session.start()
    assert session.join(180)
    return session


def train_again(run: Run, after: int) -> list[Event]:
    """Take away what was saved after step ``after`` and train on from there; the steps of it."""
    for folder in run.checkpoint_folders():
        if checkpoint_step(folder) > after:
            shutil.rmtree(folder)
    before = len(read_journal(run.path))
    session = train(run, resume=True)
    assert session.outcome == "finished", session.error
    return [event for event in read_journal(run.path)[before:] if event["kind"] == "step"]


def repeats(run: Run, after: int) -> None:
    """Assert that ``run``, which ended, has the same losses when it resumes after a step."""
    expected = losses(run)
    again = {event["step"]: event["loss"] for event in train_again(run, after)}
    assert again == pytest.approx(
        {step: loss for step, loss in expected.items() if step > after}, abs=1e-5
    )


def learns_and_repeats(run: Run, after: int) -> None:
    """Assert that ``run`` ends with a smaller loss, and :func:`repeats`."""
    session = train(run)
    assert session.outcome == "finished", session.error
    first, *_, last = losses(run).values()
    assert last < first
    repeats(run, after)


def of_kind(run: Run, kind: str) -> list[Event]:
    return [event for event in read_journal(run.path) if event["kind"] == kind]


def losses(run: Run) -> dict[int, float]:
    return {event["step"]: event["loss"] for event in of_kind(run, "step")}


def wait_for_step(run: Run, step: int) -> None:
    deadline = time.monotonic() + 60
    while max(losses(run), default=0) < step:
        assert time.monotonic() < deadline, "the run does not move"
        time.sleep(0.02)
