"""What a model folder says of itself, and every way in which it can be none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import DanluError
from engine.models.describe import describe


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may break."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def test_parameters_and_sizes_are_those_of_the_loaded_model(tiny_model: Path) -> None:
    from transformers import AutoModelForCausalLM

    facts = describe(tiny_model)
    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    assert facts.parameters == sum(weights.numel() for weights in model.parameters())
    assert facts.weight_bytes == facts.parameters * 4 and facts.dtype == "float32"
    assert (facts.architecture, facts.model_type) == ("Qwen2ForCausalLM", "qwen2")
    assert (facts.layers, facts.hidden_size, facts.vocab_size) == (2, 64, 512)
    assert facts.context_length == 512 and facts.chat_template and facts.generates
    assert not facts.thinking and facts.quantized is None and facts.license is None


def test_sharded_weights_are_counted_through_their_index(folder: Path) -> None:
    from transformers import AutoModelForCausalLM

    whole = describe(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="100KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    assert describe(folder) == whole
    next(folder.glob("model-00002*")).unlink()
    assert code_of(folder) == "model.missing_shards"


def test_packed_weights_count_as_what_they_stand_for(folder: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    whole = describe(folder)
    for config, name in (
        (BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4"), "nf4"),
        (BitsAndBytesConfig(load_in_8bit=True), "int8"),
    ):
        model = AutoModelForCausalLM.from_pretrained(folder, quantization_config=config)
        model.save_pretrained(tmp_path / name)
        facts = describe(tmp_path / name)
        assert (facts.parameters, facts.quantized) == (whole.parameters, name)
        assert facts.weight_bytes < whole.weight_bytes


@pytest.mark.parametrize(
    ("file", "text", "licence"),
    [
        ("README.md", "---\nlicense: mit\n---\n", "mit"),
        ("README.md", "---\nlicense: other\nlicense_name: qwen-research\n---\n", "qwen-research"),
        ("README.md", "---\nlicense: [broken\n---\n", None),
        ("LICENSE", "                Apache License\n   Version 2.0", "apache-2.0"),
        ("LICENSE", "# My own terms\n\nDo no harm.", "My own terms"),
    ],
)
def test_the_licence_is_read_where_it_stands(
    folder: Path, file: str, text: str, licence: str | None
) -> None:
    (folder / file).write_text(text)
    assert describe(folder).license == licence


def test_a_template_that_thinks_is_told(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()
    assert not describe(folder).chat_template
    template = [{"name": "default", "template": "{{ '<think>' }}"}]
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    assert describe(folder).thinking


def test_what_is_no_model_has_a_name(folder: Path, tmp_path: Path) -> None:
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    assert code_of(folder) == "model.broken_safetensors"
    weights.write_bytes(b"<!DOCTYPE html>")
    assert code_of(folder) == "model.broken_safetensors"
    weights.unlink()
    assert code_of(folder) == "model.no_weights"
    (folder / "model.gguf").write_bytes(b"GGUF")
    assert code_of(folder) == "model.only_gguf"
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x02")
    assert code_of(folder) == "model.only_pickle"
    (folder / "config.json").write_text("{")
    assert code_of(folder) == "model.broken_file"
    (folder / "config.json").unlink()
    assert code_of(folder) == "model.not_a_model"
    adapter = {"base_model_name_or_path": "Qwen/Qwen3-8B"}
    (folder / "adapter_config.json").write_text(json.dumps(adapter))
    assert code_of(folder) == "model.is_adapter"


def code_of(folder: Path) -> str:
    with pytest.raises(DanluError) as caught:
        describe(folder)
    assert caught.value.what and caught.value.why and caught.value.document()["fixes"]
    return caught.value.code


def test_torch_stays_unloaded(tiny_model: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from engine.models.describe import describe;"
        "from engine.models import locate, shelf, load; describe(Path(sys.argv[1]));"
        "print([name for name in ('torch', 'transformers', 'modelscope') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tiny_model)]
    assert subprocess.run(command, capture_output=True, text=True).stdout.strip() == "[]"
