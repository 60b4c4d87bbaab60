"""What is served by which name, and what cannot be served together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import DanluError
from engine.serve.plan import Plan, what_to_serve
from engine.serve.serving import start_serving
from engine.serve.vllm import read_metrics, vllm_command
from engine.spec.sections import Model
from tests.hub.conftest import write_safetensors


def adapter_folder(folder: Path, base: str, **config: object) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(
        json.dumps({"base_model_name_or_path": base, "r": 8, **config})
    )
    write_safetensors(folder / "adapter_model.safetensors", 64)
    return folder


def test_adapters_bring_their_base_along(tiny_model: Path, tmp_path: Path) -> None:
    one = adapter_folder(tmp_path / "one", str(tiny_model))
    model, named = what_to_serve([str(one)], [f"other={one}"])
    assert model.source == str(tiny_model)
    assert [(each.name, each.adapter) for each in named] == [
        ("one", one),
        ("other", one),
        (tiny_model.name, None),
    ]


def test_a_plan_comes_back_from_its_file(tiny_model: Path, tmp_path: Path) -> None:
    one = adapter_folder(tmp_path / "one", str(tiny_model))
    model, named = what_to_serve([str(one)])
    plan = Plan(model, tuple(named), port=0, requires_key=True)
    assert Plan.from_json(plan.to_json()) == plan


def test_adapters_of_different_models_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    one = adapter_folder(tmp_path / "one", str(tiny_model))
    two = adapter_folder(tmp_path / "two", "some/other-model")
    with pytest.raises(DanluError) as caught:
        what_to_serve([str(one), str(two)])
    assert caught.value.code == "serve.different_models"


@pytest.mark.parametrize(
    ("renamed", "code"),
    [
        (["same={0}", "same={0}"], "serve.same_name"),
        (["no name={0}"], "serve.name_form"),
        (["lonely"], "serve.name_form"),
    ],
)
def test_names_are_plain_and_differ(tiny_model: Path, renamed: list[str], code: str) -> None:
    with pytest.raises(DanluError) as caught:
        what_to_serve([], [text.format(tiny_model) for text in renamed])
    assert caught.value.code == code


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org"])
def test_beyond_this_machine_a_key_is_required(tiny_model: Path, host: str) -> None:
    model, named = what_to_serve([str(tiny_model)])
    with pytest.raises(DanluError) as caught:
        start_serving(Plan(model, tuple(named), host=host), None)
    assert caught.value.code == "serve.key_needed"


def test_vllm_is_given_base_and_adapters_by_name_and_no_key(
    tiny_model: Path, tmp_path: Path
) -> None:
    one = adapter_folder(tmp_path / "one", str(tiny_model), rank_pattern={"q_proj": 20})
    (one / "chat_template.jinja").write_text("{{ messages }}")
    two = adapter_folder(tmp_path / "two", str(tiny_model))
    model, named = what_to_serve([str(one), str(two)])
    command = vllm_command(
        "/bin/vllm", Plan(model, tuple(named), requires_key=True), tiny_model, 8123
    )
    assert command == [
        *("/bin/vllm", "serve", str(tiny_model), "--host", "127.0.0.1", "--port", "8123"),
        *("--served-model-name", tiny_model.name),
        *("--enable-lora", "--max-loras", "2", "--max-lora-rank", "32"),
        *("--lora-modules", f"one={one}", f"two={two}"),
        *("--chat-template", str(one / "chat_template.jinja")),
    ]


def test_a_plain_model_asks_vllm_for_no_adapters() -> None:
    model = Model(source="Qwen/Qwen3-8B", quantization="nf4", dtype="bfloat16")
    _, named = what_to_serve(["Qwen/Qwen3-8B"])
    command = vllm_command(
        "/bin/vllm", Plan(model, tuple(named), host="::1"), Path("/models/q"), 8000
    )
    assert "--enable-lora" not in command
    assert command[command.index("--served-model-name") + 1] == "Qwen/Qwen3-8B"
    assert command[-2:] == ["--dtype", "bfloat16"] and "--quantization" not in command


def test_a_vllm_with_bitsandbytes_holds_the_base_in_4_bits(tmp_path: Path) -> None:
    kept = tmp_path / "lib/python3.11/site-packages/vllm/model_executor/layers/quantization"
    kept.mkdir(parents=True)
    (kept / "bitsandbytes.py").touch()
    model = Model(source="Qwen/Qwen3-8B", quantization="nf4")
    _, named = what_to_serve(["Qwen/Qwen3-8B"])
    found = str(tmp_path / "bin" / "vllm")
    command = vllm_command(found, Plan(model, tuple(named)), Path("/models/q"), 8000)
    assert command[-2:] == ["--quantization", "bitsandbytes"]


def test_what_vllm_counts_is_read_from_its_metrics() -> None:
    page = """# HELP vllm:generation_tokens_total Number of generation tokens processed.
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{engine="0",model_name="m"} 27453.0
vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 11.0
vllm:request_success_total{engine="0",finished_reason="length",model_name="m"} 2.0
vllm:request_success_created{engine="0"} 1.7e+09
"""
    assert read_metrics(page) == (13, 27453)
    assert read_metrics("") == (0, 0)
