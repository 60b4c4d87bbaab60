"""``danlu fetch`` and ``danlu doctor`` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hub.loopback_hub import loopback_hub
from tui.cells import width
from tui.main import main

REPO = "owner/tiny"


def test_fetch_brings_a_model_and_says_what_it_is(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with loopback_hub() as hub:
        hub.add(REPO, tiny_model)
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        assert main(["fetch", REPO, "--lang", "en"]) == 0
        said = capsys.readouterr()
        folder = Path(said.out.splitlines()[0])
        assert (folder / "model.safetensors").is_file() and "parameters" in said.out
        assert "ModelScope cannot be reached" in said.err and "from Hugging Face" in said.err
        assert main(["fetch", REPO, "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["folder"] == str(folder) and document["origin"] == "cache"
        assert document["revision"] == folder.name


def test_fetch_of_nothing_is_a_named_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "./nowhere", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "model.not_found"
    assert main(["fetch", "owner/nothing", "--lang", "zh"]) == 3
    assert "模型站也都连不上" in capsys.readouterr().err


@pytest.mark.slow
def test_doctor_fits_eighty_columns_in_chinese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["doctor", "--lang", "zh"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 15 and all(width(line) <= 80 for line in lines)
    assert lines[-1] == "这台机器可以训练。"
