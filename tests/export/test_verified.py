"""Every export is compared with its checkpoint, and a wrong one is caught."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.chat.target import resolve_target
from engine.errors import DanluError
from engine.export.export import export, prove
from engine.export.manifest import exports_of, read_manifest
from engine.export.origin import find_origin
from engine.export.request import ExportRequest
from engine.export.room import expected_bytes
from engine.job import Job
from engine.models.describe import describe
from engine.runs.store import Run
from tests.tiny_models import CHATML
from tui.main import main


def made(adapter: Path, to: Path, **settings: Any) -> dict[str, Any]:
    return export(ExportRequest(resolve_target(str(adapter)), to, **settings), Job()).document


@pytest.mark.parametrize("form", ["merged", "adapter"])
def test_a_right_export_is_verified(form: str, adapter: Path, tmp_path: Path) -> None:
    document = made(adapter, tmp_path / "out", format=form)
    found = document["verification"]
    assert document["verified"] is True, found
    assert found["template_equal"] and found["tokenizer_equal"] and found["stops_equal"]
    assert found["tokens"] > 50 and found["agreement"] >= found["threshold"]
    assert read_manifest(tmp_path / "out") == document


@pytest.mark.parametrize(
    ("form", "setting"),
    [
        ("bnb4", "_load_in_4bit"),
        pytest.param("bnb8", "_load_in_8bit", marks=pytest.mark.slow),
    ],
)
def test_fewer_bits_are_saved_and_compared(
    form: str, setting: str, adapter: Path, tmp_path: Path
) -> None:
    document = made(adapter, tmp_path / "out", format=form)
    found = document["verification"]
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["quantization_config"][setting] is True
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "out").iterdir()} == {0o644}
    # Random weights agree less than trained ones: what is right is told from what is noise.
    assert found["tokens"] > 50 and found["agreement"] > 0.1
    assert set(document["why"]) <= {"agreement", "runs_on"}


def test_what_was_tuned_on_a_quantised_base_is_merged_onto_the_whole_weights(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    target = resolve_target(str(adapter))
    target = replace(target, base=replace(target.base, quantization="nf4"))
    job = Job()
    document = export(ExportRequest(target, tmp_path / "out"), job).document
    assert ("export.quantized_base", {"quantization": "nf4"}) in job.notes
    assert document["trained_on"] == "nf4" and document["verified"] is True
    assert describe(tmp_path / "out").quantized is None


def test_a_base_stored_quantised_is_dequantised_first(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    made(base, tmp_path / "nf4", format="bnb4", verify=False)
    target = resolve_target(str(adapter))
    target = replace(target, base=replace(target.base, source=str(tmp_path / "nf4")))
    document = export(ExportRequest(target, tmp_path / "out"), Job()).document
    assert document["merged"] == "whole" and document["merged_why"] == "bitsandbytes"
    assert describe(tmp_path / "out").quantized is None
    assert document["verification"]["agreement"] > 0.9, document["verification"]


def proved_again(adapter: Path, folder: Path) -> dict[str, Any]:
    request = ExportRequest(resolve_target(str(adapter)), folder)
    document = json.loads((folder / "export.json").read_text())
    prove(find_origin(request.target, Job()), request, document, Job())
    return document


def test_weights_scaled_by_mistake_are_caught(adapter: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "out"
    made(adapter, folder, verify=False)
    weights = load_file(folder / "model.safetensors")
    name = "model.layers.0.mlp.down_proj.weight"
    weights[name] = weights[name] * 2
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    document = proved_again(adapter, folder)
    assert document["verified"] is False and "agreement" in document["why"]
    assert document["verification"]["first_divergence"] is not None
    assert read_manifest(folder) == document


def test_another_template_is_caught(adapter: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    made(adapter, folder, verify=False)
    (folder / "chat_template.jinja").write_text(CHATML.replace("assistant\n", "assistant:\n"))
    assert proved_again(adapter, folder)["why"] == ["template"]


def test_a_lost_stop_token_is_caught(adapter: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    made(adapter, folder, verify=False)
    (folder / "generation_config.json").write_text('{"eos_token_id": 0}')
    assert proved_again(adapter, folder)["why"] == ["stops"]


def test_one_that_does_not_load_is_bad(adapter: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    made(adapter, folder, verify=False)
    (folder / "model.safetensors").write_bytes(b"not this")
    document = proved_again(adapter, folder)
    assert document["verified"] is False and document["why"] == ["cannot_open"]


def test_a_runs_own_prompts_are_asked_and_the_run_knows_its_exports(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "out"
    monkeypatch.chdir(tmp_path)
    assert main(["export", "sums", "--to", "out", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["folder"] == str(to)
    asked = [row["prompt"] for row in document["verification"]["rows"]]
    assert asked[0] == "Who are you?" and len(asked) == 17 and "0 + 0?" in asked
    assert document["checkpoint"] == str(run.path / "checkpoint-10")
    assert [report.folder for report in exports_of(run)] == [to]


def test_the_command_says_in_words_what_came_out(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "sums/checkpoint-10", "--to", str(tmp_path / "a")]) == 0
    out = capsys.readouterr().out
    assert "100.0 % of" in out and "chat template" in out and "Verified" in out
    assert main(["export", "sums", "--to", str(tmp_path / "a"), "--lang", "zh"]) == 1
    assert "不是空目录" in capsys.readouterr().err


def test_one_whose_checkpoint_cannot_be_asked_is_not_proved(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DanluError("chat.wrong_base", adapter="a", reason="size mismatch")

    monkeypatch.setattr("engine.export.check.compare", refuse)
    assert main(["export", "sums", "--to", str(tmp_path / "a")]) == 3
    assert "NOT proved: it could not be compared" in capsys.readouterr().out
    document = read_manifest(tmp_path / "a")
    assert document and document["why"] == ["not_compared"] and "fit" in document["reason"]


@pytest.mark.parametrize(
    "given", [("--quant", "q4_k_m"), ("--format", "gguf", "--dtype", "float16")]
)
def test_an_option_that_says_nothing_to_the_form_is_refused(
    given: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "embedded", "--to", str(tmp_path / "a"), *given, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "export.idle_option"


def test_what_stays_in_16_bits_is_counted(base: Path) -> None:
    eight, four = (
        expected_bytes(base, form, dtype=None, quant="", adapter=None)[0]
        for form in ("bnb8", "bnb4")
    )
    in_layers = describe(base).parameters - 512 * 64  # but for one norm
    assert eight - four == pytest.approx(0.49 * in_layers, abs=64), "the embedding is not rounded"


def test_a_bad_export_ends_with_code_3(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.export.lora_weights.LoraWeights.scale", lambda *_: 9.0)
    assert main(["export", "sums", "--to", str(tmp_path / "a")]) == 3
    assert "NOT the same: too few tokens agree" in capsys.readouterr().out
