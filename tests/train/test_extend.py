"""A run that is made longer goes on as if nothing had been: same data, same optimizer, one line."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine import words
from engine.errors import DanluError
from engine.home import runs_root
from engine.job import Job
from engine.runs.commands import send_command
from engine.runs.extend import (
    extend_run,
    extension_words,
    extensions_of,
    preview_extension,
)
from engine.runs.journal import read_journal
from engine.runs.store import Run
from engine.spec.run_spec import RunSpec
from engine.train.same_rows import accept_rows
from engine.train.schedule import Extension, factor, planned
from engine.train.session import TrainingSession
from tests.train.runs import losses, of_kind, tiny_run, train, wait_for_step

CONSTANT = {"train__lr_scheduler_type": "constant"}


def wait_for_log(run: Run, code: str) -> None:
    deadline = time.monotonic() + 60
    while code not in [event["code"] for event in of_kind(run, "log")]:
        assert time.monotonic() < deadline, "nothing was said"
        time.sleep(0.02)


def rates(run: Run) -> dict[int, float]:
    return {event["step"]: event["learning_rate"] for event in of_kind(run, "step")}


@pytest.fixture(scope="module")
def trained_once(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of six steps on a cosine. Tests take copies."""
    folder = tmp_path_factory.mktemp("trained-once")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DANLU_HOME", str(folder / "home"))
        run = tiny_run(tiny_model, folder, train__warmup_steps=2)
        assert train(run).outcome == "finished"
    return run.path


@pytest.fixture
def finished(trained_once: Path) -> Run:
    """That run, in this test's own home."""
    folder = runs_root() / "finished"
    shutil.copytree(trained_once, folder)
    return Run(folder)


@pytest.mark.slow
def test_a_longer_run_learns_what_one_planned_so_long_does(
    tiny_model: Path, tmp_path: Path
) -> None:
    planned_so = tiny_run(tiny_model, tmp_path, train__num_train_epochs=4, **CONSTANT)
    train(planned_so)
    run = tiny_run(tiny_model, tmp_path, **CONSTANT)
    train(run)
    before = read_journal(run.path)
    assert extend_run(run, 2).summary().steps == 12
    assert run.summary().status == "stopped", "it can be resumed if this is cut off"
    session = train(run, resume=True)
    assert session.outcome == "finished", session.error
    assert read_journal(run.path)[: len(before)] == before
    assert list(losses(run)) == list(range(1, 13))
    # Order of the rows, dropout, optimizer: any of them astray, and the losses would differ.
    assert list(losses(run).values()) == pytest.approx(list(losses(planned_so).values()), abs=1e-5)
    summary = run.summary()
    assert (summary.status, summary.step, summary.steps) == ("finished", 12, 12)
    assert run.spec().train.num_train_epochs == 4
    state = json.loads((run.path / "checkpoint-12" / "trainer_state.json").read_text())
    assert (state["max_steps"], state["num_train_epochs"]) == (12, 4)


@pytest.mark.slow
def test_a_rate_that_has_run_out_is_warmed_up_to_where_a_run_planned_so_would_be(
    finished: Run,
) -> None:
    run = finished
    first = rates(run)
    extend_run(run, 2)
    assert train(run, resume=True).outcome == "finished"
    whole = planned(run.spec(), 12)
    peak = 5e-3
    assert {step: rates(run)[step] for step in first} == first
    # Step n is taken at the schedule's place n - 1; two steps of warm-up lead onto the curve.
    assert rates(run)[7] == pytest.approx(peak * whole(7) / 2)
    for step in range(8, 13):
        assert rates(run)[step] == pytest.approx(peak * whole(step - 1))
    told = [event for event in of_kind(run, "log") if event["code"] == "log.extended"]
    assert "6 → 12" in words.said(told[0]["code"], told[0]["values"])
    card = json.loads((run.path / "card.json").read_text())
    assert card["extensions"][0]["schedule"] == "rewarm"


@pytest.mark.slow
def test_a_longer_run_that_is_cut_off_resumes_on_its_new_curve_and_grows_again(
    tiny_model: Path, tmp_path: Path
) -> None:
    run = tiny_run(tiny_model, tmp_path)
    train(run)
    extend_run(run, 1)
    train(run, resume=True)
    expected, seen = losses(run), rates(run)
    (run.path / "checkpoint-9").rename(tmp_path / "checkpoint-9")
    before = len(read_journal(run.path))
    train(run, resume=True)
    again = [e for e in read_journal(run.path)[before:] if e["kind"] == "step"]
    assert [event["step"] for event in again] == [9]
    assert again[0]["loss"] == pytest.approx(expected[9], abs=1e-5)
    assert again[0]["learning_rate"] == pytest.approx(seen[9])
    extend_run(run, 1, "rewarm")
    assert train(run, resume=True).outcome == "finished"
    assert [(made.steps_before, made.steps) for made in extensions_of(run)] == [(6, 9), (9, 12)]
    assert max(losses(run)) == 12


@pytest.mark.slow
def test_a_run_grows_while_it_trains(tiny_model: Path, tmp_path: Path) -> None:
    run = tiny_run(
        tiny_model, tmp_path, train__num_train_epochs=500, train__save_steps=1000, **CONSTANT
    )
    session = TrainingSession(run)
    session.start()
    wait_for_step(run, 2)
    extend_run(run, 20_000)  # more than a run may have: it goes on as it was
    wait_for_log(run, "log.not_extended")
    send_command(run.path, "extend", epochs="many")
    extend_run(run, 2)
    wait_for_log(run, "log.extended")
    assert run.summary().steps == 1506 and run.spec().train.num_train_epochs == 502
    send_command(run.path, "stop")
    assert session.join(120)
    assert session.outcome == "stopped", session.error
    heard = [event["what"] for event in of_kind(run, "command")]
    assert heard == ["extend", "extend", "extend", "stop"]


@pytest.mark.slow
def test_a_run_that_grows_at_its_last_step_goes_on(tiny_model: Path, tmp_path: Path) -> None:
    run = tiny_run(tiny_model, tmp_path, **CONSTANT)
    session = TrainingSession(run)
    send_command(run.path, "pause")
    session.start()
    wait_for_step(run, 1)
    extend_run(run, 1)
    send_command(run.path, "resume")
    assert session.join(120)
    assert session.outcome == "finished", session.error
    assert list(losses(run)) == list(range(1, 10))


@pytest.mark.slow
def test_a_stopped_run_goes_down_from_the_rate_it_had_never_up(
    tiny_model: Path, tmp_path: Path
) -> None:
    run = tiny_run(tiny_model, tmp_path, train__num_train_epochs=4, train__save_steps=3)
    train(run)
    for late in ("checkpoint-6", "checkpoint-9", "checkpoint-12"):
        (run.path / late).rename(tmp_path / late)
    extension = preview_extension(run, 2)
    assert (extension.schedule, extension.step, extension.steps) == ("decay", 3, 18)
    assert extension.rate == extension.rate_before > extension.rate_end
    up = preview_extension(run, 2, "rewarm")
    assert up.rate > up.rate_before
    extend_run(run, 2)
    before = len(read_journal(run.path))
    train(run, resume=True)
    again = [e for e in read_journal(run.path)[before:] if e["kind"] == "step"]
    went = [event["learning_rate"] for event in again]
    assert went[0] == pytest.approx(extension.rate_before)
    assert went == sorted(went, reverse=True) and len(went) == 15


@pytest.mark.slow
def test_steps_at_most_grow_by_the_steps_of_the_epochs(tiny_model: Path, tmp_path: Path) -> None:
    run = tiny_run(tiny_model, tmp_path, train__max_steps=4)
    train(run)
    extend_run(run, 1)
    assert train(run, resume=True).outcome == "finished"
    assert run.spec().train.max_steps == run.summary().step == 7


def test_what_cannot_be_made_longer_says_why(
    finished: Run, tiny_model: Path, tmp_path: Path
) -> None:
    assert _code(tiny_run(tiny_model, tmp_path)) == "extend.nothing_saved"
    run = finished
    before = (run.path / "journal.jsonl").read_bytes()
    with pytest.raises(DanluError) as caught:
        extend_run(run, 1, "decay")
    assert caught.value.code == "extend.rate_run_out"
    with pytest.raises(DanluError):
        extend_run(run, 100_000)
    (run.path / "checkpoint-6" / "optimizer.pt").unlink()
    assert _code(run) == "extend.no_optimizer"
    assert (run.path / "journal.jsonl").read_bytes() == before
    assert run.spec().train.num_train_epochs == 2


@pytest.mark.slow
def test_rows_that_changed_since_stop_a_longer_run(tiny_model: Path, tmp_path: Path) -> None:
    run = tiny_run(tiny_model, tmp_path)
    train(run)
    extend_run(run, 1)
    rows = (tmp_path / "rows.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "rows.jsonl").write_text("".join(rows[:4]))
    session = train(run, resume=True)
    assert session.error is not None and session.error.code == "train.data_changed"
    assert accept_rows(run, Job())
    session = train(run, resume=True)
    assert session.error is not None and session.error.code == "extend.data_changed"


def _code(run: Run) -> str:
    with pytest.raises(DanluError) as caught:
        extend_run(run, 1)
    assert caught.value.what and caught.value.why and caught.value.fixes
    return caught.value.code


@pytest.mark.parametrize(
    "kind", ["cosine", "linear", "constant", "constant_with_warmup", "polynomial"]
)
def test_the_plain_schedule_is_that_of_transformers(kind: str) -> None:
    import torch
    from transformers import get_scheduler

    spec = RunSpec.from_mapping(
        {
            "data": {"train": ["rows.jsonl"]},
            "train": {"lr_scheduler_type": kind, "warmup_steps": 3, "learning_rate": 2e-4},
        }
    )
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2e-4)
    theirs = get_scheduler(kind, optimizer, 3, 20)
    ours = planned(spec, 20)
    for step in range(21):
        assert ours(step) * 2e-4 == pytest.approx(optimizer.param_groups[0]["lr"], abs=1e-12)
        optimizer.step()
        theirs.step()


def test_an_extension_is_told_in_both_languages(finished: Run) -> None:
    again = preview_extension(finished, 1.5)
    assert (again.schedule, again.steps, again.epochs) == ("rewarm", 11, 3.5)
    assert again.rate_before == 0 < again.rate_end < again.rate < 5e-3
    code, values = extension_words(again)
    assert "where a run planned for 3.5 epochs would be" in words.said(code, values)
    asked = preview_extension(finished, 2, learning_rate=1e-3)
    assert (asked.schedule, asked.rate) == ("rewarm", pytest.approx(1e-3))
    assert "to 1.00e-03, as asked for" in words.said(*extension_words(asked))
    flat = replace(again, rate_before=5e-3, rate=5e-3, rate_end=5e-3)
    words.use_language("zh")
    assert "保持 5.00e-03" in words.said(*extension_words(flat))


def test_a_schedule_goes_on_without_a_jump_however_often_it_is_made_longer() -> None:
    spec = RunSpec.from_mapping(
        {
            "data": {"train": ["rows.jsonl"]},
            "train": {"learning_rate": 1e-4, "warmup_steps": 5},
        }
    )
    down = Extension(60, 100, 150, 1, 1.5, "decay", 5, 0, 0, 0)
    up = Extension(150, 150, 300, 1.5, 3, "rewarm", 10, 0, 0, 0)
    named = factor(spec, 300, [down, replace(up, top=2.0)])
    assert [named(step) for step in (150, 154, 159)] == pytest.approx([0.2, 1.0, 2.0])
    after = [named(step) for step in range(159, 300)]
    assert after == sorted(after, reverse=True) and after[-1] < 1e-3
    plain, longer = planned(spec, 100), factor(spec, 300, [down, up])
    assert [longer(step) for step in range(60)] == [plain(step) for step in range(60)]
    assert longer(60) == pytest.approx(plain(60))
    falling = [longer(step) for step in range(60, 150)]
    assert falling == sorted(falling, reverse=True) and falling[-1] < 1e-3
    whole = planned(spec, 300)
    for step in range(150, 160):
        assert longer(step) == pytest.approx(whole(159) * (step - 149) / 10)
    assert [longer(step) for step in range(160, 301)] == [whole(step) for step in range(160, 301)]


@pytest.mark.slow
def test_a_constant_rate_stays(tiny_model: Path, tmp_path: Path) -> None:
    run = tiny_run(tiny_model, tmp_path, **CONSTANT)
    train(run)
    assert "stays 5.00e-03" in words.said(*extension_words(preview_extension(run, 1)))


def test_training_on_does_not_delete_what_was_pinned(finished: Run) -> None:
    from engine.runs.marks import choose_best, pin
    from engine.train.checkpoints import CheckpointShelf

    pin(finished.path, "checkpoint-2")
    shelf = CheckpointShelf(finished.path, keep=1)
    assert [folder.name for folder in shelf.prune()] == ["checkpoint-4"]
    shutil.copytree(finished.path / "checkpoint-6", finished.path / "checkpoint-7")
    choose_best(finished.path, "checkpoint-6")
    assert shelf.prune() == []
