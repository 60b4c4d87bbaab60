"""vLLM is run by options it has: a stand-in takes those of its version 0.33 and no others."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from engine.errors import DanluError
from engine.job import Job
from engine.runs.journal import JournalWriter
from engine.serve import vllm
from engine.serve.address import listen
from engine.serve.backend import Choice, choose_backend
from engine.serve.plan import Plan, what_to_serve
from engine.spec.sections import Model
from tests.serve.test_plan import adapter_folder

_STAND_IN = """#!{python}
import argparse, http.server, json, os, sys

def modules(text):
    plain = "=" in text and "," not in text
    return text.split("=", 1) if plain else list(json.loads(text).values())

dtypes = ["auto", "half", "float16", "bfloat16", "float", "float32"]
ranks = [1, 8, 16, 32, 64, 128, 256, 320, 512]
parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("verb", choices=["serve"])
parser.add_argument("model_tag")
parser.add_argument("--host")
parser.add_argument("--port", type=int, default=8000)
parser.add_argument("--served-model-name", nargs="+")
parser.add_argument("--enable-lora", action="store_true")
parser.add_argument("--max-loras", type=int)
parser.add_argument("--max-lora-rank", type=int, choices=ranks)
parser.add_argument("--lora-modules", nargs="+", type=modules)
parser.add_argument("--chat-template")
parser.add_argument("--quantization", choices=["gptq", "awq", "compressed-tensors", "fp8"])
parser.add_argument("--dtype", choices=dtypes)
parser.add_argument("--trust-remote-code", action="store_true")
given = parser.parse_args()
key = os.environ.get("VLLM_API_KEY")
open(os.environ["STAND_IN_SAYS"], "w").write(json.dumps({{**vars(given), "key": key}}))
asked = []

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        if self.path == "/metrics":
            asked.append(self.path)
            tokens = 7 * len(asked)
            self.wfile.write(b'vllm:generation_tokens_total{{engine="0"}} %d.0\\n' % tokens)
            self.wfile.write(b'vllm:request_success_total{{engine="0"}} 1.0\\n')

server = http.server.HTTPServer((given.host, given.port), Page)
while len(asked) < 3:
    server.handle_request()
sys.exit(4)
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the stand-in on PATH keeps how it was run."""
    program = tmp_path / "bin" / "vllm"
    program.parent.mkdir()
    program.write_text(_STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STAND_IN_SAYS", str(tmp_path / "said.json"))
    monkeypatch.setattr(vllm, "_LOOK_SECONDS", 0.05)
    return tmp_path / "said.json"


def test_it_is_started_watched_and_missed_when_it_ends(
    told: Path, tiny_model: Path, tmp_path: Path
) -> None:
    one = adapter_folder(tmp_path / "one", str(tiny_model), r=20)
    (one / "chat_template.jinja").write_text("{{ messages }}")
    two = adapter_folder(tmp_path / "two, with a comma", str(tiny_model))
    _, named = what_to_serve([], [f"one={one}", f"two={two}", f"base={tiny_model}"])
    model = Model(
        source=str(tiny_model), quantization="nf4", dtype="bfloat16", trust_remote_code=True
    )
    plan = Plan(model, tuple(named), backend="vllm", requires_key=True)
    folder, job = tmp_path / "serving", Job()
    folder.mkdir()
    with pytest.raises(DanluError) as caught:
        vllm.serve_with_vllm(plan, "secret", listen(plan.host, 0), JournalWriter(folder), job)
    assert caught.value.code == "serve.vllm_ended" and caught.value.values["status"] == 4
    said = json.loads(told.read_text())
    assert said["key"] == "secret" and said["served_model_name"] == ["base"]
    assert said["lora_modules"] == [["one", str(one)], ["two", str(two)]]
    assert (said["max_loras"], said["max_lora_rank"], said["dtype"]) == (2, 32, "bfloat16")
    assert said["chat_template"] == str(one / "chat_template.jinja")
    assert said["trust_remote_code"] and said["quantization"] is None
    assert ("serve.whole_base", {"quantization": "nf4"}) in job.notes
    events = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    assert events[0]["status"] == "serving" and events[0]["port"] == said["port"]
    assert events[-1]["kind"] == "traffic" and events[-1]["tokens"] == 21


@pytest.mark.parametrize(
    "setting",
    [
        {"use_dora": True},
        {"bias": "all"},
        {"lora_bias": True},
        {"init_lora_weights": "pissa"},
        {"layer_replication": [[0, 2]]},
        {"r": 1024},
    ],
)
def test_an_adapter_vllm_would_refuse_is_refused_before(
    setting: dict[str, object], told: Path, tmp_path: Path
) -> None:
    one = adapter_folder(tmp_path / "one", "some/model", **setting)
    model, named = what_to_serve([str(one)])
    with pytest.raises(DanluError) as caught:
        choose_backend("vllm", model, named)
    assert caught.value.code == "serve.vllm_refuses"
    assert str(caught.value.values["feature"]).startswith(next(iter(setting)))


def test_a_start_that_leaves_the_base_alone_is_served(told: Path, tmp_path: Path) -> None:
    one = adapter_folder(tmp_path / "one", "some/model", init_lora_weights="gaussian", bias="none")
    model, named = what_to_serve([str(one)])
    assert choose_backend("vllm", model, named) == Choice("vllm", asked=True)
