"""What a person may name to talk to, and what is said when it is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.chat.named_bases import can_be_base, name_base
from engine.chat.target import resolve_target
from engine.errors import DanluError
from engine.runs.journal import JournalWriter
from engine.runs.store import Run, create_run
from engine.spec.run_spec import RunSpec


def make_run(model: Path, name: str = "first") -> Run:
    spec = RunSpec.from_mapping(
        {
            "run": {"name": name},
            "model": {"source": str(model)},
            "data": {"train": ["rows.jsonl"]},
        }
    )
    return create_run(spec)


def make_checkpoint(run: Run, step: int, kind: str = "adapter_config.json") -> Path:
    folder = run.path / f"checkpoint-{step}"
    folder.mkdir()
    (folder / kind).write_text('{"base_model_name_or_path": "gone"}')
    return folder


def code_of(text: str | None) -> str:
    with pytest.raises(DanluError) as caught:
        resolve_target(text)
    assert caught.value.what and caught.value.fixes
    return caught.value.code


def test_a_run_means_its_last_checkpoint(tiny_model: Path) -> None:
    run = make_run(tiny_model)
    make_checkpoint(run, 5)
    last = make_checkpoint(run, 20)
    target = resolve_target("first")
    assert (target.adapter, target.weights) == (last, None)
    assert target.base.source == str(tiny_model)
    assert target.run == run
    assert target.label == "first/checkpoint-20"
    assert resolve_target(None) == resolve_target(str(run.path)) == target


def test_a_run_with_a_best_checkpoint_means_that_one(tiny_model: Path) -> None:
    run = make_run(tiny_model)
    best = make_checkpoint(run, 5)
    make_checkpoint(run, 20)
    journal = JournalWriter(run.path)
    journal.write("checkpoint", step=5, path="checkpoint-5", best=True)
    journal.write("checkpoint", step=20, path="checkpoint-20", best=False)
    journal.close()
    assert resolve_target("first").adapter == best


def test_one_checkpoint_of_a_run_may_be_named(tiny_model: Path) -> None:
    run = make_run(tiny_model)
    first = make_checkpoint(run, 5)
    make_checkpoint(run, 20)
    target = resolve_target("first/checkpoint-5")
    assert (target.adapter, target.run) == (first, run)
    assert resolve_target(str(first)) == target


def test_a_fully_tuned_checkpoint_is_a_model_beside_its_base(tiny_model: Path) -> None:
    full = make_checkpoint(make_run(tiny_model), 3, "config.json")
    target = resolve_target("first")
    assert (target.adapter, target.weights, target.tuned) == (None, full, full)
    assert target.tuned_model.source == str(full)
    assert target.base.source == str(tiny_model)


def test_an_adapter_folder_names_its_base(adapter: Path, talkative: Path) -> None:
    target = resolve_target(str(adapter))
    assert (target.adapter, target.run) == (adapter, None)
    assert target.base.source == str(talkative)


def test_models_by_folder_id_and_the_built_in_one(tiny_model: Path) -> None:
    assert resolve_target(str(tiny_model)).base.source == str(tiny_model)
    assert resolve_target("Qwen/Qwen3-0.6B").base.source == "Qwen/Qwen3-0.6B"
    assert resolve_target("embedded").base.source == "embedded"
    assert resolve_target("embedded").tuned is None


NO_TENSORS = (2).to_bytes(8, "little") + b"{}"  # a safetensors file that holds nothing


def test_an_adapter_whose_base_moved_can_be_given_it(tmp_path: Path, tiny_model: Path) -> None:
    config = tmp_path / "adapter_config.json"
    (tmp_path / "adapter_model.safetensors").write_bytes(NO_TENSORS)
    config.write_text(json.dumps({"base_model_name_or_path": "/no/such/folder"}))
    assert code_of(str(tmp_path)) == "chat.base_missing"
    moved = resolve_target(str(tmp_path), base=str(tiny_model))
    assert moved.base.source == str(tiny_model)
    config.write_text("{}")
    assert code_of(str(tmp_path)) == "chat.base_unknown"
    assert can_be_base(str(tiny_model)) and not can_be_base(str(tmp_path))
    name_base(tmp_path, str(tiny_model))
    assert resolve_target(str(tmp_path)).base.source == str(tiny_model), "it is remembered"
    config.write_text("{")
    assert code_of(str(tmp_path)) == "chat.broken_adapter"


def test_weights_that_are_missing_or_cut_off_are_told_before_anything_is_loaded(
    adapter: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copied"
    folder.mkdir()
    (folder / "adapter_config.json").write_bytes((adapter / "adapter_config.json").read_bytes())
    assert code_of(str(folder)) == "chat.no_weights"
    whole = (adapter / "adapter_model.safetensors").read_bytes()
    (folder / "adapter_model.safetensors").write_bytes(whole[: len(whole) // 2])
    assert code_of(str(folder)) == "chat.broken_adapter"


def test_what_is_not_there_is_named(tiny_model: Path, tmp_path: Path) -> None:
    assert code_of("nothing") == "chat.not_found"
    assert code_of("./nothing/here") == "chat.not_found"
    assert code_of(None) == "run.none_yet"
    run = make_run(tiny_model)
    assert code_of("first") == "chat.nothing_saved"
    make_checkpoint(run, 5)
    assert code_of("first/checkpoint-9") == "chat.no_such_checkpoint"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert code_of(str(empty)) == "chat.not_a_model"
    (empty / "x-q8_0.gguf").touch()
    assert code_of(str(empty)) == "model.only_gguf"


@pytest.mark.parametrize("record", ["export.json", "average.json"])
def test_what_danlu_made_stands_on_the_base_danlu_knew_it_by(tmp_path: Path, record: str) -> None:
    config = {"base_model_name_or_path": "/elsewhere/SmolLM2-135M-Instruct", "peft_type": "LORA"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    (tmp_path / "adapter_model.safetensors").write_bytes(NO_TENSORS)
    (tmp_path / record).write_text(json.dumps({"base": "embedded"}))
    found = resolve_target(str(tmp_path))
    assert found.base.source == "embedded" and found.notes == ()
