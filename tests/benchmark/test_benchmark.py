"""Benchmarks: which are known, how they are asked, their questions found in a folder, their figures
read. The harness itself is asked where it is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.benchmark.found import metrics_of, rows_of, subjects_of
from engine.benchmark.harness import Asking, harness_arguments
from engine.benchmark.known import BENCHMARKS, find_benchmark, lacking
from engine.benchmark.local_data import folder_of, local_files
from engine.errors import DanluError
from tests.snapshot import screen_text
from tests.tui.settle import settle
from tui.app import DanluApp
from tui.evaluate_choices import Choices
from tui.main import main
from tui.screens.evaluate import EvaluateScreen

_LINE = {"question": "2 + 2 = ?", "answer": "2 + 2 = 4\n#### 4"}


def lay(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_LINE) + "\n")


def code_of(call: Any) -> str:
    with pytest.raises(DanluError) as caught:
        call()
    assert caught.value.document()["fixes"]
    return caught.value.code


@pytest.mark.parametrize(
    ("name", "files", "subjects"),
    [
        ("gsm8k", ["main/test-0-of-1.parquet", "main/train-0-of-1.parquet"], [""]),
        ("gsm8k", ["test.jsonl", "train.jsonl", "README.md"], [""]),
        ("ifeval", ["ifeval_input_data.jsonl"], [""]),
        ("ceval", ["val/law_val.csv", "dev/law_dev.csv", "test/law_test.csv"], ["law"]),
        ("ceval", ["law/val-0.parquet", "law/dev-0.parquet", "art/dev-0.parquet"], ["law"]),
        ("cmmlu", ["test/law.csv", "dev/law.csv", "test/art.csv", "dev/art.csv"], ["art", "law"]),
        ("mmlu", ["law_test.jsonl", "law_dev.jsonl"], ["law"]),
    ],
)
def test_questions_are_found_as_hubs_and_their_makers_lay_them_out(
    name: str, files: list[str], subjects: list[str], tmp_path: Path
) -> None:
    lay(tmp_path, *files)
    benchmark = find_benchmark(name)
    found = local_files(benchmark, tmp_path, benchmark.shots)
    assert sorted(found) == subjects
    assert all(benchmark.asked in splits for splits in found.values())


def test_what_a_folder_lacks_is_named(tmp_path: Path) -> None:
    gsm8k = find_benchmark("GSM8K")
    assert code_of(lambda: local_files(gsm8k, tmp_path, 5)) == "benchmark.no_questions"
    lay(tmp_path, "gsm8k/test.jsonl")
    folder = folder_of(gsm8k, tmp_path)
    assert folder is not None and folder == tmp_path / "gsm8k"
    assert code_of(lambda: local_files(gsm8k, folder, 5)) == "benchmark.no_examples"
    assert list(local_files(gsm8k, folder, 0)) == [""]
    assert code_of(lambda: find_benchmark("hellaswag")) == "benchmark.unknown"


def test_the_harness_is_asked_for_the_hub_s_questions_or_for_those_of_a_folder(
    tmp_path: Path, danlu_home: Path
) -> None:
    mmlu, cache = find_benchmark("mmlu"), tmp_path / "answers"
    asking = Asking(5, 10, 8, cache)
    said = harness_arguments(mmlu, asking, tmp_path)
    assert (said["tasks"], said["num_fewshot"], said["limit"]) == (["mmlu"], 5, 10)
    assert said["use_cache"] == str(cache) and said["apply_chat_template"] is False
    lay(danlu_home / "benchmarks" / "mmlu", "law/test-0.jsonl", "art/test-0.jsonl")
    (group,) = harness_arguments(mmlu, Asking(0, None, 8, cache), tmp_path)["tasks"]
    assert [each["task"] for each in group["task"]] == ["mmlu_art", "mmlu_law"]
    assert all(each["fewshot_split"] is None for each in group["task"])
    lay(tmp_path / "given", "law/test-0.jsonl", "law/dev-0.jsonl")
    given = Asking(5, None, 8, cache, tmp_path / "given")
    (group,) = harness_arguments(mmlu, given, tmp_path)["tasks"]
    assert [each["task"] for each in group["task"]] == ["mmlu_law"]
    missing = Asking(5, None, 8, cache, tmp_path / "none")
    assert code_of(lambda: harness_arguments(mmlu, missing, tmp_path)) == "benchmark.no_folder"


def sample(number: int, right: int, likely: int) -> dict[str, Any]:
    likelihoods = [[-1.0 if at == likely else -5.0, False] for at in range(4)]
    doc = {"question": f"Q{number}", "choices": ["w", "x", "y", "z"], "answer": right}
    return {
        "doc_id": number,
        "doc": doc,
        "target": right,
        "resps": [[each] for each in likelihoods],
        "filtered_resps": likelihoods,
        "filter": "none",
        "acc": float(right == likely),
    }


def test_figures_weigh_subjects_by_their_size_and_every_row_is_told() -> None:
    mmlu = find_benchmark("mmlu")
    samples = {
        "mmlu_law": [sample(0, 1, 1), sample(1, 2, 2), sample(2, 3, 0)],
        "mmlu_art": [sample(0, 0, 3)],
    }
    results = {
        "samples": samples,
        "results": {"mmlu_law": {"acc,none": 2 / 3}, "mmlu_art": {"acc,none": 0.0}, "mmlu": {}},
        "n-samples": {name: {"effective": len(each)} for name, each in samples.items()},
    }
    assert metrics_of(mmlu, results) == {"accuracy": 50.0}
    rows = rows_of(mmlu, results)
    assert [(row["reference"], row["answer"]) for row in rows] == [
        ("A", "D"), ("B", "B"), ("C", "C"), ("D", "A"),
    ]  # fmt: skip
    assert rows[0]["question"] == "Q0\nA. w\nB. x\nC. y\nD. z"
    assert [part["subject"] for part in subjects_of(rows)] == ["art", "law"]


@pytest.mark.skipif(lacking(BENCHMARKS["gsm8k"]) is None, reason="the harness is installed")
def test_without_the_harness_one_command_installs_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "evaluate", "embedded", "--benchmark", "gsm8k"]) == 1
    assert "pip install lm_eval" in capsys.readouterr().err


def test_data_or_a_benchmark_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "embedded", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "benchmark.data_or_benchmark"


async def test_b_takes_one_benchmark_after_the_other_and_then_data_again() -> None:
    screen = EvaluateScreen("embedded", "rows.jsonl")
    app = DanluApp(first=screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("b", "b", "b", "b")
        assert "GSM8K" in screen_text(app)
        await pilot.press("down", "enter", *"20", "enter")
        command = screen._choices.command("embedded")
        assert command == ["evaluate", "embedded", "--benchmark", "gsm8k", "--limit", "20"]
        await pilot.press("b", "b")
        assert screen._choices.benchmark is None and "rows.jsonl" in screen_text(app)
    assert not Choices().ready


@pytest.mark.slow
def test_a_real_benchmark_on_a_real_model(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("lm_eval")
    folder = tmp_path / "mmlu"
    choices = ["1", "2", "3", "4"]
    lines = [{"question": f"{n}?", "choices": choices, "answer": n % 4} for n in range(6)]
    for split in ("test", "dev"):
        path = folder / "anatomy" / f"{split}-0.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    given = ["--benchmark", "mmlu", "--limit", "4", "--shots", "1", "--data-folder", str(tmp_path)]
    assert main(["evaluate", str(tiny_model), *given, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["rows"] == 4 and 0 <= document["metrics"]["accuracy"] <= 100
    rows = [json.loads(line) for line in Path(document["rows_path"]).read_text().splitlines()]
    assert {row["reference"] for row in rows} == {"A", "B", "C", "D"}
    assert all(row["answer"] in "ABCD" for row in rows)
