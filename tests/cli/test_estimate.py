"""``danlu estimate``: no data, no weights, and exit code 0 even where it does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tui.main import main


@pytest.fixture
def spec_file(tiny_model: Path, tmp_path: Path) -> Path:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "config.json").write_bytes((tiny_model / "config.json").read_bytes())
    path = tmp_path / "run.yaml"
    path.write_text(f"model: {{source: {bare}}}\ndata: {{train: [{{source: none.jsonl}}]}}\n")
    return path


def test_a_folder_with_only_a_config_is_enough(
    spec_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["estimate", str(spec_file), "--card", "RTX 4090", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (code, document["verdict"], document["device"]) == (0, "fits", "RTX 4090")


def test_what_does_not_fit_is_still_an_answer(
    spec_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["estimate", str(spec_file), "--card", "300MiB", "--json"])
    assert (code, json.loads(capsys.readouterr().out)["verdict"]) == (0, "does_not_fit")


def test_a_set_value_counts_and_the_words_are_in_both_languages(
    spec_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["estimate", str(spec_file), "--card", "24GiB", "--set", "lora_rank=4"]
    assert main(["--lang", "en", *arguments]) == 0
    assert "LoRA of rank 4" in capsys.readouterr().out
    assert main(["--lang", "zh", *arguments, "--fit"]) == 0
    assert "放得下" in capsys.readouterr().out


def test_an_unknown_card_is_refused(spec_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["estimate", str(spec_file), "--card", "no such card", "--json"])
    assert (code, json.loads(capsys.readouterr().out)["error"]["code"]) == (
        1,
        "memory.unknown_card",
    )
