"""Runs on disk: named, found, listed newest first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import DanluError
from engine.hardware import Machine
from engine.home import runs_root
from engine.runs.lock import RunLock
from engine.runs.store import (
    Run,
    create_run,
    find_run,
    folder_bytes,
    list_runs,
)
from engine.spec.resolve import resolve
from engine.spec.run_spec import Origin, RunSpec

CPU = Machine(cores=2, ram_bytes=8 << 30, ram_free_bytes=6 << 30, gpus=())


def named(name: str | None) -> RunSpec:
    return RunSpec().with_values({"run.name": name})


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ("first try", "first-try"),
        ("../../etc/passwd", "etc-passwd"),
        ("小炉", "小炉"),
        ("..", "run"),
        ("a" * 300, "a" * 80),
    ],
)
def test_a_run_gets_a_name_a_folder_can_have(asked: str, made: str) -> None:
    run = create_run(named(asked))
    assert run.name == made and run.path.parent == runs_root()


def test_a_taken_name_gets_a_number() -> None:
    assert [create_run(named("x")).name for _ in range(3)] == ["x", "x-2", "x-3"]


def test_a_run_without_a_name_is_called_by_date_model_and_method() -> None:
    spec = RunSpec().with_values({"model.source": "Qwen/Qwen2.5-7B-Instruct"})
    assert create_run(spec).name.endswith("-Qwen2.5-7B-Instruct-lora")


def test_a_run_keeps_what_was_asked_and_who_chose_it() -> None:
    spec = resolve(named("kept").with_values({"method.lora_rank": 4}, "recipe"), CPU)
    run = create_run(spec)
    read = run.spec()
    assert read == spec
    assert read.origin("method.lora_rank") == Origin("recipe")
    assert read.origin("model.dtype") == Origin("machine", "dtype_cpu")
    assert read.origin("train.seed") == Origin("default")


def test_a_value_edited_in_the_runs_spec_is_the_persons() -> None:
    run = create_run(resolve(named("edited"), CPU))
    path = run.path / "spec.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("dtype: float32", "dtype: bfloat16").replace("seed: 42", "seed: 7")
    )
    assert run.spec().origin("model.dtype") == Origin("you")
    assert run.spec().origin("train.seed") == Origin("you")
    assert run.spec().origin("train.lora_rank") == Origin("default")


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"train.seed": {"value": 42, "by": "elves"}}'])
def test_a_broken_list_of_choosers_breaks_nothing(text: str) -> None:
    run = create_run(named("odd"))
    (run.path / "origins.json").write_text(text)
    assert run.spec() == named("odd")


def test_a_run_means_the_same_rows_from_whatever_folder_it_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows.jsonl").touch()
    monkeypatch.chdir(tmp_path)
    run = create_run(RunSpec().with_values({"data.train": ["rows.jsonl"]}))
    monkeypatch.chdir("/")
    assert run.spec().data.train[0].source == str(tmp_path / "rows.jsonl")


def test_a_run_is_found_by_name_by_path_and_as_the_newest() -> None:
    with pytest.raises(DanluError) as caught:
        find_run(None)
    assert caught.value.code == "run.none_yet"
    old, new = create_run(named("old")), create_run(named("new"))
    os.utime(old.path, (1, 1))
    assert [run.name for run in list_runs()] == ["new", "old"]
    assert find_run("old").path == old.path.resolve()
    assert find_run(str(old.path)).name == "old"
    assert find_run(None).name == new.name
    lock = RunLock(old.path)
    os.utime(old.path, (1, 1))
    assert find_run(None).name == "old"  # in progress
    lock.release()
    with pytest.raises(DanluError) as caught:
        find_run("older")
    assert caught.value.code == "run.not_found"


def test_checkpoints_are_listed_by_step_and_only_whole_ones() -> None:
    run = create_run(named("c"))
    assert run.last_checkpoint() is None
    for name in ("checkpoint-10", "checkpoint-9", "checkpoint-11.tmp", ".checkpoint-12", "other"):
        (run.path / name).mkdir()
    assert [folder.name for folder in run.checkpoint_folders()] == ["checkpoint-9", "checkpoint-10"]


def test_the_size_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_bytes(b"x" * 1000)
    (tmp_path / "y").write_bytes(b"x" * 24)
    assert folder_bytes(tmp_path) == 1024
    assert Run(tmp_path).bytes() == 1024
    assert folder_bytes(tmp_path / "none") == 0


def test_a_run_without_its_spec_is_listed_as_damaged_and_says_so() -> None:
    run = create_run(named("lost"))
    (run.path / "checkpoint-3").mkdir()
    (run.path / "spec.yaml").unlink()
    assert [each.name for each in list_runs()] == ["lost"] and run.damaged
    with pytest.raises(DanluError) as caught:
        run.spec()
    assert caught.value.code == "run.damaged"
