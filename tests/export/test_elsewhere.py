"""What is exported loads where danlu is not: in plain PEFT and plain transformers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.chat.target import resolve_target
from engine.export.export import export
from engine.export.request import ExportRequest
from engine.job import Job

_PEFT = """
import sys, torch
from peft import AutoPeftModelForCausalLM
model = AutoPeftModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32)
"""
_TRANSFORMERS = """
import sys, torch
from transformers import AutoModelForCausalLM
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32)
"""
_ASK = """
from transformers import AutoTokenizer
assert not [name for name in sys.modules if name.split(".")[0] in ("engine", "tui")]
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
asked = tokenizer.apply_chat_template(
    [{"role": "user", "content": "Who are you?"}], add_generation_prompt=True,
    return_tensors="pt", return_dict=True,
)
said = model.eval().generate(**asked, max_new_tokens=24, do_sample=False)
print("SAID", said[0, asked["input_ids"].shape[1]:].tolist())
"""


def answer(program: str, folder: Path, elsewhere: Path) -> list[int]:
    run = subprocess.run(
        [sys.executable, "-P", "-c", program + _ASK, str(folder)],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.rpartition("SAID ")[2])


@pytest.mark.slow
def test_adapter_and_merged_model_answer_alike_without_danlu(adapter: Path, tmp_path: Path) -> None:
    target = resolve_target(str(adapter))
    for form in ("adapter", "merged"):
        export(ExportRequest(target, tmp_path / form, form, verify=False), Job())
    adapted = answer(_PEFT, tmp_path / "adapter", tmp_path)
    assert len(adapted) > 3
    assert answer(_TRANSFORMERS, tmp_path / "merged", tmp_path) == adapted


def test_an_adapter_goes_without_what_only_resuming_needs(adapter: Path, tmp_path: Path) -> None:
    (adapter / "optimizer.pt").write_bytes(b"state")
    export(
        ExportRequest(resolve_target(str(adapter)), tmp_path / "out", "adapter", verify=False),
        Job(),
    )
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"adapter_config.json", "adapter_model.safetensors", "README.md"} <= names
    assert "optimizer.pt" not in names


def test_an_adapter_names_its_base_by_hub_id_where_it_came_from_one(
    base: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from engine.models.locate import LocatedModel

    found = LocatedModel(base, "Some/Model", "modelscope", "master", "note_model.local", {})
    monkeypatch.setattr("engine.export.origin.locate", lambda model, job: found)
    target = resolve_target(str(adapter))
    named = replace(target, base=replace(target.base, source="Some/Model"))
    export(ExportRequest(named, tmp_path / "out", "adapter", verify=False), Job())
    config = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "Some/Model"
