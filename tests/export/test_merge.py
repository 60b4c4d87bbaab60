"""Merged tensor by tensor, shard by shard, an adapter gives what PEFT's own merge gives."""

from __future__ import annotations

import errno
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.chat.target import resolve_target
from engine.errors import DanluError
from engine.export.export import export
from engine.export.request import ExportRequest, read_size
from engine.job import Cancelled, Job
from tests.export.conftest import save_adapter

KINDS = {
    "plain": {},
    "rslora": {"use_rslora": True},
    "dora": {"use_dora": True},
    "patterns": {"rank_pattern": {"q_proj": 2}, "alpha_pattern": {"v_proj": 5}},
    "head saved whole": {"modules_to_save": ["lm_head"], "target_modules": ["q_proj", "v_proj"]},
    "both ends": {"target_modules": ["q_proj", "embed_tokens", "lm_head"]},
    "biases": {"bias": "all", "target_modules": ["q_proj", "v_proj"]},
    "by PEFT itself": {"init_lora_weights": "pissa"},
}


def request(target: Path, to: Path, **settings: Any) -> ExportRequest:
    return ExportRequest(resolve_target(str(target)), to, verify=False, **settings)


def logits(model: Any) -> Any:
    import torch

    with torch.no_grad():
        return model(torch.arange(5, 60)[None]).logits


def merged_by_peft(base: Path, adapter: Path) -> Any:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return PeftModel.from_pretrained(model, str(adapter)).eval()


def load(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


@pytest.mark.parametrize("kind", KINDS)
def test_a_merged_model_answers_as_the_adapter_on_its_base(
    kind: str, base: Path, tmp_path: Path
) -> None:
    import torch

    adapter = save_adapter(base, tmp_path / "adapter", **KINDS[kind])
    report = export(request(adapter, tmp_path / "out"), Job())
    expected = logits(merged_by_peft(base, adapter))
    torch.testing.assert_close(logits(load(tmp_path / "out")), expected, atol=2e-3, rtol=1e-3)
    assert report.document["merged"] == ("whole" if kind == "by PEFT itself" else "by_tensor")


def test_tokens_that_were_added_with_the_tuning_go_along(base: Path, tmp_path: Path) -> None:
    import torch
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    def grown() -> Any:
        model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        model.resize_token_embeddings(514, mean_resizing=False)
        return model

    torch.manual_seed(1)
    tuned: Any = get_peft_model(
        grown(), LoraConfig(task_type="CAUSAL_LM", target_modules=["q_proj"])
    )
    tuned.save_pretrained(str(tmp_path / "adapter"))
    tokenizer: Any = AutoTokenizer.from_pretrained(base)
    tokenizer.add_tokens(["<tool>", "</tool>"])
    tokenizer.save_pretrained(tmp_path / "adapter")
    made = replace(request(tmp_path / "adapter", tmp_path / "out"), verify=True)
    assert export(made, Job()).verified is True
    expected = logits(PeftModel.from_pretrained(grown(), str(tmp_path / "adapter")).eval())
    assert expected.shape[-1] == 514
    torch.testing.assert_close(logits(load(tmp_path / "out")), expected, atol=2e-3, rtol=1e-3)


def test_embeddings_and_transposed_weights_merge_too(base: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    torch.manual_seed(3)
    shape = GPT2Config(vocab_size=512, n_positions=128, n_embd=48, n_layer=2, n_head=4)
    GPT2LMHeadModel(shape).save_pretrained(tmp_path / "gpt2")
    AutoTokenizer.from_pretrained(base).save_pretrained(tmp_path / "gpt2")
    settings = {"target_modules": ["c_attn", "wte"], "fan_in_fan_out": True}
    adapter = save_adapter(tmp_path / "gpt2", tmp_path / "adapter", **settings)
    report = export(request(adapter, tmp_path / "out"), Job())
    expected = logits(merged_by_peft(tmp_path / "gpt2", adapter))
    torch.testing.assert_close(logits(load(tmp_path / "out")), expected, atol=2e-3, rtol=1e-3)
    assert report.document["merged"] == "by_tensor"


def test_each_weight_is_that_of_merge_and_unload(base: Path, adapter: Path, tmp_path: Path) -> None:
    import torch

    export(request(adapter, tmp_path / "out"), Job())
    expected = merged_by_peft(base, adapter).merge_and_unload().state_dict()
    made = load(tmp_path / "out").state_dict()
    assert made.keys() == expected.keys()
    for name, weight in made.items():
        torch.testing.assert_close(weight, expected[name], atol=1e-5, rtol=1e-5)


def test_shards_are_no_larger_than_asked_and_load_as_one(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    import torch

    export(request(adapter, tmp_path / "whole"), Job())
    export(request(adapter, tmp_path / "cut", shard_bytes=100_000), Job())
    files = sorted((tmp_path / "cut").glob("*.safetensors"))
    index = json.loads((tmp_path / "cut" / "model.safetensors.index.json").read_text())
    assert len(files) > 2 and {f.name for f in files} == set(index["weight_map"].values())
    assert max(file.stat().st_size for file in files[1:]) < 110_000
    assert torch.equal(logits(load(tmp_path / "cut")), logits(load(tmp_path / "whole")))


def test_weights_are_written_in_the_dtype_asked_for(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    from engine.models.describe import describe

    export(request(adapter, tmp_path / "out", dtype="bfloat16"), Job())
    facts = describe(tmp_path / "out")
    assert facts.dtype == "bfloat16" and facts.weight_bytes == facts.parameters * 2
    assert json.loads((tmp_path / "out" / "config.json").read_text())["dtype"] == "bfloat16"


def test_a_model_without_adapter_is_copied(base: Path, tmp_path: Path) -> None:
    import torch

    export(request(base, tmp_path / "out"), Job())
    assert torch.equal(logits(load(tmp_path / "out")), logits(load(base)))


def test_every_stop_token_and_the_template_go_along(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    export(request(adapter, tmp_path / "out"), Job())
    generation = json.loads((tmp_path / "out" / "generation_config.json").read_text())
    assert generation["eos_token_id"] == 2
    before: Any = AutoTokenizer.from_pretrained(adapter)
    after: Any = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert after.chat_template == before.chat_template


def test_an_adapter_of_another_model_is_refused(base: Path, adapter: Path, tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    other = tmp_path / "other"
    config = AutoConfig.from_pretrained(base, intermediate_size=96)
    AutoModelForCausalLM.from_config(config).save_pretrained(other)
    AutoTokenizer.from_pretrained(base).save_pretrained(other)
    named = resolve_target(str(adapter))
    target = replace(named, base=replace(named.base, source=str(other)))
    with pytest.raises(DanluError) as caught:
        export(ExportRequest(target, tmp_path / "out", verify=False), Job())
    assert caught.value.code == "export.other_base"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", ["merged", "adapter"])
def test_an_adapter_whose_training_went_astray_is_refused(
    form: str, adapter: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    broken = shutil.copytree(adapter, tmp_path / "broken")
    weights = load_file(broken / "adapter_model.safetensors")
    next(iter(weights.values()))[0, 0] = float("nan")
    save_file(weights, broken / "adapter_model.safetensors", {"format": "pt"})
    with pytest.raises(DanluError) as caught:
        export(request(broken, tmp_path / "out", format=form), Job())
    assert caught.value.code == "export.not_finite" and not (tmp_path / "out").exists()


def test_a_cancelled_export_leaves_nothing(base: Path, adapter: Path, tmp_path: Path) -> None:
    job = Job(on_progress=lambda progress: job.cancel() if progress.done else None)
    with pytest.raises(Cancelled):
        export(request(adapter, tmp_path / "exports" / "out"), job)
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(adapter: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(DanluError) as caught:
        export(request(adapter, tmp_path), Job())
    assert caught.value.code == "export.occupied"


def test_a_folder_nothing_can_be_written_in_is_named(
    adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("engine.whole_folder.tempfile.mkdtemp", refuse)
    with pytest.raises(DanluError) as caught:
        export(request(adapter, tmp_path / "out"), Job())
    assert caught.value.code == "export.cannot_write" and "denied" in caught.value.why


def test_too_little_room_is_said_before_anything_is_written(
    adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.export.room.free_disk_bytes", lambda folder: 1000)
    with pytest.raises(DanluError) as caught:
        export(request(adapter, tmp_path / "out"), Job())
    assert caught.value.code == "export.no_room" and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "size"), [("5GB", 5 * 10**9), ("500MiB", 500 * 2**20), ("2g", 2 * 10**9), ("7", 7)]
)
def test_sizes_are_read_as_they_are_written(text: str, size: int) -> None:
    assert read_size(text) == size
