"""An averaged adapter adds the mean of what the others add, and loads wherever an adapter does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from engine.average.asked import read_asked
from engine.average.average import average
from engine.average.combine import cut, stacked
from engine.average.room import bytes_of
from engine.chat.target import resolve_target
from engine.errors import DanluError
from engine.job import Cancelled, Job
from engine.jobs.record import job_records
from tui.job_process import start_command
from tui.main import main

WEIGHTS = "adapter_model.safetensors"


def load(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def make(base: Path, folder: Path, seed: int, **config: Any) -> Path:
    """A random adapter on ``base``, strong enough for a wrong mean to show."""
    settings = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear", **config}
    model = get_peft_model(load(base), LoraConfig(task_type="CAUSAL_LM", **settings))
    torch.manual_seed(seed)
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            torch.nn.init.normal_(weight, std=0.3 if "lora_" in name else 0.02)
    model.save_pretrained(str(folder))
    return folder


def changes(base: Path, adapter: Path) -> dict[str, torch.Tensor]:
    """What ``adapter`` does to each weight of ``base``, by plain PEFT's own merge."""
    before = dict(load(base).named_parameters())
    merged = PeftModel.from_pretrained(load(base), str(adapter)).merge_and_unload()
    return {name: each.data - before[name] for name, each in merged.named_parameters()}


def assert_mean(base: Path, made: Path, of: dict[Path, float], tolerance: float = 1e-5) -> None:
    parts = {adapter: changes(base, adapter) for adapter in of}
    found = changes(base, made)
    assert any(each.abs().max() > 0.1 for each in found.values())
    for name, change in found.items():
        wanted = sum(weight * parts[adapter][name] for adapter, weight in of.items())
        assert torch.allclose(change, torch.as_tensor(wanted), atol=tolerance), name


def test_the_mean_is_of_the_products_whatever_ranks_scales_and_layers(
    tiny_model: Path, tmp_path: Path
) -> None:
    one = make(tiny_model, tmp_path / "one", 1, rank_pattern={"q_proj": 2})
    two = make(tiny_model, tmp_path / "two", 2, r=3, lora_alpha=5, use_rslora=True)
    some = make(
        tiny_model,
        tmp_path / "some",
        3,
        target_modules=["q_proj"],
        layers_to_transform=[1],
        alpha_pattern={"q_proj": 20},
    )
    made = average([str(one), str(two), str(some)], tmp_path / "mean", Job(), weights=[2, 1, 1])
    assert_mean(tiny_model, made.folder, {one: 0.5, two: 0.25, some: 0.25})
    assert made.document["exact"] and made.document["rank"] == 9
    assert not list(tmp_path.glob(".mean*"))


def test_it_is_what_peft_itself_stacks_and_its_answers_are_those(
    tiny_model: Path, tmp_path: Path
) -> None:
    one, two = (make(tiny_model, tmp_path / str(seed), seed) for seed in (1, 2))
    made = average([str(one), str(two)], tmp_path / "mean", Job(), weights=[0.75, 0.25])
    model = PeftModel.from_pretrained(load(tiny_model), str(one), "one")
    model.load_adapter(str(two), "two")
    model.add_weighted_adapter(["one", "two"], [0.75, 0.25], "theirs", combination_type="cat")
    model.load_adapter(str(made.folder), "ours")
    ids = torch.arange(3, 40).view(1, -1)
    logits = {}
    for name in ("theirs", "ours", "one"):
        model.set_adapter(name)
        logits[name] = model(input_ids=ids).logits
    assert torch.allclose(logits["ours"], logits["theirs"], atol=1e-4)
    assert not torch.allclose(logits["ours"], logits["one"], atol=0.1)


def test_a_cut_mean_is_the_nearest_of_its_rank_and_says_what_it_keeps(
    tiny_model: Path, tmp_path: Path
) -> None:
    one, two = (make(tiny_model, tmp_path / str(seed), seed) for seed in (1, 2))
    made = average([str(one), str(two)], tmp_path / "cut", Job(), rank=5)
    assert made.document["rank"] == 5 and not made.document["exact"]
    assert 0.5 < made.document["kept"] < 1
    parts = [changes(tiny_model, adapter) for adapter in (one, two)]
    name = "model.layers.0.self_attn.q_proj.weight"
    mean = (parts[0][name] + parts[1][name]) / 2
    u, values, v = torch.linalg.svd(mean)
    nearest = u[:, :5] * values[:5] @ v[:5]
    assert torch.allclose(changes(tiny_model, made.folder)[name], nearest, atol=1e-4)
    whole = average([str(one), str(two)], tmp_path / "enough", Job(), rank=8)
    assert whole.document["kept"] == pytest.approx(1.0)
    assert_mean(tiny_model, whole.folder, {one: 0.5, two: 0.5}, 1e-4)


def test_means_of_the_factors_would_have_been_wrong() -> None:
    torch.manual_seed(0)
    layers = [(torch.randn(3, 8), torch.randn(6, 3), 0.5) for _ in range(2)]
    right = sum(0.5 * b @ a for a, b, _ in layers)
    naive = (layers[0][1] + layers[1][1]) / 2 @ ((layers[0][0] + layers[1][0]) / 2)
    whole = stacked(layers)
    assert torch.allclose(whole.b @ whole.a, torch.as_tensor(right), atol=1e-5)
    assert not torch.allclose(naive, torch.as_tensor(right), atol=0.1)
    flat = cut(stacked([(torch.randn(20, 8), torch.randn(6, 20), 1.0)]), 6)
    assert flat.a.shape == (6, 8) and flat.b.shape == (6, 6)


def test_what_is_held_whole_is_averaged_where_all_have_it(tiny_model: Path, tmp_path: Path) -> None:
    one, two = (
        make(
            tiny_model,
            tmp_path / str(seed),
            seed,
            modules_to_save=["norm"],
            bias="lora_only",
            target_modules=["q_proj", "embed_tokens"],
        )
        for seed in (1, 2)
    )
    made = average([str(one), str(two)], tmp_path / "mean", Job())
    assert_mean(tiny_model, made.folder, {one: 0.5, two: 0.5})
    assert made.document["whole_tensors"] > 1
    assert code_of([one, make(tiny_model, tmp_path / "bare", 3, bias="lora_only")]) == (
        "average.unlike"
    )


def code_of(targets: list[Path], **wishes: Any) -> str:
    out = targets[0].parent / "never"
    with pytest.raises(DanluError) as caught:
        average([str(target) for target in targets], out, Job(), **wishes)
    assert caught.value.what and caught.value.why and caught.value.fixes
    assert not out.exists()
    return caught.value.code


def edited(adapter: Path, folder: Path, **changed: Any) -> Path:
    """A copy of ``adapter`` that says something else of itself."""
    folder.mkdir()
    config = {**json.loads((adapter / "adapter_config.json").read_text()), **changed}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / WEIGHTS).write_bytes((adapter / WEIGHTS).read_bytes())
    return folder


def test_what_cannot_be_averaged_is_refused_by_name(tiny_model: Path, tmp_path: Path) -> None:
    one = make(tiny_model, tmp_path / "one", 1)
    two = edited(one, tmp_path / "two")
    assert code_of([one]) == "average.too_few"
    assert code_of([one, one]) == "average.same_twice"
    assert code_of([one, tiny_model]) == "average.not_an_adapter"
    assert code_of([one, two], weights=[1, 1, 1]) == "average.weights_count"
    assert code_of([one, two], weights=[1, -1]) == "average.bad_weights"
    far = edited(one, tmp_path / "far", base_model_name_or_path="Qwen/Qwen3-0.6B")
    assert code_of([one, far]) == "average.other_base"
    dora = edited(one, tmp_path / "dora", use_dora=True)
    assert code_of([one, dora]) == "average.dora"
    pissa = edited(one, tmp_path / "pissa", init_lora_weights="pissa")
    assert code_of([one, pissa]) == "average.beyond"
    stored = load_file(two / WEIGHTS)
    key = next(name for name in stored if name.endswith("q_proj.lora_A.weight"))
    save_file({**stored, key: torch.zeros(4, 32)}, str(two / WEIGHTS))
    assert code_of([one, two]) == "average.unlike"
    (tmp_path / "never").mkdir()
    (tmp_path / "never" / "mine").write_text("")
    with pytest.raises(DanluError) as caught:
        average([str(one), str(far)], tmp_path / "never", Job())
    assert caught.value.code == "average.occupied"


def test_a_cancelled_average_leaves_nothing(tiny_model: Path, tmp_path: Path) -> None:
    one = make(tiny_model, tmp_path / "one", 1)
    two = edited(one, tmp_path / "two")
    job = Job(on_progress=lambda progress: job.cancel() if progress.done > 3 else None)
    with pytest.raises(Cancelled):
        average([str(one), str(two)], tmp_path / "mean", job)
    assert sorted(path.name for path in tmp_path.glob("*mean*")) == []


def test_room_for_it_is_told_from_the_shapes_and_missed_before_anything_is_written(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make(tiny_model, tmp_path / "one", 1, r=16, target_modules=["q_proj"])
    two = make(tiny_model, tmp_path / "two", 2, r=2)  # padded to the rank of the sum
    for rank in (None, 3):
        made = average([str(one), str(two)], tmp_path / f"mean-{rank}", Job(), rank=rank)
        asked = read_asked([resolve_target(str(each)) for each in (one, two)], None, None)
        size = (made.folder / WEIGHTS).stat().st_size
        assert 0 <= size - bytes_of(asked, rank) < 10_000  # its header
    monkeypatch.setattr("engine.average.room.free_disk_bytes", lambda folder: 1_000_000)
    assert code_of([one, two]) == "average.no_room"
    assert not list(tmp_path.glob(".never*"))


def test_the_command_is_a_job_and_prints_what_was_made(
    danlu_home: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = make(tiny_model, tmp_path / "one", 1)
    two = edited(one, tmp_path / "two")
    asked = ["average", str(one), str(two), "--weights", "1,3", "--out"]
    assert main(["--lang", "en", *asked, str(tmp_path / "a"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["weight"] for each in told["adapters"]] == [0.25, 0.75]
    assert told["folder"] == str(tmp_path / "a") and told["adapters"][0]["sha256"]
    (record,) = job_records()
    assert record.about() == [str(one), str(two)] and record.result() == told
    assert record.name == "average-one" and record.state().status == "finished"
    assert main(["--lang", "zh", *asked, str(tmp_path / "b"), "--rank", "2"]) == 0
    assert "截断到秩 2" in capsys.readouterr().out


@pytest.mark.slow
def test_one_cancelled_from_elsewhere_leaves_nothing(
    danlu_home: Path, tiny_model: Path, tmp_path: Path
) -> None:
    one = make(tiny_model, tmp_path / "one", 1)
    two = edited(one, tmp_path / "two")
    record = start_command(["average", str(one), str(two), "--out", str(tmp_path / "mean")])
    wait_for(lambda: record.state().status == "running")
    record.end()
    assert record.state().status == "cancelled" and record.result() is None
    assert not list(tmp_path.glob("*mean*")) and not list(tmp_path.glob(".*"))
    again = start_command(record.command())
    wait_for(lambda: not again.state().active)
    assert again.state().status == "finished" and (tmp_path / "mean" / WEIGHTS).is_file()


def wait_for(true: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)
