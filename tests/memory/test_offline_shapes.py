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
    found = estimate(spec, folder, machine(), card=card, max_row_tokens=128, rows=8, job=Job())
    assert found.required_bytes > known.weight_bytes()
