"""Tools with other libraries than danlu's: found when whole, installed by one command, asked over a
pipe."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.chat.target import resolve_target
from engine.errors import DanluError
from engine.export import tool_python
from engine.export.elsewhere_reader import ElsewhereReader
from engine.export.export import export
from engine.export.older import config_for_all, tokenizer_for_all
from engine.export.request import ExportRequest
from engine.export.tool_python import GPTQMODEL, LLMCOMPRESSOR, ONNX, Tool, tool_for
from engine.job import Cancelled, Job
from engine.runs.store import Run
from tests.export.conftest import save_adapter


@pytest.fixture(autouse=True)
def nothing_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool_python, "_shared_version", lambda package: None)


def pretend_installed(tool: Tool, version: str = "1.2.3") -> Path:
    """Lay out what pip leaves of ``tool``, the last file it writes left out."""
    found = tool.folder / f"lib/python3.11/site-packages/{tool.package}-{version}.dist-info"
    found.mkdir(parents=True)
    return found / "RECORD"


@pytest.mark.parametrize("form", ["onnx", "awq", "gptq"])
def test_what_is_missing_is_told_with_the_command_that_installs_it(form: str) -> None:
    with pytest.raises(DanluError) as caught:
        tool_for(form)
    told = caught.value.fix_text(caught.value.fixes[0])
    tool = tool_python.TOOLS[form][0]
    assert f"-m venv {tool.folder} && {tool.folder}/bin/pip install" in told
    assert tool.requirement.split("[")[0] in told


def test_a_tool_is_taken_only_when_it_is_wholly_installed() -> None:
    record = pretend_installed(ONNX)
    assert ONNX.version is None
    record.touch()
    assert ONNX.version == "1.2.3" and tool_for("onnx") is ONNX
    assert ONNX.command("to_onnx.py")[:2] == [str(ONNX.folder / "bin" / "python"), "-I"]


def test_either_tool_makes_gptq() -> None:
    pretend_installed(LLMCOMPRESSOR).touch()
    assert tool_for("gptq") is LLMCOMPRESSOR
    pretend_installed(GPTQMODEL).touch()
    assert tool_for("gptq") is GPTQMODEL and tool_for("awq") is LLMCOMPRESSOR


def test_older_libraries_find_the_rotary_base_and_the_tokenizer() -> None:
    new = {"rope_parameters": {"rope_theta": 1e5, "rope_type": "linear", "factor": 4.0}}
    old = config_for_all(new)
    assert old["rope_theta"] == 1e5 and old["rope_parameters"] == new["rope_parameters"]
    assert old["rope_scaling"] == {"rope_type": "linear", "factor": 4.0}
    assert config_for_all({"rope_theta": 5.0}) == {"rope_theta": 5.0}
    settings = {"tokenizer_class": "TokenizersBackend", "extra_special_tokens": ["<a>"]}
    assert tokenizer_for_all({**settings, "is_local": True}) == {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "additional_special_tokens": ["<a>"],
    }


def test_calibration_rows_that_are_gone_are_told_before_anything_is_merged(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_installed(LLMCOMPRESSOR).touch()
    monkeypatch.setattr("engine.export.write._write_merged", None)
    (tmp_path / "rows.jsonl").unlink()
    with pytest.raises(DanluError) as caught:
        export(ExportRequest(resolve_target("sums"), tmp_path / "out", "awq"), Job())
    assert caught.value.code.startswith("data.") and not (tmp_path / "out").exists()


HERE = Tool("here", "here", "here")  # not installed: danlu's own Python is taken


@pytest.mark.slow
def test_a_folder_is_asked_in_another_process(base: Path, tmp_path: Path) -> None:
    from engine.export.artefact import open_checkpoint
    from engine.export.origin import find_origin

    export(ExportRequest(resolve_target(str(base)), tmp_path / "out", verify=False), Job())
    opened = open_checkpoint(find_origin(resolve_target(str(base)), Job()))
    asked = [{"role": "user", "content": "2+2?"}]
    ids = opened.read(opened.render(asked) or "")
    with ElsewhereReader(HERE, "transformers", tmp_path / "out", Job()) as reader:
        assert reader.stop_texts == opened.stop_texts == ["<|im_end|>"]
        assert reader.has_template and reader.render(asked) == opened.render(asked)
        said = reader.answer(ids, 24, [2])
        assert said == opened.answer(ids, 24, [2]) and len(said) > 3
        assert reader.choices(ids, said) == opened.choices(ids, said)
        assert reader.text(said) == opened.text(said)


@pytest.mark.slow
def test_a_process_that_cannot_read_the_folder_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(DanluError) as caught,
        ElsewhereReader(HERE, "transformers", tmp_path, Job()),
    ):
        pass
    assert caught.value.code == "export.cannot_open"
    assert "Error" in str(caught.value.values["reason"])


def test_a_cancelled_job_ends_the_process(tmp_path: Path) -> None:
    job = Job()
    job.cancel()
    reader = ElsewhereReader(HERE, "transformers", tmp_path, job)
    with pytest.raises(Cancelled), reader:
        pass
    assert reader._process.poll() is not None


def test_its_last_words_are_the_reason_when_it_ends(tmp_path: Path) -> None:
    class Broken(Tool):
        def command(self, script: str, *arguments: str) -> list[str]:
            return [sys.executable, "-c", "raise ImportError('no such library')"]

    with (
        pytest.raises(DanluError) as caught,
        ElsewhereReader(Broken("b", "b", "b"), "onnx", tmp_path, Job()),
    ):
        pass
    assert caught.value.values["reason"] == "ImportError: no such library"


def test_one_that_dies_between_two_questions_is_named_not_taken_for_a_reader_that_left(
    tmp_path: Path,
) -> None:
    class Dying(Tool):
        def command(self, script: str, *arguments: str) -> list[str]:
            # What it hears no more is closed first, so that the question cannot be sent.
            dies = "import os; os.close(0); print('{}', flush=True); raise MemoryError('no room')"
            return [sys.executable, "-c", dies]

    with (
        pytest.raises(DanluError) as caught,
        ElsewhereReader(Dying("d", "d", "d"), "onnx", tmp_path, Job()) as reader,
    ):
        reader.read("x" * 100_000)
    assert caught.value.code == "export.cannot_open"
    assert caught.value.values["reason"] == "MemoryError: no room"


def built(tool: Tool) -> None:
    """Install ``tool`` as danlu tells; before it torch's CPU build, the smaller download."""
    subprocess.run([sys.executable, "-m", "venv", str(tool.folder)], check=True)
    pip = str(tool.folder / "bin" / "pip")
    for command in ([pip, "install", "torch==2.13.0"], ["sh", "-c", tool.install]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode and re.search(r"onnection|No matching distribution", done.stderr):
            pytest.skip("pip reaches no registry here")
        assert done.returncode == 0, done.stderr[-2000:]


def with_other_rotary_base(model: Path, folder: Path) -> Path:
    """A copy of ``model`` whose rotary base is under its newest name alone."""
    shutil.copytree(model, folder)
    settings = json.loads((folder / "config.json").read_text())
    settings.pop("rope_theta", None)
    settings["rope_parameters"] = {"rope_type": "default", "rope_theta": 50.0}
    (folder / "config.json").write_text(json.dumps(settings))
    return folder


@pytest.mark.slow
def test_onnx_is_installed_by_the_command_told_and_answers_as_its_checkpoint(
    llama: Path, tmp_path: Path
) -> None:
    base = with_other_rotary_base(llama, tmp_path / "base")
    adapter = save_adapter(base, tmp_path / "adapter")
    built(ONNX)
    request = ExportRequest(resolve_target(str(adapter)), tmp_path / "out", "onnx")
    document = export(request, Job()).document
    found = document["verification"]
    assert document["verified"] is True, document
    assert found["tokens"] > 50 and found["template_equal"] and found["stops_equal"]
    assert document["written_by"].startswith("optimum_onnx ")


@pytest.fixture
def tools(danlu_home: Path) -> Path:
    """The tools of the folder $DANLU_TEST_TOOLS names, below this test's home."""
    named = os.environ.get("DANLU_TEST_TOOLS")
    if named:
        danlu_home.mkdir()
        (danlu_home / "tools").symlink_to(named)
    return danlu_home / "tools"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "tool", "method"),
    [
        ("awq", LLMCOMPRESSOR, "compressed-tensors"),
        ("gptq", LLMCOMPRESSOR, "compressed-tensors"),
        ("gptq", GPTQMODEL, "gptq"),
    ],
)
def test_a_model_is_rounded_by_its_rows_and_loads_where_the_tool_is(
    form: str,
    tool: Tool,
    method: str,
    tools: Path,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if tool.version is None:
        pytest.skip(f"{tool.name} is not below $DANLU_TEST_TOOLS")
    monkeypatch.setitem(tool_python.TOOLS, form, (tool,))
    request = ExportRequest(resolve_target("sums"), tmp_path / "out", form)
    document = export(request, Job()).document
    settings = json.loads((tmp_path / "out" / "config.json").read_text())["quantization_config"]
    assert settings["quant_method"] == method
    assert document["written_by"] == f"{tool.package} {tool.version}"
    # Random weights agree less than trained ones: what is right is told from what is noise.
    found = document["verification"]
    assert found["tokens"] > 50 and found["agreement"] > 0.1, document
    assert set(document["why"]) <= {"agreement", "runs_on"}
