"""What ms-swift, LLaMA-Factory, TRL and plain PEFT trained opens by its path, on its own base."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine import words
from engine.chat.sampling import Sampling
from engine.chat.talker import Talker
from engine.chat.target import ChatTarget, resolve_target
from engine.errors import DanluError
from engine.job import Job
from engine.models.foreign import hub_id_of, read_foreign
from tests.chat.foreign_layouts import copy_adapter, llama_factory, ms_swift, trl


def told(target: ChatTarget) -> str:
    return " ".join(words.t(code, **values) for code, values in target.notes)


def code_of(path: Path) -> DanluError:
    with pytest.raises(DanluError) as caught:
        resolve_target(str(path))
    assert caught.value.what and caught.value.why and caught.value.fixes
    return caught.value


def test_ms_swift_names_its_base_by_id_and_by_the_cache_it_had(
    adapter: Path, tmp_path: Path
) -> None:
    folder = ms_swift(
        adapter, tmp_path, "Qwen/Qwen2.5-7B-Instruct", system="你是小炉。", quant_bits=4
    )
    target = resolve_target(str(folder))
    assert target.base.source == "Qwen/Qwen2.5-7B-Instruct"
    assert (target.adapter, target.system) == (folder, "你是小炉。")
    said = told(target)
    assert "ms-swift" in said and "step 20, loss 1.2500" in said
    assert "你是小炉。" in said and "4 bits" in said and "/mnt/workspace" in said
    known = read_foreign(folder)
    assert (known.hub, known.template, known.steps) == ("modelscope", "qwen2_5", 40)
    assert known.eval_loss == 1.5


def test_without_its_arguments_the_path_alone_tells_the_id(adapter: Path, tmp_path: Path) -> None:
    folder = ms_swift(adapter, tmp_path, "Qwen/Qwen2.5-7B-Instruct")
    for file in (folder / "args.json", folder.parent / "args.json", folder / "README.md"):
        file.unlink()
    assert resolve_target(str(folder)).base.source == "Qwen/Qwen2.5-7B-Instruct"
    hub = "/root/.cache/huggingface/hub/models--Qwen--Qwen3-0.6B/snapshots/abc123"
    assert hub_id_of(hub) == "Qwen/Qwen3-0.6B"
    assert hub_id_of(r"C:\Users\a\.cache\modelscope\hub\AI-X\M___1") == "AI-X/M.1"
    assert hub_id_of("/data/models/Qwen2.5-7B") is None


def test_llama_factory_knows_a_path_that_is_only_on_its_machine(
    adapter: Path, tmp_path: Path, talkative: Path
) -> None:
    folder = llama_factory(adapter, tmp_path, "/data/malu/Qwen2.5-0.5B-Instruct")
    error = code_of(folder)
    assert error.code == "chat.base_missing"
    assert "--base-model Qwen/Qwen2.5-0.5B-Instruct" in str(error.document()["fixes"])
    named = resolve_target(str(folder), base=str(talkative))
    assert named.base.source == str(talkative)
    assert "LLaMA-Factory" in told(named) and "4 bits" in told(named)
    # The checkpoint inside has no files of its own that say who made it: the run's do.
    inside = resolve_target(str(folder / "checkpoint-30"), base=str(talkative))
    assert inside.label == "train_1/checkpoint-30" and "LLaMA-Factory" in told(inside)


def test_a_run_of_checkpoints_means_its_best(adapter: Path, tmp_path: Path) -> None:
    run = trl(adapter, tmp_path, "Qwen/Qwen2-0.5B")
    target = resolve_target(str(run))
    assert target.adapter == run / "checkpoint-10"
    assert target.label == "Qwen2-0.5B-SFT/checkpoint-10"
    assert "TRL" in told(target) and "2 checkpoints" in told(target)
    words.use_language("zh")
    assert "2 个检查点" in told(target)


def test_where_checkpoints_lie_further_down_is_told(adapter: Path, tmp_path: Path) -> None:
    folder = ms_swift(adapter, tmp_path, "Qwen/Qwen2.5-0.5B-Instruct")
    error = code_of(tmp_path)
    assert error.code == "chat.checkpoints_below" and str(folder) in error.fix_text(error.fixes[0])


def test_plain_peft_answers_as_it_was_trained_to(
    adapter: Path, talkative: Path, tmp_path: Path
) -> None:
    folder = copy_adapter(adapter, tmp_path / "plain")
    ours = ms_swift(adapter, tmp_path, str(talkative))
    plain, swift = Job(), Job()
    sampling = Sampling(max_new_tokens=6)
    asked = [[{"role": "user", "content": "Who are you?"}]]
    answers = [
        Talker.load(str(path), job=job).answer_batch(asked, sampling)
        for path, job in ((folder, plain), (ours, swift))
    ]
    assert answers[0] == answers[1]
    assert ("foreign.made_by", {"maker": "PEFT", "base": str(talkative)}) in plain.notes
    assert "foreign.base_moved" in [code for code, _ in swift.notes]


def test_a_pickle_is_not_opened_and_its_safe_way_is_told(adapter: Path, tmp_path: Path) -> None:
    folder = copy_adapter(adapter, tmp_path / "old")
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    error = code_of(folder)
    assert error.code == "foreign.pickle_weights"
    way = " ".join(str(fix["text"]) for fix in error.document()["fixes"])
    assert "weights_only=True" in way and f"{folder}/adapter_model.bin" in way


def test_a_whole_model_of_another_program_has_its_base_beside_it_where_that_is_here(
    talkative: Path, tiny_model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "output" / "checkpoint-20"
    shutil.copytree(talkative, folder)
    (folder / "trainer_state.json").write_text('{"global_step": 20, "log_history": []}')
    (folder / "args.json").write_text(json.dumps({"model": "Qwen/Qwen3-8B", "tuner_type": "full"}))
    alone = resolve_target(str(folder))
    assert (alone.base.source, alone.weights) == (str(folder), None)
    (folder / "args.json").write_text(json.dumps({"model": str(tiny_model), "tuner_type": "full"}))
    beside = resolve_target(str(folder))
    assert (beside.base.source, beside.weights) == (str(tiny_model), folder)
    assert resolve_target(str(folder), base="embedded").base.source == "embedded"


def test_files_that_are_broken_tell_nothing_and_stop_nothing(
    adapter: Path, talkative: Path, tmp_path: Path
) -> None:
    folder = copy_adapter(adapter, tmp_path / "odd")
    for name, text in (
        ("args.json", "[1, 2"),
        ("trainer_state.json", '{"log_history": [null, 3]}'),
        ("README.md", "---\n: : [\n---\n"),
        ("training_args.yaml", "a: [1"),
    ):
        (folder / name).write_text(text)
    target = resolve_target(str(folder))
    assert target.base.source == str(talkative) and "PEFT" in told(target)
