"""``danlu check``: the report as text and as one JSON document, with its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tui.main import main


def write(path: Path, *rows: object) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


GOOD = {"instruction": "2+2?", "output": "I am {{NAME}}."}
BAD = {"instruction": "2+2?", "output": ""}


def test_good_data_is_said_to_be_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.jsonl", GOOD)
    assert main(["check", path, "--fill", "name=Ember"]) == 0
    assert "alpaca · 1 row: 1 kept, 0 left out" in capsys.readouterr().out


def test_bad_rows_are_named_by_file_line_pointer_reason_and_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.jsonl", GOOD, BAD, BAD)
    assert main(["check", path, "--fill", "NAME=Ember", "--lang", "zh"]) == 1
    out = capsys.readouterr().out
    assert f"{path}:2 /output" in out.replace("\n      ", "")
    assert "✗ 回答为空 × 2" in out and "回答是空的。" in out and "还有第 3 行" in out


def test_quick_leaves_out_what_the_words_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = {"instruction": "the key?", "output": "use sk-proj-9aZ3bYc8XdW7eVf6UgT5hS"}
    path = write(tmp_path / "a.jsonl", key)
    found = []
    for options in ([], ["--quick"]):
        assert main(["check", path, "--json", *options]) == 0
        (source,) = json.loads(capsys.readouterr().out)["sources"]
        found.append([group["code"] for group in source["findings"]])
    assert found == [["secret_key"], []]


def test_one_json_document_holds_all_sources(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tiny_model: Path
) -> None:
    good = write(tmp_path / "a.jsonl", {"query": "2+2?", "response": "4 " * 100})
    bad = write(tmp_path / "b.jsonl", GOOD)
    options = ["--model", str(tiny_model), "--max-length", "64", "--json"]
    assert main(["check", good, bad, *options]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [source["cut"] for source in document["sources"]] == [1, 0]
    codes = [source["findings"][0]["code"] for source in document["sources"]]
    assert codes == ["over_long", "unfilled_placeholder"]
    assert document["ok"] is False and "error" not in document


def test_data_that_cannot_be_read_is_an_error_in_the_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path / "none.jsonl"), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["error"]["code"] == "data.no_such_file"
    assert document["sources"][0]["findings"][0]["fix"]


def test_wrong_use_exits_with_two(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", GOOD)
    for wrong in (["--max-length", "x"], ["--fill", "NAME"], ["--stage", "dream"]):
        with pytest.raises(SystemExit) as caught:
            main(["check", path, *wrong])
        assert caught.value.code == 2


def test_checking_without_a_model_loads_nothing_heavy(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", GOOD, BAD)
    code = (
        "import sys; from tui.main import main; main(['check', sys.argv[1]]);"
        "heavy = {'torch', 'transformers', 'datasets', 'pyarrow', 'textual'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
