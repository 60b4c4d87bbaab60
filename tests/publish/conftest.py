"""Two hubs that take files, and a run that has something to publish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.runs.store import Run
from engine.spec.run_spec import RunSpec
from engine.train.card import write_card
from tests.hub.conftest import write_safetensors
from tests.publish.loopback_upload import UploadHub, upload_hub
from tests.recorded.replay import recorded_run

TOKEN = "hf_thisisaverysecrettoken"
WEIGHTS_SIZE = 6 * 2**20  # bytes
NEVER = (
    "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json", "training_args.bin",
    "verify.json", "export.json", ".env", "token", "pytorch_model.bin",
)  # fmt: skip


@dataclass
class Hubs:
    """Both hubs; ``named`` finds one by its name."""

    modelscope: UploadHub
    huggingface: UploadHub

    def named(self, name: str) -> UploadHub:
        return self.modelscope if name == "modelscope" else self.huggingface


@pytest.fixture
def hubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hubs]:
    """Both hubs, empty, every client pointed at them, nobody logged in; ``ember`` has a token."""
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "MODELSCOPE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")  # its storage speaks a protocol of its own
    with upload_hub() as modelscope, upload_hub() as huggingface:
        for hub in (modelscope, huggingface):
            hub.account("ember", TOKEN)
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", modelscope.address)
        monkeypatch.setenv("HF_ENDPOINT", huggingface.address)
        monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
        monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "ms-home"))
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        yield Hubs(modelscope, huggingface)


@pytest.fixture
def logged_in(hubs: Hubs, monkeypatch: pytest.MonkeyPatch) -> Hubs:
    """The same, with ember's token in the variables of both clients."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", TOKEN)
    return hubs


@pytest.fixture
def run(danlu_home: Path, tmp_path: Path) -> Run:
    """The recorded run with one checkpoint, beside whose adapter lies all that training leaves."""
    made = recorded_run(danlu_home / "runs" / "identity")
    asked = {"model": {"source": "Qwen/Qwen2.5-0.5B-Instruct"}, "method": {"lora_rank": 4}}
    data = {"train": [str(tmp_path / "secret-folder" / "self.jsonl"), "AI-ModelScope/alpaca-zh"]}
    made.save_spec(RunSpec.from_mapping({**asked, "data": data}))
    base = tmp_path / "cache" / "base"
    base.mkdir(parents=True)
    (base / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    write_card(made.path, model={"source": "Qwen/Qwen2.5-0.5B-Instruct", "folder": str(base)})
    folder = made.path / "checkpoint-160"
    folder.mkdir()
    config = {"base_model_name_or_path": str(base), "r": 4, "peft_type": "LORA"}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    write_safetensors(folder / "adapter_model.safetensors", WEIGHTS_SIZE)
    (folder / "tokenizer.json").write_text(json.dumps({"words": ["x" * 99] * 999}))
    (folder / "tokenizer_config.json").write_text("{}")
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    (folder / "README.md").write_text("PEFT's own")
    for name in NEVER:
        (folder / name).write_text("{}" if name.endswith("json") else "never")
    return made
