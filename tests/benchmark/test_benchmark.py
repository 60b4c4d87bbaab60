"""Benchmarks: which are known, how they are asked, their questions found in a folder, their figures
read. The harness itself is asked where it is installed."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.benchmark.bars import _Bar
from engine.benchmark.found import metrics_of, rows_of, subjects_of
from engine.benchmark.harness import Asking, harness_arguments
from engine.benchmark.known import BENCHMARKS, Benchmark, find_benchmark, lacking
from engine.benchmark.local_data import Questions, folder_of, found_files, local_questions, members
from engine.benchmark.local_rows import read_questions
from engine.errors import DanluError
from engine.job import Job
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


class Anything:
    """A harness that has a task for every subject."""

    def __contains__(self, task: object) -> bool:
        return task != "mmlu_all"

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def questions_of(benchmark: Benchmark, folder: Path, shots: int = 0) -> Questions:
    return local_questions(benchmark, folder, shots, Anything(), Job())


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
        ("mmlu", ["data/test/law_test.csv", "data/dev/law_dev.csv"], ["law"]),
        ("mmlu", ["all/test-0.parquet", "law/test-0.parquet", ".git/test-0.parquet"], ["law"]),
    ],
)
def test_questions_are_found_as_hubs_and_their_makers_lay_them_out(
    name: str, files: list[str], subjects: list[str], tmp_path: Path
) -> None:
    lay(tmp_path, *files)
    benchmark = find_benchmark(name)
    found = found_files(benchmark, tmp_path, Anything())
    assert sorted(found) == subjects
    assert all(benchmark.asked in splits for splits in found.values())


def test_another_telling_and_the_answers_of_models_are_no_questions(tmp_path: Path) -> None:
    lay(tmp_path, "main/test-0.parquet", "socratic/test-0.parquet", "test_socratic.jsonl")
    (splits,) = found_files(find_benchmark("gsm8k"), tmp_path, Anything()).values()
    assert [path.parent.name for path in splits["test"]] == ["main"]
    data = tmp_path / "ifeval"
    lay(data, "input_data.jsonl", "input_response_data_gpt4_20231107.jsonl")
    (splits,) = found_files(find_benchmark("ifeval"), data, Anything()).values()
    assert [path.name for path in splits["train"]] == ["input_data.jsonl"]


def test_what_a_folder_lacks_is_named(tmp_path: Path) -> None:
    gsm8k = find_benchmark("GSM8K")
    assert code_of(lambda: questions_of(gsm8k, tmp_path, 5)) == "benchmark.no_questions"
    lay(tmp_path, "gsm8k/test.jsonl")
    folder = folder_of(gsm8k, tmp_path)
    assert folder is not None and folder == tmp_path / "gsm8k"
    assert code_of(lambda: questions_of(gsm8k, folder, 5)) == "benchmark.no_examples"
    assert questions_of(gsm8k, folder) == {"": {"test": [_LINE]}}
    assert code_of(lambda: find_benchmark("hellaswag")) == "benchmark.unknown"


def test_files_are_read_as_their_makers_write_them(tmp_path: Path) -> None:
    cmmlu, mmlu = find_benchmark("cmmlu"), find_benchmark("mmlu")
    table = tmp_path / "law.csv"
    table.write_text('\ufeff,Question,A,B,C,D,Answer\n0,"一,\n二？",1,2,3,4,B\n', "utf-8")
    (row,) = read_questions(cmmlu, table)
    assert (row["Question"], row["B"], row["Answer"], "" in row) == ("一,\n二？", "2", "B", False)
    bare = tmp_path / "law_test.csv"
    bare.write_text("Why?,w,x,y,z,C\nWho?,w,x,y,z,A\n")
    assert [row["answer"] for row in read_questions(mmlu, bare)] == [2, 0]
    assert read_questions(mmlu, bare)[0]["choices"] == ["w", "x", "y", "z"]
    whole = tmp_path / "all.json"
    whole.write_text(json.dumps([_LINE, _LINE]))
    assert len(read_questions(find_benchmark("gsm8k"), whole)) == 2


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("law.jsonl", '{"question": "Why?", "answer": "A"}', "benchmark.no_column"),
        ("law.jsonl", '["question"]', "benchmark.no_column"),
        ("law.jsonl", '{"question": ', "benchmark.unreadable"),
        ("law.parquet", "PAR1 and no more", "benchmark.unreadable"),
        ("law.parquet", "version https://git-lfs.github.com/spec/v1", "data.lfs_pointer"),
        ("law.csv", "version https://git-lfs.github.com/spec/v1", "data.lfs_pointer"),
        ("law.csv", "id,question,A,B,C,D,answer\n0,Why?,1,2,3,4,", "benchmark.no_choice"),
    ],
)
def test_a_file_that_is_none_is_named(name: str, text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert code_of(lambda: read_questions(find_benchmark("ceval"), path)) == code


def test_archives_are_read_where_no_questions_lie_beside_them(tmp_path: Path) -> None:
    ceval = find_benchmark("ceval")
    lines = "id,question,A,B,C,D,answer\n0,Why?,1,2,3,4,D\n"
    with zipfile.ZipFile(tmp_path / "ceval-exam.zip", "w") as packed:
        packed.writestr("val/law_val.csv", lines)
        packed.writestr("dev/law_dev.csv", lines)
    assert [row["answer"] for row in questions_of(ceval, tmp_path, 5)["law"]["val"]] == ["D"]
    (tmp_path / "ceval-exam.zip").write_text("cut off")
    assert code_of(lambda: questions_of(ceval, tmp_path)) == "benchmark.unreadable"
    taped = tmp_path / "taped"
    lay(taped, "law_test.csv")
    (taped / "law_test.csv").write_text("Why?,w,x,y,z,C\n")
    with tarfile.open(taped / "data.tar", "w") as tape:
        tape.add(taped / "law_test.csv", "data/test/law_test.csv")
        tape.add(taped / "law_test.csv", "../outside/test/law_test.csv")
    (taped / "law_test.csv").unlink()
    assert len(questions_of(find_benchmark("mmlu"), taped)["law"]["test"]) == 1


def test_the_harness_is_asked_as_the_field_counts_or_as_one_says(tmp_path: Path) -> None:
    mmlu, cache = find_benchmark("mmlu"), tmp_path / "answers"
    said = harness_arguments(mmlu, Asking(5, 10, 8, cache, tokens=64))
    assert (said["num_fewshot"], said["limit"], "gen_kwargs" in said) == (5, 10, False)
    assert said["use_cache"] == str(cache) and said["apply_chat_template"] is False
    ifeval = harness_arguments(find_benchmark("ifeval"), Asking(0, None, 8, cache, tokens=64))
    assert ifeval["apply_chat_template"] and ifeval["gen_kwargs"] == {"max_gen_toks": 64}
    rows = {"law": {"test": [{"question": "?"}]}, "art": {"test": [], "dev": []}}
    one, two = members(mmlu, rows)
    assert (one["task"], two["task"]) == ("mmlu_art", "mmlu_law")
    assert "fewshot_split" not in one and two["fewshot_split"] is None


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
def test_what_takes_long_is_said_once_after_the_first_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("engine.benchmark.bars.time.monotonic", lambda: now[0])
    job = Job()
    bar = _Bar(job, 8, total=1319)
    for now[0] in (60.0, 120.0):
        for _ in range(8):
            assert len(job.notes) == (now[0] > 60.0), (
                "the first of a batch says nothing of its pace"
            )
            bar.update()
    said = [("evaluate.takes_long", {"time": "2:43:53", "requests": 1319})]
    assert job.notes == said, "a minute for eight of them"
    short = _Bar(job, 8, total=16)
    now[0] += 60.0
    short.update(8)
    assert job.notes == said


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
        assert "published figures" in screen._about("tokens")
        await pilot.press("down", "down", "enter", *["backspace"] * 3, *"999", "enter")
        assert screen._choices.command("embedded") == [*command, "--max-new-tokens", "999"]
        await pilot.press("b", "b")
        assert screen._choices.benchmark is None and "rows.jsonl" in screen_text(app)
    assert not Choices().ready
