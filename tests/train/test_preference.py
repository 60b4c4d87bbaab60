"""Preference optimisation: pairs in, a model out that prefers the better answers."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from engine.chat.sampling import Sampling
from engine.chat.votes import open_ballot
from engine.errors import DanluError
from engine.report.facts import facts_of
from engine.report.page import page
from engine.runs.store import Run, create_run, find_run
from tests.train.plain_trl import plain_dpo
from tests.train.runs import (
    learns_and_repeats,
    losses,
    of_kind,
    repeats,
    tiny_spec,
    train,
    write_pairs,
    write_rows,
)
from tui.main import main

_UNMOVED = 0.6931  # -log σ(0): the loss while nothing is moved yet


def pair_run(model: Path, folder: Path, **changes: Any) -> Run:
    rows = write_pairs(folder / "pairs.jsonl")
    changes = {"method__lora_dropout": None, "train__learning_rate": 2e-3, **changes}
    return create_run(tiny_spec(model, rows, method__stage="dpo", **changes))


def test_a_run_on_pairs_learns_to_prefer_the_better_answers(
    tiny_model: Path, tmp_path: Path
) -> None:
    run = pair_run(tiny_model, tmp_path, data__eval_fraction=0.25)
    session = train(run)
    assert session.outcome == "finished", session.error
    first, *_, last = of_kind(run, "step")
    assert first["loss"] == pytest.approx(_UNMOVED, abs=1e-3)
    assert first["reward_margin"] == pytest.approx(0, abs=1e-4)
    assert last["loss"] < 0.6 and last["reward_margin"] > 0.1
    assert last["reward_accuracy"] == 1.0
    assert of_kind(run, "eval")[-1]["metrics"]["reward_accuracy"] == 1.0
    assert "100% of pairs in the right order" in page(facts_of(run), {})
    checkpoint = run.last_checkpoint()
    assert checkpoint is not None
    assert not (checkpoint / "ref").exists()  # the adapter alone, not what it is measured against


@pytest.mark.slow
@pytest.mark.parametrize("begun", ["new", "adapter", "full"])
def test_a_resumed_run_measures_against_the_model_from_before_its_first_step(
    tiny_model: Path, tmp_path: Path, begun: str
) -> None:
    changes: dict[str, Any] = {}
    if begun == "adapter":
        earlier = pair_run(tiny_model, tmp_path)
        train(earlier)
        changes = {"method__adapter": str(earlier.last_checkpoint())}
    elif begun == "full":
        changes = {"method__tuner": "full", "train__learning_rate": 1e-3}
    run = pair_run(tiny_model, tmp_path, **changes)
    assert train(run).outcome == "finished"
    assert losses(run)[1] == pytest.approx(_UNMOVED, abs=1e-3)
    repeats(run, after=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"model__quantization": "nf4", "train__group_by_length": True},
        {"model__dtype": "bfloat16", "train__gradient_checkpointing": True},
        {"method__loss_type": "ipo", "method__rpo_alpha": 1.0},
        {"method__loss_type": "hinge", "method__lora_dropout": 0.1},
        {"method__loss_type": "apo_zero", "method__use_dora": True},
        {"method__tuner": "freeze", "method__freeze_trainable_layers": 1},
    ],
    ids=lambda changes: "+".join(f"{value}" for value in changes.values()),
)
def test_every_way_of_training_on_pairs_learns_and_resumes(
    tiny_model: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    run = pair_run(tiny_model, tmp_path, train__num_train_epochs=4, **changes)
    learns_and_repeats(run, after=8)


@pytest.mark.slow
def test_the_votes_of_a_comparison_are_trained_on_from_the_weights_they_are_about(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the command that voting names."""
    tuned = create_run(tiny_spec(tiny_model, write_rows(tmp_path / "rows.jsonl")))
    assert train(tuned).outcome == "finished"
    ballot = open_ballot(tiny_model.name, f"{tuned.name}/checkpoint-6", Sampling(), seed=1)
    for number in range(6):
        asked = [{"role": "user", "content": f"What is number {number}?"}]
        better = "first" if ballot.first_side() == "b" else "second"
        ballot.vote(asked, "No.", f"Number {number} is good.", better)
    file = str(tmp_path / "preferences.jsonl")
    assert main(["vote", tuned.name, "--show", "--preferences", file]) == 0
    told = capsys.readouterr().err
    command = shlex.split(told[told.index("danlu train") :].splitlines()[0])
    options = ["--set", "eval_fraction=0", "--name", "preferred", "--headless"]
    assert main([*command[1:], *options]) == 0, capsys.readouterr()
    run = find_run("preferred")
    assert run.spec().method.adapter == str(tuned.last_checkpoint())
    assert losses(run)[1] == pytest.approx(_UNMOVED, abs=1e-3)  # measured against the tuned run
    assert main(["verify", run.name, "--json"]) in (0, 1)


def test_other_rows_are_refused_where_what_they_are_measured_against_is_gone(
    tiny_model: Path, tmp_path: Path
) -> None:
    from engine.train.reference import Reference

    kept = Reference(tmp_path, "these rows", untrained=False)
    with pytest.raises(DanluError) as caught:
        kept.found("train", 12)
    assert caught.value.code == "train.reference_gone"


@pytest.mark.slow
def test_the_losses_are_those_of_plain_trl(tiny_model: Path, tmp_path: Path) -> None:
    """TRL tokenises by itself here; the template's newline behind the stop token is part of its
    answers, alike on both sides and the same before and after."""
    from peft import LoraConfig

    run = pair_run(tiny_model, tmp_path, train__lr_scheduler_type="constant", train__warmup_ratio=0)
    assert train(run).outcome == "finished"
    theirs = plain_dpo(
        tiny_model,
        tmp_path / "pairs.jsonl",
        LoraConfig(
            r=4, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"
        ),
        num_train_epochs=2,
        gradient_accumulation_steps=2,
        learning_rate=2e-3,
        lr_scheduler_type="constant",
        weight_decay=0.01,
        seed=42,
        data_seed=42,
    )
    assert list(losses(run).values()) == pytest.approx(theirs, rel=0.05)
