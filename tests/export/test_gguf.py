"""GGUF written here is read by transformers' own reader and answers within rounding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.chat.target import resolve_target
from engine.errors import DanluError
from engine.export.export import export
from engine.export.modelfile import take_apart
from engine.export.request import ExportRequest
from engine.job import Job
from tests.export.conftest import save_adapter


def gguf(target: Path, to: Path, quant: str, verify: bool = True) -> dict[str, Any]:
    request = ExportRequest(resolve_target(str(target)), to, "gguf", quant=quant, verify=verify)
    return export(request, Job()).document


@pytest.fixture(autouse=True)
def without_llama_cpp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LLAMA_CPP", raising=False)
    monkeypatch.setattr("engine.export.outside_tools.shutil.which", lambda name: None)


@pytest.mark.parametrize("quant", ["f32", "f16", "bf16", "q8_0"])
def test_a_qwen2_is_read_back_with_the_same_logits(
    quant: str, base: Path, adapter: Path, tmp_path: Path
) -> None:
    import torch

    from engine.export.gguf_artefact import open_gguf
    from tests.export.test_merge import logits, merged_by_peft

    gguf(adapter, tmp_path / "out", quant, verify=False)
    path = next((tmp_path / "out").glob("*.gguf"))
    read = logits(open_gguf(path, torch.float32).model)
    expected = logits(merged_by_peft(base, adapter))
    apart = (read - expected).std() / expected.std()
    assert apart < {"f32": 1e-4, "f16": 6e-3, "bf16": 0.06, "q8_0": 0.12}[quant]


def test_a_llama_is_verified_with_its_tokenizer_template_and_stops(
    llama: Path, tmp_path: Path
) -> None:
    adapter = save_adapter(llama, tmp_path / "adapter")
    document = gguf(adapter, tmp_path / "out", "f16")
    found = document["verification"]
    assert document["verified"] is True, found
    assert document["converter"] == "danlu"
    modelfile = (tmp_path / "out" / "Modelfile").read_text()
    assert 'PARAMETER stop "<|im_end|>"' in modelfile
    assert "<|im_start|>user\n{{ .Content }}<|im_end|>\n" in modelfile
    assert modelfile.rstrip().splitlines()[0].startswith("FROM ./")


def test_kinds_beyond_need_llama_cpp_by_one_command(
    adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.export.outside_tools.quantiser", lambda: None)
    with pytest.raises(DanluError) as caught:
        gguf(adapter, tmp_path / "out", "q4_k_m")
    assert caught.value.code == "export.no_quantiser"
    assert "pip install llama-cpp-python" in caught.value.fix_text(caught.value.fixes[0])


def test_what_is_not_covered_is_refused_by_name(base: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    shape = GPT2Config(vocab_size=512, n_positions=64, n_embd=32, n_layer=1, n_head=2)
    GPT2LMHeadModel(shape).save_pretrained(tmp_path / "gpt2")
    AutoTokenizer.from_pretrained(base).save_pretrained(tmp_path / "gpt2")
    with pytest.raises(DanluError) as caught:
        gguf(tmp_path / "gpt2", tmp_path / "out", "f16")
    assert caught.value.values["what"] == "GPT2LMHeadModel"
    assert not (tmp_path / "out").exists()


TEMPLATES = Path(__file__).parent.parent / "data" / "chat_templates"


@pytest.mark.parametrize(
    ("name", "whole"), [("qwen25", True), ("llama3", True), ("mistral", False), ("glm", True)]
)
def test_a_modelfile_says_what_the_chat_template_says_or_nothing(
    name: str, whole: bool, base: Path
) -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(base)
    tokenizer.chat_template = (TEMPLATES / f"{name}.jinja").read_text()
    pieces = take_apart(tokenizer)
    assert (pieces is not None) == whole
    if name == "qwen25" and pieces:
        assert "Own prompt." in pieces.default and "$given" in pieces.template()


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["base", "llama"])
def test_llama_cpp_reads_and_says_what_the_checkpoint_does(
    architecture: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    llama_cpp = pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    from engine.export.artefact import open_checkpoint
    from engine.export.origin import find_origin

    folder: Path = request.getfixturevalue(architecture)
    opened = open_checkpoint(find_origin(resolve_target(str(folder)), Job()))
    text = opened.render([{"role": "user", "content": "Who are you? 你是谁？"}]) or ""
    ids = opened.read(text)
    expected = opened.answer(ids, 16, opened.stops)
    for quant in ("f16", "q8_0", "q4_k_m"):
        document = gguf(folder, tmp_path / quant, quant)
        assert set(document["why"]) <= {"agreement"}, document
        path = next((tmp_path / quant).glob("*.gguf"))
        model = llama_cpp.Llama(str(path), n_ctx=256, n_threads=1, verbose=False)
        assert model.tokenize(text.encode(), add_bos=False, special=True) == ids
        assert model.token_eos() in opened.stops
        said = [token for token, _ in zip(model.generate(ids, temp=0.0), range(16), strict=False)]
        if quant == "f16":  # random weights turn at the least rounding
            assert said[:4] == expected[:4]
