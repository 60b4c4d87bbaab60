"""What each tuner makes trainable, on real models and on the meta device."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DanluError
from engine.models.adapt import adapt
from tests.memory.real_run import spec_of


def loaded(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder)


def trained(model: Any) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_lora_trains_every_linear_layer_but_the_head(tiny_model: Path) -> None:
    names = trained(adapt(loaded(tiny_model), spec_of()))
    assert len(names) == 2 * 7 * 2  # layers × linear modules × (A, B)
    assert all("lora_" in name and "lm_head" not in name for name in names)


def test_named_targets_alone_are_trained(tiny_model: Path) -> None:
    spec = spec_of(method={"target_modules": "q_proj, v_proj"})
    names = trained(adapt(loaded(tiny_model), spec))
    assert {name.split(".lora_")[0].rpartition(".")[2] for name in names} == {"q_proj", "v_proj"}


def test_freeze_trains_the_last_layers_only(tiny_model: Path) -> None:
    spec = spec_of(method={"tuner": "freeze", "freeze_trainable_layers": 1})
    names = trained(adapt(loaded(tiny_model), spec))
    assert names and all(name.startswith("model.layers.1.") for name in names)


def test_full_trains_everything(tiny_model: Path) -> None:
    model = adapt(loaded(tiny_model), spec_of(method={"tuner": "full"}))
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_an_adapter_is_trained_on(tiny_model: Path, tmp_path: Path) -> None:
    adapt(loaded(tiny_model), spec_of()).save_pretrained(str(tmp_path))
    model = adapt(loaded(tiny_model), spec_of(method={"adapter": str(tmp_path)}))
    assert len(trained(model)) == 28


def test_gradients_reach_the_adapter_through_checkpointing(tiny_model: Path) -> None:
    import torch

    model = adapt(loaded(tiny_model).train(), spec_of(train={"gradient_checkpointing": True}))
    ids = torch.ones((1, 8), dtype=torch.long)
    model(input_ids=ids, labels=ids).loss.backward()
    grads = [parameter.grad for parameter in model.parameters() if parameter.requires_grad]
    assert all(grad is not None for grad in grads)


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ({"target_modules": "c_attn"}, "adapter.no_such_module"),
        ({"target_modules": "lm_head"}, "adapter.on_lm_head"),
        ({"adapter": "/no/such/folder"}, "adapter.not_an_adapter"),
    ],
)
def test_what_cannot_be_trained_is_a_named_error(
    tiny_model: Path, method: dict[str, Any], code: str
) -> None:
    with pytest.raises(DanluError) as caught:
        adapt(loaded(tiny_model), spec_of(method=method))
    assert caught.value.code == code


def test_what_peft_refuses_is_named_with_its_way_out(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("lora.ParamWrapper does not work with lora_dropout != 0.")

    monkeypatch.setattr("peft.get_peft_model", refuse)
    with pytest.raises(DanluError) as caught:
        adapt(loaded(tiny_model), spec_of())
    assert caught.value.code == "adapter.refused"
    assert caught.value.fixes[0].set == {"method.lora_dropout": 0.0}


def test_an_adapter_of_another_model_or_in_a_pickle_is_refused_by_name(
    tiny_model: Path, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import save_file

    config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 2, "target_modules": ["q_proj"]}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    (tmp_path / "adapter_model.bin").write_bytes(b"")
    spec, codes = spec_of(method={"adapter": str(tmp_path)}), []
    for _ in range(2):
        with pytest.raises(DanluError) as caught:
            adapt(loaded(tiny_model), spec)
        codes.append(caught.value.code)
        place = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
        save_file({place: torch.zeros(2, 99)}, str(tmp_path / "adapter_model.safetensors"))
    assert codes == ["foreign.pickle_weights", "adapter.wrong_base"]
