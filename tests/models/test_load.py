"""Loading: the dtype, the quantisation and the stop tokens that the spec and the model ask for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DanluError
from engine.hardware import Gpu, Machine
from engine.models.load import load_model, load_tokenizer, stop_token_ids, weight_dtype
from engine.spec.sections import Model

CPU = Machine(2, 8 * 2**30, 6 * 2**30, ())
T4 = Machine(2, 8 * 2**30, 6 * 2**30, (Gpu(0, "T4", 2**34, 2**34, (7, 5)),))
A100 = Machine(2, 8 * 2**30, 6 * 2**30, (Gpu(0, "A100", 2**36, 2**36, (8, 0)),))


def test_weights_are_held_by_the_rules_of_mixed_precision() -> None:
    def held(machine: Machine, tuner: str, dtype: Any = "auto", training: bool = True) -> str:
        return weight_dtype(Model(dtype=dtype), machine, for_training=training, tuner=tuner)

    assert held(CPU, "lora") == held(CPU, "full") == "float32"
    assert held(A100, "lora") == held(A100, "full") == "bfloat16"
    assert held(T4, "lora") == held(T4, "freeze") == "float16"
    assert held(T4, "full") == "float32"  # a loss scaler needs float32 gradients
    assert held(T4, "full", training=False) == "float16"
    assert held(A100, "full", dtype="float16") == "float32"


def test_a_model_loads_in_the_dtype_asked_and_the_mode_wanted(tiny_model: Path) -> None:
    import torch

    model = load_model(tiny_model, Model(dtype="bfloat16"), CPU, for_training=False)
    assert next(model.parameters()).dtype == torch.bfloat16 and not model.training
    assert model.config._attn_implementation == "sdpa"
    model = load_model(
        tiny_model, Model(attn_implementation="flash_attention_2"), CPU, for_training=True
    )
    assert next(model.parameters()).dtype == torch.float32 and model.training
    assert model.config._attn_implementation == "sdpa"  # no flash attention here


@pytest.mark.parametrize("quantization", ["nf4", "int8"])
def test_a_quantised_model_learns_through_its_adapter(tiny_model: Path, quantization: Any) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    model = load_model(tiny_model, Model(quantization=quantization), CPU, for_training=True)
    stored = {weights.dtype for weights in model.parameters()}
    assert (torch.uint8 if quantization == "nf4" else torch.int8) in stored
    tuned = get_peft_model(model, LoraConfig(target_modules="all-linear", lora_alpha=64))
    trained = [weights for weights in tuned.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=0.02)
    rows = torch.tensor([[1, 40, 41, 42, 43, 44, 2]])
    losses = []
    for _ in range(12):
        loss = tuned(input_ids=rows, labels=rows).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.3


def test_what_is_quantised_is_not_quantised_again(tiny_model: Path, tmp_path: Path) -> None:
    model = load_model(tiny_model, Model(quantization="nf4"), CPU, for_training=False)
    model.save_pretrained(tmp_path)
    again = load_model(tmp_path, Model(), CPU, for_training=False)
    assert getattr(again, "is_loaded_in_4bit", False)
    with pytest.raises(DanluError) as caught:
        load_model(tmp_path, Model(quantization="int8"), CPU, for_training=False)
    assert caught.value.code == "model.already_quantized"


def test_stop_tokens_come_from_every_place_that_names_one(tiny_model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    tokenizer = load_tokenizer(folder)
    assert stop_token_ids(tokenizer, folder) == [2]
    # As Qwen's base models do: the tokenizer ends texts with one token, the template with another.
    tokenizer.eos_token = "<|endoftext|>"
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [0, 7]}))
    assert stop_token_ids(tokenizer, folder) == [0, 7, 2]
    model = load_model(folder, Model(), CPU, for_training=False)
    assert stop_token_ids(tokenizer, model) == [0, 7, 2]
    tokenizer.chat_template = None
    assert stop_token_ids(tokenizer) == [0]


def test_what_cannot_be_loaded_has_a_name(tiny_model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "of_tomorrow"}))
    assert code_of(lambda: load_model(folder, Model(), CPU, for_training=False)) == (
        "model.cannot_load"
    )
    auto = {"AutoConfig": "configuration_own.Config", "AutoModelForCausalLM": "modeling_own.Model"}
    own = {**config, "model_type": "own", "auto_map": auto}
    (folder / "config.json").write_text(json.dumps(own))
    assert code_of(lambda: load_model(folder, Model(), CPU, for_training=False)) == (
        "model.remote_code"
    )
    (folder / "tokenizer.json").write_text("{")
    assert code_of(lambda: load_tokenizer(folder)) in ("model.no_tokenizer", "model.remote_code")


def code_of(call: Any) -> str:
    with pytest.raises(DanluError) as caught:
        call()
    assert caught.value.what and caught.value.why
    return caught.value.code


def test_loading_says_nothing(tiny_model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load_tokenizer(tiny_model)
    load_model(tiny_model, Model(), CPU, for_training=False)
    assert capfd.readouterr() == ("", "")
