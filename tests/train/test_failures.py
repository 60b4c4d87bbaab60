"""However a training fails, it is said what happened, why and what to do; nothing is lost."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch

from engine.runs.journal import read_journal
from engine.train.failures import named
from engine.train.session import TrainingSession
from tests.train.runs import tiny_run, tiny_spec, write_rows


def test_running_out_of_memory_offers_smaller_runs_that_pass_the_checks(
    tiny_model: Path, tmp_path: Path
) -> None:
    spec = tiny_spec(tiny_model, write_rows(tmp_path / "rows.jsonl"))
    for failure in (
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        MemoryError(),
    ):
        error = named(failure, spec)
        assert error.code == "train.out_of_memory" and error.exit_code == 3
        changes = [dict(fix.set or {}) for fix in error.fixes]
        assert {
            "train.per_device_train_batch_size": 1,
            "train.gradient_accumulation_steps": 4,
        } in changes
        assert {"model.quantization": "nf4"} in changes
        for change in changes:
            spec.with_values(change)


def test_a_fault_nobody_foresaw_is_named_by_its_first_line() -> None:
    error = named(RuntimeError("mat1 and mat2 shapes\ncannot be multiplied"), None)
    assert error.code == "train.unexpected"
    assert error.why == "RuntimeError: mat1 and mat2 shapes"


def test_a_full_disk_fails_the_run_and_leaves_earlier_checkpoints_whole(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tiny_run(tiny_model, tmp_path)
    real_rename = os.rename

    def rename(source: str | Path, target: str | Path) -> None:
        if str(target).endswith("checkpoint-4"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real_rename(source, target)

    monkeypatch.setattr(os, "rename", rename)
    session = TrainingSession(run)
    session.start()
    assert session.join(120)
    monkeypatch.undo()
    assert session.error is not None and session.error.code == "train.disk_full"
    assert [folder.name for folder in run.checkpoint_folders()] == ["checkpoint-2"]
    assert not (run.path / ".saving").exists()
    assert "OSError" in run.log_path.read_text()
    told = [event for event in read_journal(run.path) if event["kind"] == "error"]
    assert "Traceback" not in str(told)
