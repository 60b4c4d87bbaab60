"""Without a network, memory is estimated from the shapes the catalogue ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.catalogue import model_of
from engine.errors import DanluError
from engine.hardware import machine
from engine.job import Job
from engine.memory.cards import parse_card
from engine.memory.estimate import estimate
from engine.memory.model_config import config_folder
from engine.spec.run_spec import RunSpec
from engine.spec.sections import Model


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("HF_HOME", "HF_HUB_CACHE", "MODELSCOPE_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / name))


def test_the_shapes_come_from_the_catalogue_and_it_is_said() -> None:
    said: list[str] = []
    job = Job(on_note=lambda code, values: said.append(code))
    folder = config_folder(Model(source="LLM-Research/Llama-3.2-1B-Instruct"), job)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["model_type"] == "llama" and config["hidden_size"] == 2048
    assert said == ["note_model.catalogue_shapes"]


def test_a_model_the_catalogue_does_not_know_is_refused_as_before() -> None:
    with pytest.raises(DanluError) as caught:
        config_folder(Model(source="nobody/nothing"), Job())
    assert caught.value.code == "hub.offline"


@pytest.mark.slow
def test_an_estimate_from_shapes_counts_every_parameter() -> None:
    known = model_of("Qwen/Qwen3-0.6B")
    assert known is not None
    spec = RunSpec().with_values({"model.source": "Qwen/Qwen3-0.6B"})
    folder = config_folder(spec.model, Job())
    card = parse_card("24GB")
    found = estimate(
        spec,
        folder,
        machine(),
        card=card,
        max_row_tokens=128,
        rows=8,
        with_changes=False,
        job=Job(),
    )
    assert found.required_bytes > known.weight_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("repo", ["ibm-granite/granite-4.0-350m", "LiquidAI/LFM2-350M"])
def test_models_that_look_at_their_mask_are_estimated_from_shapes_too(repo: str) -> None:
    known = model_of(repo)
    assert known is not None
    spec = RunSpec().with_values({"model.source": repo})
    folder = config_folder(spec.model, Job())
    found = estimate(
        spec, folder, machine(), card=parse_card("24GB"), max_row_tokens=64, rows=8,
        with_changes=False, job=Job(),
    )  # fmt: skip
    weights = sum(item.bytes for item in found.items if item.name == "weights")
    assert found.parameters == known.parameters
    assert abs(weights - known.weight_bytes()) < 0.05 * known.weight_bytes()


@pytest.mark.slow
def test_adapters_on_fused_experts_are_estimated(tmp_path: Path) -> None:
    known = model_of("Qwen/Qwen3-30B-A3B")
    config = known.config() if known else None
    assert config is not None
    small = {"num_hidden_layers": 1, "hidden_size": 64, "moe_intermediate_size": 32}
    small |= {"num_experts": 4, "vocab_size": 512, "num_experts_per_tok": 2}
    (tmp_path / "config.json").write_text(json.dumps({**config, **small}))
    values = {"model.source": str(tmp_path), "method.lora_dropout": 0.0}
    spec = RunSpec().with_values(values)
    found = estimate(
        spec, tmp_path, machine(), card=parse_card("24GB"), max_row_tokens=64, rows=8,
        with_changes=False, job=Job(),
    )  # fmt: skip
    assert found.trained_parameters > 0
    assert torch_autocast_is_its_own()


def torch_autocast_is_its_own() -> bool:
    import torch

    return torch.autocast is torch.amp.autocast_mode.autocast
