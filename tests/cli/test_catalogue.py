"""``danlu catalogue``: a table, one model with all that is known, or JSON."""

from __future__ import annotations

import json

import pytest

from tui.cells import width
from tui.main import main


def said(capsys: pytest.CaptureFixture[str], *given: str, code: int = 0) -> str:
    assert main(["catalogue", *given]) == code
    return capsys.readouterr().out


@pytest.mark.parametrize("language", ("en", "zh"))
@pytest.mark.parametrize("cells", (60, 80, 120))
def test_no_line_is_wider_than_the_terminal(
    language: str, cells: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(cells))
    for given in ((), ("--datasets",), ("llama-3.2-1b-instruct",)):
        lines = said(capsys, "--lang", language, *given).splitlines()
        assert len(lines) > 10
        assert [line for line in lines if width(line) > cells] == []


def test_one_model_is_told_with_both_ids_and_how_to_fetch_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = said(capsys, "--lang", "en", "llama-3.2-1b-instruct")
    assert "meta-llama/Llama-3.2-1B-Instruct" in text
    assert "its terms must be agreed to" in text
    assert text.endswith("danlu fetch LLM-Research/Llama-3.2-1B-Instruct\n")


def test_json_tells_sizes_and_the_fit(capsys: pytest.CaptureFixture[str]) -> None:
    (model,) = json.loads(said(capsys, "smollm2-135m-instruct", "--json"))
    assert model["parameters"] == 134515008
    assert model["weight_bytes"] == 2 * 134515008
    assert model["fit"] in ("bf16", "nf4", "no")


def test_sorting_by_size_puts_the_smallest_first(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "qwen3", "--sort", "size", "--json"))
    sizes = [model["parameters"] for model in found]
    assert sizes == sorted(sizes) and len(sizes) > 20


def test_data_sets_are_found_by_what_they_hold(capsys: pytest.CaptureFixture[str]) -> None:
    names = [d["name"] for d in json.loads(said(capsys, "--datasets", "医疗", "--json"))]
    assert "DISC-Med-SFT" in names
    stages = {d["stage"] for d in json.loads(said(capsys, "--datasets", "kto", "--json"))}
    assert stages == {"kto"}


def test_nothing_found_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "catalogue", "qwen3", "nobody"]) == 1
    assert "Nothing in the catalogue has every word of “qwen3 nobody”." in capsys.readouterr().err
