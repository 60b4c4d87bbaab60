"""Two hubs on the loopback interface and empty caches, for the unmodified clients."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hub.loopback_hub import LoopbackHub, loopback_hub

WEIGHTS_SIZE = 12 * 2**20  # bytes: more than one resumable chunk


@dataclass
class Hubs:
    """The two hubs and where their clients keep what they fetch."""

    modelscope: LoopbackHub
    huggingface: LoopbackHub
    modelscope_cache: Path
    huggingface_cache: Path


@pytest.fixture
def hubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hubs]:
    """Both hubs, empty, with every client pointed at them and at caches of this test's own."""
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "HF_HUB_CACHE", "MODELSCOPE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with loopback_hub() as modelscope, loopback_hub() as huggingface:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", modelscope.address)
        monkeypatch.setenv("HF_ENDPOINT", huggingface.address)
        monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
        monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "ms-home"))
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        yield Hubs(modelscope, huggingface, tmp_path / "ms", tmp_path / "hf" / "hub")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository as people publish them: a model, its copies in other formats, a picture."""
    folder = tmp_path_factory.mktemp("published")
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 8}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "tokenizer_config.json").write_text('{"chat_template": "<think>"}')
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n")
    (folder / "pytorch_model.bin").write_bytes(b"pickle" * 999)
    (folder / "model.Q4.gguf").write_bytes(b"GGUF" * 999)
    (folder / "original").mkdir()
    (folder / "original" / "consolidated.00.pth").write_bytes(b"pth" * 999)
    (folder / "chart.png").write_bytes(b"png" * 999)
    write_safetensors(folder / "model.safetensors", WEIGHTS_SIZE)
    return folder


def write_safetensors(path: Path, size: int) -> None:
    """One bfloat16 tensor of ``size`` random bytes."""
    header = {"w": {"dtype": "BF16", "shape": [size // 2], "data_offsets": [0, size]}}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + random.Random(0).randbytes(size))
