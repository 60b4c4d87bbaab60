"""The engine thread: a run goes from its spec to checkpoints, and its journal tells all of it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DanluError
from engine.runs.commands import send_command
from engine.train.session import TrainingSession
from tests.train.runs import (
    learns_and_repeats,
    losses,
    of_kind,
    repeats,
    tiny_run,
    train,
    wait_for_step,
)


def test_a_run_ends_finished_with_every_step_and_checkpoint_in_its_journal(
    tiny_model: Path, tmp_path: Path
) -> None:
    run = tiny_run(tiny_model, tmp_path, watch__prompts=["Who are you?"], watch__every=3)
    session = train(run)
    assert session.outcome == "finished", session.error
    assert list(losses(run)) == [1, 2, 3, 4, 5, 6]
    assert losses(run)[6] < losses(run)[1]
    assert [event["step"] for event in of_kind(run, "checkpoint")] == [2, 4, 6]
    assert [event["step"] for event in of_kind(run, "sample")] == [0, 3, 6]
    summary = run.summary()
    assert (summary.status, summary.step, summary.steps) == ("finished", 6, 6)
    assert (run.path / "checkpoint-6" / "adapter_model.safetensors").is_file()
    assert not list(run.path.glob(".saving*"))
    card = json.loads((run.path / "card.json").read_text())
    assert card["versions"]["torch"] and card["result"]["checkpoint"] == "checkpoint-6"


def test_a_resumed_run_repeats_the_losses_of_an_uninterrupted_one(
    tiny_model: Path, tmp_path: Path
) -> None:
    run = tiny_run(tiny_model, tmp_path)
    train(run)
    repeats(run, after=2)


@pytest.mark.slow
def test_a_run_resumes_exactly_at_the_start_of_an_epoch(tiny_model: Path, tmp_path: Path) -> None:
    run = tiny_run(tiny_model, tmp_path, train__save_steps=3)
    train(run)
    repeats(run, after=3)


@pytest.mark.slow
@pytest.mark.parametrize("quantization", ["none", "nf4", "int8"])
def test_watching_prompts_does_not_change_what_is_learnt(
    tiny_model: Path, tmp_path: Path, quantization: str
) -> None:
    changes = {"model__quantization": quantization}
    plain = tiny_run(tiny_model, tmp_path, **changes)
    watched = tiny_run(tiny_model, tmp_path, watch__prompts=["Hi?"], watch__every=1, **changes)
    train(plain)
    train(watched)
    assert losses(watched) == losses(plain)


def test_stop_saves_at_the_next_boundary_and_the_run_can_be_resumed(
    tiny_model: Path, tmp_path: Path
) -> None:
    run = tiny_run(tiny_model, tmp_path, train__num_train_epochs=500, train__save_steps=1000)
    session = TrainingSession(run)
    session.start()
    wait_for_step(run, 2)
    send_command(run.path, "stop")
    assert session.join(60)
    assert session.outcome == "stopped"
    saved = of_kind(run, "checkpoint")[-1]
    assert saved["step"] == run.summary().step and saved["resumable"]
    assert run.last_checkpoint() == run.path / saved["path"]


def test_pause_holds_the_run_and_resume_lets_it_go_on(tiny_model: Path, tmp_path: Path) -> None:
    run = tiny_run(tiny_model, tmp_path, train__num_train_epochs=1000, train__save_steps=10_000)
    session = TrainingSession(run)
    session.start()
    wait_for_step(run, 2)
    send_command(run.path, "pause")
    while run.summary().status != "paused":
        time.sleep(0.02)
    held = run.summary().step
    send_command(run.path, "save")
    while not of_kind(run, "checkpoint"):
        time.sleep(0.02)
    assert run.summary().step == held
    assert of_kind(run, "checkpoint")[0]["step"] == held
    send_command(run.path, "resume")
    wait_for_step(run, held + 2)
    send_command(run.path, "abort")
    assert session.join(60)
    assert session.outcome == "stopped"
    assert [e["what"] for e in of_kind(run, "command")] == ["pause", "save", "resume", "abort"]


def test_evaluate_on_demand_and_the_best_checkpoint_is_kept(
    tiny_model: Path, tmp_path: Path
) -> None:
    run = tiny_run(
        tiny_model,
        tmp_path,
        data__eval_fraction=0.25,
        train__eval_steps=1,
        train__save_steps=1,
        train__save_total_limit=2,
        train__num_train_epochs=3,
    )
    session = train(run)
    assert session.outcome == "finished", session.error
    evals = {event["step"]: event["loss"] for event in of_kind(run, "eval")}
    assert len(evals) == run.summary().steps
    kept = {int(folder.name.split("-")[1]) for folder in run.checkpoint_folders()}
    best = min(evals, key=lambda step: evals[step])
    assert kept == {best, max(evals)} or (best == max(evals) and len(kept) == 2)
    marked = [checkpoint.step for checkpoint in run.summary().checkpoints if checkpoint.best]
    assert marked == [best]


@pytest.mark.slow
def test_an_evaluation_without_rows_for_it_is_answered(tiny_model: Path, tmp_path: Path) -> None:
    run = tiny_run(tiny_model, tmp_path, train__max_steps=9)
    session = TrainingSession(run)
    session.start()
    send_command(run.path, "evaluate")
    assert session.join(120)
    told = [event["code"] for event in of_kind(run, "log")]
    assert told.count("log.nothing_to_evaluate") == 1
    assert of_kind(run, "plan")[0]["epochs"] == 3, "steps at most decide the epochs"


@pytest.mark.slow
def test_early_stopping_ends_a_run_that_gains_nothing(tiny_model: Path, tmp_path: Path) -> None:
    run = tiny_run(
        tiny_model,
        tmp_path,
        data__eval_fraction=0.25,
        train__eval_steps=1,
        train__learning_rate=1e-30,
        train__num_train_epochs=50,
        train__early_stopping_patience=2,
    )
    session = train(run)
    assert session.outcome == "stopped"
    assert of_kind(run, "notice")[0]["code"] == "early_stopping"
    assert run.summary().step <= 4


def test_a_missing_file_fails_the_run_with_a_named_error(tiny_model: Path, tmp_path: Path) -> None:
    run = tiny_run(tiny_model, tmp_path)
    (tmp_path / "rows.jsonl").unlink()
    session = train(run)
    assert session.outcome == "failed"
    error = of_kind(run, "error")[0]
    assert error["code"].startswith("data.") and error["what"] and error["fixes"]
    assert run.summary().status == "failed"
    assert not run.owner_alive()


def test_a_run_that_is_being_trained_cannot_be_taken_again(
    tiny_model: Path, tmp_path: Path
) -> None:
    run = tiny_run(tiny_model, tmp_path)
    session = TrainingSession(run)
    with pytest.raises(DanluError) as caught:
        TrainingSession(run)
    assert caught.value.code == "run.already_running"
    session.start()
    assert session.join(120)
    assert not run.owner_alive()


@pytest.mark.slow
def test_a_checkpoint_that_lacks_its_optimizer_is_not_resumed(
    tiny_model: Path, tmp_path: Path
) -> None:
    run = tiny_run(tiny_model, tmp_path)
    train(run)
    (run.path / "checkpoint-6" / "optimizer.pt").unlink()
    session = train(run, resume=True)
    assert session.error is not None and session.error.code == "train.not_resumable"


def _slow(changes: dict[str, Any]) -> Any:
    return pytest.param(changes, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    "changes",
    [
        {"model__quantization": "nf4"},
        _slow({"method__tuner": "full", "train__learning_rate": 1e-3}),
        _slow({"method__tuner": "freeze", "method__freeze_trainable_layers": 1}),
        _slow({"method__loraplus_lr_ratio": 16.0}),
        _slow({"method__use_dora": True, "method__use_rslora": True}),
        _slow({"model__dtype": "bfloat16", "train__gradient_checkpointing": True}),
        _slow({"train__neftune_noise_alpha": 5.0, "train__group_by_length": True}),
        _slow({"train__label_smoothing_factor": 0.1, "train__optim": "adafactor"}),
    ],
    ids=lambda changes: "+".join(changes),
)
def test_every_way_of_training_learns_and_resumes(
    tiny_model: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    run = tiny_run(tiny_model, tmp_path, train__num_train_epochs=4, **changes)
    learns_and_repeats(run, after=8)
