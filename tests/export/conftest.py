"""A tiny model that says many things, adapters of several kinds, and folders to export to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.runs.store import Run, create_run
from engine.spec.run_spec import RunSpec
from tests.tiny_models import make_tiny_model

MakeAdapter = Callable[..., Path]


def strengthen(folder: Path, seed: int = 11) -> Path:
    """Give the model in ``folder`` layers strong enough that its answers vary."""
    import torch
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    torch.manual_seed(seed)
    for name, weight in model.named_parameters():
        if "proj" in name and weight.ndim == 2:
            torch.nn.init.normal_(weight, std=0.35)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A talkative tiny Qwen2, its embedding and head tied."""
    return strengthen(make_tiny_model(tmp_path_factory.mktemp("base")))


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return strengthen(make_tiny_model(tmp_path_factory.mktemp("llama"), "llama"))


def save_adapter(base: Path, folder: Path, seed: int = 1, **settings: Any) -> Path:
    """A random LoRA adapter of ``base`` that changes its answers, with its own tokenizer beside."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    chosen = {"r": 4, "lora_alpha": 16, "target_modules": "all-linear", **settings}
    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    torch.manual_seed(seed)
    adapted = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **chosen))
    for name, weight in adapted.named_parameters():
        if "lora_B" in name or "lora_embedding_B" in name:
            torch.nn.init.normal_(weight, std=0.3)
        elif "magnitude" in name or "modules_to_save" in name:
            weight.data *= 1 + 0.2 * torch.rand_like(weight)
    adapted.save_pretrained(str(folder))
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_adapter(base, tmp_path_factory.mktemp("adapter"))


@pytest.fixture
def run(base: Path, tmp_path: Path) -> Run:
    """A run with one checkpoint, its data and a watch prompt."""
    data = tmp_path / "rows.jsonl"
    rows = [{"query": f"{n} + {n}?", "response": str(2 * n)} for n in range(40)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    spec = RunSpec.from_mapping(
        {
            "model": {"source": str(base)},
            "data": {"train": [{"source": str(data)}]},
            "watch": {"prompts": ["Who are you?"]},
            "run": {"name": "sums"},
        }
    )
    made = create_run(spec)
    save_adapter(base, made.path / "checkpoint-10")
    return made
