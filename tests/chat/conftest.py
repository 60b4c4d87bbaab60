"""The tiny model in memory, and tiny adapters of it on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.runs.store import Run
from tests.learned_run import make_run


@pytest.fixture(scope="session")
def talkative(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with layers so strong that its answers vary: fresh from its initialisation it
    repeats the last token for ever, which every wrong decoder does as well."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path_factory.mktemp("talkative")
    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    torch.manual_seed(11)
    for name, weight in model.named_parameters():
        if "proj" in name and weight.ndim == 2:
            torch.nn.init.normal_(weight, std=0.35)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def live(talkative: Path) -> tuple[Any, Any]:
    """That model in memory and its tokenizer. Tests leave both as they found them."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(talkative, dtype=torch.float32)
    return model.eval(), AutoTokenizer.from_pretrained(talkative)


def make_adapter(model_folder: Path, folder: Path, seed: int) -> Path:
    """A random LoRA adapter strong enough to change every answer."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32)
    adapted = get_peft_model(base, LoraConfig(r=4, target_modules="all-linear", lora_alpha=64))
    torch.manual_seed(seed)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.5)
    adapted.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="session")
def adapter(talkative: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_adapter(talkative, tmp_path_factory.mktemp("adapter"), seed=1)


@pytest.fixture(scope="session")
def other_adapter(talkative: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_adapter(talkative, tmp_path_factory.mktemp("other-adapter"), seed=2)


@pytest.fixture
def run(learned: tuple[Path, Path], tmp_path: Path) -> Run:
    """A run of three rows whose checkpoint knows two of them."""
    return make_run(learned, tmp_path)
